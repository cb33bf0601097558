"""WhatsApp through Twilio: the payload files, the signature, numbered choices, what its errors mean."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from bot.simulator.limits import twilio_problem
from connectors.channel import WebhookRequest
from connectors.errors import OperatorError, PayloadError, PermanentError, RetryableError, SignatureError
from connectors.messages import Address, Choice, Kind, OutboundCall, Reply
from connectors.twilio import Twilio
from tests.connectors.payload_files import check, files, payload
from tests.connectors.test_contract import REPLIES, squeezed, words_of

PUBLIC = "https://bot.library.example"
STUDENT = Address("twilio", "whatsapp:+85291234567")
FORM = {"MessageSid": "SM1", "From": STUDENT.person, "To": "whatsapp:+15550001111", "Body": "when r u open? 開門"}


def build(api_url: str = "http://127.0.0.1:9") -> Twilio:
    return Twilio(
        account_sid="AC1",
        auth_token="token",
        number="whatsapp:+15550001111",
        public_url=PUBLIC,
        api_url=api_url,
        now=lambda: datetime(2026, 11, 23, tzinfo=UTC),
        timeout=0.5,
    )


@pytest.fixture(scope="module")
def twilio() -> Twilio:
    return build()


def request(form: dict[str, str], path: str = "/webhooks/twilio", **headers: str) -> WebhookRequest:
    # Behind a proxy the web process sees another scheme and host than Twilio called.
    return WebhookRequest("POST", f"http://127.0.0.1:8000{path}", headers=headers, body=urlencode(form).encode())


def signed(form: dict[str, str], path: str = "/webhooks/twilio") -> WebhookRequest:
    signature = RequestValidator("token").compute_signature(PUBLIC + path, form)
    return request(form, path, **{"x-twilio-signature": signature})


@pytest.mark.parametrize("path", files("twilio"), ids=lambda path: path.stem)
def test_payload_files(twilio: Twilio, path: Path) -> None:
    """Each payload file becomes what it says it should become."""
    form, expect = payload(path)
    check(twilio.parse(request(form)), expect)


@given(form=st.dictionaries(st.text(min_size=1, max_size=8), st.text(max_size=20), min_size=1, max_size=6))
def test_verify_takes_what_twilio_signed_for_the_public_address(form: dict[str, str]) -> None:
    """Empty values, other scripts, a query: the address is the public one, whatever the proxy made of it."""
    form = {name.replace("\ud800", ""): value for name, value in form.items()}
    build().verify(signed(form, "/webhooks/twilio?bot=1"))


@given(header=st.none() | st.text(max_size=40))
def test_verify_refuses_any_other_header(header: str | None) -> None:
    """A missing header, and one of any characters, is refused and never a crash."""
    with pytest.raises(SignatureError):
        build().verify(request(FORM, **({"x-twilio-signature": header} if header is not None else {})))


def test_verify_refuses_another_path(twilio: Twilio) -> None:
    """A signature holds for its own address."""
    asked = signed(FORM)
    with pytest.raises(SignatureError):
        twilio.verify(WebhookRequest("POST", asked.url + "/status", headers=asked.headers, body=asked.body))


def test_there_is_no_handshake(twilio: Twilio) -> None:
    """A GET is refused."""
    with pytest.raises(SignatureError):
        twilio.handshake(WebhookRequest("GET", PUBLIC))


@given(body=st.binary(max_size=200))
def test_parse_survives_any_bytes(body: bytes) -> None:
    """A form is read, anything else is a PayloadError."""
    try:
        messages = build().parse(WebhookRequest("POST", "", body=body))
    except PayloadError:
        return
    assert all(each.id for each in messages)


@settings(deadline=None, max_examples=60)
@given(reply=REPLIES)
def test_render_keeps_the_limits_and_loses_no_text(reply: Reply) -> None:
    """Twilio takes every call, and every word of the reply stands in one of them."""
    calls = build().render(reply, STUDENT)
    everything = squeezed("".join(str(part) for call in calls for part in call.body.values()))

    assert [twilio_problem(call.body) for call in calls] == [""] * len(calls)
    assert [piece for piece in words_of(reply) if squeezed(piece) not in everything] == []
    assert all(json.loads(json.dumps(call.body)) == call.body for call in calls)


def test_choices_are_numbered(twilio: Twilio) -> None:
    """The digit comes back as a text; the worker knows what it stands for."""
    [call] = twilio.render(
        Reply(text="Which?", choices=(Choice("Wi-Fi", "/wifi"), Choice("Donate", "/donate"))), STUDENT
    )

    assert call.body == {"body": "Which?\n\n1. Wi-Fi\n2. Donate"}


def test_a_status_at_the_address_for_messages_is_no_message(twilio: Twilio) -> None:
    """`From` is the library's own number there."""
    [found] = twilio.parse(request({**FORM, "MessageStatus": "undelivered", "ErrorCode": "63016"}))

    assert (found.kind, found.status, found.refers_to) == (Kind.STATUS, "failed", ("SM1",))
    assert "24 hours" in found.details["reason"]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, 21211, PermanentError),
        (400, 63016, PermanentError),
        (400, 21610, PermanentError),
        (429, 20429, RetryableError),
        (400, 63018, RetryableError),
        (500, 0, RetryableError),
        (401, 20003, OperatorError),
        (404, 20404, OperatorError),
        (400, 21606, OperatorError),
        (400, 99999, PermanentError),
    ],
)
def test_errors_say_what_to_do(answering: Any, status: int, code: int, kind: type[Exception]) -> None:
    """Retry, give up, or call an operator, by the platform's table."""
    answering.status = status
    answering.body = json.dumps({"code": code, "message": "no", "status": status}).encode()
    with pytest.raises(kind):
        build(answering.url).send(OutboundCall("twilio", STUDENT.person, {"body": "Hello"}))


def test_a_call_that_is_taken_gives_the_messages_id(answering: Any) -> None:
    """And asks for its status at the public address."""
    answering.status, answering.body = 201, json.dumps({"sid": "SM9", "status": "queued"}).encode()
    sent: Callable[..., Any] = build(answering.url).send

    assert sent(OutboundCall("twilio", STUDENT.person, {"body": "Hello"})) == "SM9"
    path, _, body = answering.requests[0]
    assert path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert "StatusCallback=https%3A%2F%2Fbot.library.example%2Fwebhooks%2Ftwilio%2Fstatus" in body.decode()


def test_nobody_there_is_worth_another_try() -> None:
    """The discard port: nobody listens."""
    with pytest.raises(RetryableError):
        build().send(OutboundCall("twilio", STUDENT.person, {"body": "Hello"}))
