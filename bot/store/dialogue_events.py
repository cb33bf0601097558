"""Rasa's table of what happened in conversations, read and written as rasa.core.tracker_store.SQLTrackerStore does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

events = sa.table(
    "events",
    *(sa.column(name) for name in ("id", "sender_id", "type_name", "timestamp", "intent_name", "action_name", "data")),
)
# Put together once: a turn waits for both.
_whose = events.c.sender_id == sa.bindparam("whose")
_began = (
    sa.select(sa.func.max(events.c.timestamp)).where(_whose, events.c.type_name == "session_started").scalar_subquery()
)
_SINCE = (
    sa.select(events.c.data).where(_whose, sa.or_(_began.is_(None), events.c.timestamp >= _began)).order_by(events.c.id)
)
_ADD = sa.insert(events)


def latest(engine: Engine, conversation: str) -> list[dict[str, Any]]:
    """Return the events of a conversation since it last began, in order; all where its beginning is not known."""
    with engine.connect() as connection:
        return [json.loads(data) for data in connection.execute(_SINCE, {"whose": conversation}).scalars()]


def add(engine: Engine, conversation: str, new: Iterable[Mapping[str, Any]]) -> None:
    """Keep what has happened in a conversation, all of it or nothing. The events are Rasa's, as dictionaries."""
    rows = [
        {
            "sender_id": conversation,
            "type_name": each["event"],
            "timestamp": each.get("timestamp"),
            "intent_name": ((each.get("parse_data") or {}).get("intent") or {}).get("name"),
            "action_name": each.get("name"),
            "data": json.dumps(each),
        }
        for each in new
    ]
    if rows:
        with engine.begin() as connection:
            connection.execute(_ADD, rows)
