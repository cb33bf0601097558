"""Everything that is stored about one person, as they are shown it: JSON-safe, in plain names."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store.contest_staff_tables import PostRow, VoteRow
from bot.store.contest_tables import EntryRow, PhotoRow
from bot.store.events import message_from_json
from bot.store.learning_tables import ReviewRow
from bot.store.message_tables import InboxRow, PersonRow, TurnRow
from bot.store.privacy_tables import DataRequestRow
from bot.store.subscription_tables import NoticeRow, SubscriptionRow
from bot.store.teaching_tables import ExampleRow
from bot.store.thread_tables import StaffMessageRow, ThreadRow
from bot.store.user_tables import NoteRow

people, inbox, turns = PersonRow.__table__, InboxRow.__table__, TurnRow.__table__
threads, staff, notes = ThreadRow.__table__, StaffMessageRow.__table__, NoteRow.__table__
subscriptions, notices = SubscriptionRow.__table__, NoticeRow.__table__
entries, photos, requests = EntryRow.__table__, PhotoRow.__table__, DataRequestRow.__table__
votes, posts = VoteRow.__table__, PostRow.__table__
reviews, taught = ReviewRow.__table__, ExampleRow.__table__

_NOT_SHOWN = {"id", "person_id", "inbox_id", "thread_id", "entry_id", "token", "source", "holder", "seen", "looked"}


def summary(engine: Engine, person_id: int) -> dict[str, Any]:
    """Return since when somebody is known, and how much is stored: messages, entries, subscriptions."""
    count = sa.func.count()
    with engine.connect() as connection:
        since = connection.execute(sa.select(people.c.first_seen_at).where(people.c.id == person_id)).scalar_one()
        said = sa.select(count).select_from(inbox).where(inbox.c.person_id == person_id, inbox.c.said)
        entered = sa.select(count).select_from(entries).where(entries.c.person_id == person_id)
        told = sa.and_(subscriptions.c.person_id == person_id, subscriptions.c.ended_at.is_(None))
        subscribed = sa.select(count).select_from(subscriptions).where(told)
        return {
            "subscriptions": connection.execute(subscribed).scalar_one(),
            "since": since,
            "messages": connection.execute(said).scalar_one(),
            "entries": connection.execute(entered).scalar_one(),
        }


def everything(engine: Engine, person_id: int) -> dict[str, Any]:
    """Return all that is stored about a person. Raises sqlalchemy.exc.NoResultFound if they are not known."""
    with engine.connect() as connection:
        person = connection.execute(sa.select(people).where(people.c.id == person_id)).one()
        return {
            "you": {
                **{"channel": person.channel, "id": person.person, "other_id": person.alias or ""},
                **{"first_seen_at": _plain(person.first_seen_at), "last_message_at": _plain(person.last_message_at)},
                **{"language": person.language, "stopped_at": _plain(person.stopped_at)},
                **{"no_marketing_since": _plain(person.no_marketing_at)},
                **{"told_of_privacy_at": _plain(person.told_at)},
            },
            "messages": _messages(connection, person_id),
            "conversations_with_staff": _rows(connection, threads, person_id),
            "said_by_staff": _rows(connection, staff, person_id),
            "notes_by_staff": _rows(connection, notes, person_id),
            "taught_from_your_words": _taught(connection, person_id),
            "contest_entries": _entries(connection, person_id),
            "contest_votes": _rows(connection, votes, person_id),
            "subscriptions": _rows(connection, subscriptions, person_id),
            "told_unasked": _rows(connection, notices, person_id),
            "requests": [
                {"kind": row.kind, "state": row.state, "code": row.code, "asked_at": _plain(row.asked_at)}
                for row in connection.execute(sa.select(requests).where(requests.c.person_id == person_id))
            ],
        }


def photo_files(engine: Engine, person_id: int) -> list[str]:
    """Return the names, in the storage, of the photos that a person has entered, as they were sent."""
    mine = sa.select(photos.c.original).join(entries, entries.c.id == photos.c.entry_id)
    with engine.connect() as connection:
        found = connection.execute(mine.where(entries.c.person_id == person_id).order_by(photos.c.id)).scalars()
        return [each for each in found if each]


def all_files(engine: Engine, person_id: int) -> list[str]:
    """Return the names, in the storage, of every file made of a person's photos."""
    mine = sa.select(photos.c.original, photos.c.web, photos.c.thumb).join(entries, entries.c.id == photos.c.entry_id)
    with engine.connect() as connection:
        rows = connection.execute(mine.where(entries.c.person_id == person_id)).all()
    return [name for row in rows for name in row if name]


def _messages(connection: Connection, person_id: int) -> list[dict[str, Any]]:
    query = (
        sa.select(inbox, turns.c.intent, turns.c.confidence, turns.c.replies)
        .outerjoin(turns, turns.c.inbox_id == inbox.c.id)
        .where(inbox.c.person_id == person_id)
        .order_by(inbox.c.sent_at, inbox.c.id)
    )
    found = []
    for row in connection.execute(query):
        message = message_from_json(row.event)
        line: dict[str, Any] = {"at": _plain(row.sent_at), "kind": row.kind, "text": message.text or ""}
        line |= {"files": [each.type for each in message.media]} if message.media else {}
        if message.latitude is not None:
            line["location"] = [message.latitude, message.longitude]
        if row.replies is not None:
            line["understood_as"], line["answered"] = row.intent, [each.get("text") or "" for each in row.replies]
        found.append(line)
    return found


def _rows(connection: Connection, table: sa.Table, person_id: int) -> list[dict[str, Any]]:
    rows = connection.execute(sa.select(table).where(table.c.person_id == person_id).order_by(table.c.id))
    return [{name: _plain(value) for name, value in row._mapping.items() if name not in _NOT_SHOWN} for row in rows]


def _taught(connection: Connection, person_id: int) -> list[dict[str, str]]:
    mine = sa.select(taught.c.intent, taught.c.text).join(reviews, reviews.c.id == taught.c.review_id)
    rows = connection.execute(mine.where(reviews.c.person_id == person_id).order_by(taught.c.id))
    return [{"topic": row.intent, "text": row.text} for row in rows]


def _entries(connection: Connection, person_id: int) -> list[dict[str, Any]]:
    found = []
    for row in connection.execute(sa.select(entries).where(entries.c.person_id == person_id).order_by(entries.c.id)):
        sent = connection.execute(sa.select(photos).where(photos.c.entry_id == row.id).order_by(photos.c.id))
        entry = {name: _plain(value) for name, value in row._mapping.items() if name not in _NOT_SHOWN}
        there = sa.select(posts.c.posted_at).where(posts.c.entry_id == row.id)
        entry["on_facebook_since"] = _plain(connection.execute(there).scalar())
        entry["photos"] = [
            {name: _plain(each[name]) for name in ("original", "state", "width", "height", "mime", "received_at")}
            for each in (one._mapping for one in sent)
        ]
        found.append(entry)
    return found


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
