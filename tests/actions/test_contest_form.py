"""A photo entered in the chat: one question a message, everything changeable, the limits said early and kept."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rasa_sdk.executor import ActionExecutor
from sqlalchemy.engine import Engine

from bot.store import entries, facts
from bot.store.library_tables import ContestRow
from connectors.messages import Media
from tests.actions.entering import Entering
from tests.contest import CONTEST, RULES, edition

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
CLOSES = NOW + timedelta(days=7)
Begin = Callable[..., Entering]


@pytest.fixture
def chat(store: Engine, executor: ActionExecutor, domain: dict[str, Any]) -> Begin:
    """Begins a conversation while an edition takes photos; keywords change the edition or the person."""
    made: list[str] = []

    def begin(person: str = "7", channel: str = "messenger", language: str = "en", **other: Any) -> Entering:
        if not made:
            made.append(edition(store, NOW, **other))
        return Entering(executor, domain, store, NOW, channel, person, language)

    return begin


def join(chat: Entering) -> str:
    return chat.write("I want to join the photo contest", "contest_join")


def fill(chat: Entering, title: str = "Dawn") -> str:
    """Answer everything up to the summary."""
    chat.photo()
    chat.tap("students")
    chat.write(title)
    chat.write("The atrium at dawn")
    chat.write("Chan Siu Ming")
    return chat.tap("I agree")


def test_from_the_first_words_to_the_receipt(chat: Begin) -> None:
    one = chat()
    begun = join(one)
    assert "takes entries until" in begun
    assert "students and staff" in begun
    assert "10 MB" in begun
    assert "1 of 6: please send your photo here." in begun
    assert "2 of 6: who are you?" in one.photo()
    assert list(one.buttons) == ["students", "staff", "None of these"]
    assert "3 of 6: what is the title" in one.tap("staff")
    assert "4 of 6: would you like to describe" in one.write("Sunset over the atrium")
    assert "5 of 6: under which name" in one.tap("Skip")
    rules = one.write("Ada Wong")
    assert "6 of 6" in rules
    assert all(each in rules for each in RULES)
    assert "release Meta" in rules
    summary = one.tap("I agree")
    assert all(each in summary for each in ("Sunset over the atrium", "Ada Wong", "staff", "Shall I enter it?"))
    assert one.entries()[0].state == "draft"
    one.fetched()
    assert "Your number is 1: “Sunset over the atrium”" in one.tap("Enter it")
    [entry] = one.entries()
    assert (entry.state, entry.number, entry.who, entry.description) == ("entered", 1, "staff", "")
    assert entry.shown_name == "Ada Wong"
    assert entry.agreed_at == NOW
    assert len(entry.rules_version) == 64
    assert not one.loop


def test_in_chinese_every_question_is_chinese(chat: Begin) -> None:
    one = chat(language="zh-Hant")
    assert "截止時間是" in one.write("我想參加攝影比賽", "contest_join")
    one.photo()
    one.tap("students")
    one.write("晨光")
    one.tap("略過")
    one.write("陳小明")
    assert "晨光" in one.tap("我同意")
    assert "你的編號是 1" in one.tap("提交")


def test_anything_can_be_changed_before_it_is_confirmed(chat: Begin) -> None:
    one = chat()
    join(one)
    assert "Title: Dawn" in fill(one)
    assert "3 of 6: what is the title" in one.write("please change the title", "contest_entry")
    assert "Title: Dusk" in one.write("Dusk")
    assert "What would you like to change?" in one.tap("Change something")
    assert "5 of 6: under which name" in one.tap("Shown name")
    assert "Shown name: C. S. Ming" in one.write("C. S. Ming")
    assert "send the other photo" in one.write("replace my photo", "contest_entry")
    one.photo()
    one.tap("Enter it")
    [entry] = one.entries()
    assert (entry.title, entry.shown_name) == ("Dusk", "C. S. Ming")
    assert entry.latest is not None
    assert entry.latest.id == 2


def test_a_question_and_danger_in_the_middle_are_left_to_those_who_answer_them(chat: Begin) -> None:
    one = chat()
    join(one)
    one.photo()
    one.tap("students")
    for text, intent in (
        ("when is the deadline?", "contest_deadline"),
        ("圖書館幾點關門？", "opening_hours"),
        ("i want to die", "self_harm"),
        ("talk to a person", "contact_librarian"),
    ):
        assert one.write(text, intent) == "(not for the form)"
    assert "4 of 6" in one.write("Open 24 hours", "learning_commons_24h", 0.5)
    assert one.entries()[0].title == "Open 24 hours"


def test_help_in_danger_stops_the_form_and_it_goes_on_later(chat: Begin) -> None:
    one = chat()
    join(one)
    one.photo()
    one.tap("students")
    message = {"text": "he has a knife", "intent": {"name": "violence", "confidence": 1.0}, "entities": []}
    tracker = {
        **{"sender_id": one.conversation, "slots": dict(one.slots), "events": []},
        **{"latest_message": {**message, "metadata": {}}, "active_loop": {"name": "contest_form"}},
    }
    call = {"next_action": "action_safety", "tracker": tracker, "domain": one.domain}
    events = asyncio.run(one.executor.run(call))["events"]
    assert {"event": "active_loop", "name": None, "timestamp": None} in events
    one.loop = False
    assert "go on with your entry" in one.write("go on with my contest entry", "contest_join")
    assert "3 of 6" in one.said


def test_cancelling_asks_whether_to_keep_or_throw_away(chat: Begin) -> None:
    one = chat()
    join(one)
    one.photo()
    assert "throw away what you have begun, or keep it" in one.write("cancel", "deny")
    assert "2 of 6" in one.tap("Go on")
    one.write("cancel", "deny")
    assert "keep it for seven days" in one.tap("Keep it for later")
    assert len(one.entries()) == 1
    assert "where we stopped" in join(one)
    one.write("cancel", "deny")
    assert "thrown away" in one.tap("Throw it away")
    assert (len(one.entries()), one.loop) == (0, False)


def test_who_may_not_enter_hears_it_at_once(chat: Begin) -> None:
    one = chat()
    join(one)
    one.photo()
    assert "open to students and staff only" in one.write("alumni", "contest_eligibility")
    assert (len(one.entries()), one.loop) == (0, False)
    join(one)
    one.photo()
    assert "open to students and staff only" in one.tap("None of these")


def test_more_entries_than_allowed_are_refused_before_anything_is_typed(chat: Begin) -> None:
    one = chat(entries_per_person=1)
    join(one)
    fill(one)
    assert "Your number is 1" in one.tap("Enter it")
    assert "more are not allowed" in join(one)
    assert not one.loop


@pytest.mark.parametrize(("seconds", "counts"), [(-1, True), (0, False), (1, False)])
def test_closing_strikes_to_the_second(chat: Begin, seconds: int, counts: bool) -> None:
    one = chat()
    join(one)
    fill(one)
    one.now = CLOSES + timedelta(seconds=seconds)
    said = one.tap("Enter it")
    assert ("Your number is 1" in said) is counts
    assert ("before your entry was confirmed" in said) is not counts
    assert one.entries()[0].state == ("entered" if counts else "draft")
    assert not one.loop


def test_a_photo_out_of_nowhere_is_asked_about(chat: Begin) -> None:
    one = chat()
    assert "Is this photo for the contest" in one.photo()
    assert "2 of 6" in one.tap("Yes, enter it")
    [draft] = one.entries()
    assert draft.latest is not None
    assert draft.latest.state == "fetching"


def test_several_photos_become_several_entries_one_after_the_other(chat: Begin) -> None:
    one = chat()
    one.send(*(Media("image", f"https://lookaside.fbsbx.com/{name}") for name in "abc"))
    one.tap("Yes, enter them")
    one.tap("students")
    one.write("First")
    one.tap("Skip")
    one.write("Ada")
    one.tap("I agree")
    assert "2 more of the photos" in one.tap("Enter it")
    one.tap("Yes, enter it")
    one.tap("students")
    one.write("Second")
    one.tap("Skip")
    one.write("Ada")
    one.tap("I agree")
    assert "waiting" not in one.tap("Enter it")
    assert [each.title for each in one.entries()] == ["First", "Second"]


def test_a_video_a_sticker_and_a_document_are_told_apart(chat: Begin) -> None:
    one = chat(channel="whatsapp")
    join(one)
    for kind, mime in (("video", "video/mp4"), ("sticker", "image/webp"), ("document", "application/pdf")):
        assert "not a photo" in one.send(Media(kind, None, "9", mime))
    assert "WhatsApp makes photos smaller" in one.photo()
    assert "WhatsApp" not in one.send(Media("document", None, "10", "image/jpeg"))
    assert one.slots["contest_photos"] is not None


def test_a_photo_that_could_not_be_used_is_asked_for_again(chat: Begin) -> None:
    one = chat()
    join(one)
    fill(one)
    one.fetched("failed")
    assert "1 of 6: please send your photo" in one.tap("Enter it")
    one.photo()
    assert "Your number is 1" in one.tap("Enter it")


def test_a_confirmation_that_comes_again_gets_the_same_receipt(chat: Begin) -> None:
    one = chat()
    join(one)
    fill(one)
    before, buttons = dict(one.slots), dict(one.buttons)
    first = one.tap("Enter it")
    one.slots, one.buttons, one.loop = before, buttons, True  # Rasa died before it had kept the turn
    assert one.tap("Enter it") == first
    assert [each.number for each in one.entries()] == [1]


def test_contact_is_asked_where_the_edition_wants_it(chat: Begin) -> None:
    one = chat(contact_asked=True)
    join(one)
    one.photo()
    one.tap("students")
    one.write("Dawn")
    one.tap("Skip")
    assert "6 of 7: what is your university e-mail" in one.write("Ada")
    assert "does not look like" in one.write("who cares")
    assert "7 of 7" in one.write("ada@university.example")
    one.tap("I agree")
    one.tap("Enter it")
    assert one.entries()[0].contact == "ada@university.example"


def test_what_was_entered_is_shown_replaced_and_withdrawn(chat: Begin) -> None:
    one = chat()
    assert "not entered a photo" in one.write("/contest_mine", "contest_mine")
    for title in ("Dawn", "Dusk"):
        join(one)
        fill(one, title)
        one.fetched()
        one.tap("Enter it")
    assert "• Number 2, “Dusk”: entered" in one.write("which photos did i enter", "contest_winners")
    assert "Which one shall I withdraw?" in one.write("withdraw my entry", "contest_entry")
    assert "Shall I withdraw number 1, “Dawn”?" in one.tap("Number 1")
    assert "Number 1, “Dawn”, is withdrawn." in one.tap("Yes, withdraw it")
    assert "send the new photo for number 2" in one.write("replace my photo", "contest_entry")
    assert "new photo for number 2" in one.photo()
    assert [(each.number, each.state) for each in one.entries()] == [(1, "withdrawn"), (2, "entered")]
    one.now = CLOSES
    assert "nothing can be changed" in one.write("withdraw my entry", "contest_entry")


def test_a_trial_goes_all_the_way_and_enters_nothing(chat: Begin, store: Engine) -> None:
    chat()
    trial = chat()
    trial.conversation = "test-1"
    join(trial)
    fill(trial)
    assert "This was a trial" in trial.tap("Enter it")
    assert entries.of_contest(store, CONTEST) == ()


def test_other_rules_have_to_be_agreed_to_again(chat: Begin, store: Engine) -> None:
    one = chat()
    join(one)
    fill(one)
    with store.begin() as connection:
        connection.execute(sa.update(ContestRow.__table__).where(ContestRow.key == CONTEST).values(rules=["Another."]))
        facts.changed(connection)
    assert "Another." in one.tap("Enter it")
    assert one.entries()[0].state == "draft"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["join", "photo", "text", "skip", "agree", "enter", "cancel", "discard", "time"]), max_size=25
    )
)
def test_whatever_is_said_nobody_enters_without_agreeing_or_more_than_allowed(chat: Begin, doing: list[str]) -> None:
    one = chat(entries_per_person=1)
    one.now = NOW
    steps: dict[str, Callable[[], object]] = {
        "join": lambda: join(one) if not one.loop else None,
        "photo": one.photo,
        "text": lambda: one.write("students") if one.loop else None,
        "skip": lambda: one.write("skip") if one.loop else None,
        "agree": lambda: one.write("I agree", "affirm") if one.loop else None,
        "enter": lambda: one.tap("Enter it") if "Enter it" in one.buttons else None,
        "cancel": lambda: one.write("cancel", "deny") if one.loop else None,
        "discard": lambda: one.tap("Throw it away") if "Throw it away" in one.buttons else None,
        "time": lambda: setattr(one, "now", one.now + timedelta(days=1)),
    }
    for each in doing:
        steps[each]()
    entered = [each for each in one.entries() if each.state == "entered"]
    assert len(entered) <= 1
    for entry in entered:
        assert entry.title
        assert entry.who
        assert entry.rules_version
        assert entry.latest is not None
        assert entry.entered_at is not None
        assert entry.entered_at < CLOSES
