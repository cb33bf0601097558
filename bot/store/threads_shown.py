"""Threads as staff see them: whose they are, the last message, how many there are, and whether anything changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row

from bot.dangers import DANGERS
from bot.store.conversations import name_of
from bot.store.desk_tables import TagRow
from bot.store.message_tables import InboxRow, OutboxRow, PersonRow, TurnRow
from bot.store.thread_tables import StaffMessageRow, ThreadRow
from bot.store.threads import Thread, as_thread

threads, people, inbox = ThreadRow.__table__, PersonRow.__table__, InboxRow.__table__
outbox, said, turns = OutboxRow.__table__, StaffMessageRow.__table__, TurnRow.__table__
tags = TagRow.__table__
HEARD = inbox.alias("heard")  # a student's last words

# What staff wrote and the platform refused, or could not deliver.
_REFUSED = sa.and_(outbox.c.state == "failed", outbox.c.staff_message_id.is_not(None))

WAITING, MINE, OTHERS, LATER, CLOSED, DANGER = "waiting", "mine", "others", "snoozed", "closed", "danger"
TABS = (WAITING, MINE, OTHERS, LATER, CLOSED)


@dataclass(frozen=True)
class Wanted:
    """What a list is narrowed to. Empty: everything. `text`: in the last words, a student's number, or a tag."""

    text: str = ""
    channel: str = ""
    why: str = ""
    tag: str = ""


@dataclass(frozen=True)
class Shown:
    """A thread and its student. `words`: the student's last message, of number `words_id`.

    `owed`: staff haven't answered it yet. `undelivered`: what staff wrote last did not reach the student.
    """

    thread: Thread
    name: str
    channel: str
    words: str
    words_id: int | None
    last_message_at: datetime | None
    stopped: bool
    undelivered: bool = False

    @property
    def owed(self) -> bool:
        """Return whether the student is waiting for a reply."""
        return self.thread.open and self.thread.owed


def page(
    engine: Engine,
    tab: str,
    who: str,
    now: datetime,
    wanted: Wanted = Wanted(),
    *,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Shown]:
    """Return the threads of a tab: waiting ones by urgency and age, the others newest first."""
    query = _query().where(_of(tab, who, now), *_narrowed(wanted)).limit(limit)
    if tab == WAITING:
        # Danger comes first; then whoever has waited longest.
        urgent = sa.case([(threads.c.why.in_(DANGERS), 0)], else_=1)
        query = query.order_by(urgent, threads.c.opened_at, threads.c.id)
    else:
        query = query.order_by(threads.c.id.desc())
        if before_id is not None:
            query = query.where(threads.c.id < before_id)
    with engine.connect() as connection:
        return [_shown(row) for row in connection.execute(query)]


def one(engine: Engine, thread_id: int) -> Shown | None:
    """Return a thread and its student, or None."""
    with engine.connect() as connection:
        row = connection.execute(_query().where(threads.c.id == thread_id)).one_or_none()
    return _shown(row) if row else None


def counts(engine: Engine, who: str, now: datetime) -> Mapping[str, int]:
    """Return how many threads are in each tab that is not closed, and how many of them speak of danger."""
    later = sa.case([(threads.c.snoozed_until > now, True)], else_=False)
    kinds = (threads.c.state, threads.c.holder == who, later)
    with engine.connect() as connection:
        rows = connection.execute(
            sa.select(*kinds, sa.func.count()).where(threads.c.state != "closed").group_by(*kinds)
        ).all()
    found = dict.fromkeys((WAITING, MINE, OTHERS, LATER), 0)
    for state, mine, put_off, number in rows:
        found[LATER if put_off else WAITING if state == "waiting" else MINE if mine else OTHERS] += number
    return {**found, DANGER: len(in_danger(engine))}


def in_danger(engine: Engine) -> list[Thread]:
    """Return the open threads of those who have spoken of danger, the longest open first."""
    query = sa.select(threads).where(threads.c.state != "closed", threads.c.why.in_(DANGERS))
    with engine.connect() as connection:
        return [as_thread(row) for row in connection.execute(query.order_by(threads.c.opened_at, threads.c.id))]


def marker(engine: Engine, now: datetime, thread_id: int | None = None) -> str:
    """Return a text that changes whenever what staff see of the threads, or of one thread, changes."""
    opened = threads.c.state != "closed" if thread_id is None else threads.c.id == thread_id
    of = sa.select(
        sa.func.count(),
        sa.func.max(threads.c.id),
        sa.func.max(threads.c.student_at),
        sa.func.max(threads.c.staff_at),
        sa.func.max(threads.c.claimed_at),
        sa.func.count(threads.c.given_at),
        sa.func.sum(sa.case([(threads.c.snoozed_until > now, 1)], else_=0)),
        sa.func.max(threads.c.closed_at),
        sa.func.sum(sa.case([(threads.c.state == "held", 1)], else_=0)),
        sa.func.sum(sa.case([(threads.c.quiet, 1)], else_=0)),
        sa.func.sum(sa.case([(threads.c.why.in_(DANGERS), 1)], else_=0)),
    ).where(opened)
    with engine.connect() as connection:
        parts = [
            *connection.execute(of).one(),
            connection.execute(sa.select(sa.func.count()).where(_REFUSED)).scalar(),
            connection.execute(sa.select(sa.func.max(threads.c.closed_at))).scalar(),
        ]
        if thread_id is not None:
            parts += _of_one(connection, thread_id)
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]


def _of_one(connection: Any, thread_id: int) -> list[Any]:
    person_id = connection.execute(sa.select(threads.c.person_id).where(threads.c.id == thread_id)).scalar()
    heard = sa.select(sa.func.max(inbox.c.id), sa.func.count()).where(inbox.c.person_id == person_id)
    kept = sa.select(sa.func.max(turns.c.id)).where(turns.c.person_id == person_id)
    sent = (
        sa.select(outbox.c.state, sa.func.count())
        .where(outbox.c.person_id == person_id)
        .group_by(outbox.c.state)
        .order_by(outbox.c.state)
    )
    person = sa.select(people.c.stopped_at, people.c.last_message_at).where(people.c.id == person_id)
    return [
        *connection.execute(heard).one(),
        connection.execute(kept).scalar(),
        *(f"{state}{number}" for state, number in connection.execute(sent)),
        *(connection.execute(person).one_or_none() or ()),
    ]


def undelivered(engine: Engine, who: str, since: datetime) -> list[Shown]:
    """Return the closed threads in which the last words that `who` wrote since then did not reach the student."""
    mine = sa.and_(threads.c.state == "closed", threads.c.closed_by == who, threads.c.closed_at >= since, _lost())
    with engine.connect() as connection:
        return [_shown(row) for row in connection.execute(_query().where(mine).order_by(threads.c.id.desc()).limit(20))]


def answered_in(engine: Engine, inbox_id: int) -> tuple[str, ...]:
    """Return what staff said in the thread that a message opened or was kept in: what the bot should have said."""
    asked = sa.select(inbox.c.person_id, inbox.c.received_at).where(inbox.c.id == inbox_id)
    with engine.connect() as connection:
        row = connection.execute(asked).one_or_none()
        if row is None:
            return ()
        within = sa.and_(
            threads.c.person_id == row.person_id,
            sa.or_(threads.c.inbox_id == inbox_id, threads.c.opened_at <= row.received_at),
            sa.or_(threads.c.closed_at.is_(None), threads.c.closed_at >= row.received_at),
        )
        words = (
            sa.select(said.c.text)
            .join(threads, threads.c.id == said.c.thread_id)
            .where(within, said.c.kind != "notice", said.c.at >= row.received_at)
            .order_by(said.c.id)
            .limit(5)
        )
        return tuple(connection.execute(words).scalars())


def _query() -> Any:
    last = (
        sa.select(inbox.c.id)
        .where(inbox.c.person_id == threads.c.person_id, inbox.c.said)
        .order_by(inbox.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    columns = (*threads.c, people.c.conversation, people.c.channel, people.c.last_message_at, people.c.stopped_at)
    return (
        sa.select(*columns, HEARD.c.id.label("words_id"), HEARD.c.text.label("words"), _lost().label("undelivered"))
        .join(people, people.c.id == threads.c.person_id)
        .outerjoin(HEARD, HEARD.c.id == last)
    )


def _lost() -> Any:
    """Return the condition that a thread's last reply was refused."""
    reply = sa.select(sa.func.max(said.c.id)).where(said.c.thread_id == threads.c.id, said.c.kind == "reply")
    return sa.exists().where(outbox.c.staff_message_id == reply.scalar_subquery(), outbox.c.state == "failed")


def is_due(now: datetime) -> Any:
    """Return the condition that a thread is not put off until later."""
    return sa.or_(threads.c.snoozed_until.is_(None), threads.c.snoozed_until <= now)


def _narrowed(wanted: Wanted) -> list[Any]:
    tagged = sa.select(tags.c.thread_id)
    found = [
        *([people.c.channel == wanted.channel] if wanted.channel else []),
        *([threads.c.why == wanted.why] if wanted.why else []),
        *([threads.c.id.in_(tagged.where(tags.c.tag == wanted.tag))] if wanted.tag else []),
    ]
    for word in wanted.text.removeprefix("Student ").split():
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        found.append(
            sa.or_(
                HEARD.c.text.ilike(f"%{escaped}%", escape="\\"),
                people.c.conversation.like(f"{escaped.lower()}%", escape="\\"),
                threads.c.id.in_(tagged.where(tags.c.tag == word.casefold())),
            )
        )
    return found


def _of(tab: str, who: str, now: datetime) -> Any:
    held, due = threads.c.state == "held", is_due(now)
    return {
        WAITING: sa.and_(threads.c.state == "waiting", due),
        MINE: sa.and_(held, threads.c.holder == who, due),
        OTHERS: sa.and_(held, threads.c.holder != who, due),
        LATER: sa.and_(threads.c.state != "closed", threads.c.snoozed_until > now),
        CLOSED: threads.c.state == "closed",
    }[tab]


def _shown(row: Row) -> Shown:
    return Shown(
        thread=as_thread(row),
        name=name_of(row.conversation),
        channel=row.channel,
        words=row.words or "",
        words_id=row.words_id,
        last_message_at=row.last_message_at,
        stopped=row.stopped_at is not None,
        undelivered=bool(row.undelivered),
    )
