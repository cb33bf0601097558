"""Subscriptions: what people agreed to be told, from their yes to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from bot.store.message_tables import PersonRow, TurnRow
from bot.store.rows import insert_ignore
from bot.store.subscription_tables import NoticeRow, SubscriptionRow
from bot.telling.words import Topic

subscriptions, notices, turns = SubscriptionRow.__table__, NoticeRow.__table__, TurnRow.__table__
people = PersonRow.__table__

# The version of the questions that people agree to: increment it when a question in domain.yml promises something else.
VERSION = 1
ACTIVE = subscriptions.c.ended_at.is_(None)


@dataclass(frozen=True)
class Subscription:
    """What somebody is told about since `since`; `seen` and `looked` as in SubscriptionRow."""

    id: int
    person_id: int
    topic: str
    subject: str
    since: datetime
    seen: Mapping[str, Any]
    looked: int


def begin(
    engine: Engine,
    person_id: int,
    topic: str,
    subject: str,
    *,
    asked: str,
    words: str,
    seen: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Record a person's yes (`words`) to a question (`asked`). False: they had already said so.

    A yes to news of events takes back that they wanted no marketing.
    """
    with engine.begin() as connection:
        if topic == Topic.EVENTS:
            mine = people.c.id == person_id
            connection.execute(sa.update(people).where(mine).values(no_marketing_at=None))
        return insert_ignore(
            connection,
            subscriptions,
            person_id=person_id,
            topic=str(topic),
            subject=subject,
            asked=asked,
            words=words[:500],
            version=VERSION,
            since=now,
            ended_at=None,
            seen=dict(seen),
        )


def of_person(engine: Engine, person_id: int) -> tuple[Subscription, ...]:
    """Return what somebody is told about, oldest first."""
    query = sa.select(subscriptions).where(subscriptions.c.person_id == person_id, ACTIVE).order_by(subscriptions.c.id)
    with engine.connect() as connection:
        return tuple(map(_subscription, connection.execute(query)))


def get(connection: Connection, subscription_id: int) -> Subscription | None:
    """Return an active subscription, None if it has ended."""
    query = sa.select(subscriptions).where(subscriptions.c.id == subscription_id, ACTIVE)
    row = connection.execute(query).one_or_none()
    return _subscription(row) if row else None


def active(engine: Engine, after: int = 0, limit: int = 500) -> tuple[Subscription, ...]:
    """Return the active subscriptions with an id above `after`, in order, at most `limit`."""
    query = sa.select(subscriptions).where(ACTIVE, subscriptions.c.id > after).order_by(subscriptions.c.id).limit(limit)
    with engine.connect() as connection:
        return tuple(map(_subscription, connection.execute(query)))


def end(engine: Engine, ids: Sequence[int], by: str, now: datetime) -> int:
    """End subscriptions, and drop what waits to be told for them; return how many ended."""
    with engine.begin() as connection:
        return end_in(connection, subscriptions.c.id.in_(list(ids)), by, now)


def end_all(connection: Connection, person_id: int, by: str, now: datetime) -> int:
    """End all of a person's subscriptions, as part of the caller's transaction; return how many ended."""
    return end_in(connection, subscriptions.c.person_id == person_id, by, now)


def refused(engine: Engine, person_id: int, now: datetime) -> int:
    """End all of a person's subscriptions, since the platform says that they want no such messages."""
    with engine.begin() as connection:
        return end_all(connection, person_id, "refused", now)


def end_in(connection: Connection, which: Any, by: str, now: datetime) -> int:
    """End the active subscriptions for which `which` holds; return how many ended."""
    found = list(connection.execute(sa.select(subscriptions.c.id).where(which, ACTIVE)).scalars())
    if not found:
        return 0
    of_these = subscriptions.c.id.in_(found)
    connection.execute(sa.update(subscriptions).where(of_these, ACTIVE).values(ended_at=now, ended_by=by))
    waiting = sa.and_(notices.c.subscription_id.in_(found), notices.c.state == "waiting")
    # What waits for an event that is over could not go in time: what held it back last is the reason.
    late = sa.case((notices.c.why == "", "late"), else_=notices.c.why)
    why = {"stop": "stopped", "over": late}.get(by, "ended")
    connection.execute(sa.update(notices).where(waiting).values(state="missed", why=why, settled_at=now))
    return len(found)


def looked(connection: Connection, each: Subscription, seen: Mapping[str, Any]) -> bool:
    """Record what was seen. False: another worker has looked meanwhile, or it has ended; nothing has changed."""
    mine = sa.and_(subscriptions.c.id == each.id, subscriptions.c.looked == each.looked, ACTIVE)
    values = {"seen": dict(seen), "looked": each.looked + 1}
    return bool(connection.execute(sa.update(subscriptions).where(mine).values(values)).rowcount)


def told_of(engine: Engine, person_id: int) -> str:
    """Return the uid of the event that the bot's last answer was about, "" if it was about none, or several."""
    query = sa.select(turns.c.understanding).where(turns.c.person_id == person_id).order_by(turns.c.id.desc()).limit(1)
    with engine.connect() as connection:
        return event_in(connection.execute(query).scalar() or {})


def event_in(understanding: Mapping[str, Any]) -> str:
    """Return the uid of the one event that a turn was about, "" for any other turn."""
    if not {"action_events", "action_event_registration"} & set(understanding.get("actions", ())):
        return ""
    return str(understanding.get("event") or "")


def _subscription(row: Row) -> Subscription:
    return Subscription(row.id, row.person_id, row.topic, row.subject, row.since, row.seen, row.looked)
