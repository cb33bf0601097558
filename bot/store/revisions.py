"""Messages edited or deleted by their writer: how this is handled before an answer, and after it."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from bot.store import threads
from bot.store.message_tables import InboxRow, PersonRow
from connectors.folding import folded
from connectors.messages import IncomingMessage, Kind

inbox, people = InboxRow.__table__, PersonRow.__table__

# An edit within this time is a correction, and is answered; a later one is only recorded.
AT_ONCE = timedelta(seconds=60)
WITHDRAWN = "Deleted by the student before it was answered."


def note(connection: Connection, channel: str, person_id: int, inbox_id: int, message: IncomingMessage) -> bool:
    """Apply an edit or deletion within the caller's transaction; return whether it is to be answered.

    An edit changes the text of a message that is still waiting, and a deletion withdraws it. After the answer, a prompt
    edit that says something else is treated as a message of its own.
    """
    original = _original(connection, channel, person_id, message)
    if original is None:
        return False
    if message.kind is Kind.DELETED:
        _withdraw(connection, original, message)
        return False
    if not message.text or original.event.get("choice") or folded(message.text) == folded(original.event.get("text")):
        return False
    if original.state == "waiting":
        _set(connection, original.id, text=message.text, event={**original.event, "text": message.text})
        return False
    threads.student_wrote(connection, person_id, message.sent_at)
    if not _is_news(connection, person_id, original, message):
        return False
    _set(connection, inbox_id, said=True, state="waiting", text=message.text)
    return True


def _original(connection: Connection, channel: str, person_id: int, message: IncomingMessage) -> Row | None:
    """Return the person's own message that an event is about."""
    if not message.refers_to:
        return None
    about = sa.and_(
        inbox.c.channel == channel, inbox.c.message_id == message.refers_to[0][:255], inbox.c.person_id == person_id
    )
    return connection.execute(sa.select(inbox).where(about, inbox.c.said)).one_or_none()


def _withdraw(connection: Connection, original: Row, message: IncomingMessage) -> None:
    # The event stays as it arrived; search, lists and reviews use the text.
    closed = {"state": "recorded", "problem": WITHDRAWN} if original.state == "waiting" else {}
    _set(connection, original.id, text="", answered_at=original.answered_at or message.sent_at, **closed)


def _is_news(connection: Connection, person_id: int, original: Row, message: IncomingMessage) -> bool:
    """Return whether an edit came soon after the original and after the bot's answer, before anything else."""
    if original.state not in {"answered", "joined"} or message.sent_at - original.sent_at > AT_ONCE:
        return False
    later = sa.and_(inbox.c.person_id == person_id, inbox.c.said, inbox.c.id > original.id)
    if connection.execute(sa.select(inbox.c.id).where(later).limit(1)).scalar() is not None:
        return False
    person = connection.execute(
        sa.select(people.c.stopped_at, people.c.quiet_since).where(people.c.id == person_id)
    ).one()
    return person.stopped_at is None and person.quiet_since is None


def _set(connection: Connection, inbox_id: int, **values: object) -> None:
    connection.execute(sa.update(inbox).where(inbox.c.id == inbox_id).values(**values))
