"""What the bot says of its own accord stands in its place in the conversation, with what it is and how far it came."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.calendar.hours import LibraryCalendar
from bot.console.desk import Desk
from bot.store import announcements, notices, outbox, subscriptions, threads
from bot.store.announcements import Count
from bot.store.library import read_facts
from bot.store.message_tables import OutboxRow
from bot.store.outbox import DECISION, PHOTO, REMINDER
from bot.telling.occasions import Occasion, first_seen
from bot.telling.words import Topic
from bot.unasked import Quiet
from bot.workers.notices import Notices
from connectors.messages import OutboundCall
from tests.console.conftest import NOW, Clock, Visitor
from tests.console.test_conversation_pages import say

CONTEST_SEEN = {"since": NOW.isoformat(), "changes": 0, "results": []}


@pytest.fixture
def person(engine: Engine) -> int:
    """Somebody who asked something an hour ago, and who is told of the contest's news and the library's hours."""
    found = say(engine, "when do you close", minutes=60)
    subscriptions.begin(engine, found, "contest", "", asked="?", words="yes", seen=CONTEST_SEEN, now=NOW)
    return found


def announce(engine: Engine, at: Desk, text: str) -> None:
    """Send an announcement to everybody who wants news of the contest."""
    number = announcements.write(
        engine, None, topic="contest", subject="", category="marketing", texts={"en": text}, who="lib", now=at.now()
    )
    announcements.start(engine, number, "lib", at.now(), needs_other=False, counted=Count(1))
    Notices(engine, at.channels, at.now, Quiet(at.zone), lambda _person: None).run()


def test_an_announcement_stands_between_what_was_said_before_and_after(
    engine: Engine, at: Desk, clock: Clock, person: int, librarian: Visitor
) -> None:
    announce(engine, at, "Vote for your photo!")
    clock.now = NOW + timedelta(hours=1)
    say(engine, "stop these", minutes=-60)
    page = librarian.get(f"/console/conversations/{person}").text

    assert page.index("when do you close") < page.index("Vote for your photo!") < page.index("stop these")
    assert page.count("Vote for your photo!") == 1
    assert 'href="/console/announcements/1">Announcement</a>' in page
    assert "Unasked · Waits to be sent" in page


def test_how_far_it_came_is_shown_and_why_it_did_not(engine: Engine, at: Desk, person: int, librarian: Visitor) -> None:
    announce(engine, at, "Vote for your photo!")
    with engine.connect() as connection:
        call = connection.execute(sa.select(OutboxRow.id).where(OutboxRow.unasked_id.is_not(None))).scalar_one()
    outbox.give_up(engine, call, "stopped", "The person has told the bot to stop.")

    assert (
        "Not delivered:</strong> The person has told the bot to stop."
        in librarian.get(f"/console/conversations/{person}").text
    )


def test_one_message_for_two_reasons_names_both_in_the_inbox_too(
    engine: Engine, at: Desk, person: int, librarian: Visitor
) -> None:
    seen = first_seen(Topic.HOURS, "library", LibraryCalendar(read_facts(engine, at.zone)), NOW)
    assert seen
    subscriptions.begin(engine, person, "hours", "library", asked="?", words="yes", seen=seen, now=NOW)
    hours = subscriptions.of_person(engine, person)[1]
    what = {"text": {"en": "The hours have changed."}}
    with engine.begin() as connection:
        notices.add(connection, hours, Occasion("now", "", what, NOW, NOW + timedelta(days=1)))
    announce(engine, at, "Vote for your photo!")
    with engine.begin() as connection:
        threads.ask(connection, person, None, threads.CONTACT, NOW)
    thread = threads.open_of(engine, person)
    assert thread
    pages = [librarian.get(f"/console/{path}").text for path in (f"conversations/{person}", f"inbox/{thread.id}")]

    for page in pages:
        assert "Subscription: the hours of Library" in page
        assert ">Announcement</a>" in page
        assert page.count("Unasked") == 1
        assert "The hours have changed." in page


def test_decisions_and_reminders_of_the_contest_are_told_apart(engine: Engine, person: int, librarian: Visitor) -> None:
    for minutes, about in ((1, REMINDER), (2, PHOTO), (3, DECISION), (4, "")):
        with engine.begin() as connection:
            calls = [OutboundCall("messenger", "7788", {"message": {"text": f"About {about or 'it'}."}})]
            outbox.add(connection, person, None, calls, NOW + timedelta(minutes=minutes), about=about)
    page = librarian.get(f"/console/conversations/{person}").text
    lines = [line.split(" · ")[0] for line in page.split("Bot, unasked:</span>")[1:]]

    assert lines == [
        "Photo contest: a reminder that it closes",
        "Photo contest: their photo could not be taken",
        "Photo contest: what was decided about their entry",
        "Photo contest",
    ]
