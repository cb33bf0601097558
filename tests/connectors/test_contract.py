"""What every channel promises. A new channel is one more line in CASES."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from bot.simulator.fake_meta import problem_of
from bot.simulator.limits import twilio_problem, whatsapp_problem
from bot.store.events import message_from_json, message_to_json
from connectors.channel import Channel, WebhookRequest
from connectors.errors import PayloadError, SignatureError
from connectors.joining import as_one
from connectors.messages import Address, Card, Choice, Kind, Link, OutboundCall, Reply
from connectors.reach import RULES
from tests.connectors.conftest import AUTH_TOKEN, NUMBER, PUBLIC_URL

BYTES = st.binary(max_size=200)


@dataclass(frozen=True)
class Case:
    """A channel, and what its platform does: sign a body, shake hands, wrap an event, refuse a call.

    `handshake` is empty where the platform shakes no hands. `bodies` are what the platform might sign. `single`: a
    webhook holds one event, so that what is odd stands beside it and not between two.
    """

    name: str
    sign: Callable[[bytes], dict[str, str]]
    signature_header: str
    handshake: Mapping[str, str]
    wrap: Callable[[list[Any]], bytes]
    text_event: Callable[[str, str], Any]
    problem: Callable[[dict[str, Any]], str]
    courtesies: tuple[str, ...] = ("seen", "typing")
    shown: Callable[[dict[str, Any]], Any] = lambda body: body["message"]
    bodies: st.SearchStrategy[bytes] = BYTES
    nobody: Any = field(default_factory=lambda: {"message": "TEST_MESSAGE"})
    single: bool = False


def meta_signature(body: bytes) -> dict[str, str]:
    return {"x-hub-signature-256": "sha256=" + hmac.new(b"app_secret", body, hashlib.sha256).hexdigest()}


def twilio_signature(body: bytes) -> dict[str, str]:
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return {"x-twilio-signature": RequestValidator(AUTH_TOKEN).compute_signature(ADDRESS, form)}


def twilio_form(events: list[Any]) -> bytes:
    """One form of all events: an event that is no form of its own is a field more, as Twilio may add any day."""
    fields: dict[str, str] = {}
    for number, event in enumerate(events):
        fields.update(event if isinstance(event, dict) else {f"Odd{number}": str(event)})
    plain = {name.encode("utf-8", "replace"): str(value).encode("utf-8", "replace") for name, value in fields.items()}
    return urlencode(plain).encode()


ADDRESS = f"{PUBLIC_URL}/webhooks"
MESSENGER = Case(
    name="messenger",
    sign=meta_signature,
    signature_header="x-hub-signature-256",
    handshake={"hub.mode": "subscribe", "hub.verify_token": "word", "hub.challenge": "1158201444"},
    wrap=lambda events: json.dumps({"object": "page", "entry": [{"id": "1", "messaging": events}]}).encode(),
    text_event=lambda mid, text: {
        "sender": {"id": "7203344518820931"},
        "timestamp": 1767000000000,
        "message": {"mid": mid, "text": text},
    },
    problem=problem_of,
)
WHATSAPP = Case(
    name="whatsapp",
    sign=meta_signature,
    signature_header="x-hub-signature-256",
    handshake=MESSENGER.handshake,
    wrap=lambda events: json.dumps(
        {
            "object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [{"field": "messages", "value": {"messages": events}}]}],
        }
    ).encode(),
    text_event=lambda mid, text: {
        "from": "7203344518820931",
        "id": mid,
        "timestamp": "1767000000",
        "type": "text",
        "text": {"body": text},
    },
    problem=whatsapp_problem,
    courtesies=("typing",),
    shown=lambda body: {name: body[name] for name in ("text", "image", "interactive") if name in body},
)
TWILIO = Case(
    name="twilio",
    sign=twilio_signature,
    signature_header="x-twilio-signature",
    handshake={},
    wrap=twilio_form,
    text_event=lambda mid, text: {"MessageSid": mid, "From": "7203344518820931", "To": NUMBER, "Body": text},
    problem=twilio_problem,
    courtesies=(),
    shown=lambda body: body,
    bodies=st.fixed_dictionaries({"Body": st.text(max_size=40), "From": st.text(max_size=20)}).map(
        lambda form: urlencode(sorted(form.items())).encode()  # Twilio signs the fields, whatever their order
    ),
    nobody={"MessageSid": "m_1"},
    single=True,
)
CASES = [MESSENGER, WHATSAPP, TWILIO]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    return request.param


@pytest.fixture(scope="module")
def channel(case: Case, request: pytest.FixtureRequest) -> Channel:
    return request.getfixturevalue(f"build_{case.name}")()


def get(query: Mapping[str, str]) -> WebhookRequest:
    return WebhookRequest("GET", ADDRESS, query=query)


def post(body: bytes, headers: Mapping[str, str] | None = None) -> WebhookRequest:
    return WebhookRequest("POST", ADDRESS, headers=headers or {}, body=body)


def test_is_called_by_its_name(case: Case, channel: Channel) -> None:
    """A channel's name is the one of its route."""
    assert channel.name == case.name


def test_handshake_returns_the_challenge(case: Case, channel: Channel) -> None:
    """The right token gets the bare challenge; a platform without a handshake gets none, whatever the token."""
    if case.handshake:
        assert channel.handshake(get(case.handshake)) == "1158201444"
        return
    with pytest.raises(SignatureError):
        channel.handshake(get(MESSENGER.handshake))


@pytest.mark.parametrize("token", ["wrong", "", "wörd", "wor", "\udcff"])
def test_handshake_refuses_another_token(case: Case, channel: Channel, token: str) -> None:
    """Any other token is refused, whatever its characters."""
    with pytest.raises(SignatureError):
        channel.handshake(get({**case.handshake, "hub.verify_token": token}))


def test_handshake_refuses_a_bare_get(channel: Channel) -> None:
    """A browser that looks in is refused."""
    with pytest.raises(SignatureError):
        channel.handshake(get({}))


@given(data=st.data())
def test_verify_takes_what_the_platform_signed(case: Case, channel: Channel, data: st.DataObject) -> None:
    """Anything that the platform sends passes with the right signature."""
    body = data.draw(case.bodies)
    channel.verify(post(body, case.sign(body)))


@given(data=st.data())
def test_verify_refuses_another_body(case: Case, channel: Channel, data: st.DataObject) -> None:
    """A signature holds for its own body alone."""
    body, other = data.draw(case.bodies), data.draw(case.bodies)
    if body != other:
        with pytest.raises(SignatureError):
            channel.verify(post(body, case.sign(other)))


@given(header=st.none() | st.text())
def test_verify_refuses_any_other_header(case: Case, channel: Channel, header: str | None) -> None:
    """A missing header, and one of any characters, is refused and never a crash."""
    with pytest.raises(SignatureError):
        channel.verify(post(b"{}", {} if header is None else {case.signature_header: header}))


ODD_TEXT = st.text(st.characters(), max_size=20) | st.sampled_from(["\ud83d", "a\0b", "", " ", "1e999", "m_1"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ODD_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ODD_TEXT, inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [
        "sender",
        "recipient",
        "timestamp",
        "message",
        "postback",
        "message_edit",
        "reaction",
        "delivery",
        "read",
        "optin",
        "referral",
        "pass_thread_control",
        "policy-enforcement",
        "id",
        "user_ref",
        "mid",
        "mids",
        "text",
        "quick_reply",
        "payload",
        "attachments",
        "type",
        "coordinates",
        "lat",
        "long",
        "url",
        "title",
        "sticker_id",
        "reply_to",
        "is_echo",
        "is_deleted",
        "is_unsupported",
        "watermark",
        "ref",
        "action",
        "emoji",
        "num_edit",
        "field",
        "value",
        "from",
        "from_user_id",
        "body",
        "button",
        "interactive",
        "button_reply",
        "list_reply",
        "image",
        "location",
        "latitude",
        "longitude",
        "system",
        "wa_id",
        "context",
        "errors",
        "code",
        "revoke",
        "edit",
        "original_message_id",
        "MessageSid",
        "From",
        "Body",
        "NumMedia",
        "MediaUrl0",
        "MediaContentType0",
        "Latitude",
        "Longitude",
        "MessageStatus",
        "SmsStatus",
        "ErrorCode",
        "To",
        "ButtonPayload",
        "ButtonText",
        "ExternalUserId",
    ]
)
EVENTS = st.recursive(
    JSON, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=15
)


def keeps_promises(channel: Channel, body: bytes) -> None:
    """Parse `body`; hold what comes out to what the store and the workers rely on."""
    try:
        messages = channel.parse(post(body))
    except PayloadError:
        return
    assert [each.id for each in channel.parse(post(body))] == [each.id for each in messages]
    for message in messages:
        assert message.id
        assert message.sent_at.tzinfo is not None
        stored = json.dumps(message_to_json(message), ensure_ascii=False)
        assert stored.encode()
        assert "\\u0000" not in stored
        assert message_from_json(json.loads(stored)) == message


@given(body=st.binary(max_size=300))
def test_parse_survives_any_bytes(channel: Channel, body: bytes) -> None:
    """Bytes that are no JSON are a PayloadError and nothing else."""
    keeps_promises(channel, body)


@given(value=JSON)
def test_parse_survives_any_json(channel: Channel, value: object) -> None:
    """Any JSON is read or is a PayloadError; what is read can be stored."""
    keeps_promises(channel, json.dumps(value).encode())


@given(events=st.lists(EVENTS, max_size=4))
def test_parse_survives_any_events(case: Case, channel: Channel, events: list[Any]) -> None:
    """Events of any shape are read; what is read can be stored, on PostgreSQL too."""
    keeps_promises(channel, case.wrap(events))


def test_parse_survives_deep_nesting(case: Case, channel: Channel) -> None:
    """A body nested to exhaustion is read or is a PayloadError."""
    for depth in (100, 400, 900, 990, 100_000):
        keeps_promises(channel, case.wrap([]).replace(b"[]", b"[" * depth + b"]" * depth))


@given(odd=EVENTS)
def test_an_odd_event_never_drops_its_neighbours(case: Case, channel: Channel, odd: object) -> None:
    """Whatever stands between two messages, or beside one, they are read."""
    if case.single:
        [only] = channel.parse(post(case.wrap([case.text_event("m_1", "hello"), [odd]])))
        assert (only.id, only.kind, only.text) == ("m_1", Kind.TEXT, "hello")
        return
    body = case.wrap([case.text_event("m_1", "hello"), odd, case.text_event("m_2", "when?")])
    first, *_, last = channel.parse(post(body))
    expected = [("m_1", Kind.TEXT, "hello"), ("m_2", Kind.TEXT, "when?")]
    assert [(each.id, each.kind, each.text) for each in (first, last)] == expected


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"[]", b"1", b"{}", b'{"object":"page"}', b'{"entry":[]}', b"\xff\xfe"]
)
def test_parse_refuses_what_no_platform_sends(channel: Channel, body: bytes) -> None:
    """A body of another form altogether is a PayloadError."""
    with pytest.raises(PayloadError):
        channel.parse(post(body))


WORDS = st.text(st.sampled_from("abc äé。.!?\n👩‍👩‍👧圖書館"), max_size=60) | st.sampled_from(
    ["", "x" * 25, "Learning Commons opening hours", "w" * 100, "https://library.example/" + "p" * 2100]
)
LONG = WORDS | st.builds(lambda text, times: text * times, WORDS, st.integers(1, 80))
URLS = st.sampled_from(["https://library.example/a", "http://x.example/?q=1", "/relative", "not a url", "http://[", ""])
CHOICES = st.builds(
    Choice, WORDS, st.sampled_from(["/hours", "", "p" * 1001, "ü" * 1000, "/events"]), st.none() | WORDS
)
CARDS = st.builds(
    Card,
    title=WORDS,
    subtitle=st.none() | LONG,
    image=st.none() | URLS,
    links=st.lists(st.builds(Link, WORDS, URLS), max_size=4).map(tuple),
    choices=st.lists(CHOICES, max_size=3).map(tuple),
)
REPLIES = st.builds(
    Reply,
    text=st.none() | LONG,
    choices=st.lists(CHOICES, max_size=16).map(tuple),
    cards=st.lists(CARDS, max_size=12).map(tuple),
    image=st.none() | URLS,
)


def squeezed(text: str) -> str:
    return "".join(text.split())


def shown(value: object) -> str:
    """Return every string of a call's body that a person sees or opens, in order."""
    if isinstance(value, dict):
        hidden = {"payload", "id", "type"}
        return "".join(shown(inner) for name, inner in value.items() if name not in hidden or isinstance(inner, dict))
    if isinstance(value, list):
        return "".join(map(shown, value))
    return value if isinstance(value, str) else ""


def words_of(reply: Reply) -> list[str]:
    """Return every piece of text of a reply."""
    choices = [*reply.choices, *(choice for card in reply.cards for choice in card.choices)]
    links = [link for card in reply.cards for link in card.links]
    return [
        reply.text or "",
        *(part for choice in choices for part in (choice.title, choice.description or "")),
        *(part for card in reply.cards for part in (card.title, card.subtitle or "")),
        *(part for link in links for part in (link.title, link.url)),
        *([reply.image] if reply.image else []),
    ]


@settings(deadline=None, max_examples=60)
@given(reply=REPLIES)
def test_render_keeps_the_limits_and_loses_no_text(case: Case, channel: Channel, reply: Reply) -> None:
    """The platform takes every call, and every word of the reply stands in one of them."""
    calls = channel.render(reply, Address(case.name, "7203344518820931"))
    assert [case.problem(call.body) for call in calls] == [""] * len(calls)
    everything = squeezed("".join(shown(case.shown(call.body)) for call in calls))
    assert [piece for piece in words_of(reply) if squeezed(piece) not in everything] == []


@settings(deadline=None, max_examples=25)
@given(replies=st.lists(REPLIES, max_size=3))
def test_a_turn_loses_nothing_when_its_replies_become_one(case: Case, channel: Channel, replies: list[Reply]) -> None:
    """Every text, link and picture, and every choice once, by the payload that it stands for."""
    calls = [call for reply in as_one(replies) for call in channel.render(reply, Address(case.name, "1"))]
    assert [case.problem(call.body) for call in calls] == [""] * len(calls)
    everything = squeezed("".join(shown(case.shown(call.body)) for call in calls))
    parts = [part for reply in replies for part in (reply, *reply.cards)]
    ways: dict[str, list[Choice]] = {}
    for choice in (each for part in parts for each in part.choices):
        ways.setdefault(choice.payload, []).append(choice)
    bare = [
        replace(each, choices=(), cards=tuple(replace(card, choices=()) for card in each.cards)) for each in replies
    ]
    assert [piece for each in bare for piece in words_of(each) if squeezed(piece) not in everything] == []
    said = [
        [all(squeezed(piece) in everything for piece in words_of(Reply(choices=(each,)))) for each in alike]
        for alike in ways.values()
    ]
    assert all(map(any, said))


PLAIN = st.text(st.sampled_from("ab 圖é."), min_size=1, max_size=60).filter(str.strip)
FITTING = st.builds(
    Reply,
    text=PLAIN,
    cards=st.lists(st.builds(Card, title=PLAIN, subtitle=PLAIN), max_size=2).map(tuple),
    choices=st.lists(
        st.builds(Choice, st.sampled_from("abcdefghijkl"), st.sampled_from(["/a", "/b", "/c", "/d"])), max_size=3
    ).map(tuple),
    image=st.none() | st.just("https://library.example/a.png"),
)


@settings(deadline=None, max_examples=60)
@given(replies=st.lists(FITTING, min_size=1, max_size=3))
def test_a_turn_that_fits_is_one_message(case: Case, channel: Channel, replies: list[Reply]) -> None:
    """Paragraphs, choices and a picture together; on Messenger a picture is a message of its own."""
    calls = [call for reply in as_one(replies) for call in channel.render(reply, Address(case.name, "1"))]
    pictured = any(reply.image for reply in replies)
    assert len(calls) == (2 if pictured and case is MESSENGER else 1)


@settings(deadline=None, max_examples=20)
@given(reply=REPLIES)
def test_rendered_calls_can_rest_in_the_outbox(case: Case, channel: Channel, reply: Reply) -> None:
    """A call is JSON-safe and says to whom it goes, as a message."""
    for call in channel.render(reply, Address(case.name, "7203344518820931")):
        assert json.loads(json.dumps(call.body)) == call.body
        assert (call.channel, call.person, call.purpose) == (case.name, "7203344518820931", "message")


def test_courtesies_mark_as_read_and_show_typing(case: Case, channel: Channel) -> None:
    """A message that somebody sent is followed by what the platform has of them, one without a sender by none."""
    [message] = channel.parse(post(case.wrap([case.text_event("m_1", "hello")])))
    calls: list[OutboundCall] = list(channel.courtesies(message))
    assert tuple(call.purpose for call in calls) == case.courtesies
    assert {call.person for call in calls} <= {"7203344518820931"}
    [nobody] = channel.parse(post(case.wrap([case.nobody])))
    assert list(channel.courtesies(nobody)) == []


@given(
    text=st.text(min_size=1, max_size=3000).filter(str.strip), language=st.sampled_from(["en", "zh-Hant", "zh-Hans"])
)
def test_what_nobody_asked_for_goes_as_the_platform_takes_it(
    case: Case, channel: Channel, text: str, language: str
) -> None:
    """As it is, with a choice below it, or in a template, which is one message however long the text."""
    to = Address(case.name, "4477")
    free = channel.render_unasked(Reply(text, (Choice("Stop these", "/x"),)), to, language=language)
    in_template = channel.render_unasked(Reply(text), to, template="HX" + "0" * 32, language=language)

    assert [case.problem(call.body) for call in (*free, *in_template)] == [""] * (len(free) + 1)
    assert {call.person for call in (*free, *in_template)} == {"4477"}
    assert channel.rules is RULES[case.name]
