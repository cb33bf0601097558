"""Who is waiting for staff, whom staff were told of, and mails that are sent once: for reminders and the digest."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.dangers import DANGERS
from bot.store.rows import insert_ignore
from bot.store.thread_tables import DigestRow, ThreadRow
from bot.store.threads import REPEATS, Thread, as_thread
from bot.store.threads_shown import is_due

threads, digests = ThreadRow.__table__, DigestRow.__table__

_UNANSWERED = sa.or_(
    threads.c.state == "waiting",
    sa.and_(
        threads.c.state == "held",
        threads.c.outside.is_(False),
        threads.c.student_at > sa.func.coalesce(threads.c.staff_at, threads.c.claimed_at),
    ),
    threads.c.given_at.is_not(None),
)


def waiting(engine: Engine) -> list[Thread]:
    """Return the threads waiting for staff, the longest waiting first."""
    query = sa.select(threads).where(threads.c.state == "waiting").order_by(threads.c.opened_at, threads.c.id)
    with engine.connect() as connection:
        return [as_thread(row) for row in connection.execute(query)]


def due(engine: Engine, before: datetime, now: datetime) -> list[Thread]:
    """Return threads whose student has had no reply since `before`, and of which staff were not told since then.

    Those that staff have put off until after `now` are left out.

    Danger is due at once, a robot's thread never: each of its messages would lead to a mail.
    """
    spoke = sa.func.coalesce(threads.c.student_at, threads.c.opened_at)
    waited = sa.or_(spoke <= before, threads.c.opened_at <= before, threads.c.why.in_(DANGERS))
    told = sa.or_(threads.c.reminded_at.is_(None), threads.c.reminded_at <= before)
    query = (
        sa.select(threads)
        .where(_UNANSWERED, threads.c.why != REPEATS, waited, told, is_due(now))
        .order_by(threads.c.opened_at)
    )
    with engine.connect() as connection:
        return [as_thread(row) for row in connection.execute(query)]


def remind(engine: Engine, seen: Thread, now: datetime) -> bool:
    """Record that staff are being told of a thread. False: another worker is telling them."""
    same = threads.c.reminded_at.is_(None) if seen.reminded_at is None else threads.c.reminded_at == seen.reminded_at
    with engine.begin() as connection:
        noted = connection.execute(sa.update(threads).where(threads.c.id == seen.id, same).values(reminded_at=now))
        return bool(noted.rowcount)


def not_reminded(engine: Engine, seen: Thread) -> None:
    """Record that staff were not told after all: the next round retries."""
    with engine.begin() as connection:
        values = {"reminded_at": seen.reminded_at}
        connection.execute(sa.update(threads).where(threads.c.id == seen.id).values(values))


def first_time(engine: Engine, name: str, now: datetime) -> bool:
    """Return whether nobody has sent the mail of this name yet, and record that it is being sent."""
    with engine.begin() as connection:
        return insert_ignore(connection, digests, name=name, at=now)


def again(engine: Engine, name: str) -> None:
    """Record that the mail of this name was not sent after all."""
    with engine.begin() as connection:
        connection.execute(sa.delete(digests).where(digests.c.name == name))
