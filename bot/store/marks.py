"""Marks on a transcript's messages: what they reply to, what they were edited to, that they were deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.message_tables import InboxRow, OutboxRow
from connectors.messages import IncomingMessage, Kind
from connectors.splitting import shorten

inbox, outbox = InboxRow.__table__, OutboxRow.__table__

QUOTED = 200
CHANGES = (Kind.EDIT.value, Kind.DELETED.value)


@dataclass(frozen=True)
class Marks:
    """The marks of some messages, by platform id. `quoted` is keyed by the quoted message's id."""

    quoted: Mapping[str, str]
    edited: Mapping[str, str]
    deleted: frozenset[str]
    known: frozenset[str]

    def shown(self, message: IncomingMessage) -> IncomingMessage:
        """Return a message as staff see it: without its words, files and place if it was deleted."""
        if message.id not in self.deleted:
            return message
        return replace(message, text=None, media=(), latitude=None, longitude=None)

    def tells(self, message: IncomingMessage) -> bool:
        """Return whether a message only changes a shown one: it is a mark on that one, with no line of its own."""
        return message.kind.value in CHANGES and bool(set(message.refers_to) & self.known)


def marks_of(connection: Connection, person_id: int, messages: Sequence[IncomingMessage]) -> Marks:
    """Return the marks of a person's messages."""
    changes = connection.execute(
        sa.select(inbox.c.kind, inbox.c.event)
        .where(inbox.c.person_id == person_id, inbox.c.kind.in_(CHANGES))
        .order_by(inbox.c.sent_at, inbox.c.id)
    )
    edited: dict[str, str] = {}
    deleted: set[str] = set()
    for kind, event in changes:
        for about in event["refers_to"]:
            if kind == Kind.DELETED.value:
                deleted.add(about)
            elif event["text"]:
                edited[about] = event["text"]
    quoted = _quoted(connection, person_id, {each.reply_to for each in messages if each.reply_to})
    known = frozenset(each.id for each in messages if each.kind.value not in CHANGES)
    return Marks(
        quoted={name: words for name, words in quoted.items() if name not in deleted},
        edited={name: words for name, words in edited.items() if name not in deleted},
        deleted=frozenset(deleted),
        known=known,
    )


def _quoted(connection: Connection, person_id: int, ids: set[str]) -> dict[str, str]:
    """Return the texts of quoted messages: the bot's and the staff's, or the person's own."""
    if not ids:
        return {}
    ours = sa.select(outbox.c.platform_id, outbox.c.body).where(
        outbox.c.person_id == person_id, outbox.c.platform_id.in_(ids)
    )
    theirs = sa.select(inbox.c.message_id, inbox.c.text).where(
        inbox.c.person_id == person_id, inbox.c.message_id.in_(ids)
    )
    found = {row.platform_id: _words(row.body) for row in connection.execute(ours)}
    found |= {row.message_id: row.text for row in connection.execute(theirs)}
    return {name: shorten(words, QUOTED) for name, words in found.items() if words}


def _words(body: Any) -> str:
    """Return the text of a call to any platform: the first one in it."""
    if not isinstance(body, Mapping):
        return ""
    plain = next((body[name] for name in ("text", "body") if isinstance(body.get(name), str)), "")
    return plain or next(filter(None, map(_words, body.values())), "")
