"""STOP and START: what a person wants of the bot, said as a whole message, and held whatever becomes of its answer."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.message_tables import InboxRow, PersonRow
from connectors.messages import IncomingMessage, Kind

people, inbox = PersonRow.__table__, InboxRow.__table__

# Whole messages, in small letters: "how do I stop a renewal" is a question.
STOP = frozenset({"stop", "stopall", "stop all", "unsubscribe", "opt out", "optout"})
START = frozenset({"start", "unstop", "subscribe", "opt in", "optin"})
SAID = frozenset({Kind.TEXT, Kind.POSTBACK})


def words_of(message: IncomingMessage) -> str:
    """Return what a person said, in small letters and with single spaces; "" for anything but words."""
    return _plain(message.text) if message.kind in SAID else ""


def hold(connection: Connection, person_id: int, message: IncomingMessage) -> None:
    """Do what a message says of the bot, unless something that was sent later says otherwise.

    It is for messages that come too late to be answered, and so out of order.
    """
    words = words_of(message)
    if words not in STOP | START:
        return
    later = sa.select(inbox.c.text).where(
        inbox.c.person_id == person_id, inbox.c.said, inbox.c.sent_at > message.sent_at
    )
    if any(_plain(text) in STOP | START for text in connection.execute(later).scalars()):
        return
    since = message.sent_at if words in STOP else None
    connection.execute(sa.update(people).where(people.c.id == person_id).values(stopped_at=since))


def start_again(connection: Connection, person_id: int) -> None:
    """Note that a person wants to be answered by the bot again."""
    connection.execute(sa.update(people).where(people.c.id == person_id).values(stopped_at=None))


def _plain(text: str | None) -> str:
    return " ".join((text or "").split()).casefold()
