"""Figures for an operator: how much waits, how long, what failed, and where a turn's milliseconds go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store.message_tables import ChannelRow, InboxRow, OutboxRow, RequestRow, TurnRow

Figure = tuple[str, str, dict[str, str], float]
# Of so many turns the milliseconds are told: the last few minutes of a busy library, the last day of a quiet one.
TURNS = 200
QUANTILES = (0.5, 0.95)


def figures(engine: Engine, now: datetime) -> list[Figure]:
    """Return each figure as name, meaning, labels and value, as they are at `now`."""
    with engine.connect() as connection:
        return [
            *_line(connection, "inbox", InboxRow, InboxRow.received_at, ("waiting", "failed", "stale"), now),
            *_line(connection, "outbox", OutboxRow, OutboxRow.created_at, ("waiting", "failed"), now),
            *_requests(connection),
            *_alarms(connection),
            *_turns(connection),
        ]


def _line(
    connection: Connection, name: str, table: Any, since: sa.Column[datetime], states: tuple[str, ...], now: datetime
) -> Iterator[Figure]:
    for state in states:
        count = connection.execute(sa.select(sa.func.count()).where(table.state == state)).scalar_one()
        yield f"carrel_{name}_rows", f"Rows of the {name} by state", {"state": state}, float(count)
    oldest = connection.execute(sa.select(sa.func.min(since)).where(table.state == "waiting")).scalar_one()
    age = (now - oldest).total_seconds() if oldest else 0.0
    yield f"carrel_{name}_oldest_seconds", f"How long the oldest of the {name} has waited", {}, max(0.0, age)


def _requests(connection: Connection) -> Iterator[Figure]:
    query = sa.select(RequestRow.kind, sa.func.count()).where(RequestRow.state == "open").group_by(RequestRow.kind)
    for kind, count in connection.execute(query):
        yield "carrel_requests_open", "What staff have yet to see to", {"kind": kind}, float(count)


def _alarms(connection: Connection) -> Iterator[Figure]:
    for name, alarm in connection.execute(sa.select(ChannelRow.name, ChannelRow.alarm)):
        yield "carrel_channel_alarm", "1: an operator has to repair the channel", {"channel": name}, float(bool(alarm))


def _turns(connection: Connection) -> Iterator[Figure]:
    query = sa.select(TurnRow.understanding).order_by(TurnRow.id.desc()).limit(TURNS)
    stages: dict[str, list[float]] = {}
    for understanding in connection.execute(query).scalars():
        for stage, value in (understanding.get("timings") or {}).items():
            stages.setdefault(stage.removesuffix("_ms"), []).append(float(value))
    for stage, values in sorted(stages.items()):
        ordered = sorted(values)
        for quantile in QUANTILES:
            value = ordered[min(len(ordered) - 1, int(quantile * len(ordered)))]
            labels = {"stage": stage, "quantile": str(quantile)}
            yield "carrel_turn_milliseconds", f"Of the last {TURNS} turns", labels, value
