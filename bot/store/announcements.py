"""Announcements: written, counted, approved, sent to those who subscribed to a topic, and stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from bot.language import FIRST, SIMPLIFIED, TRADITIONAL, in_simplified
from bot.store import audit
from bot.store.message_tables import OutboxRow, PersonRow
from bot.store.subscription_tables import AnnouncementRow, NoticeRow, SubscriptionRow, UnaskedRow
from connectors.reach import Category, How, Rules, way

announcements, notices, unasked = AnnouncementRow.__table__, NoticeRow.__table__, UnaskedRow.__table__
subscriptions, people, outbox = SubscriptionRow.__table__, PersonRow.__table__, OutboxRow.__table__

DRAFT, ASKED, SENDING, STOPPED, DONE = "draft", "asked", "sending", "stopped", "done"
# Whoever cannot be reached within this time is not told any more.
LASTS = timedelta(hours=36)


class AnnouncementError(Exception):
    """What was asked for is not possible; the text says why, for staff."""


@dataclass(frozen=True)
class Announcement:
    """An announcement, as in AnnouncementRow."""

    id: int
    topic: str
    subject: str
    category: str
    texts: Mapping[str, str]
    state: str
    created_by: str
    created_at: datetime
    approved_by: str
    started_at: datetime | None
    ended_by: str


@dataclass(frozen=True)
class Count:
    """Whom an announcement would reach now. `free` and `template` by channel, `none` by reason."""

    people: int = 0
    free: Mapping[str, int] = field(default_factory=dict)
    template: Mapping[str, int] = field(default_factory=dict)
    none: Mapping[str, int] = field(default_factory=dict)
    languages: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """How far an announcement is: people by state; why some were missed; how many have told the bot to stop since."""

    waiting: int = 0
    states: Mapping[str, int] = field(default_factory=dict)
    missed: Mapping[str, int] = field(default_factory=dict)
    stops: int = 0


def write(
    engine: Engine,
    number: int | None,
    *,
    topic: str,
    subject: str,
    category: str,
    texts: Mapping[str, str],
    who: str,
    now: datetime,
) -> int:
    """Store a draft, new or as changed; return its id. Raises AnnouncementError: it has left already.

    A changed draft is its last writer's, and has to be approved anew.
    """
    values: dict[str, Any] = {
        "topic": topic,
        "subject": subject,
        "category": str(Category(category)),
        "texts": dict(texts),
        "state": DRAFT,
        "counted": {},
        "created_by": who,
        "created_at": now,
    }
    with engine.begin() as connection:
        if number is None:
            return int(connection.execute(sa.insert(announcements).values(**values)).inserted_primary_key[0])
        mine = sa.and_(announcements.c.id == number, announcements.c.state.in_((DRAFT, ASKED)))
        if not connection.execute(sa.update(announcements).where(mine).values(**values)).rowcount:
            raise AnnouncementError("It is on its way already, and cannot be changed any more.")
        return number


def get(engine: Engine, number: int) -> Announcement | None:
    """Return an announcement, or None."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(announcements).where(announcements.c.id == number)).one_or_none()
    return _announcement(row) if row else None


def listed(engine: Engine, limit: int = 100) -> tuple[Announcement, ...]:
    """Return the announcements, newest first."""
    with engine.connect() as connection:
        query = sa.select(announcements).order_by(announcements.c.id.desc()).limit(limit)
        return tuple(map(_announcement, connection.execute(query)))


def count(
    engine: Engine,
    each: Announcement,
    rules: Mapping[str, Rules],
    templates: Mapping[str, Mapping[Category, str]],
    now: datetime,
) -> Count:
    """Return whom an announcement would reach now; `rules` and `templates` of the channels that are on."""
    free: dict[str, int] = {}
    template: dict[str, int] = {}
    none: dict[str, int] = {}
    languages: dict[str, int] = {}
    with engine.connect() as connection:
        rows = list(connection.execute(_audience(each)))
    for row in rows:
        channel = row.channel
        languages[row.language or FIRST] = languages.get(row.language or FIRST, 0) + 1
        found = way(
            rules.get(channel),
            templates.get(channel, {}),
            Category(each.category),
            last_message_at=row.last_message_at,
            now=now,
        )
        if row.stopped_at is not None:
            none["stopped"] = none.get("stopped", 0) + 1
        elif row.no_marketing_at is not None and each.category == str(Category.MARKETING):
            none["marketing"] = none.get("marketing", 0) + 1
        elif found.how is How.NONE:
            none[found.why] = none.get(found.why, 0) + 1
        else:
            by = free if found.how is How.FREE else template
            by[channel] = by.get(channel, 0) + 1
    return Count(len(rows), free, template, none, languages)


def ask(engine: Engine, number: int, who: str, now: datetime) -> None:
    """Ask for another person's approval of a draft. Raises AnnouncementError."""
    with engine.begin() as connection:
        _become(connection, number, (DRAFT,), {"state": ASKED})
        audit.note(connection, who, "announcements", str(number), None, {"did": "asked for approval"}, now)


def start(engine: Engine, number: int, who: str, now: datetime, *, needs_other: bool, counted: Count) -> int:
    """Begin to send: everybody who is to get it has a row from here on. Returns how many. Raises AnnouncementError."""
    each = get(engine, number)
    if each is None:
        raise AnnouncementError("There is no such announcement.")
    if needs_other and each.created_by == who:
        raise AnnouncementError("Somebody else than who wrote it has to approve it.")
    shown = {"people": counted.people, "free": dict(counted.free), "template": dict(counted.template)}
    values = {"state": SENDING, "approved_by": who, "started_at": now, "counted": {**shown, "none": dict(counted.none)}}
    with engine.begin() as connection:
        _become(connection, number, (DRAFT, ASKED), values)
        audience = _audience(each).subquery()
        what = sa.bindparam("what", {"text": _every_language(each.texts), "sentence": ""}, type_=sa.JSON)
        rows = sa.select(
            audience.c.id,
            audience.c.subscription_id,
            sa.literal(number),
            sa.literal(f"announcement {number}"),
            what,
            sa.literal(each.category),
            sa.bindparam("due", now, type_=notices.c.due_at.type),
            sa.bindparam("ends", now + LASTS, type_=notices.c.due_at.type),
            sa.literal("waiting"),
        )
        names = ("person_id", "subscription_id", "announcement_id", "occasion", "what", "category", "due_at")
        told = connection.execute(sa.insert(notices).from_select([*names, "expires_at", "state"], rows)).rowcount
        after = {"did": "sent", "people": told, "written by": each.created_by}
        audit.note(connection, who, "announcements", str(number), None, after, now)
    return int(told)


def stop(engine: Engine, number: int, who: str, now: datetime) -> int:
    """Stop sending at once; return how many people will not get it. Raises AnnouncementError."""
    waiting = sa.and_(notices.c.announcement_id == number, notices.c.state == "waiting")
    with engine.begin() as connection:
        _become(connection, number, (SENDING,), {"state": STOPPED, "ended_by": who, "ended_at": now})
        values = {"state": "missed", "why": "called_off", "settled_at": now}
        left = int(connection.execute(sa.update(notices).where(waiting).values(values)).rowcount)
        audit.note(connection, who, "announcements", str(number), None, {"did": "stopped", "people left": left}, now)
    return left


def progress(engine: Engine, number: int) -> Progress:
    """Return how far an announcement is."""
    mine = notices.c.announcement_id == number
    # A long text takes several calls: a person counts as the last of them does.
    last = (
        sa.select(outbox.c.unasked_id, sa.func.max(outbox.c.id).label("id"))
        .join(notices, notices.c.unasked_id == outbox.c.unasked_id)
        .where(mine)
        .group_by(outbox.c.unasked_id)
        .subquery()
    )
    started = sa.select(announcements.c.started_at).where(announcements.c.id == number).scalar_subquery()
    with engine.connect() as connection:
        by_state = connection.execute(sa.select(notices.c.state, sa.func.count()).where(mine).group_by(notices.c.state))
        states = dict(by_state.all())
        sent = dict(
            connection.execute(
                sa.select(outbox.c.state, sa.func.count()).join(last, last.c.id == outbox.c.id).group_by(outbox.c.state)
            ).all()
        )
        missed = connection.execute(
            sa.select(notices.c.why, sa.func.count()).where(mine, notices.c.state == "missed").group_by(notices.c.why)
        )
        stops = connection.execute(
            sa.select(sa.func.count())
            .select_from(notices)
            .join(people, people.c.id == notices.c.person_id)
            .where(mine, notices.c.state == "queued", people.c.stopped_at >= started)
        ).scalar_one()
        return Progress(int(states.get("waiting", 0)), sent, dict(missed.all()), int(stops))


def _become(connection: Connection, number: int, before: tuple[str, ...], values: Mapping[str, Any]) -> None:
    mine = sa.and_(announcements.c.id == number, announcements.c.state.in_(before))
    if not connection.execute(sa.update(announcements).where(mine).values(**values)).rowcount:
        raise AnnouncementError("A colleague was faster: look at it again.")


def _audience(each: Announcement) -> Any:
    """Return the query for the people who subscribed to an announcement's topic, each once, with a subscription."""
    wanted = sa.and_(subscriptions.c.topic == each.topic, subscriptions.c.ended_at.is_(None))
    if each.subject:
        wanted = sa.and_(wanted, subscriptions.c.subject.in_(("", each.subject)))
    named = ("id", "channel", "language", "last_message_at", "stopped_at", "no_marketing_at")
    columns = tuple(people.c[name] for name in named)
    return (
        sa.select(*columns, sa.func.min(subscriptions.c.id).label("subscription_id"))
        .join(subscriptions, subscriptions.c.person_id == people.c.id)
        .where(wanted)
        .group_by(*columns)
        .order_by(people.c.id)
    )


def _every_language(texts: Mapping[str, str]) -> dict[str, str]:
    """Return texts with Simplified Chinese made of Traditional where it has none of its own."""
    found = {language: text for language, text in texts.items() if text}
    if TRADITIONAL in found and SIMPLIFIED not in found:
        found[SIMPLIFIED] = in_simplified(found[TRADITIONAL])
    return found


def _announcement(row: Row) -> Announcement:
    return Announcement(**{each.name: getattr(row, each.name) for each in fields(Announcement)})
