"""Staff's judgements of messages, for measuring: the bot against people, and people against each other."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store.learning_tables import ReviewRow
from bot.store.message_tables import InboxRow, TurnRow
from bot.store.reviews import TEACHES, Review
from bot.store.thread_tables import ThreadRow
from bot.store.topics import now_called

reviews, inbox, turns = ReviewRow.__table__, InboxRow.__table__, TurnRow.__table__
threads = ThreadRow.__table__


def labelled(engine: Engine, learning: Collection[int] = ()) -> list[Review]:
    """Return each message's latest decision with a meaning, oldest first, with the student's own words.

    For measuring only. Excludes what is being learnt (`learning`: decisions' ids) and everything decided with it, since
    those messages say nearly the same.
    """
    query = (
        sa.select(*[column for column in reviews.c if column.name != "text"], inbox.c.text)
        .join(inbox, inbox.c.id == reviews.c.inbox_id)
        .where(reviews.c.undone_at.is_(None), reviews.c.decision.in_(TEACHES), inbox.c.text != "")
        .order_by(reviews.c.id)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    batches = {row.batch for row in rows if row.id in set(learning)}
    messages = {row.inbox_id for row in rows if row.batch in batches}
    latest = {row.inbox_id: row for row in rows if row.inbox_id not in messages}
    return [Review(**{name: getattr(row, name) for name in Review.__dataclass_fields__}) for row in latest.values()]


@dataclass(frozen=True)
class Decided:
    """A message with the student's own words and the intent that staff have decided."""

    inbox_id: int
    text: str
    intent: str


def decided_with(engine: Engine, learning: Collection[int], most: int) -> list[Decided]:
    """Return the messages that decisions were made for, ticked ones included: by the decisions' ids."""
    batches = sa.select(reviews.c.batch).where(reviews.c.id.in_(list(learning)))
    query = (
        sa.select(reviews.c.inbox_id, inbox.c.text, reviews.c.intent)
        .join(inbox, inbox.c.id == reviews.c.inbox_id)
        .where(reviews.c.batch.in_(batches), reviews.c.undone_at.is_(None), inbox.c.text != "")
        .order_by(reviews.c.id.desc())
        .limit(most)
    )
    with engine.connect() as connection:
        return [Decided(row.inbox_id, row.text, row.intent) for row in connection.execute(query)]


def meant(engine: Engine, inbox_ids: Collection[int]) -> dict[int, str]:
    """Return what staff have decided that messages mean, by message, going by the latest decision."""
    query = sa.select(reviews.c.inbox_id, reviews.c.intent).where(
        reviews.c.undone_at.is_(None), reviews.c.decision.in_(TEACHES), reviews.c.inbox_id.in_(list(inbox_ids))
    )
    with engine.connect() as connection:
        return {row.inbox_id: row.intent for row in connection.execute(query.order_by(reviews.c.id))}


@dataclass(frozen=True)
class Judged:
    """A message whose meaning staff have decided: whether the bot's first guess was right."""

    inbox_id: int
    said_at: datetime
    right: bool
    model: str


def judged(engine: Engine) -> list[Judged]:
    """Return all messages that staff have judged, each once, by its latest decision."""
    query = sa.select(reviews).where(reviews.c.undone_at.is_(None), reviews.c.decision.in_((*TEACHES, "several")))
    found: dict[int, Judged] = {}
    with engine.connect() as connection:
        called = now_called(connection)
        for row in connection.execute(query.order_by(reviews.c.id)):
            right = row.decision == "right" or called.get(row.guess, row.guess) in {row.intent, *row.others}
            found[row.inbox_id] = Judged(row.inbox_id, row.said_at, right, row.model)
    return list(found.values())


def agreement(engine: Engine) -> tuple[int, int]:
    """Return on how many messages two people agreed, and how many two people judged at all."""
    other = reviews.alias()
    both = sa.and_(
        other.c.inbox_id == reviews.c.inbox_id,
        other.c.by > reviews.c.by,
        reviews.c.undone_at.is_(None),
        other.c.undone_at.is_(None),
        reviews.c.decision.in_(TEACHES),
        other.c.decision.in_(TEACHES),
    )
    query = sa.select(reviews.c.intent, other.c.intent).select_from(reviews.join(other, both))
    with engine.connect() as connection:
        pairs = connection.execute(query).all()
    return sum(first == second for first, second in pairs), len(pairs)


def candidates(engine: Engine, since: datetime, limit: int) -> list[dict[str, Any]]:
    """Return answered text messages since a moment, newest first, in the form the queue is built from."""
    query = (
        sa.select(
            inbox.c.id,
            inbox.c.person_id,
            inbox.c.text,
            inbox.c.sent_at,
            turns.c.intent,
            turns.c.confidence,
            turns.c.outcome,
            turns.c.understanding,
            _helped().label("helped"),
        )
        .join(turns, turns.c.inbox_id == inbox.c.id)
        .where(inbox.c.said, inbox.c.kind == "text", inbox.c.text != "", inbox.c.sent_at >= since)
        .order_by(inbox.c.id.desc())
        .limit(limit)
    )
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _helped() -> Any:
    """Return the condition that staff answered a message: it opened their thread, or arrived in it."""
    within = sa.and_(
        turns.c.outcome == "kept",
        threads.c.opened_at <= inbox.c.received_at,
        sa.or_(threads.c.closed_at.is_(None), threads.c.closed_at >= inbox.c.received_at),
    )
    theirs = sa.and_(threads.c.person_id == inbox.c.person_id, threads.c.answered_at.is_not(None))
    return sa.exists().where(theirs, sa.or_(threads.c.inbox_id == inbox.c.id, within))


def reactions(engine: Engine, since: datetime) -> Sequence[dict[str, Any]]:
    """Return what people did that reflects on the previous answer: {"person_id", "sent_at", "kind", "event"}."""
    query = sa.select(inbox.c.person_id, inbox.c.sent_at, inbox.c.kind, inbox.c.event).where(
        inbox.c.sent_at >= since, inbox.c.kind.in_(("reaction", "postback", "text"))
    )
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(query.order_by(inbox.c.sent_at)).mappings()]
