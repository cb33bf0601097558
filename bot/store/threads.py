"""Threads: staff instead of the bot, from the student's request to the closing and the rating.

One invariant: a student with an open thread that is held, or that waits quietly, has `quiet_since` set in the same
transaction. Whoever puts the bot's words into the outbox locks that row first (`is_quiet`), so that the bot never
speaks after a person has taken over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from bot.dangers import DANGERS
from bot.store.message_tables import PersonRow
from bot.store.thread_tables import StaffMessageRow, ThreadRow
from connectors.messages import Choice, OutboundCall

threads, said, people = ThreadRow.__table__, StaffMessageRow.__table__, PersonRow.__table__

# Why a thread exists, the most urgent first: the dangers, a request for a person, and so on.
CONTACT, FAILURES = "contact_librarian", "failures"
LATER, COMPLAINT, STEPPED_IN, OUTSIDE = "answer_later", "feedback_complaint", "stepped_in", "outside"
# A message that arrived too late for the bot to answer it as if it were fresh.
TOO_LATE = "too_late"
# What looks like another robot's messages, which the bot no longer answers.
REPEATS = "repeats"
WHY = (*DANGERS, CONTACT, FAILURES, LATER, COMPLAINT, TOO_LATE, STEPPED_IN, OUTSIDE, REPEATS)
# Whoever asked for a person talks to that person: the bot is quiet from the request on. Whoever was not understood is
# still answered by the bot until somebody takes the thread; so is anyone who spoke of danger, whatever else they asked
# for.
QUIET_AT_ONCE = frozenset({CONTACT})
RATINGS = ("good", "poor")


class ThreadError(Exception):
    """An operation on a thread is not possible; the text says why, for the librarian who tried."""


@dataclass(frozen=True)
class Thread:
    """A thread. The fields are those of ThreadRow."""

    id: int
    person_id: int
    inbox_id: int | None
    why: str
    state: str
    quiet: bool
    holder: str
    outside: bool
    opened_at: datetime
    claimed_at: datetime | None
    given_at: datetime | None
    snoozed_until: datetime | None
    answered_at: datetime | None
    staff_at: datetime | None
    student_at: datetime | None
    closed_at: datetime | None
    closed_by: str
    closed_how: str
    rating: str
    rated_at: datetime | None
    reminded_at: datetime | None

    @property
    def open(self) -> bool:
        """Return whether it is still open."""
        return self.state != "closed"

    @property
    def owed(self) -> bool:
        """Return whether the student has said something that staff have not answered."""
        return self.student_at is not None and (self.staff_at is None or self.student_at > self.staff_at)


@dataclass(frozen=True)
class Words:
    """What is said in a thread, with the calls that send it. The fields are those of StaffMessageRow and OutboxRow."""

    kind: str
    text: str
    calls: Sequence[OutboundCall] = ()
    who: str = ""
    token: str | None = None
    late: bool = False
    choices: Sequence[Choice] = ()


def as_thread(row: Row) -> Thread:
    """Return a row of the table as a thread."""
    return Thread(**{name: getattr(row, name) for name in Thread.__annotations__})


def get(engine: Engine, thread_id: int) -> Thread | None:
    """Return a thread, or None."""
    with engine.connect() as connection:
        return read(connection, thread_id)


def read(connection: Connection, thread_id: int) -> Thread | None:
    """Return a thread as the caller's transaction sees it, or None."""
    row = connection.execute(sa.select(threads).where(threads.c.id == thread_id)).one_or_none()
    return as_thread(row) if row else None


def open_of(engine: Engine, person_id: int) -> Thread | None:
    """Return a person's thread that is not closed, or None."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(threads).where(open_thread(person_id))).one_or_none()
    return as_thread(row) if row else None


def is_quiet(connection: Connection, person_id: int) -> bool:
    """Return whether the bot is quiet for a person, and keep it so until the caller's transaction ends."""
    # The update takes PostgreSQL's row lock; on SQLite this transaction is the only writer.
    connection.execute(_STILL, {"whose": person_id})
    return connection.execute(_QUIET_SINCE, {"whose": person_id}).scalar_one() is not None


def is_held(connection: Connection, person_id: int) -> bool:
    """Return whether staff have a person's conversation, as the caller's transaction sees it."""
    held = sa.and_(threads.c.person_id == person_id, threads.c.state == "held")
    return connection.execute(sa.select(threads.c.id).where(held).limit(1)).scalar() is not None


def is_waiting(engine: Engine, person_id: int) -> bool:
    """Return whether a person is waiting for staff, and nobody has come."""
    found = open_of(engine, person_id)
    return found is not None and found.state == "waiting"


def ask(connection: Connection, person_id: int, inbox_id: int | None, why: str, now: datetime) -> None:
    """Record, within the caller's transaction, that staff are wanted.

    An already open thread is reused: it takes the more urgent of the two reasons.
    """
    is_quiet(connection, person_id)
    found = connection.execute(sa.select(threads).where(open_thread(person_id))).one_or_none()
    quiet = why in QUIET_AT_ONCE
    if found is None:
        connection.execute(
            sa.insert(threads).values(
                person_id=person_id,
                inbox_id=inbox_id,
                why=why,
                state="waiting",
                quiet=quiet,
                opened_at=now,
                student_at=now,
            )
        )
    else:
        more = min((found.why, why), key=_urgency)
        values = {"why": more, "quiet": (found.quiet or quiet) and more not in DANGERS, "student_at": now}
        values["snoozed_until"] = None
        if more in DANGERS and more != found.why:
            values["reminded_at"] = None  # staff may have been told of something before, but not of this
        connection.execute(sa.update(threads).where(threads.c.id == found.id).values(values))
    settle(connection, person_id, now)


def note_repeats(engine: Engine, person_id: int, inbox_id: int, now: datetime) -> None:
    """Tell staff, once a day, of somebody whose messages look like a robot's."""
    told = sa.and_(threads.c.person_id == person_id, threads.c.opened_at > now - timedelta(days=1))
    known = sa.select(threads.c.id).where(told, sa.or_(threads.c.why == REPEATS, threads.c.state != "closed"))
    with engine.begin() as connection:
        if connection.execute(known.limit(1)).scalar() is None:
            ask(connection, person_id, inbox_id, REPEATS, now)


def student_wrote(connection: Connection, person_id: int, at: datetime) -> None:
    """Record when a person last wrote, if staff have or should have their conversation."""
    connection.execute(_STUDENT_WROTE, {"whose": person_id, "wrote_at": at})


def on_their_own(engine: Engine, person_id: int, now: datetime) -> bool:
    """Let the bot answer again because the student says so; their request to staff stays open.

    False: a staff member has the thread, and is not dismissed by a button; or there is none.
    """
    with engine.begin() as connection:
        waiting = sa.and_(open_thread(person_id), threads.c.state == "waiting", threads.c.quiet)
        done = connection.execute(sa.update(threads).where(waiting).values(quiet=False))
        settle(connection, person_id, now)
        return bool(done.rowcount)


def rate(engine: Engine, person_id: int, rating: str, now: datetime) -> bool:
    """Record how a student rated the help in their last closed thread. False: there is none to rate."""
    if rating not in RATINGS:
        return False
    last = (
        sa.select(threads.c.id)
        .where(threads.c.person_id == person_id, threads.c.state == "closed", threads.c.answered_at.is_not(None))
        .order_by(threads.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    with engine.begin() as connection:
        done = connection.execute(sa.update(threads).where(threads.c.id == last).values(rating=rating, rated_at=now))
        return bool(done.rowcount)


def quiet_ones(engine: Engine) -> list[Thread]:
    """Return the threads in which the bot is quiet now."""
    quiet = sa.or_(threads.c.state == "held", sa.and_(threads.c.state == "waiting", threads.c.quiet))
    with engine.connect() as connection:
        return [as_thread(row) for row in connection.execute(sa.select(threads).where(quiet).order_by(threads.c.id))]


def open_thread(person_id: Any) -> Any:
    """Return the condition that a row is a person's thread that is not closed."""
    return sa.and_(threads.c.person_id == person_id, threads.c.state != "closed")


# Statements needed for every message are built once (bot.store.people).
_STUDENT_WROTE = (
    sa.update(threads)
    .where(open_thread(sa.bindparam("whose")))
    .values(student_at=sa.bindparam("wrote_at"), snoozed_until=None)
)
_STILL = sa.update(people).where(people.c.id == sa.bindparam("whose")).values(quiet_since=people.c.quiet_since)
_QUIET_SINCE = sa.select(people.c.quiet_since).where(people.c.id == sa.bindparam("whose"))


def settle(connection: Connection, person_id: int, now: datetime) -> None:
    """Sync the person's row with their threads, within the caller's transaction: whether the bot is quiet."""
    quiet = sa.and_(open_thread(person_id), sa.or_(threads.c.state == "held", threads.c.quiet))
    is_so = connection.execute(sa.select(threads.c.id).where(quiet).limit(1)).scalar() is not None
    since = sa.func.coalesce(people.c.quiet_since, now) if is_so else None
    connection.execute(sa.update(people).where(people.c.id == person_id).values(quiet_since=since))


def write(connection: Connection, thread: Thread, words: Words, at: datetime) -> int:
    """Store what was said in a thread, within the caller's transaction; return its number."""
    row: Mapping[str, Any] = {
        "thread_id": thread.id,
        "person_id": thread.person_id,
        "kind": words.kind,
        "who": words.who,
        "at": at,
        "text": words.text,
        "choices": [asdict(choice) for choice in words.choices],
        "token": words.token,
    }
    return int(connection.execute(sa.insert(said).values(**row)).inserted_primary_key[0])


def note_staff(connection: Connection, thread: Thread, at: datetime) -> None:
    """Record, within the caller's transaction, that staff spoke at the moment `at`."""
    values = {"staff_at": at, "answered_at": sa.func.coalesce(threads.c.answered_at, at)}
    connection.execute(sa.update(threads).where(threads.c.id == thread.id).values(values))


def _urgency(why: str) -> int:
    return WHY.index(why) if why in WHY else len(WHY)
