"""What a person was told without having just asked, as staff read it: what each message was, and how far it came."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from bot.store.calls import Sent, as_sent
from bot.store.library_tables import EventRow, PlaceRow
from bot.store.message_tables import OutboxRow
from bot.store.subscription_tables import NoticeRow, SubscriptionRow
from bot.telling.words import Topic

outbox, notices, subscriptions = OutboxRow.__table__, NoticeRow.__table__, SubscriptionRow.__table__

ANNOUNCEMENT, SUBSCRIPTION, CONTEST = "announcement", "subscription", "contest"
# What names the subjects of a topic.
_NAMED = {Topic.HOURS: (PlaceRow.key, PlaceRow.name), Topic.EVENT: (EventRow.key, EventRow.title)}


@dataclass(frozen=True)
class About:
    """What a message tells of, or a part of one.

    kind: ANNOUNCEMENT, with its `number`; SUBSCRIPTION, with its `topic` and `subject` as in SubscriptionRow; or what
    the contest says unasked: a word of bot.store.outbox, CONTEST if it is not known.
    """

    kind: str
    topic: str = ""
    subject: str = ""
    number: int | None = None


@dataclass(frozen=True)
class UnaskedSaid:
    """One message that the bot sent, or was to send, of its own accord. `at`: when it was queued."""

    at: datetime
    about: tuple[About, ...]
    sent: tuple[Sent, ...]


def unasked_said(
    connection: Connection, person_id: int, since: datetime | None, until: datetime | None
) -> tuple[UnaskedSaid, ...]:
    """Return what a person was told unasked in a period, in order."""
    nobodys = (outbox.c.inbox_id.is_(None), outbox.c.staff_message_id.is_(None))
    query = sa.select(outbox).where(outbox.c.person_id == person_id, *nobodys).order_by(outbox.c.id)
    if since is not None:
        query = query.where(outbox.c.created_at >= since)
    if until is not None:
        query = query.where(outbox.c.created_at <= until)
    rows = connection.execute(query).all()
    told = _told(connection, {row.unasked_id for row in rows if row.unasked_id is not None})
    found = []
    for (unasked_id, _, about, at), calls in groupby(rows, _message):
        kinds = told.get(unasked_id, ()) if unasked_id is not None else (About(about or CONTEST),)
        found.append(UnaskedSaid(at, kinds, tuple(map(as_sent, calls))))
    return tuple(found)


def _message(row: Row) -> tuple[Any, ...]:
    """Return what a message's calls have in common."""
    return row.unasked_id, row.decision_id, row.about, row.created_at


def _told(connection: Connection, unasked_ids: Iterable[int]) -> dict[int, tuple[About, ...]]:
    """Return what each message told of, each thing once."""
    query = (
        sa.select(notices.c.unasked_id, notices.c.announcement_id, subscriptions.c.topic, subscriptions.c.subject)
        .join(subscriptions, subscriptions.c.id == notices.c.subscription_id)
        .where(notices.c.unasked_id.in_(list(unasked_ids)))
        .order_by(notices.c.id)
    )
    found: dict[int, dict[About, None]] = {}
    for row in connection.execute(query):
        about = About(ANNOUNCEMENT, number=row.announcement_id)
        if row.announcement_id is None:
            about = About(SUBSCRIPTION, row.topic, row.subject)
        found.setdefault(row.unasked_id, {})[about] = None
    return {unasked_id: tuple(each) for unasked_id, each in found.items()}


def called(engine: Engine, every: Collection[About]) -> dict[About, str]:
    """Return the name of the place or the event that each subscription is about, as far as the store still has it."""
    found: dict[About, str] = {}
    with engine.connect() as connection:
        for topic, (key, name) in _NAMED.items():
            ours = {each.subject: each for each in every if each.topic == topic}
            rows = connection.execute(sa.select(key, name).where(key.in_(list(ours)))) if ours else ()
            found |= {ours[subject]: str(title) for subject, title in rows}
    return found
