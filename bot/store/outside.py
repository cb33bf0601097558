"""Staff who answer outside the console, in the platform's own inbox: seen through echoes and handover events."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.message_tables import OutboxRow
from bot.store.thread_tables import ThreadRow
from bot.store.threads import (
    OUTSIDE,
    Thread,
    Words,
    as_thread,
    ask,
    is_quiet,
    note_staff,
    open_thread,
    settle,
    write,
)
from connectors.messages import Address, IncomingMessage, Kind

threads, outbox = ThreadRow.__table__, OutboxRow.__table__


def whose(message: IncomingMessage) -> Address | None:
    """Return the student whom an event is about: the recipient of an echo, otherwise the sender."""
    spoken_with = message.details.get("with")
    if message.kind is Kind.ECHO and message.sender:
        return Address(message.sender.channel, spoken_with) if spoken_with else None
    return message.sender


def note(connection: Connection, channel: str, person_id: int, message: IncomingMessage) -> None:
    """Apply, within the caller's transaction, what an event says about who has the conversation."""
    if message.kind is Kind.ECHO:
        if not _ours(connection, channel, message):
            _spoke(connection, person_id, message.text or "", message.sent_at)
    elif message.kind is Kind.STANDBY:
        # Another application has the conversation, and we only overhear it.
        thread = _held(connection, person_id, message.sent_at)
        connection.execute(sa.update(threads).where(threads.c.id == thread.id).values(student_at=message.sent_at))
    elif message.kind is Kind.HANDOVER:
        if message.details.get("event") == "pass_thread_control":
            _given_back(connection, person_id, message.sent_at)
        else:
            thread = _held(connection, person_id, message.sent_at)
            # Counts as a word from staff: the silence after which the bot returns starts here.
            connection.execute(sa.update(threads).where(threads.c.id == thread.id).values(staff_at=message.sent_at))


def _ours(connection: Connection, channel: str, message: IncomingMessage) -> bool:
    """Return whether an echo repeats something Carrel sent: it carries Carrel's mark, or is in the outbox."""
    if message.details.get("ours"):
        return True
    sent = sa.select(outbox.c.id).where(outbox.c.channel == channel, outbox.c.platform_id == message.id).limit(1)
    return connection.execute(sent).scalar() is not None


def _spoke(connection: Connection, person_id: int, text: str, at: datetime) -> None:
    # If a console user has the thread, they keep it: two staff members may write.
    thread = _held(connection, person_id, at)
    write(connection, thread, Words("outside", text), at)
    note_staff(connection, thread, at)


def _given_back(connection: Connection, person_id: int, at: datetime) -> None:
    row = connection.execute(sa.select(threads).where(open_thread(person_id), threads.c.outside)).one_or_none()
    if row is not None:
        values = {"state": "closed", "closed_at": at, "closed_by": "", "closed_how": "outside"}
        connection.execute(sa.update(threads).where(threads.c.id == row.id).values(values))
        settle(connection, person_id, at)


def _held(connection: Connection, person_id: int, at: datetime) -> Thread:
    """Return the person's thread, held: by staff outside if no console user has it."""
    is_quiet(connection, person_id)
    row = connection.execute(sa.select(threads).where(open_thread(person_id))).one_or_none()
    if row is None:
        ask(connection, person_id, None, OUTSIDE, at)
        row = connection.execute(sa.select(threads).where(open_thread(person_id))).one()
    if row.state == "waiting":
        values = {"state": "held", "outside": True, "holder": "", "claimed_at": at}
        connection.execute(sa.update(threads).where(threads.c.id == row.id).values(values))
        settle(connection, person_id, at)
    return as_thread(connection.execute(sa.select(threads).where(threads.c.id == row.id)).one())
