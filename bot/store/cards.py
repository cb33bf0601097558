"""The review queue: messages waiting for review, one card at a time, each claimed by one person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store.learning_tables import QueueRow, ReviewRow
from bot.store.message_tables import InboxRow, TurnRow
from bot.store.reviews import CLAIMED_FOR, MADE_A_TOPIC, SECOND, SECOND_LOOK, TEACHES, final
from bot.store.topics import now_called

queue, reviews = QueueRow.__table__, ReviewRow.__table__
inbox, turns = InboxRow.__table__, TurnRow.__table__


@dataclass(frozen=True)
class Queued:
    """A message as the trainer queues it. The fields are those of QueueRow."""

    inbox_id: int
    score: float
    reasons: tuple[str, ...]
    together: int
    cluster: int | None = None
    cluster_name: str = ""
    near: tuple[Mapping[str, Any], ...] = ()
    suggested: str = ""


@dataclass(frozen=True)
class Card:
    """What a reviewer decides on: a message and its near-duplicates."""

    inbox_id: int
    person_id: int
    text: str
    at: datetime
    channel: str
    reasons: tuple[str, ...]
    near: tuple[Mapping[str, Any], ...]
    suggested: str
    cluster: int | None
    cluster_name: str
    intent: str
    confidence: float
    outcome: str
    understanding: Mapping[str, Any]
    replies: Sequence[Mapping[str, Any]]
    members: tuple[tuple[int, str], ...]


def refresh(engine: Engine, rows: Iterable[Queued]) -> int:
    """Replace the queue's order, keeping current claims. Returns how many messages are waiting."""
    with engine.begin() as connection:
        claims = {
            row.inbox_id: (row.claimed_by, row.claimed_until)
            for row in connection.execute(
                sa.select(queue.c.inbox_id, queue.c.claimed_by, queue.c.claimed_until).where(queue.c.claimed_by != "")
            )
        }
        connection.execute(sa.delete(queue))
        filled = [
            {
                "inbox_id": row.inbox_id,
                "score": row.score,
                "reasons": list(row.reasons),
                "together": row.together,
                "cluster": row.cluster,
                "cluster_name": row.cluster_name[:120],
                "near": list(row.near),
                "suggested": row.suggested,
                "claimed_by": claims.get(row.inbox_id, ("", None))[0],
                "claimed_until": claims.get(row.inbox_id, ("", None))[1],
            }
            for row in rows
        ]
        if filled:
            connection.execute(sa.insert(queue), filled)
    return len(filled)


def _same() -> Any:
    return sa.and_(reviews.c.inbox_id == queue.c.inbox_id, reviews.c.undone_at.is_(None))


def _settled(who: str = "") -> Any:
    """Return the condition that a queued message needs no review, or none by `who` if given.

    An "unsure" leaves the message to other reviewers; one message in twenty also goes to a second person.
    """
    decided = sa.exists().where(sa.and_(_same(), final()))
    if not who:
        return decided
    mine = sa.exists().where(sa.and_(_same(), reviews.c.by == who))
    first = sa.and_(_same(), reviews.c.decision.in_(TEACHES), reviews.c.representative)
    again = sa.and_(_same(), reviews.c.learnt_in.in_((SECOND, MADE_A_TOPIC)))
    alone = sa.and_(queue.c.inbox_id % SECOND_LOOK == 0, queue.c.inbox_id == queue.c.together)
    wanted = sa.and_(alone, sa.exists().where(first), ~sa.exists().where(again))
    return sa.or_(mine, sa.and_(decided, ~wanted))


def waiting(engine: Engine, who: str = "") -> int:
    """Return how many cards are waiting for review, or for review by `who` if given."""
    query = sa.select(sa.func.count(sa.distinct(queue.c.together))).where(~_settled(who))
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def next_card(
    engine: Engine, who: str, now: datetime, *, cluster: int | None = None, skip: Sequence[int] = ()
) -> Card | None:
    """Return the most useful card that nobody else has claimed, claimed for `who`, or None."""
    free = sa.or_(queue.c.claimed_by.in_(("", who)), queue.c.claimed_until < now)
    query = sa.select(queue.c.inbox_id).where(~_settled(who), free, queue.c.inbox_id == queue.c.together)
    if cluster is not None:
        query = query.where(queue.c.cluster == cluster)
    if skip:
        query = query.where(queue.c.inbox_id.not_in(list(skip)))
    with engine.begin() as connection:
        for _ in range(5):
            found = connection.execute(query.order_by(queue.c.score.desc(), queue.c.inbox_id).limit(1)).scalar()
            if found is None:
                return None
            claimed = connection.execute(
                sa.update(queue)
                .where(queue.c.inbox_id == found, free)
                .values(claimed_by=who, claimed_until=now + CLAIMED_FOR)
            )
            if claimed.rowcount:
                return _card(connection, found, who)
    return None


def card(engine: Engine, inbox_id: int, who: str) -> Card | None:
    """Return a message's card, whether or not it is queued; None if the message was removed."""
    with engine.connect() as connection:
        there = connection.execute(sa.select(inbox.c.id).where(inbox.c.id == inbox_id)).scalar()
        return _card(connection, inbox_id, who) if there else None


def of_cluster(engine: Engine, cluster: int) -> list[tuple[int, str]]:
    """Return (inbox id, text) of the waiting messages in a suspected topic, without claiming them."""
    query = (
        sa.select(inbox.c.id, inbox.c.text)
        .join(queue, queue.c.inbox_id == inbox.c.id)
        .where(queue.c.cluster == cluster, ~_settled())
        .order_by(queue.c.score.desc(), inbox.c.id)
    )
    with engine.connect() as connection:
        return [(row.id, row.text) for row in connection.execute(query)]


def _card(connection: Connection, inbox_id: int, who: str) -> Card:
    # A decided message is no longer in the queue, but its card still comes back when the decision is undone.
    joined = inbox.outerjoin(queue, queue.c.inbox_id == inbox.c.id).outerjoin(turns, turns.c.inbox_id == inbox.c.id)
    columns = (
        *[column for column in queue.c if column.name != "inbox_id"],
        inbox.c.id,
        inbox.c.person_id,
        inbox.c.text,
        inbox.c.sent_at,
        inbox.c.channel,
        turns.c.intent,
        turns.c.confidence,
        turns.c.outcome,
        turns.c.understanding,
        turns.c.replies,
    )
    row = connection.execute(sa.select(*columns).select_from(joined).where(inbox.c.id == inbox_id)).one()
    members = connection.execute(
        sa.select(inbox.c.id, inbox.c.text)
        .join(queue, queue.c.inbox_id == inbox.c.id)
        .where(queue.c.together == inbox_id, queue.c.inbox_id != inbox_id, ~_settled(who))
        .order_by(queue.c.score.desc())
    ).all()
    called = now_called(connection)
    understanding = dict(row.understanding or {})
    understanding["intent_ranking"] = [
        {**each, "name": called.get(each["name"], each["name"])} for each in understanding.get("intent_ranking", ())
    ]
    return Card(
        inbox_id=row.id,
        person_id=row.person_id,
        text=row.text,
        at=row.sent_at,
        channel=row.channel,
        reasons=tuple(row.reasons or ()),
        near=tuple(row.near or ()),
        suggested=called.get(row.suggested or "", row.suggested or ""),
        cluster=row.cluster,
        cluster_name=row.cluster_name or "",
        intent=called.get(row.intent or "", row.intent or ""),
        confidence=row.confidence or 0.0,
        outcome=row.outcome or "",
        understanding=understanding,
        replies=row.replies or (),
        members=tuple((each.id, each.text) for each in members),
    )


def clusters(engine: Engine) -> list[tuple[int, str, int]]:
    """Return suspected topics that the bot doesn't know: (cluster, name, messages), the largest first."""
    query = (
        sa.select(queue.c.cluster, sa.func.max(queue.c.cluster_name), sa.func.count())
        .where(queue.c.cluster.is_not(None), ~_settled())
        .group_by(queue.c.cluster)
        .order_by(sa.func.count().desc())
    )
    with engine.connect() as connection:
        return [(int(number), name, int(count)) for number, name, count in connection.execute(query)]
