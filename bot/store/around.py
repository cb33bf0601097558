"""What was said just before and after a message, for whoever judges it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store.message_tables import InboxRow, TurnRow

inbox, turns = InboxRow.__table__, TurnRow.__table__


@dataclass(frozen=True)
class Turned:
    """A message of the same person and the bot's replies to it (reply JSON)."""

    inbox_id: int
    at: datetime
    text: str
    replies: Sequence[Mapping[str, Any]]


def around(engine: Engine, inbox_id: int, person_id: int, each_side: int = 2) -> tuple[list[Turned], list[Turned]]:
    """Return up to `each_side` turns before a message and as many after it, each in order."""
    joined = inbox.outerjoin(turns, turns.c.inbox_id == inbox.c.id)
    theirs = (
        sa.select(inbox.c.id, inbox.c.sent_at, inbox.c.text, turns.c.replies)
        .select_from(joined)
        .where(inbox.c.person_id == person_id, inbox.c.said, inbox.c.text != "")
        .limit(each_side)
    )
    with engine.connect() as connection:
        before = connection.execute(theirs.where(inbox.c.id < inbox_id).order_by(inbox.c.id.desc())).all()
        after = connection.execute(theirs.where(inbox.c.id > inbox_id).order_by(inbox.c.id)).all()
    return [_turned(row) for row in reversed(before)], [_turned(row) for row in after]


def _turned(row: Any) -> Turned:
    return Turned(row.id, row.sent_at, row.text, row.replies or ())
