"""Rasa's events table, read and written the way rasa.core.tracker_store.SQLTrackerStore does."""

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
# Built once: every turn waits for both.
_whose = events.c.sender_id == sa.bindparam("whose")
_began = (
    sa.select(sa.func.max(events.c.timestamp)).where(_whose, events.c.type_name == "session_started").scalar_subquery()
)
_SINCE = (
    sa.select(events.c.data).where(_whose, sa.or_(_began.is_(None), events.c.timestamp >= _began)).order_by(events.c.id)
)
_ADD = sa.insert(events)


def latest(engine: Engine, conversation: str) -> list[dict[str, Any]]:
    """Return a conversation's events since it last started, in order; all of them if the start is unknown."""
    with engine.connect() as connection:
        return [json.loads(data) for data in connection.execute(_SINCE, {"whose": conversation}).scalars()]


def add(engine: Engine, conversation: str, new: Iterable[Mapping[str, Any]]) -> None:
    """Store new events of a conversation in one transaction. The events are Rasa's, as dictionaries."""
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
