"""What a person has told their platform about marketing messages: WhatsApp's *Offers and announcements*.

Stopping ends the consents whose news is marketing, and keeps all other marketing from the person; resuming subscribes
them to nothing: that takes a new yes in the chat.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store import subscriptions
from bot.store.events import message_from_json
from bot.store.message_tables import InboxRow, PersonRow
from bot.telling.words import Topic
from connectors.messages import IncomingMessage, Kind

people, inbox = PersonRow.__table__, InboxRow.__table__

STOP, RESUME = "stop", "resume"
# Under this key a message's details hold the preference.
MARKETING = "marketing"


def is_one(message: IncomingMessage) -> bool:
    """Return whether a message tells of such a preference."""
    return message.kind is Kind.OPTIN and message.details.get(MARKETING) in {STOP, RESUME}


def note(connection: Connection, person_id: int, message: IncomingMessage) -> None:
    """Apply a preference, within the caller's transaction, unless something later has arrived before it."""
    at, stops = message.sent_at, message.details[MARKETING] == STOP
    if _said_since(connection, person_id, at):
        return
    mine = people.c.id == person_id
    connection.execute(sa.update(people).where(mine).values(no_marketing_at=at if stops else None))
    if stops:
        subscriptions.end_in(connection, _news(person_id), "platform", at)


def _news(person_id: int) -> Any:
    rows = subscriptions.subscriptions.c
    return sa.and_(rows.person_id == person_id, rows.topic == str(Topic.EVENTS))


def _said_since(connection: Connection, person_id: int, at: datetime) -> bool:
    """Return whether somebody has said so later, here or there: another preference, or a yes to news of events."""
    rows = subscriptions.subscriptions.c
    yes = sa.select(rows.id).where(_news(person_id), subscriptions.ACTIVE, rows.since > at).limit(1)
    if connection.execute(yes).scalar() is not None:
        return True
    later = sa.select(inbox.c.event).where(
        inbox.c.person_id == person_id, inbox.c.kind == Kind.OPTIN.value, inbox.c.sent_at > at
    )
    return any(is_one(message_from_json(each)) for each in connection.execute(later).scalars())
