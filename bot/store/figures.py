"""Metrics for an operator: how much is waiting, how long, what failed, and where a turn's milliseconds go."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.dangers import DANGERS
from bot.store.message_tables import ChannelRow, InboxRow, OutboxRow, TurnRow
from bot.store.statistics import messages_an_answer
from bot.store.thread_tables import ThreadRow

Figure = tuple[str, str, dict[str, str], float]
# Timings cover this many turns: the last few minutes of a busy library, the last day of a quiet one.
TURNS = 200
QUANTILES = (0.5, 0.95)
DAY = timedelta(days=1)
OUTCOMES = ("waiting", "sent", "delivered", "read", "failed")


def figures(engine: Engine, now: datetime) -> list[Figure]:
    """Return each metric as name, meaning, labels and value, as of `now`."""
    with engine.connect() as connection:
        return [
            *_line(connection, "inbox", InboxRow, InboxRow.received_at, ("waiting", "failed", "stale"), now),
            *_outbox(connection, now),
            *_threads(connection, now),
            *_dangers(connection, now),
            *_alarms(connection),
            *_turns(connection),
            *_answers(engine, now),
        ]


def _line(
    connection: Connection, name: str, table: Any, since: sa.Column[datetime], states: tuple[str, ...], now: datetime
) -> Iterator[Figure]:
    for state in states:
        count = connection.execute(sa.select(sa.func.count()).where(table.state == state)).scalar_one()
        yield f"carrel_{name}_rows", f"Rows of the {name} by state", {"state": state}, float(count)
    yield _age(connection, name, table, since, now)


def _age(connection: Connection, name: str, table: Any, since: sa.Column[datetime], now: datetime) -> Figure:
    oldest = connection.execute(sa.select(sa.func.min(since)).where(table.state == "waiting")).scalar_one()
    age = (now - oldest).total_seconds() if oldest else 0.0
    return f"carrel_{name}_oldest_seconds", f"How long the oldest of the {name} has waited", {}, max(0.0, age)


def _outbox(connection: Connection, now: datetime) -> Iterator[Figure]:
    """Sends by outcome, from the table: in-process counters would be split across workers and lost with each."""
    again = sa.func.sum(sa.case((OutboxRow.tries > 1, 1), else_=0))
    query = sa.select(OutboxRow.channel, OutboxRow.state, sa.func.count(), again)
    found = connection.execute(query.group_by(OutboxRow.channel, OutboxRow.state)).all()
    counts = {(channel, state): (count, repeated) for channel, state, count, repeated in found}
    for channel in sorted({channel for channel, _ in counts}):
        for state in OUTCOMES:
            count, _ = counts.get((channel, state), (0, 0))
            labels = {"channel": channel, "state": state}
            yield "carrel_outbox_rows", "Calls to a platform by what has become of them", labels, float(count)
        repeated = sum(counts.get((channel, state), (0, 0))[1] for state in OUTCOMES)
        meaning = "Calls that were made more than once, since a try failed or was cut: of these some came twice"
        yield "carrel_outbox_repeated_rows", meaning, {"channel": channel}, float(repeated)
    yield _age(connection, "outbox", OutboxRow, OutboxRow.created_at, now)


def _threads(connection: Connection, now: datetime) -> Iterator[Figure]:
    query = sa.select(ThreadRow.why, ThreadRow.state, sa.func.count()).where(ThreadRow.state != "closed")
    for why, state, count in connection.execute(query.group_by(ThreadRow.why, ThreadRow.state)):
        yield "carrel_threads_open", "Conversations that staff have or should have", {"why": why, "state": state}, count
    query = sa.select(sa.func.min(ThreadRow.opened_at)).where(ThreadRow.state == "waiting")
    oldest = connection.execute(query).scalar_one()
    age = (now - oldest).total_seconds() if oldest else 0.0
    yield "carrel_threads_oldest_seconds", "How long the oldest has waited for somebody of the staff", {}, max(0.0, age)


def _dangers(connection: Connection, now: datetime) -> Iterator[Figure]:
    """How often danger was answered, by kind: numbers only, no texts."""
    query = sa.select(TurnRow.intent, sa.func.count()).where(TurnRow.intent.in_(DANGERS), TurnRow.outcome != "kept")
    counts = dict(connection.execute(query.where(TurnRow.at >= now - timedelta(days=1)).group_by(TurnRow.intent)).all())
    for kind in DANGERS:
        yield (
            "carrel_danger_answers",
            "Answers to danger in the last 24 hours",
            {"kind": kind},
            float(counts.get(kind, 0)),
        )


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


def _answers(engine: Engine, now: datetime) -> Iterator[Figure]:
    for channel, value in messages_an_answer(engine, now - DAY, now).items():
        yield "carrel_messages_per_answer", "Messages that an answer was, over a day", {"channel": channel}, value
