"""Several photos at once: one answer that says how many were taken and what comes next, and none is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from rasa_sdk.executor import ActionExecutor
from sqlalchemy.engine import Engine

from connectors.messages import Media
from tests.actions.entering import Entering
from tests.contest import edition

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
Begin = Callable[..., Entering]


@pytest.fixture
def chat(store: Engine, executor: ActionExecutor, domain: dict[str, Any]) -> Begin:
    """Begins a conversation while an edition takes photos; keywords change the edition."""

    def begin(**other: Any) -> Entering:
        edition(store, NOW, **other)
        return Entering(executor, domain, store, NOW)

    return begin


def photos(count: int) -> list[Media]:
    return [Media("image", f"https://lookaside.fbsbx.com/{number}") for number in range(count)]


def enter(one: Entering, title: str) -> str:
    """Answer what is asked after the photo, and confirm."""
    one.tap("students")
    one.write(title)
    one.tap("Skip")
    one.write("Ada")
    one.tap("I agree")
    return one.tap("Enter it")


def test_an_album_is_asked_about_once_and_entered_one_by_one(chat: Begin) -> None:
    one = chat(entries_per_person=3)
    asked = one.album(*photos(3))
    assert "I have your 3 photos. Are they for the contest" in asked
    assert "The most" not in asked
    begun = one.tap("Yes, enter them")
    assert "put the other 2 aside" in begun
    assert "2 of 6" in begun
    assert "2 more of the photos that you have sent are waiting" in enter(one, "First")
    assert "put the other one aside" in one.tap("Yes, enter it")
    assert "another photo, too" in enter(one, "Second")
    one.tap("Yes, enter it")
    assert "waiting" not in enter(one, "Third")
    assert [each.title for each in one.entries()] == ["First", "Second", "Third"]
    assert len({each.latest.id for each in one.entries() if each.latest}) == 3


def test_an_album_within_the_form_is_one_answer_with_the_next_question(chat: Begin) -> None:
    one = chat(entries_per_person=5)
    one.write("I want to join the photo contest", "contest_join")
    said = one.album(*photos(4))
    assert said.count("your 4 photos") == 1
    assert "put the other 3 aside" in said
    assert said.rstrip().endswith("2 of 6: who are you?")


def test_the_limit_is_said_once_for_an_album_that_is_over_it(chat: Begin) -> None:
    one = chat(entries_per_person=2)
    one.write("I want to join the photo contest", "contest_join")
    assert one.album(*photos(4)).count("The most that one person may enter is 2") == 1
    assert "The most" not in one.album(*photos(2))
    enter(one, "First")
    assert "put the other" in one.tap("Yes, enter it")
    said = enter(one, "Second")
    assert "You have now entered 2, the most that one person may enter" in said
    assert "others that you sent: 4" in said
    assert "You have entered 2" in one.album(*photos(2))
    assert not one.buttons


def test_photos_sent_before_the_question_is_answered_wait_with_the_first(chat: Begin) -> None:
    one = chat(entries_per_person=3)
    assert "Is this photo for the contest" in one.photo()
    assert "I have your 3 photos" in one.album(*photos(2))
    assert "I leave it out" in one.tap("No")
    assert "Is this photo for the contest" in one.photo()


def test_one_of_several_can_be_left_out(chat: Begin) -> None:
    one = chat(entries_per_person=5)
    one.album(*photos(3))
    one.tap("Yes, enter them")
    assert "2 more of the photos" in enter(one, "First")
    assert "another photo, too" in one.tap("No")
    one.tap("Yes, enter it")
    enter(one, "Third")
    shown = [each.latest.id for each in one.entries() if each.latest]
    assert [each.title for each in one.entries()] == ["First", "Third"]
    assert len(set(shown)) == 2


def test_what_is_no_photo_in_an_album_is_told_once(chat: Begin) -> None:
    one = chat()
    one.write("I want to join the photo contest", "contest_join")
    said = one.album(Media("video", None, "1", "video/mp4"), *photos(1), Media("video", None, "2", "video/mp4"))
    assert said.count("left out what is not a photo: 2") == 1
    assert "I have your photo" in said


def test_an_album_answered_again_after_a_crash_takes_no_photo_twice(chat: Begin) -> None:
    one = chat(entries_per_person=5)
    one.write("I want to join the photo contest", "contest_join")
    before = dict(one.slots)
    one.album(*photos(2))
    one.slots, one.loop = before, True  # the worker died, Rasa with it; meanwhile a third photo has come
    assert "your 3 photos" in one.album(*photos(1), at=one.places)
    assert one.slots["contest_photos"] == one.places[1:]
    assert len(one.entries()) == 1


def test_throwing_an_entry_away_keeps_the_other_photos(chat: Begin) -> None:
    one = chat(entries_per_person=5)
    one.album(*photos(3))
    one.tap("Yes, enter them")
    one.write("cancel", "deny")
    said = one.tap("Throw it away")
    assert "thrown away" in said
    assert "2 more of the photos" in said
    one.tap("Yes, enter it")
    one.write("cancel", "deny")
    one.tap("Keep it for later")
    assert len(one.slots["contest_photos"]) == 1


def test_the_rest_of_an_album_that_replaces_a_photo_is_asked_about(chat: Begin) -> None:
    one = chat(entries_per_person=5)
    one.album(*photos(1))
    one.tap("Yes, enter it")
    enter(one, "First")
    one.fetched()
    one.write("replace my photo", "contest_entry")
    said = one.album(*photos(3))
    assert "new photo for number 1" in said
    assert "I have your 2 photos" in said
