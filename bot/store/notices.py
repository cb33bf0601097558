"""Notices: what people are to be told, until it is in the outbox as part of one message a day, or out of date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from bot.store import outbox, people
from bot.store.message_tables import ChannelRow, OutboxRow
from bot.store.rows import insert_ignore
from bot.store.subscription_tables import AnnouncementRow, NoticeRow, SubscriptionRow, UnaskedRow
from bot.store.subscriptions import Subscription
from bot.telling.occasions import Occasion
from bot.unasked import Standing
from connectors.messages import Address, OutboundCall
from connectors.reach import Category

notices, unasked, calls = NoticeRow.__table__, UnaskedRow.__table__, OutboxRow.__table__
subscriptions, announcements, channels = SubscriptionRow.__table__, AnnouncementRow.__table__, ChannelRow.__table__
persons = people.people

WAITING, QUEUED, MISSED = "waiting", "queued", "missed"


@dataclass(frozen=True)
class Notice:
    """Something to tell somebody. `what` holds the sentence's name too; see bot.telling.occasions.Occasion."""

    id: int
    subscription_id: int
    announcement_id: int | None
    occasion: str
    what: dict[str, Any]
    category: str
    due_at: datetime


@dataclass(frozen=True)
class Recipient:
    """Somebody for whom something is due."""

    id: int
    address: Address
    language: str
    standing: Standing


def add(connection: Connection, of: Subscription, occasion: Occasion) -> bool:
    """Store that an occasion is to be told. False: it has been stored before."""
    return insert_ignore(
        connection,
        notices,
        person_id=of.person_id,
        subscription_id=of.id,
        announcement_id=None,
        occasion=occasion.key[:200],
        what={**occasion.what, "sentence": occasion.sentence, "planned": occasion.planned},
        category=str(occasion.category),
        due_at=occasion.due_at,
        expires_at=occasion.expires_at,
        state=WAITING,
    )


def expire(engine: Engine, now: datetime) -> int:
    """Give up what is out of date; return how much. What held it back last remains the reason.

    Announcements for which nobody waits any more are done.
    """
    gone = sa.and_(notices.c.state == WAITING, notices.c.expires_at <= now)
    why = sa.case((notices.c.why == "", "late"), else_=notices.c.why)
    left = sa.exists().where(notices.c.announcement_id == announcements.c.id, notices.c.state == WAITING)
    over = sa.and_(announcements.c.state == "sending", ~left)
    with engine.begin() as connection:
        values = {"state": MISSED, "why": why, "settled_at": now}
        missed = int(connection.execute(sa.update(notices).where(gone).values(values)).rowcount)
        connection.execute(sa.update(announcements).where(over).values(state="done", ended_at=now))
        return missed


def channels_due(engine: Engine, now: datetime) -> tuple[str, ...]:
    """Return the channels on which something is due."""
    query = (
        sa.select(persons.c.channel)
        .join(notices, notices.c.person_id == persons.c.id)
        .where(notices.c.state == WAITING, notices.c.due_at <= now)
        .distinct()
    )
    with engine.connect() as connection:
        return tuple(sorted(connection.execute(query).scalars()))


def lock(connection: Connection, channel: str) -> None:
    """Make other workers wait until this transaction, which queues messages of a channel, is over."""
    insert_ignore(connection, channels, name=channel)
    connection.execute(sa.select(channels.c.name).where(channels.c.name == channel).with_for_update())


def queued_since(connection: Connection, channel: str, since: datetime) -> int:
    """Return how many such messages were queued on a channel after a moment."""
    query = sa.select(sa.func.count()).select_from(unasked).where(unasked.c.channel == channel, unasked.c.at > since)
    return int(connection.execute(query).scalar_one())


def recipients(connection: Connection, channel: str, now: datetime, limit: int) -> tuple[Recipient, ...]:
    """Return people on a channel for whom something is due, longest waiting first."""
    due = (
        sa.select(notices.c.person_id, sa.func.min(notices.c.due_at).label("due"))
        .join(persons, persons.c.id == notices.c.person_id)
        .where(notices.c.state == WAITING, notices.c.due_at <= now, persons.c.channel == channel)
        .group_by(notices.c.person_id)
        .order_by(sa.func.min(notices.c.due_at), notices.c.person_id)
        .limit(limit)
        .subquery()
    )
    last = sa.select(sa.func.max(unasked.c.day)).where(unasked.c.person_id == persons.c.id).scalar_subquery()
    query = sa.select(persons, last.label("told_on")).join(due, due.c.person_id == persons.c.id)
    # Locked on PostgreSQL, so that a STOP is either seen here or waits, and then finds what was queued.
    rows = connection.execute(query.order_by(due.c.due, persons.c.id).with_for_update(of=persons))
    return tuple(
        Recipient(
            row.id,
            Address(row.channel, row.person),
            row.language,
            Standing(
                last_message_at=row.last_message_at,
                stopped=row.stopped_at is not None,
                no_marketing=row.no_marketing_at is not None,
                with_staff=row.quiet_since is not None,
                told_on=row.told_on,
            ),
        )
        for row in rows
    )


def of_person(connection: Connection, person_id: int, until: datetime, now: datetime) -> tuple[Notice, ...]:
    """Return what somebody is to be told that falls due before `until`, in that order."""
    query = (
        sa.select(notices)
        .where(notices.c.person_id == person_id, notices.c.state == WAITING)
        .where(notices.c.due_at < until, notices.c.expires_at > now)
        .order_by(notices.c.due_at, notices.c.id)
    )
    return tuple(
        Notice(row.id, row.subscription_id, row.announcement_id, row.occasion, row.what, row.category, row.due_at)
        for row in connection.execute(query)
    )


def hold(connection: Connection, ids: Sequence[int], why: str, again_at: datetime) -> None:
    """Record what holds notices back, and when to look again."""
    held = sa.and_(notices.c.id.in_(list(ids)), notices.c.state == WAITING)
    connection.execute(sa.update(notices).where(held).values(why=why, due_at=again_at))


def miss(connection: Connection, ids: Sequence[int], why: str, now: datetime) -> None:
    """Record that notices will not be told."""
    values = {"state": MISSED, "why": why, "settled_at": now}
    connection.execute(sa.update(notices).where(notices.c.id.in_(list(ids)), notices.c.state == WAITING).values(values))


def queue(
    connection: Connection,
    to: Recipient,
    ids: Sequence[int],
    rendered: Sequence[OutboundCall],
    *,
    day: date,
    how: str,
    category: str,
    now: datetime,
) -> bool:
    """Put one message, which tells all of these notices, into the outbox. False: the person had one that day."""
    channel = to.address.channel
    new = insert_ignore(
        connection, unasked, person_id=to.id, day=day, at=now, channel=channel, how=how, category=category
    )
    if not new:
        return False
    mine = sa.select(unasked.c.id).where(unasked.c.person_id == to.id, unasked.c.day == day)
    unasked_id = int(connection.execute(mine).scalar_one())
    values = {"state": QUEUED, "why": "", "settled_at": now, "unasked_id": unasked_id}
    connection.execute(sa.update(notices).where(notices.c.id.in_(list(ids)), notices.c.state == WAITING).values(values))
    outbox.add(connection, to.id, None, rendered, now, late=how == "template", unasked_id=unasked_id)
    return True


def withdrawn(engine: Engine, unasked_id: int) -> str:
    """Return why a queued message is not to be sent any more, "" if it still is: nobody wants what it tells."""
    query = (
        sa.select(subscriptions.c.ended_at, subscriptions.c.ended_by, announcements.c.state, notices.c.category)
        .add_columns(persons.c.no_marketing_at)
        .select_from(notices)
        .join(persons, persons.c.id == notices.c.person_id)
        .join(subscriptions, subscriptions.c.id == notices.c.subscription_id)
        .outerjoin(announcements, announcements.c.id == notices.c.announcement_id)
        .where(notices.c.unasked_id == unasked_id)
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    reasons = [_withdrawn(row) for row in rows]
    return reasons[0] if reasons and all(reasons) else ""


def _withdrawn(row: Row) -> str:
    if row.state == "stopped":
        return "called_off"
    if row.no_marketing_at and row.category == str(Category.MARKETING):
        return "marketing"
    # An event's last message may still be on its way when the subscription is over.
    return "ended" if row.ended_at and row.ended_by != "over" else ""


def unsent(engine: Engine, unasked_id: int, why: str, now: datetime) -> None:
    """Record that a queued message was not sent after all."""
    mine = sa.and_(notices.c.unasked_id == unasked_id, notices.c.state == QUEUED)
    with engine.begin() as connection:
        connection.execute(sa.update(notices).where(mine).values(state=MISSED, why=why, settled_at=now))


def waits_for(now: datetime) -> datetime:
    """Return when to look again at somebody who cannot be reached: they may write at any time."""
    return now + timedelta(minutes=15)
