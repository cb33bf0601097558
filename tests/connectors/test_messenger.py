"""Messenger: the payload files, the odd corners of its events, how replies look, what its errors mean."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.simulator.fake_meta import Failure, FakeMeta
from connectors.channel import WebhookRequest
from connectors.errors import OperatorError, PermanentError, RetryableError, SendError, SignatureError
from connectors.messages import ANSWERED, Address, Card, Choice, IncomingMessage, Kind, Link, OutboundCall, Reply
from connectors.messenger import Messenger

BuildMessenger = Callable[..., Messenger]

PAYLOADS = sorted((Path(__file__).parents[1] / "payloads" / "messenger").glob("*.json"))
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
STUDENT = Address("messenger", "7203344518820931")
TEXT_CALL = OutboundCall(
    "messenger",
    STUDENT.person,
    {"recipient": {"id": STUDENT.person}, "messaging_type": "RESPONSE", "message": {"text": "Open until 23:00."}},
)


@pytest.fixture(scope="module")
def messenger(build_messenger: BuildMessenger) -> Messenger:
    return build_messenger()


def parse(messenger: Messenger, payload: Any) -> tuple[IncomingMessage, ...]:
    return messenger.parse(WebhookRequest("POST", "", body=json.dumps(payload).encode()))


def parse_event(messenger: Messenger, **event: Any) -> IncomingMessage:
    usual = {"sender": {"id": "7203344518820931"}, "recipient": {"id": "1"}, "timestamp": 1767000000000}
    [message] = parse(messenger, {"object": "page", "entry": [{"id": "1", "messaging": [{**usual, **event}]}]})
    return message


# The payload files ------------------------------------------------------------------------------------------------


def expectations(file: dict[str, Any]) -> Iterator[dict[str, Any]]:
    expect = file["expect"]
    for each in expect.get("events", [expect]):
        # To know a duplicate is the inbox's work: here it is the same text with the same id again.
        duplicate = each["kind"] == "duplicate"
        yield {**each, "kind": "text", "should_reply": True} if duplicate else each


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_payload_files(messenger: Messenger, path: Path) -> None:
    """Each payload file becomes what it says it should become."""
    file = json.loads(path.read_text())
    messages = parse(messenger, file["payload"])
    expected = list(expectations(file))
    assert [message.kind for message in messages] == [each["kind"] for each in expected]
    for message, each in zip(messages, expected, strict=True):
        assert (message.sender and message.sender.person) == each["sender"]
        assert (message.choice if message.kind is Kind.POSTBACK else message.text) == each["text"]
        if each["message_id"]:
            assert each["message_id"] in {message.id, *message.refers_to}
        else:
            assert message.id
        if each["reply_strict"]:
            assert (message.kind in ANSWERED and message.sender is not None) == each["should_reply"]
        check_extras(message, each)


def check_extras(message: IncomingMessage, expect: dict[str, Any]) -> None:
    """Hold the fields that only some payload files speak of."""
    found = {
        "title": message.text,
        "media_type": message.media[0].type if message.media else None,
        "latitude": message.latitude,
        "longitude": message.longitude,
        "referral_ref": message.referral,
        "status": message.status,
        "action": message.status,
        "message_ids": list(message.refers_to),
        "target": message.refers_to[0] if message.refers_to else None,
        "watermark": message.watermark and message.watermark.timestamp() * 1000,
    }
    for name, value in found.items():
        if name in expect:
            assert value == expect[name], name


def test_every_payload_file_is_there() -> None:
    """The folder is found: a table over no files would hold nothing."""
    assert len(PAYLOADS) >= 39


# Odd corners of events --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stamp", "entry_time", "moment"),
    [
        (1767000000123, None, datetime(2025, 12, 29, 9, 20, 0, 123000, UTC)),
        (1767000000, None, datetime(2025, 12, 29, 9, 20, tzinfo=UTC)),
        ("1767000000123", None, datetime(2025, 12, 29, 9, 20, 0, 123000, UTC)),
        ("1767000000", None, datetime(2025, 12, 29, 9, 20, tzinfo=UTC)),
        (None, 1767000000000, datetime(2025, 12, 29, 9, 20, tzinfo=UTC)),
        ("yesterday", 1767000000, datetime(2025, 12, 29, 9, 20, tzinfo=UTC)),
        (None, None, NOW),
        (True, [], NOW),
        (-5, 0, NOW),
        ("1e999", 1e300, NOW),
    ],
)
def test_when_a_message_was_sent(messenger: Messenger, stamp: object, entry_time: object, moment: datetime) -> None:
    """Milliseconds, seconds, strings; else the entry's time; else the moment of receipt."""
    event = {"sender": {"id": "1"}, "timestamp": stamp, "message": {"mid": "m", "text": "hi"}}
    [message] = parse(messenger, {"object": "page", "entry": [{"time": entry_time, "messaging": [event]}]})
    assert message.sent_at == moment


def test_a_quick_reply_is_its_payload(messenger: Messenger) -> None:
    """A tap carries the payload as the choice, the title as its words."""
    message = parse_event(messenger, message={"mid": "m", "text": "Hours", "quick_reply": {"payload": "/hours"}})
    assert (message.kind, message.choice, message.text) == (Kind.TEXT, "/hours", "Hours")


@pytest.mark.parametrize("quick_reply", [None, {}, {"payload": None}, "x"])
def test_a_quick_reply_without_payload_is_its_words(messenger: Messenger, quick_reply: object) -> None:
    """A null payload leaves the words."""
    message = parse_event(messenger, message={"mid": "m", "text": "Hours", "quick_reply": quick_reply})
    assert (message.kind, message.choice, message.text) == (Kind.TEXT, None, "Hours")


@pytest.mark.parametrize(
    "attachment",
    [
        {"type": "image", "payload": {"url": "https://x.example/s.png", "sticker_id": 369239263222822}},
        {"type": "sticker", "payload": {"sticker_id": "369239263222822"}},
    ],
)
def test_both_shapes_of_a_sticker(messenger: Messenger, attachment: dict[str, Any]) -> None:
    """The shape before and the one since August 2026 are both a sticker with its id."""
    message = parse_event(messenger, message={"mid": "m", "attachments": [attachment]})
    assert (message.kind, message.media[0].type, message.media[0].id) == (Kind.MEDIA, "sticker", "369239263222822")


def test_several_attachments_are_one_message(messenger: Messenger) -> None:
    """Three pictures in one message are answered once."""
    pictures = [{"type": "image", "payload": {"url": f"https://x.example/{n}"}} for n in range(3)]
    message = parse_event(messenger, message={"mid": "m", "attachments": pictures})
    assert [each.url for each in message.media] == [f"https://x.example/{n}" for n in range(3)]


@pytest.mark.parametrize(
    "coordinates", [None, {}, {"lat": "1", "long": "2"}, {"lat": 91, "long": 0}, {"lat": True, "long": 0}]
)
def test_a_location_without_coordinates_is_media(messenger: Messenger, coordinates: object) -> None:
    """A location that names no place is answered as any other attachment."""
    attachment = {"type": "location", "payload": {"coordinates": coordinates}}
    assert parse_event(messenger, message={"mid": "m", "attachments": [attachment]}).kind is Kind.MEDIA


def test_postbacks_without_mid_have_a_stable_id(messenger: Messenger) -> None:
    """The same tap delivered again has the same id; another moment, person or payload another one."""
    tap = {"payload": "/hours", "title": "Hours"}
    first = parse_event(messenger, postback=tap)
    others = [
        parse_event(messenger, postback=tap, timestamp=1767000000001),
        parse_event(messenger, postback=tap, sender={"id": "2"}),
        parse_event(messenger, postback={**tap, "payload": "/events"}),
    ]
    assert parse_event(messenger, postback=tap).id == first.id
    assert len({first.id, *(each.id for each in others)}) == 4


def test_edits_and_deletions_do_not_pass_for_the_message(messenger: Messenger) -> None:
    """They carry the message's mid, but the inbox must not take them for the message delivered again."""
    edited = [parse_event(messenger, message_edit={"mid": "m", "text": "x", "num_edit": n}) for n in (1, 2)]
    deleted = parse_event(messenger, message={"mid": "m", "is_deleted": True})
    assert len({"m", deleted.id, *(each.id for each in edited)}) == 4
    assert {each.refers_to for each in (*edited, deleted)} == {("m",)}


def test_standby_is_recorded_with_its_words_and_an_id_of_its_own(messenger: Messenger) -> None:
    """What another app owns is never answered, and does not hide the message if it comes to us later."""
    event = {"sender": {"id": "1"}, "timestamp": 1767000000000, "message": {"mid": "m", "text": "hi"}}
    [message] = parse(messenger, {"object": "page", "entry": [{"standby": [event]}]})
    assert (message.kind, message.text, message.id != "m") == (Kind.STANDBY, "hi", True)


def test_messages_of_another_product_are_not_answered(messenger: Messenger) -> None:
    """Instagram's people cannot be reached through the page: recorded, with the reason."""
    event = {"sender": {"id": "1"}, "timestamp": 1767000000000, "message": {"mid": "m", "text": "hi"}}
    [message] = parse(messenger, {"object": "instagram", "entry": [{"messaging": [event]}]})
    assert (message.kind, message.details["reason"]) == (Kind.IGNORED, "of another product: instagram")


@pytest.mark.parametrize(
    ("name", "field"),
    [("take_thread_control", "previous_owner_app_id"), ("request_thread_control", "requested_owner_app_id")],
)
def test_handovers_say_which_and_between_whom(messenger: Messenger, name: str, field: str) -> None:
    """Every handover keeps its name and the apps."""
    message = parse_event(messenger, **{name: {field: 123}})
    assert (message.kind, message.details) == (Kind.HANDOVER, {field: "123", "event": name})


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"message": {"mid": "m"}}, "the message has neither text nor attachments"),
        ({"postback": {}}, "the postback has neither payload nor title"),
        ({"response_feedback": {"feedback": "Good"}}, "no event that a library can use"),
        ({"sender": {"id": "9" * 300}, "message": {"mid": "m", "text": "x"}}, "the sender's id is too long to be one"),
    ],
)
def test_ignored_events_say_why(messenger: Messenger, event: dict[str, Any], reason: str) -> None:
    """What cannot be used is kept with a reason that staff can read."""
    message = parse_event(messenger, **event)
    assert (message.kind, message.details["reason"]) == (Kind.IGNORED, reason)


def test_text_that_no_database_takes_is_mended(messenger: Messenger) -> None:
    """NUL goes and half a surrogate pair is replaced: neither can be stored."""
    body = rb'{"object":"page","entry":[{"messaging":[{"message":{"mid":"m","text":"a\u0000b\ud83d"}}]}]}'
    [message] = messenger.parse(WebhookRequest("POST", "", body=body))
    assert message.text == "ab\ufffd"


def test_metas_own_signature_vector(build_messenger: BuildMessenger) -> None:
    """The signature is over the raw bytes with their escapes, as Meta's documentation shows."""
    body = rb'{"object":"page","entry":[{"messaging":[{"message":{"text":"\u00e4"}}]}]}'
    header = "sha256=6c0b6b89cc8572471705690e540806ea01ab152f13d89e7f9d7c051f82bf0a11"
    messenger = build_messenger(app_secret="app_secret")
    messenger.verify(WebhookRequest("POST", "", headers={"x-hub-signature-256": header}, body=body))
    read_and_written_anew = json.dumps(json.loads(body), ensure_ascii=False).encode()
    with pytest.raises(SignatureError):
        messenger.verify(
            WebhookRequest("POST", "", headers={"x-hub-signature-256": header}, body=read_and_written_anew)
        )


# How replies look -------------------------------------------------------------------------------------------------


def render(messenger: Messenger, **reply: Any) -> list[dict[str, Any]]:
    calls = messenger.render(Reply(**reply), STUDENT)
    assert {json.dumps(call.body["recipient"]) + call.body["messaging_type"] for call in calls} <= {
        '{"id": "7203344518820931"}RESPONSE'
    }
    return [call.body["message"] for call in calls]


def quick_reply(title: str, payload: str) -> dict[str, str]:
    return {"content_type": "text", "title": title, "payload": payload}


def test_text_and_choices(messenger: Messenger) -> None:
    """Choices become quick replies of the text."""
    messages = render(messenger, text="Hello!", choices=(Choice("Hours", "/hours"), Choice("Events", "/events")))
    assert messages == [
        {"text": "Hello!", "quick_replies": [quick_reply("Hours", "/hours"), quick_reply("Events", "/events")]}
    ]


def test_long_text_is_split_at_sentences_and_choices_ride_on_the_last(messenger: Messenger) -> None:
    """A part ends with a sentence; quick replies vanish when a message follows, so the last has them."""
    text = "This sentence is said again and again. " * 120
    messages = render(messenger, text=text, choices=(Choice("Hours", "/hours"),))
    assert all(message["text"].endswith("again.") for message in messages)
    assert ["quick_replies" in message for message in messages] == [False, False, True]


def test_thirteen_choices_are_buttons_and_fourteen_are_numbered(messenger: Messenger) -> None:
    """Over Meta's limit the choices stand in the text, counted from 1."""
    choices = tuple(Choice(f"Choice {n}", f"/choice{n}") for n in range(1, 15))
    [thirteen] = render(messenger, text="Which?", choices=choices[:13])
    [fourteen] = render(messenger, text="Which?", choices=choices)
    assert (len(thirteen["quick_replies"]), thirteen["text"]) == (13, "Which?")
    assert "quick_replies" not in fourteen
    assert fourteen["text"].startswith("Which?\n\n1. Choice 1\n2. Choice 2\n")
    assert fourteen["text"].endswith("14. Choice 14")


def test_long_titles_stay_distinguishable(messenger: Messenger) -> None:
    """Two titles that begin alike are cut after a word, and their numbers lead to the full ones in the text."""
    choices = (Choice("Learning Commons hours", "/lc"), Choice("Learning Commons rooms", "/rooms"))
    [message] = render(messenger, text="Did you mean:", choices=choices)
    assert message["text"] == "Did you mean:\n\n1. Learning Commons hours\n2. Learning Commons rooms"
    titles = [each["title"] for each in message["quick_replies"]]
    assert titles == ["1. Learning Commons…", "2. Learning Commons…"]


def test_a_payload_that_is_too_long_is_numbered_text(messenger: Messenger) -> None:
    """Meta takes 1,000 characters of payload: beyond, the choices stand in the text."""
    [message] = render(messenger, text="Which?", choices=(Choice("One", "x" * 1001),))
    assert message == {"text": "Which?\n\n1. One"}


def test_choices_without_text_have_words_to_ride_on(messenger: Messenger) -> None:
    """Quick replies need a message: the choices themselves are its words."""
    assert render(messenger, choices=(Choice("Hours", "/hours"),)) == [
        {"text": "1. Hours", "quick_replies": [quick_reply("Hours", "/hours")]}
    ]


def test_cards_are_a_generic_template_after_the_text(messenger: Messenger) -> None:
    """A card shows its title, subtitle, image, links and choices."""
    card = Card(
        title="Photo workshop",
        subtitle="Friday, 3 pm",
        image="https://x.example/p.jpg",
        links=(Link("Register", "https://x.example/r"),),
        choices=(Choice("More", "/event1"),),
    )
    text, template = render(messenger, text="This week:", cards=(card,), choices=(Choice("Hours", "/hours"),))
    assert text == {"text": "This week:"}
    assert template["attachment"]["payload"] == {
        "template_type": "generic",
        "elements": [
            {
                "title": "Photo workshop",
                "subtitle": "Friday, 3 pm",
                "image_url": "https://x.example/p.jpg",
                "buttons": [
                    {"type": "web_url", "url": "https://x.example/r", "title": "Register"},
                    {"type": "postback", "title": "More", "payload": "/event1"},
                ],
            }
        ],
    }
    assert template["quick_replies"] == [quick_reply("Hours", "/hours")]


def test_cards_that_show_no_more_than_words_are_words(messenger: Messenger) -> None:
    """A title, a time and a link read as well in the text, and that is one message."""
    card = Card(title="Old maps", subtitle="until Saturday", links=(Link("Sign up", "https://x.example/r"),))
    [message] = render(messenger, text="This week:", cards=(card,), choices=(Choice("Hours", "/hours"),))
    assert message["text"] == "This week:\n\nOld maps\nuntil Saturday\nSign up: https://x.example/r"
    assert message["quick_replies"] == [quick_reply("Hours", "/hours")]


def test_a_picture_beside_cards_makes_them_words(messenger: Messenger) -> None:
    """Text, picture and tiles would be three messages."""
    links = (Link("Sign up", "https://x.example/r"), Link("More", "https://x.example/m"))
    text, picture = render(messenger, text="Hi", cards=(Card("Maps", links=links),), image="https://x.example/p.png")
    assert text["text"] == "Hi\n\nMaps\nSign up: https://x.example/r\nMore: https://x.example/m"
    assert picture["attachment"]["payload"] == {"url": "https://x.example/p.png"}


def test_eleven_cards_are_two_templates(messenger: Messenger) -> None:
    """A template holds ten cards."""
    cards = tuple(Card(title=f"Event {n}", image="https://x.example/p.jpg") for n in range(11))
    sizes = [len(message["attachment"]["payload"]["elements"]) for message in render(messenger, cards=cards)]
    assert sizes == [10, 1]


def test_what_a_card_cannot_hold_stands_before_it(messenger: Messenger) -> None:
    """A long subtitle is cut on the card and said in full in the text."""
    card = Card(title="Talk", subtitle="A talk about reading. " * 8, image="https://x.example/p.jpg")
    words, template = render(messenger, cards=(card,))
    assert words["text"] == "Talk\n" + " ".join(["A talk about reading."] * 8)
    assert template["attachment"]["payload"]["elements"][0]["subtitle"].endswith("…")


def test_a_link_without_a_title_is_called_by_its_address(messenger: Messenger) -> None:
    """Meta takes no button without a title."""
    card = Card(title="Map", links=(Link(" ", "https://x.example"),), image="https://x.example/p.jpg")
    [template] = render(messenger, cards=(card,))
    assert template["attachment"]["payload"]["elements"][0]["buttons"][0]["title"] == "https://x.example"


def test_an_image_is_sent_by_its_address(messenger: Messenger) -> None:
    """Image after the text; Meta fetches it."""
    assert render(messenger, text="Map:", image="https://x.example/map.png") == [
        {"text": "Map:"},
        {"attachment": {"type": "image", "payload": {"url": "https://x.example/map.png"}}},
    ]


def test_an_empty_reply_is_no_call(messenger: Messenger) -> None:
    """Meta refuses a message of white space."""
    assert render(messenger, text=" \n") == []


def test_only_spaces_are_something_that_nobody_can_read(messenger: Messenger) -> None:
    """To be answered kindly, like a picture."""
    assert parse_event(messenger, message={"mid": "m", "text": " \u2003 "}).kind is Kind.UNSUPPORTED


# Sending ----------------------------------------------------------------------------------------------------------


def test_send_returns_metas_message_id(build_messenger: BuildMessenger, fake_meta: FakeMeta) -> None:
    """The stand-in takes the call and its id comes back."""
    message_id = build_messenger(api_url=fake_meta.url).send(TEXT_CALL)
    assert message_id
    assert fake_meta.messages_to(STUDENT.person) == [{"text": "Open until 23:00.", "metadata": "carrel"}]


def test_the_token_travels_in_a_header_alone(build_messenger: BuildMessenger, answering: Any) -> None:
    """Version and page make the address; proof and our mark are in the body; the token is nowhere that gets logged."""
    answering.body = b'{"recipient_id":"1","message_id":"m_1"}'
    assert build_messenger(api_url=answering.url, access_token="töken").send(TEXT_CALL) == "m_1"
    [(path, headers, body)] = answering.requests
    proof = hmac.new(b"app_secret", "töken".encode(), hashlib.sha256).hexdigest()
    assert path == "/v26.0/61550018834421/messages"
    assert headers["authorization"].encode("latin-1") == "Bearer töken".encode()
    marked = {**TEXT_CALL.body["message"], "metadata": "carrel"}
    assert json.loads(body) == {**TEXT_CALL.body, "message": marked, "appsecret_proof": proof}


def test_our_own_echo_is_known_by_its_mark_and_tells_whom_we_spoke_with(build_messenger: BuildMessenger) -> None:
    """Words of staff in Meta's own inbox carry no mark of ours; the student is whoever is not the page."""
    channel = build_messenger()
    page, student = {"id": "1"}, {"id": "7109"}

    def echo(**more: str) -> dict[str, object]:
        message = {"mid": "m", "is_echo": True, "text": "Hi", **more}
        return parse_event(channel, sender=page, recipient=student, message=message).details

    assert (echo(metadata="carrel")["ours"], echo()["ours"], echo(metadata="other")["ours"]) == (True, False, False)
    assert echo()["with"] == "7109"


def test_a_persons_words_go_late_under_the_human_agents_tag_where_meta_allows_it(
    build_messenger: BuildMessenger,
) -> None:
    """Seven days; without the permission there is no such way."""
    allowed, plain = build_messenger(human_agent=True), build_messenger()
    [call] = allowed.render_late("Still here.", STUDENT)

    assert (call.body["messaging_type"], call.body["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
    assert call.body["message"] == {"text": "Still here."}
    assert allowed.late is not None
    assert allowed.late.until == timedelta(days=7)
    assert plain.late is None


def test_courtesies_are_taken(build_messenger: BuildMessenger, fake_meta: FakeMeta) -> None:
    """Mark as read and typing are calls that Meta takes."""
    channel = build_messenger(api_url=fake_meta.url)
    message = parse_event(channel, message={"mid": "m", "text": "hi"})
    for call in channel.courtesies(message):
        channel.send(call)
    assert [each.body["sender_action"] for each in fake_meta.taken] == ["mark_seen", "typing_on"]


@pytest.mark.parametrize(
    ("failure", "kind", "code"),
    [
        (Failure(status=500, code=1), RetryableError, "1"),
        (Failure(status=400, code=2), RetryableError, "2"),
        (Failure(status=400, code=4), RetryableError, "4"),
        (Failure(status=400, code=17), RetryableError, "17"),
        (Failure(status=400, code=32), RetryableError, "32"),
        (Failure(status=400, code=613), RetryableError, "613"),
        (Failure(status=400, code=1200), RetryableError, "1200"),
        (Failure(status=503, code=99999), RetryableError, "99999"),
        (Failure(status=429, code=99999), RetryableError, "99999"),
        (Failure(kind="reset"), RetryableError, "connection"),
        (Failure(kind="hang"), RetryableError, "timeout"),
        (Failure(status=400, code=551), PermanentError, "551"),
        (Failure(status=400, code=551, subcode=1545041), PermanentError, "551/1545041"),
        (Failure(status=400, code=200, subcode=1545041), PermanentError, "200/1545041"),
        (Failure(status=400, code=10, subcode=2018278), PermanentError, "10/2018278"),
        (Failure(status=400, code=100, subcode=2018001), PermanentError, "100/2018001"),
        (Failure(status=400, code=100, subcode=2018008), PermanentError, "100/2018008"),
        (Failure(status=400, code=100, subcode=2018047), PermanentError, "100/2018047"),
        (Failure(status=400, code=100, subcode=2018109), PermanentError, "100/2018109"),
        (Failure(status=400, code=99999), PermanentError, "99999"),
        (Failure(status=401, code=190), OperatorError, "190"),
        (Failure(status=403, code=10), OperatorError, "10"),
        (Failure(status=403, code=10, subcode=1893063), OperatorError, "10/1893063"),
        (Failure(status=403, code=200), OperatorError, "200"),
        (Failure(status=403, code=299), OperatorError, "299"),
        (Failure(status=400, code=368), OperatorError, "368"),
        (Failure(status=400, code=100), OperatorError, "100"),
    ],
)
def test_what_metas_errors_mean(
    build_messenger: BuildMessenger, fake_meta: FakeMeta, failure: Failure, kind: type[SendError], code: str
) -> None:
    """Each code of the table is retried, given up, or left to an operator; the reason is a sentence."""
    fake_meta.failures.append(failure)
    with pytest.raises(SendError) as raised:
        build_messenger(api_url=fake_meta.url).send(TEXT_CALL)
    assert (type(raised.value), raised.value.code) == (kind, code)
    assert raised.value.reason.strip()


def test_a_wrong_token_needs_an_operator(build_messenger: BuildMessenger, fake_meta: FakeMeta) -> None:
    """The stand-in refuses another token as Meta does."""
    with pytest.raises(OperatorError):
        build_messenger(api_url=fake_meta.url, access_token="another").send(TEXT_CALL)


@pytest.mark.parametrize("setting", [{"access_token": "two\nlines"}, {"access_token": ""}, {"api_url": "graph"}])
def test_settings_that_make_no_request_need_an_operator(
    build_messenger: BuildMessenger, fake_meta: FakeMeta, setting: dict[str, str]
) -> None:
    """A token that fits no header and an address without a scheme will not mend themselves."""
    with pytest.raises(OperatorError):
        build_messenger(**{"api_url": fake_meta.url, **setting}).send(TEXT_CALL)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("Mon, 23 Nov 2026 09:31:00 GMT", 60.0), ("Mon, 23 Nov 2026 09:00:00 GMT", 0.0), ("soon", None)],
)
def test_how_long_meta_asks_to_wait(
    build_messenger: BuildMessenger, answering: Any, header: str, seconds: float | None
) -> None:
    """Retry-After is seconds or a date; anything else is no word at all."""
    answering.status, answering.headers = 429, {"Retry-After": header}
    with pytest.raises(RetryableError) as raised:
        build_messenger(api_url=answering.url).send(TEXT_CALL)
    assert raised.value.retry_after == seconds


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<html>Sign in to the Wi-Fi</html>", RetryableError),
        (200, b"[]", RetryableError),
        (200, b'{"error":{"code":190,"message":"expired"}}', OperatorError),
        (200, b'{"error":"?"}', OperatorError),
        (502, b"<html>Bad gateway</html>", RetryableError),
        (404, b"not here", OperatorError),
        (302, b"", OperatorError),
        (400, b"", PermanentError),
        (400, b'{"error":{"code":100,"is_transient":true}}', RetryableError),
        (400, b'{"error":{"code":200,"message":"(#200) This person isn\'t receiving messages"}}', PermanentError),
    ],
)
def test_answers_that_are_not_metas_usual(
    build_messenger: BuildMessenger, answering: Any, status: int, body: bytes, kind: type[SendError]
) -> None:
    """A proxy's page, a redirect, an error in a 200: each has a meaning, none is taken for a delivery."""
    answering.status, answering.body, answering.headers = status, body, {"Location": "http://127.0.0.1:9/"}
    with pytest.raises(kind):
        build_messenger(api_url=answering.url).send(TEXT_CALL)


def test_nobody_listens(build_messenger: BuildMessenger) -> None:
    """A refused connection is worth another try."""
    with pytest.raises(RetryableError):
        build_messenger().send(TEXT_CALL)


def test_reasons_hold_neither_ids_nor_tokens(build_messenger: BuildMessenger, answering: Any) -> None:
    """Meta's own words are quoted without the ids and tokens that it repeats in them."""
    words = "Malformed access token EAAGm0PX4ZCpsBAKx123456789abcdef for object 61550018834421"
    answering.status, answering.body = 400, json.dumps({"error": {"code": 190, "message": words}}).encode()
    with pytest.raises(OperatorError) as raised:
        build_messenger(api_url=answering.url).send(TEXT_CALL)
    assert raised.value.reason.endswith("Meta's words: Malformed access token … for object …")


@pytest.mark.parametrize(
    ("failure", "tries"),
    [(Failure(status=400, code=100), 3), (Failure(status=400, code=2), 12), (Failure(status=429, code=4), None)],
)
def test_a_code_that_may_mean_never_is_tried_a_few_times_only(
    fake_meta: FakeMeta, build_messenger: Callable[..., Messenger], failure: Failure, tries: int | None
) -> None:
    """100 may be one message that Meta does not understand, 2 somebody who has blocked the page."""
    fake_meta.failures.append(failure)
    body = {"recipient": {"id": "1"}, "messaging_type": "RESPONSE", "message": {"text": "Hello"}}
    with pytest.raises(SendError) as raised:
        build_messenger(api_url=fake_meta.url).send(OutboundCall("messenger", "1", body))

    assert raised.value.most_tries == tries
