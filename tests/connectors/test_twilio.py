"""WhatsApp through Twilio: the payload files, the signature, numbered choices, what its errors mean."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from connectors.channel import WebhookRequest
from connectors.errors import OperatorError, PermanentError, RetryableError, SignatureError
from connectors.messages import Address, Choice, Kind, OutboundCall, Reply
from connectors.twilio import Twilio
from tests.connectors.conftest import PUBLIC_URL as PUBLIC
from tests.connectors.conftest import BuildTwilio
from tests.connectors.payload_files import check, files, payload

STUDENT = Address("twilio", "whatsapp:+85291234567")
FORM = {"MessageSid": "SM1", "From": STUDENT.person, "To": "whatsapp:+15550001111", "Body": "when r u open? 開門"}


@pytest.fixture(scope="module")
def twilio(build_twilio: BuildTwilio) -> Twilio:
    return build_twilio()


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
def test_verify_takes_what_twilio_signed_for_the_public_address(twilio: Twilio, form: dict[str, str]) -> None:
    """Empty values, other scripts, a query: the address is the public one, whatever the proxy made of it."""
    form = {name.replace("\ud800", ""): value for name, value in form.items()}
    right = signed(form, "/webhooks/twilio?bot=1")
    twilio.verify(right)
    with pytest.raises(SignatureError):
        twilio.verify(replace(right, body=right.body + b"&Body=something+else"))


def test_a_name_that_stands_twice_is_signed_with_each_of_its_values(twilio: Twilio) -> None:
    """Twilio's parameters grow without notice; of two values alike one counts."""
    form = [*FORM.items(), ("Tag", "b"), ("Tag", "a"), ("Tag", "b")]
    words = PUBLIC + "/webhooks/twilio" + "".join(sorted({name + value for name, value in form}))
    right = b64encode(hmac.new(b"token", words.encode(), hashlib.sha1).digest()).decode()

    def asked(pairs: list[tuple[str, str]]) -> WebhookRequest:
        headers = {"x-twilio-signature": right}
        return WebhookRequest("POST", f"{PUBLIC}/webhooks/twilio", headers=headers, body=urlencode(pairs).encode())

    twilio.verify(asked(form))
    with pytest.raises(SignatureError):
        twilio.verify(asked([*form, ("Tag", "c")]))


@pytest.mark.parametrize("called", ["/bot/webhooks/twilio", "/webhooks/twilio"], ids=["kept", "taken off"])
def test_a_public_address_may_have_a_path(called: str, build_twilio: BuildTwilio) -> None:
    """Twilio signs it as a whole, whether the proxy passes the path on or not."""
    behind = build_twilio(public_url=f"{PUBLIC}/bot")
    signature = RequestValidator("token").compute_signature(f"{PUBLIC}/bot/webhooks/twilio", FORM)

    behind.verify(request(FORM, called, **{"x-twilio-signature": signature}))
    with pytest.raises(SignatureError):
        behind.verify(request(FORM, f"{called}/status", **{"x-twilio-signature": signature}))


def test_verify_refuses_another_path(twilio: Twilio) -> None:
    """A signature holds for its own address."""
    asked = signed(FORM)
    with pytest.raises(SignatureError):
        twilio.verify(WebhookRequest("POST", asked.url + "/status", headers=asked.headers, body=asked.body))


def test_choices_are_numbered(twilio: Twilio) -> None:
    """The digit comes back as a text; the worker knows what it stands for."""
    [call] = twilio.render(
        Reply(text="Which?", choices=(Choice("Wi-Fi", "/wifi"), Choice("Donate", "/donate"))), STUDENT
    )

    assert call.body == {"body": "Which?\n\n1. Wi-Fi\n2. Donate"}


def test_a_picture_has_the_text_under_it(twilio: Twilio, answering: Any, build_twilio: BuildTwilio) -> None:
    """One message with both, as long as WhatsApp shows so much under a picture."""
    picture = "https://library.example/m.png"
    [call] = twilio.render(Reply(text="The map", image=picture), STUDENT)
    apart = twilio.render(Reply(text="Way " * 300, image=picture), STUDENT)
    answering.status, answering.body = 201, json.dumps({"sid": "SM9", "status": "queued"}).encode()
    build_twilio(api_url=answering.url).send(call)
    form = dict(parse_qsl(answering.requests[0][2].decode()))

    assert call.body == {"body": "The map", "media_url": picture}
    assert (form["Body"], form["MediaUrl"]) == ("The map", picture)
    assert [set(each.body) for each in apart] == [{"media_url"}, {"body"}]


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
def test_errors_say_what_to_do(
    answering: Any, build_twilio: BuildTwilio, status: int, code: int, kind: type[Exception]
) -> None:
    """Retry, give up, or call an operator, by the platform's table."""
    answering.status = status
    answering.body = json.dumps({"code": code, "message": "no", "status": status}).encode()
    with pytest.raises(kind):
        build_twilio(api_url=answering.url).send(OutboundCall("twilio", STUDENT.person, {"body": "Hello"}))


def test_a_call_that_is_taken_gives_the_messages_id(answering: Any, build_twilio: BuildTwilio) -> None:
    """And asks for its status at the public address."""
    answering.status, answering.body = 201, json.dumps({"sid": "SM9", "status": "queued"}).encode()
    sent: Callable[..., Any] = build_twilio(api_url=answering.url).send

    assert sent(OutboundCall("twilio", STUDENT.person, {"body": "Hello"})) == "SM9"
    path, _, body = answering.requests[0]
    assert path == "/2010-04-01/Accounts/AC1/Messages.json"
    assert "StatusCallback=https%3A%2F%2Fbot.library.example%2Fwebhooks%2Ftwilio%2Fstatus" in body.decode()


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("Mon, 23 Nov 2026 09:30:30 GMT", 30.0), ("soon", None)])
def test_retry_after_is_passed_on(
    answering: Any, build_twilio: BuildTwilio, header: str, seconds: float | None
) -> None:
    """A number or a date; the next call knows nothing of it."""
    twilio, call = build_twilio(api_url=answering.url), OutboundCall("twilio", STUDENT.person, {"body": "Hello"})
    answering.status, answering.body = 429, json.dumps({"code": 20429, "message": "no"}).encode()
    answering.headers = {"Retry-After": header}
    with pytest.raises(RetryableError) as first:
        twilio.send(call)
    answering.headers = {}
    with pytest.raises(RetryableError) as second:
        twilio.send(call)

    assert (first.value.retry_after, second.value.retry_after) == (seconds, None)


def test_nobody_there_is_worth_another_try(twilio: Twilio) -> None:
    """The discard port: nobody listens."""
    with pytest.raises(RetryableError):
        twilio.send(OutboundCall("twilio", STUDENT.person, {"body": "Hello"}))


def test_a_persons_words_go_late_in_the_approved_template(answering: Any, build_twilio: BuildTwilio) -> None:
    """By its SID, with the words as its one variable, and no body beside it."""
    answering.status, answering.body = 201, json.dumps({"sid": "SM9", "status": "queued"}).encode()
    channel = build_twilio(api_url=answering.url, template="HX" + "0" * 32)
    [call] = channel.render_late("Your book\nis here.", STUDENT)
    channel.send(call)
    form = dict(parse_qsl(answering.requests[0][2].decode()))

    assert form["ContentSid"] == "HX" + "0" * 32
    assert json.loads(form["ContentVariables"]) == {"1": "Your book is here."}
    assert "Body" not in form
    assert build_twilio(api_url=answering.url).render_late("Hi", STUDENT) == ()
