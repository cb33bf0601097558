"""How answers are used: how often given, how they fared, what led there, what is alike, what is answered now."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from bot.calendar.facts import Answer
from bot.dialogue import Turn
from bot.store import inbox, people, turns
from bot.store.content import edit
from bot.store.content.likeness import Likeness
from connectors.messages import Address, IncomingMessage, Kind, Reply
from tests.console.conftest import NOW, Rehearsed, Visitor

ANN, BEN = Address("messenger", "ann"), Address("messenger", "ben")
NAME = "wifi-overview/en"


def words(page: str) -> str:
    """Return a page's words."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", page)).split())


def asks(engine: Engine, text: str, answer: str = "", *, who: Address = ANN, days: float = 1, **told: Any) -> None:
    """Store a message and the turn that answered it."""
    at = NOW - timedelta(days=days)
    message = IncomingMessage(id=f"{who.person}{text}{days}", kind=Kind.TEXT, sender=who, sent_at=at, text=text)
    inbox.add(engine, who.channel, [message], now=at, stale_after_seconds=10**9)
    with engine.begin() as connection:
        person_id = people.find_or_add(connection, who, at).id
        number = connection.exec_driver_sql("SELECT max(id) FROM inbox").scalar_one()
    understanding = {"intent": {"name": "wifi", "confidence": 0.9}, "answer": answer, **told}
    turns.answered(engine, number, person_id, replies=(Reply(text="…"),), understanding=understanding, calls=(), now=at)


def intent(name: str) -> dict[str, Any]:
    """Return an understanding of a topic."""
    return {"intent": {"name": name, "confidence": 0.9}}


def test_an_answer_tells_how_often_it_is_given_how_it_fared_and_what_led_there(
    engine: Engine, librarian: Visitor
) -> None:
    asks(engine, "how do i get online, i am Chan Tai Man 91234567", "wifi-overview")
    asks(engine, "thx", **intent("thanks"), days=0.999)
    asks(engine, "wifi?", "wifi-overview", who=BEN, days=2)
    asks(engine, "a person please", who=BEN, days=1.999, requests=["contact_librarian"], **intent("contact_librarian"))
    asks(engine, "wifi long ago", "wifi-overview", days=31)
    said = words(librarian.get(f"/console/answers/use?name={NAME}").text)
    assert "Given 2 times to 2 people in the last 30 days" in said
    assert "thanks came next: 1" in said
    assert "a person was asked for next: 1" in said
    assert "how do i get online" in said
    assert "91234567" not in said
    assert "wifi long ago" not in said


def test_answers_are_filtered_by_how_often_they_are_given(engine: Engine, librarian: Visitor) -> None:
    for number in range(10):
        asks(engine, f"wifi {number}", "wifi-overview")
    asks(engine, "eduroam", "wifi-eduroam")
    often = librarian.get("/console/answers?given=often").text
    assert "wifi-overview/en" in often
    assert "wifi-eduroam/en" not in often
    never = librarian.get("/console/answers?given=never&topic=wifi").text
    assert "wifi-overview/en" not in never
    assert "wifi-eduroam/en" not in never
    assert "/en" in never


def test_a_suggestion_for_staff_is_not_counted_as_given() -> None:
    assert turns.summary({"answer": "wifi-overview"}, turns.KEPT)["answer"] == ""
    assert turns.summary({"answer": "wifi-overview"}, "answered")["answer"] == "wifi-overview"


def answer(key: str, text: str, *questions: str) -> Answer:
    """Return an answer."""
    return Answer(key, "wifi", key, text, questions)


@pytest.mark.parametrize(
    ("way", "other", "alike"),
    [
        ("how do i connect to the wifi", "How do I connect to the wifi?", True),
        ("how do i connect to the wifi", "how do i connect to the wifi pls", True),
        ("how do i connect to the wifi", "how do i print in colour", False),
        ("借書要唔要學生證", "借書要唔要學生證呀", True),
        ("借書要唔要學生證", "圖書館幾點開門", False),
        ("wifi", "printer", False),
    ],
)
def test_ways_to_ask_that_are_nearly_the_same_are_found(way: str, other: str, alike: bool) -> None:
    one, two = answer("one", "Text one, of this alone.", way), answer("two", "Another text altogether.", other)
    found = Likeness([one, two])
    assert [each.other.key for each in found.of(one)] == (["two"] if alike else [])
    assert set(found.every) == ({"one", "two"} if alike else set())
    assert found.of(two)[:1] == ([] if not alike else found.of(two))


def test_texts_that_are_nearly_the_same_are_found() -> None:
    text = "You can borrow twenty books for thirty days with your student card."
    one, two = answer("one", text, "how many"), answer("two", text.replace("twenty", "ten"), "to the limit")
    [found] = Likeness([one, two]).of(one)
    assert (found.other.key, found.asked) == ("two", False)


def test_the_preview_warns_before_a_way_to_ask_is_saved_that_is_anothers(engine: Engine, librarian: Visitor) -> None:
    theirs = edit.entry(engine, "answers", NAME)
    assert theirs
    form = {
        "title": "New",
        "text": "Something.",
        "language": "en",
        "topic": "wifi",
        "questions": theirs["questions"][0],
    }
    said = words(librarian.post("/console/answers/preview", form).text)
    assert f"is nearly a way to ask for “{theirs['title']}”" in said
    own = {**form, "questions": "can my parrot stay overnight"}
    assert "is nearly a way to ask" not in words(librarian.post("/console/answers/preview", own).text)


def test_what_is_answered_now_is_asked_of_the_bot_while_it_is_there(
    librarian: Visitor, rehearsed: Rehearsed, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"how do i print": "print-overview", "wifi?": "wifi-overview"}
    monkeypatch.setattr(
        rehearsed,
        "rehearse",
        lambda message, *_: Turn((Reply(text="Said."),), {"answer": given.get(message.text, "wifi-overview")}),
    )
    assert "What will it answer now?" in librarian.get(f"/console/answers/use?name={NAME}").text
    address = f"/console/answers/ask?name={NAME}"
    assert "This answer" in librarian.post(address, {"question": "wifi?"}).text
    other = librarian.post(address, {"question": "how do i print"}).text
    assert "Not this one" in other
    assert "Said." in other
    assert librarian.post(address).text.count("This answer") > 3
    rehearsed.down = True
    assert "What will it answer now?" not in librarian.get(f"/console/answers/use?name={NAME}").text


def test_an_answer_that_is_gone_has_no_use(librarian: Visitor) -> None:
    assert librarian.get("/console/answers/use?name=nothing/en").status_code == 404
