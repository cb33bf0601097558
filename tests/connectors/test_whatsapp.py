"""WhatsApp through Meta: the payload files, how replies look, what its errors mean."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.channel import WebhookRequest
from connectors.errors import OperatorError, PermanentError, RetryableError
from connectors.messages import Address, Card, Choice, Kind, Link, OutboundCall, Reply
from connectors.whatsapp import WhatsApp
from tests.connectors.payload_files import check, files, payload

BuildWhatsApp = Callable[..., WhatsApp]
STUDENT = Address("whatsapp", "85291234567")
CALL = OutboundCall("whatsapp", STUDENT.person, {"messaging_product": "whatsapp", "to": "1", "type": "text"})


@pytest.fixture(scope="module")
def whatsapp(build_whatsapp: BuildWhatsApp) -> WhatsApp:
    return build_whatsapp()


@pytest.mark.parametrize("path", files("whatsapp"), ids=lambda path: path.stem)
def test_payload_files(whatsapp: WhatsApp, path: Path) -> None:
    """Each payload file becomes what it says it should become."""
    body, expect = payload(path)
    check(whatsapp.parse(WebhookRequest("POST", "", body=json.dumps(body).encode())), expect)


def choices(count: int, **parts: Any) -> tuple[Choice, ...]:
    return tuple(Choice(f"Choice {number}", f"/choice_{number}", **parts) for number in range(1, count + 1))


def test_up_to_three_choices_are_buttons(whatsapp: WhatsApp) -> None:
    """On the message that asks."""
    [call] = whatsapp.render(Reply(text="Which?", choices=choices(3)), STUDENT)

    assert call.body["to"] == STUDENT.person
    assert call.body["interactive"]["type"] == "button"
    assert [each["reply"]["title"] for each in call.body["interactive"]["action"]["buttons"]] == [
        "Choice 1",
        "Choice 2",
        "Choice 3",
    ]


def test_up_to_ten_are_a_list(whatsapp: WhatsApp) -> None:
    """With their descriptions."""
    [call] = whatsapp.render(Reply(text="Which?", choices=choices(10, description="More of it")), STUDENT)
    [section] = call.body["interactive"]["action"]["sections"]

    assert len(section["rows"]) == 10
    assert section["rows"][0] == {"id": "/choice_1", "title": "Choice 1", "description": "More of it"}


def test_a_text_that_is_too_long_for_buttons_has_its_choices_in_a_list(whatsapp: WhatsApp) -> None:
    """A list's text is four times as long: one message, and still something to tap."""
    [call] = whatsapp.render(Reply(text="All about printing. " * 60, choices=choices(3)), STUDENT)

    assert call.body["interactive"]["type"] == "list"
    assert len(call.body["interactive"]["action"]["sections"][0]["rows"]) == 3


def test_a_picture_has_the_text_as_its_caption(whatsapp: WhatsApp) -> None:
    """One message; a text that is too long for a caption comes after the picture."""
    [call] = whatsapp.render(Reply(text="The map", image="https://library.example/m.png"), STUDENT)
    first, second = whatsapp.render(Reply(text="Way " * 300, image="https://library.example/m.png"), STUDENT)

    assert call.body["image"] == {"link": "https://library.example/m.png", "caption": "The map"}
    assert (first.body["type"], second.body["type"]) == ("image", "text")


def test_a_picture_is_the_head_of_buttons_and_stands_above_numbers(whatsapp: WhatsApp) -> None:
    """A list takes no picture, so that more than three choices are numbered under it."""
    picture = "https://library.example/m.png"
    [three] = whatsapp.render(Reply(text="Which floor?", choices=choices(3), image=picture), STUDENT)
    [four] = whatsapp.render(Reply(text="Which floor?", choices=choices(4), image=picture), STUDENT)

    assert three.body["interactive"]["header"] == {"type": "image", "image": {"link": picture}}
    assert four.body["image"]["caption"].startswith("Which floor?\n\n1. Choice 1\n2. Choice 2")


def test_the_picture_of_the_one_card_that_has_one_is_shown(whatsapp: WhatsApp) -> None:
    """And not told as an address."""
    card = Card("Old maps", "until Saturday", image="https://library.example/m.png")
    [call] = whatsapp.render(Reply(text="What is on:", cards=(card,)), STUDENT)

    assert call.body["image"] == {"link": card.image, "caption": "What is on:\n\nOld maps\nuntil Saturday"}


def test_more_are_numbered_text(whatsapp: WhatsApp) -> None:
    """Nothing is dropped."""
    [call] = whatsapp.render(Reply(text="Which?", choices=choices(11)), STUDENT)

    assert call.body["type"] == "text"
    assert "11. Choice 11" in call.body["text"]["body"]


def test_cards_are_text_with_their_links(whatsapp: WhatsApp) -> None:
    """The platform has no cards for a bot's own use."""
    card = Card("Old maps", "until Saturday", links=(Link("Sign up", "https://library.example/maps"),))
    [call] = whatsapp.render(Reply(text="What is on:", cards=(card,)), STUDENT)

    assert call.body["text"]["body"] == "What is on:\n\nOld maps\nuntil Saturday\nSign up: https://library.example/maps"


def test_somebody_known_by_a_user_name_alone_is_a_recipient(whatsapp: WhatsApp) -> None:
    """A business-scoped id goes into another field than a number."""
    [call] = whatsapp.render(Reply(text="Hello"), Address("whatsapp", "US.13491208655302741918"))

    assert call.body["recipient"] == "US.13491208655302741918"
    assert "to" not in call.body


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (400, {"code": 131047}, PermanentError),
        (400, {"code": 131026}, PermanentError),
        (400, {"code": 131056}, RetryableError),
        (429, {"code": 130429}, RetryableError),
        (401, {"code": 190}, OperatorError),
        (401, {"code": 0}, OperatorError),
        (400, {"code": 131031}, OperatorError),
        (403, {"code": 200}, OperatorError),
        (400, {"code": 131000}, RetryableError),
        (500, {}, RetryableError),
        (400, {"code": 999999}, PermanentError),
    ],
)
def test_errors_say_what_to_do(
    build_whatsapp: BuildWhatsApp, answering: Any, status: int, error: dict[str, Any], kind: type[Exception]
) -> None:
    """Retry, give up, or call an operator, by the platform's table."""
    answering.status, answering.body = status, json.dumps({"error": error}).encode()
    with pytest.raises(kind):
        build_whatsapp(api_url=answering.url).send(CALL)


def test_a_call_that_is_taken_gives_the_messages_id(build_whatsapp: BuildWhatsApp, answering: Any) -> None:
    """By which its statuses find it later."""
    answering.body = json.dumps({"messages": [{"id": "wamid.1"}]}).encode()

    assert build_whatsapp(api_url=answering.url).send(CALL) == "wamid.1"
    assert answering.requests[0][0] == "/v26.0/106540352242922/messages"


def test_words_of_staff_from_the_business_app_are_an_echo_that_names_the_student(whatsapp: WhatsApp) -> None:
    """Whoever is not the library's own number."""
    echo = {
        "from": "85221170000",
        "to": "85261234567",
        "id": "wamid.e",
        "type": "text",
        "text": {"body": "Hi, Bo here"},
    }
    value = {"metadata": {"display_phone_number": "85221170000"}, "message_echoes": [echo]}
    change = {"field": "smb_message_echoes", "value": value}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [{"changes": [change]}]}).encode()
    [message] = whatsapp.parse(WebhookRequest("POST", "", body=body))

    assert (message.kind, message.text, message.details["with"]) == (Kind.ECHO, "Hi, Bo here", "85261234567")


def test_a_persons_words_go_late_in_the_approved_template(build_whatsapp: BuildWhatsApp) -> None:
    """A variable takes no line breaks; without a template there is no such way."""
    channel = build_whatsapp(template="library_answer", languages=("en_GB", "zh_HK"))
    [call] = channel.render_late("Your book\nis here.", STUDENT)
    template = call.body["template"]

    assert (call.body["type"], template["name"], template["language"]) == (
        "template",
        "library_answer",
        {"code": "en_GB"},
    )
    assert template["components"] == [{"type": "body", "parameters": [{"type": "text", "text": "Your book is here."}]}]
    codes = {
        language: channel.render_late("Hi", STUDENT, language)[0].body["template"]["language"]["code"]
        for language in ("zh-Hant", "zh-Hans", "en", "")
    }
    assert codes == {"zh-Hant": "zh_HK", "zh-Hans": "en_GB", "en": "en_GB", "": "en_GB"}
    assert build_whatsapp().render_late("Hi", STUDENT) == ()
