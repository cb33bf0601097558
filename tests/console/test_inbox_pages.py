"""The inbox: who waits, taken and answered, in pages that a librarian without a programmer understands."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from bot.console import inbox_live
from bot.console.words import age
from bot.store import inbox, people, threads, turns, waits
from bot.store.message_tables import InboxRow, OutboxRow
from connectors.messages import Address, Choice, IncomingMessage, Kind, Media, Reply
from tests.console.conftest import NOW, Clock, Visitor

ANN = Address("whatsapp", "85261234567")


def writes(engine: Engine, words: str, wish: str = "", *, who: Address = ANN, at: Any = NOW, **more: Any) -> int:
    """Store a message, and the turn that answered it; return the person."""
    kind = Kind.MEDIA if more.get("media") else Kind.TEXT
    message = IncomingMessage(id=f"{who.person}{words}{at}", kind=kind, sender=who, sent_at=at, text=words, **more)
    inbox.add(engine, who.channel, [message], now=at, stale_after_seconds=10**9)
    with engine.begin() as connection:
        person_id = people.find_or_add(connection, who, at).id
        row = connection.execute(sa.select(InboxRow.id).order_by(InboxRow.id.desc()).limit(1)).scalar_one()
    understanding = {"intent": {"name": wish or "fines_fees", "confidence": 0.9}, "requests": [wish] if wish else []}
    more_to_choose = Reply(text="Or one of these?", choices=(Choice("Printing", "/printing"),))
    replies = (Reply(text=f"The bot on {words}"), more_to_choose)
    turns.answered(engine, row, person_id, replies=replies, understanding=understanding, calls=(), now=at)
    return person_id


@pytest.fixture
def thread(engine: Engine) -> threads.Thread:
    """Somebody who has asked for a person, after a question."""
    writes(engine, "how much is a late book", at=NOW - timedelta(minutes=9))
    person_id = writes(engine, "can i talk to somebody <b>now</b>", "contact_librarian", at=NOW - timedelta(minutes=5))
    found = threads.open_of(engine, person_id)
    assert found is not None
    return found


def address(thread: threads.Thread, rest: str = "") -> str:
    return f"/console/inbox/{thread.id}{rest}"


def token(page: str) -> str:
    found = re.search(r'name="token" value="(\w+)"', page)
    assert found
    return found[1]


def outgoing(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        bodies = connection.execute(sa.select(OutboxRow.body).order_by(OutboxRow.id)).scalars()
        return [str(body.get("text", {}).get("body") or body) for body in bodies]


def test_an_empty_inbox_teaches(librarian: Visitor) -> None:
    page = librarian.get("/console/inbox").text

    assert "Nobody waits" in page
    assert "Whoever asks for a person stands here" in page


def test_who_waits_stands_there_with_why_and_since_when(librarian: Visitor, thread: threads.Thread) -> None:
    """The menu says how many; words that a student wrote are words, never markup."""
    page = librarian.get("/console/inbox").text

    assert "Asked for a person" in page
    assert "waits for 5 min" in page
    assert "can i talk to somebody &lt;b&gt;now&lt;/b&gt;" in page
    assert re.search(r"data-waiting><span data-waiting-number>1<", page)


def test_words_of_distress_come_first(librarian: Visitor, engine: Engine, thread: threads.Thread) -> None:
    """However short they wait."""
    writes(engine, "i cant go on", "distress", who=Address("messenger", "7203"), at=NOW)
    page = librarian.get("/console/inbox").text

    assert page.index("i cant go on") < page.index("can i talk to somebody")


def test_a_paragraph_says_what_it_is_about(librarian: Visitor, thread: threads.Thread) -> None:
    """Before the first word a librarian knows what was asked, and what the bot made of it."""
    page = librarian.get(address(thread)).text

    assert "wrote “can i talk to somebody &lt;b&gt;now&lt;/b&gt;”" in page
    assert "2 messages before that, about fines and fees" in page
    assert "Take the conversation to write" in page


def test_taken_answered_and_closed(librarian: Visitor, engine: Engine, thread: threads.Thread) -> None:
    """What is written goes out through the outbox in order, and its state is shown."""
    librarian.post(address(thread, "/claim"))
    page = librarian.get(address(thread)).text
    assert "You can write freely for <strong>23 h 55 min</strong> more" in page
    sent = librarian.post(address(thread, "/reply"), {"text": "5 dollars a day.", "token": token(page)})
    assert sent.status_code == 302
    assert "Waits to be sent" in librarian.get(address(thread, "/log")).text
    closed = librarian.post(address(thread, "/close"), follow_redirects=True).text

    assert "The bot answers again, and the student was told so" in closed
    joined, answer, ended = outgoing(engine)
    assert joined.startswith("Lib from the library is here")
    assert answer == "5 dollars a day."
    assert "Did it help you?" in ended
    assert threads.get(engine, thread.id).state == "closed"


def test_whoever_is_too_late_is_told_and_loses_no_word(
    signed_in: Callable[[str], Visitor], engine: Engine, thread: threads.Thread
) -> None:
    """Two librarians on one conversation: one has it, the other's words still stand in the box."""
    lib, ada = signed_in("librarian"), signed_in("administrator")
    lib.post(address(thread, "/claim"))
    page = lib.get(address(thread)).text
    late = ada.post(address(thread, "/claim"), follow_redirects=True).text
    assert "lib has this conversation." in late
    ada.post(address(thread, "/pass"), {"to": "ada"})
    refused = lib.post(address(thread, "/reply"), {"text": "Just a moment", "token": token(page)})

    assert refused.status_code == 422
    assert "ada has this conversation." in refused.text
    assert "Just a moment" in refused.text
    assert "Just a moment" not in " ".join(outgoing(engine))


def test_one_can_be_given_to_a_colleague_only(librarian: Visitor, engine: Engine, thread: threads.Thread) -> None:
    """Not to a viewer, nor to somebody who is not there; letting it wait gives it to nobody."""
    librarian.post(address(thread, "/claim"))
    refused = librarian.post(address(thread, "/pass"), {"to": "vic"}, follow_redirects=True).text
    assert "There is no librarian vic" in refused
    librarian.post(address(thread, "/pass"), {"to": ""})

    assert [each.id for each in waits.waiting(engine)] == [thread.id]


def test_what_waits_while_the_bot_answers_is_answered_in_one_go(librarian: Visitor, engine: Engine) -> None:
    """Days later, with what was asked, and in one message with the question whether it helped."""
    person_id = writes(engine, "who built the library", "answer_later", at=NOW - timedelta(hours=3))
    found = threads.open_of(engine, person_id)
    page = librarian.get(address(found)).text
    assert "the bot answers meanwhile" in page
    data = {"text": "It opened in 1991.", "token": token(page), "does": "once"}
    done = librarian.post(address(found, "/reply"), data, follow_redirects=True).text

    assert "Sent, and closed" in done
    [sent] = outgoing(engine)
    assert "You asked Tuesday: “who built the library” Here is the answer from Lib" in sent
    assert "Did it help you?" in sent


def test_the_windows_end_is_said_before_anyone_types(
    librarian: Visitor, engine: Engine, clock: Clock, thread: threads.Thread
) -> None:
    librarian.post(address(thread, "/claim"))
    clock.now = NOW + timedelta(hours=25)
    librarian.sign_in("lib")
    page = librarian.get(address(thread)).text

    assert "time to answer is over (24 hours), and no approved template is set up" in page
    assert re.search(r"<textarea[^>]* disabled", page)


def test_what_the_bot_would_say_is_offered_until_somebody_has_answered(
    librarian: Visitor, engine: Engine, thread: threads.Thread
) -> None:
    librarian.post(address(thread, "/claim"))
    writes(engine, "are you open on sunday", at=NOW + timedelta(seconds=1))
    page = librarian.get(address(thread)).text
    assert re.search(r'id="suggestion">The bot on are you open on sunday</div>', page), "no choices without buttons"
    assert "Send this" in page
    librarian.post(address(thread, "/reply"), {"text": "Yes, until 9 pm.", "token": token(page)})
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE threads SET staff_at = '2026-11-24 05:00:00'"))

    assert "Send this" not in librarian.get(address(thread)).text


def test_the_librarys_answers_are_found_by_their_words(librarian: Visitor, thread: threads.Thread) -> None:
    found = librarian.get(address(thread, "/answers?q=colour")).text

    assert "Colour" in found
    assert "No answer of the library" in librarian.get(address(thread, "/answers?q=xylophone")).text


def test_the_stream_tells_of_a_change_and_what_is_known_is_not_told_again(
    app: Flask, librarian: Visitor, engine: Engine, thread: threads.Thread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_live, "STREAM_SECONDS", 0.0)
    first = librarian.get("/console/inbox/live").text
    known = re.search(r"id: (\S+)", first)
    assert known
    same = librarian.get("/console/inbox/live", headers={"Last-Event-ID": known[1]}).text
    threads_before = threads.get(engine, thread.id)
    writes(engine, "help", "distress", who=Address("messenger", "1"))
    other = librarian.get("/console/inbox/live", headers={"Last-Event-ID": known[1]}).text

    assert '"waiting": 1' in first
    assert "event:" not in same
    assert '"waiting": 2' in other
    assert threads_before == threads.get(engine, thread.id)


def test_streams_have_seats_and_leave_them(librarian: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who finds none is told not to come again, and the page asks now and then instead."""
    monkeypatch.setattr(inbox_live, "STREAM_SECONDS", 0.0)
    for _ in range(30):
        assert librarian.get("/console/inbox/live").text
    taken = [inbox_live.LIVE.take(iter(())) for _ in range(inbox_live.SEATS)]
    refused = librarian.get("/console/inbox/live")
    for each in taken:
        assert each
        each.close()
        each.close()

    assert refused.status_code == 204
    assert inbox_live.LIVE.free == inbox_live.SEATS


def test_a_seat_is_given_back_however_the_stream_ends(
    librarian: Visitor, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    """Asked for by HEAD, closed before it is read, left in the middle, forgotten, or broken by the store."""
    monkeypatch.setattr(inbox_live, "STREAM_SECONDS", 0.0)
    for _ in range(2 * inbox_live.SEATS):
        assert librarian.client.head("/console/inbox/live").status_code == 200
    assert inbox_live.LIVE.free == inbox_live.SEATS
    for _ in range(2 * inbox_live.SEATS):
        librarian.get("/console/inbox/live", buffered=False).close()
    assert inbox_live.LIVE.free == inbox_live.SEATS
    left = librarian.get("/console/inbox/live", buffered=False)
    next(left.iter_encoded())
    left.close()
    assert inbox_live.LIVE.free == inbox_live.SEATS
    inbox_live.LIVE.take(iter(()))
    assert inbox_live.LIVE.free == inbox_live.SEATS

    def broken(*_: object) -> str:
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(inbox_live.threads_shown, "marker", broken)
    with pytest.raises(OperationalError):
        assert librarian.get("/console/inbox/live").text
    assert inbox_live.LIVE.free == inbox_live.SEATS
    monkeypatch.undo()


def test_a_file_of_a_channel_that_is_off_is_not_to_be_had_and_the_look_is_on_record(
    librarian: Visitor, engine: Engine
) -> None:
    writes(engine, "see", media=(Media(type="image", url="https://lookaside.fbsbx.com/x", id="5"),))
    with engine.connect() as connection:
        number = connection.execute(sa.select(InboxRow.id)).scalar_one()

    assert librarian.get(f"/console/inbox/files/{number}/0").status_code == 422
    assert librarian.get(f"/console/inbox/files/{number}/1").status_code == 404
    assert librarian.get("/console/inbox/files/999/0").status_code == 404


def test_a_librarian_steps_into_a_conversation(librarian: Visitor, engine: Engine) -> None:
    person_id = writes(engine, "hmm")
    page = librarian.get(f"/console/conversations/{person_id}").text
    assert "Step in" in page
    there = librarian.post(f"/console/conversations/{person_id}/step-in", follow_redirects=True).text

    assert "Staff stepped in" in there
    assert "Your message" in there
    assert "In the inbox" in librarian.get(f"/console/conversations/{person_id}").text


def test_typing_is_shown_for_who_has_the_conversation_alone(
    app: Flask, librarian: Visitor, thread: threads.Thread
) -> None:
    shown: list[int] = []
    at = app.extensions["carrel_desk"]
    object.__setattr__(at, "typing", shown.append)
    librarian.post(address(thread, "/typing"))
    assert shown == []
    librarian.post(address(thread, "/claim"))
    librarian.post(address(thread, "/typing"))

    assert shown == [thread.person_id]


def test_home_tells_how_staff_helped(librarian: Visitor, engine: Engine, thread: threads.Thread, clock: Clock) -> None:
    """Waiting, answering, and how it was found."""
    librarian.post(address(thread, "/claim"))
    page = librarian.get(address(thread)).text
    librarian.post(address(thread, "/reply"), {"text": "Hello.", "token": token(page)})
    clock.now = NOW + timedelta(minutes=20)
    librarian.post(address(thread, "/close"))
    threads.rate(engine, thread.person_id, "good", NOW)
    home = librarian.get("/console/").text

    assert "First word after" in home
    assert "5 min" in home
    assert "20 min" in home
    assert "1 of 1" in home


def test_what_staff_said_stands_in_the_conversation_too(
    librarian: Visitor, engine: Engine, thread: threads.Thread
) -> None:
    """For whoever reads it later, in its place, and who was told what."""
    librarian.post(address(thread, "/claim"))
    page = librarian.get(address(thread)).text
    librarian.post(address(thread, "/reply"), {"text": "It is 5 dollars.", "token": token(page)})
    shown = librarian.get(f"/console/conversations/{thread.person_id}").text

    assert "Lib from the library is here" in shown
    assert shown.index("how much is a late book") < shown.index("It is 5 dollars.")


def refuse(engine: Engine) -> None:
    """As a platform does that a student has blocked."""
    with engine.begin() as connection:
        rows = sa.update(OutboxRow).values(state="failed", problem="The student has blocked the library.")
        connection.execute(rows.where(OutboxRow.state == "waiting"))


def test_what_did_not_reach_the_student_is_said_and_sent_again(
    librarian: Visitor, engine: Engine, thread: threads.Thread
) -> None:
    """In the conversation and in the list, with why; once more, not twice."""
    librarian.post(address(thread, "/claim"))
    page = librarian.get(address(thread)).text
    librarian.post(address(thread, "/reply"), {"text": "It is 5 dollars.", "token": token(page)})
    assert "not delivered" not in librarian.get("/console/inbox?tab=mine").text
    refuse(engine)
    there = librarian.get(address(thread)).text
    assert "The student did not get what was written" in there
    assert "The student has blocked the library." in there
    assert "not delivered" in librarian.get("/console/inbox?tab=mine").text
    [again] = set(re.findall(r'action="(/console/inbox/\d+/messages/\d+/again)"', there))
    for _ in range(2):
        librarian.post(again)

    assert outgoing(engine).count("It is 5 dollars.") == 2
    assert "The student did not get" not in librarian.get(address(thread)).text
    assert "not delivered" not in librarian.get("/console/inbox?tab=mine").text


def test_an_answer_that_was_lost_after_closing_is_said_in_the_inbox(
    librarian: Visitor, engine: Engine, thread: threads.Thread
) -> None:
    """To whoever closed it; sending it again opens a conversation with the student."""
    librarian.post(address(thread, "/claim"))
    page = librarian.get(address(thread)).text
    librarian.post(address(thread, "/reply"), {"text": "It is 5 dollars.", "token": token(page)})
    librarian.post(address(thread, "/close"))
    refuse(engine)
    assert "What you wrote last did not reach a student" in librarian.get("/console/inbox").text
    [again] = set(re.findall(r'action="(/console/inbox/\d+/messages/\d+/again)"', librarian.get(address(thread)).text))
    there = librarian.post(again).location

    assert there != address(thread)
    assert outgoing(engine)[-1] == "It is 5 dollars."


def test_names_and_numbers_are_hidden_in_the_list(librarian: Visitor, engine: Engine) -> None:
    """Whoever has the conversation reads them there."""
    person_id = writes(engine, "my name is Chan Tai Man, call me at 9123 4567", "contact_librarian")
    shown = librarian.get("/console/inbox").text
    found = threads.open_of(engine, person_id)
    assert found

    assert "9123 4567" not in shown
    assert "‹phone›" in shown
    assert "9123 4567" in librarian.get(address(found)).text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(40, "40 s"), (300, "5 min"), (3600, "1 h"), (4300, "1 h 11 min"), (86400, "1 d"), (100_000, "1 d 3 h")],
)
def test_ages_are_counted_in_two_units(seconds: int, said: str) -> None:
    assert age(timedelta(seconds=seconds)) == said
