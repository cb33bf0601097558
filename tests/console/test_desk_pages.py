"""The inbox as a desk: searched and narrowed, tagged, put off, closed at once, with ready texts, and who is there."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from bot.store import desk as stored
from bot.store import threads, threads_shown, waits
from connectors.messages import Address, Media
from tests.console.conftest import NOW, Clock, Visitor
from tests.console.test_inbox_pages import outgoing, writes


@pytest.fixture
def three(engine: Engine) -> list[threads.Thread]:
    """Three students who wait: two on Messenger, one on WhatsApp."""
    found = []
    for number, words in enumerate(("my deposit was rejected", "i cannot sign in", "please call me")):
        who = Address("whatsapp" if number == 2 else "messenger", f"{number}")
        person_id = writes(engine, words, "contact_librarian", who=who, at=NOW - timedelta(minutes=20 - number))
        thread = threads.open_of(engine, person_id)
        assert thread
        found.append(thread)
    return found


def listed(page: str) -> list[int]:
    """Return the conversations of a list, in order."""
    return [int(each) for each in re.findall(r'id="row-(\d+)"', page)]


def test_the_list_is_searched_narrowed_and_kept_as_a_filter(
    librarian: Visitor, signed_in: Callable[[str], Visitor], three: list[threads.Thread]
) -> None:
    """By words, a student's number, channel, reason and tag; a filter is its owner's alone."""
    first, second, third = (each.id for each in three)
    librarian.post(f"/console/inbox/{second}/tags", {"tags": "Account, urgent"})
    number = re.search(r"Student (\w{6})", librarian.get(f"/console/inbox/{third}").text)
    assert number
    for query, found in {
        "": [first, second, third],
        "q=deposit": [first],
        f"q=Student+{number[1]}": [third],
        "q=account": [second],
        "channel=whatsapp": [third],
        "why=failures": [],
        "tag=urgent": [second],
        "q=100%25": [],
    }.items():
        assert listed(librarian.get(f"/console/inbox?tab=waiting&{query}").text) == found, query
    librarian.post("/console/inbox/filters", {"name": "Accounts", "query": "tag=account&tab=waiting"})
    assert 'href="/console/inbox?tag=account&amp;tab=waiting"' in librarian.get("/console/inbox").text
    assert "Accounts" not in signed_in("administrator").get("/console/inbox").text
    librarian.post(f"/console/inbox/{second}/tags", {"remove": "account"})
    assert listed(librarian.get("/console/inbox?tag=account").text) == []


def test_what_is_put_off_comes_back_by_itself_and_with_the_students_words(
    librarian: Visitor, engine: Engine, clock: Clock, three: list[threads.Thread]
) -> None:
    """Meanwhile it is counted nowhere, and nobody is reminded of it."""
    first, second, third = three
    for each in (first, second):
        librarian.post(f"/console/inbox/{each.id}/snooze", {"until": "1h"})
    assert listed(librarian.get("/console/inbox?tab=waiting").text) == [third.id]
    assert listed(librarian.get("/console/inbox?tab=snoozed").text) == [second.id, first.id]
    assert threads_shown.counts(engine, "lib", NOW)["waiting"] == 1
    assert re.search(r'Wait for staff</div><div class="h1 mb-0"><a[^>]*>1<', librarian.get("/console/").text)
    assert [each.id for each in waits.due(engine, NOW, NOW)] == [third.id]
    writes(engine, "hello?", who=Address("messenger", "1"), at=NOW)
    assert listed(librarian.get("/console/inbox?tab=waiting").text) == [second.id, third.id]
    clock.now += timedelta(minutes=61)
    assert listed(librarian.get("/console/inbox?tab=waiting").text) == [first.id, second.id, third.id]


def test_danger_is_not_put_off(librarian: Visitor, engine: Engine) -> None:
    person_id = writes(engine, "i cant go on", "distress")
    thread = threads.open_of(engine, person_id)
    assert thread
    page = librarian.post(f"/console/inbox/{thread.id}/snooze", {"until": "monday"}, follow_redirects=True).text

    assert "cannot be put off" in page
    assert 'name="until"' not in page


def test_many_are_closed_and_tagged_at_once(
    librarian: Visitor, signed_in: Callable[[str], Visitor], engine: Engine, three: list[threads.Thread]
) -> None:
    """Those that a colleague has stay, and are counted."""
    first, second, third = (each.id for each in three)
    signed_in("administrator").post(f"/console/inbox/{third}/claim")
    tagged = {"chosen": [first, second], "does": "tag", "tags": "spring"}
    librarian.post("/console/inbox/many", tagged)
    assert listed(librarian.get("/console/inbox?tab=waiting&tag=spring").text) == [first, second]
    done = librarian.post(
        "/console/inbox/many", {"chosen": [first, second, third], "does": "close"}, follow_redirects=True
    )

    assert "Closed: 2; 2 of the students were told so. 1 stayed" in done.text
    assert [threads.get(engine, each).state for each in (first, second, third)] == ["closed", "closed", "held"]
    assert "No conversation was chosen" in librarian.post("/console/inbox/many", follow_redirects=True).text


def test_ones_own_texts_are_filled_in(
    librarian: Visitor, signed_in: Callable[[str], Visitor], three: list[threads.Thread]
) -> None:
    """Beside the library's answers; nobody else sees them."""
    text = "Hello, {me} here. You asked: {question}"
    librarian.post("/console/inbox/texts", {"title": "Greeting", "text": text})
    answers = f"/console/inbox/{three[0].id}/answers"
    assert "Hello, Lib here. You asked: my deposit was rejected" in librarian.get(f"{answers}?q=greet").text
    assert "Greeting" in librarian.get(answers).text
    assert "Greeting" not in signed_in("administrator").get(f"{answers}?q=greet").text
    [number] = re.findall(r"texts\?id=(\d+)", librarian.get("/console/inbox/texts").text)
    librarian.post("/console/inbox/texts", {"id": number, "title": "Hi", "text": text})
    assert "A text needs a title" in librarian.post("/console/inbox/texts", {"title": "x"}).text
    assert "Greeting" not in librarian.get("/console/inbox/texts").text
    librarian.post(f"/console/inbox/texts/{number}/remove")
    assert "No text yet" in librarian.get("/console/inbox/texts").text


def test_who_looks_and_who_writes_is_seen(
    librarian: Visitor, signed_in: Callable[[str], Visitor], engine: Engine, clock: Clock, three: list[threads.Thread]
) -> None:
    """In the conversation, in the list, and as long as it is so."""
    here, ada = f"/console/inbox/{three[0].id}", signed_in("administrator")
    stored.here(engine, "ada", three[0].id, clock.now)
    assert "ada is looking at this too" in librarian.get(here).text
    assert "On duty: ada" in librarian.get("/console/inbox").text
    ada.post(f"{here}/typing")
    assert "ada is writing" in librarian.get(here).text
    assert "ada is writing" not in ada.get(here).text
    clock.now += timedelta(minutes=1)
    assert "ada is" not in librarian.get(here).text
    assert "On duty" not in librarian.get("/console/inbox").text


def test_a_conversation_stands_beside_the_list_and_leads_to_the_next(
    librarian: Visitor, three: list[threads.Thread]
) -> None:
    """By links that keep what the list is narrowed to."""
    page = librarian.get(f"/console/inbox/{three[0].id}?tab=waiting&channel=messenger").text

    assert listed(page) == [three[0].id, three[1].id]
    assert f'/console/inbox/{three[1].id}?tab=waiting&amp;channel=messenger" data-keys="n"' in page


def test_a_picture_is_shown_small(librarian: Visitor, engine: Engine) -> None:
    """With the link to it; any other file is a link alone."""
    pictures = (Media(type="image", url="https://lookaside.fbsbx.com/x", id="5"), Media(type="file", url="x", id="6"))
    thread = threads.open_of(engine, writes(engine, "see", "contact_librarian", media=pictures))
    assert thread
    page = librarian.get(f"/console/inbox/{thread.id}").text

    assert page.count('<img class="thumb"') == 1
    assert len(re.findall(r"/console/inbox/files/\d+/\d", page)) == 3
    assert outgoing(engine) == []
