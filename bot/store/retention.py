"""Keeping less: what is removed of each kind of data once it is old enough, in small batches, resumable at any row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store import kept_counts
from bot.store.contest_tables import EntryRow
from bot.store.events import message_from_json, message_to_json
from bot.store.forgetting import overwriting
from bot.store.learning_tables import ReviewRow
from bot.store.library_tables import AuditRow
from bot.store.message_tables import InboxRow, OutboxRow, PersonRow, RedactionRow, TurnRow
from bot.store.privacy_tables import DataRequestRow, LegalHoldRow, RetentionRow
from bot.store.rows import insert_ignore
from bot.store.teaching_tables import ExampleRow
from bot.store.thread_tables import StaffMessageRow, ThreadRow

BATCH = 200

rounds, holds, people = RetentionRow.__table__, LegalHoldRow.__table__, PersonRow.__table__
inbox, outbox, turns = InboxRow.__table__, OutboxRow.__table__, TurnRow.__table__
threads, staff, entries = ThreadRow.__table__, StaffMessageRow.__table__, EntryRow.__table__
reviews, taught = ReviewRow.__table__, ExampleRow.__table__
audit, requests, redactions = AuditRow.__table__, DataRequestRow.__table__, RedactionRow.__table__

# What is left of what was understood: enough for the statistics, and no words.
_LEFT_OF_TURNS = ("intent", "actions", "timings", "model")


@dataclass(frozen=True)
class Kind:
    """A kind of data. `keep`: the setting KEEP_…_DAYS that says for how long.

    `clear` handles the rows of one batch, within the caller's transaction, and returns how many changed; `old` returns
    the ids of a batch after one, oldest first: connection, the moment before which it is old, the last id, how many.
    """

    name: str
    title: str
    keep: str
    old: Callable[[Connection, datetime, int, int], Sequence[int]]
    clear: Callable[[Connection, Sequence[int]], int]


@dataclass(frozen=True)
class Round:
    """One kind's round of a day. The fields are those of RetentionRow."""

    kind: str
    day: str
    started_at: datetime
    ended_at: datetime | None
    removed: int


def _held() -> Any:
    return sa.select(holds.c.person_id).where(holds.c.lifted_at.is_(None))


def _ids(table: sa.Table, at: Any, *where: Any) -> Callable[[Connection, datetime, int, int], Sequence[int]]:
    def old(connection: Connection, before: datetime, after: int, most: int) -> Sequence[int]:
        query = sa.select(table.c.id).where(at < before, table.c.id > after, *(each() for each in where))
        return connection.execute(query.order_by(table.c.id).limit(most)).scalars().all()

    return old


def _not_held(column: Any) -> Callable[[], Any]:
    return lambda: sa.or_(column.is_(None), column.not_in(_held()))


def _clear_words(connection: Connection, ids: Sequence[int]) -> int:
    """Remove the words of messages, and what was understood and answered; the rows stay, to be counted."""
    changed = 0
    mine = inbox.c.id.in_(ids)
    for row in connection.execute(sa.select(inbox.c.id, inbox.c.event).where(mine)).all():
        event = _without_words(row.event)
        if event != row.event:
            connection.execute(sa.update(inbox).where(inbox.c.id == row.id).values(event=event, text=""))
            changed += 1
    connection.execute(sa.delete(redactions).where(redactions.c.inbox_id.in_(ids)))
    of_turns = sa.select(turns.c.id, turns.c.understanding).where(turns.c.inbox_id.in_(ids))
    for row in connection.execute(of_turns).all():
        left = {name: row.understanding[name] for name in _LEFT_OF_TURNS if name in row.understanding}
        connection.execute(sa.update(turns).where(turns.c.id == row.id).values(understanding=left, replies=[]))
    sent = sa.and_(outbox.c.inbox_id.in_(ids), outbox.c.state != "waiting")
    connection.execute(sa.update(outbox).where(sent).values(body={}))
    return changed


def _without_words(event: Mapping[str, Any]) -> dict[str, Any]:
    message = message_from_json(dict(event))
    bare = replace(message, sender=None, text=None, choice=None, media=(), latitude=None, longitude=None, details={})
    return message_to_json(replace(bare, referral=None, reply_to=None, refers_to=()))


def _clear_attachments(connection: Connection, ids: Sequence[int]) -> int:
    """Remove where the platform has the files that people sent; that there was one, and its type, stays."""
    changed = 0
    for row in connection.execute(sa.select(inbox.c.id, inbox.c.event).where(inbox.c.id.in_(ids))).all():
        media = [{**each, "url": None, "id": None, "title": None} for each in row.event.get("media") or ()]
        if media != (row.event.get("media") or []):
            event = {**row.event, "media": media}
            connection.execute(sa.update(inbox).where(inbox.c.id == row.id).values(event=event))
            changed += 1
    return changed


def _clear_staff_words(connection: Connection, ids: Sequence[int]) -> int:
    connection.execute(sa.update(outbox).where(outbox.c.staff_message_id.in_(ids)).values(body={}))
    mine = sa.and_(staff.c.id.in_(ids), staff.c.text != "")
    return int(connection.execute(sa.update(staff).where(mine).values(text="", choices=[])).rowcount)


def _clear_unasked(connection: Connection, ids: Sequence[int]) -> int:
    """Remove the words of what the bot sent of its own accord; what it was, and how far it came, stays."""
    rows = connection.execute(sa.select(outbox.c.id, outbox.c.body).where(outbox.c.id.in_(ids)))
    full = [row.id for row in rows if row.body]
    connection.execute(sa.update(outbox).where(outbox.c.id.in_(full)).values(body={}))
    return len(full)


def _is_unasked() -> Any:
    answers_nothing = sa.and_(outbox.c.inbox_id.is_(None), outbox.c.staff_message_id.is_(None))
    return sa.and_(answers_nothing, outbox.c.state != "waiting")


def _clear_people(connection: Connection, ids: Sequence[int]) -> int:
    """Delete people with everything of theirs, and keep the counts."""
    kept_counts.keep(connection, ids)
    # What a librarian has read, redacted and taught stays, and leads to nobody any more.
    theirs = sa.select(reviews.c.id).where(reviews.c.person_id.in_(ids))
    connection.execute(sa.update(taught).where(taught.c.review_id.in_(theirs)).values(review_id=None))
    return int(connection.execute(sa.delete(people).where(people.c.id.in_(ids))).rowcount)


def _clear_rows(table: sa.Table) -> Callable[[Connection, Sequence[int]], int]:
    return lambda connection, ids: int(connection.execute(sa.delete(table).where(table.c.id.in_(ids))).rowcount)


def _idle() -> Any:
    """Return the condition that a person has nothing open: no thread, no contest entry, nothing to be sent."""
    return sa.and_(
        people.c.id.not_in(_held()),
        ~sa.exists().where(threads.c.person_id == people.c.id, threads.c.state != "closed"),
        ~sa.exists().where(entries.c.person_id == people.c.id),
        ~sa.exists().where(requests.c.person_id == people.c.id, requests.c.state.in_(("due", "staff"))),
    )


_WROTE = sa.func.coalesce(people.c.last_message_at, people.c.first_seen_at)
KINDS: tuple[Kind, ...] = (
    Kind(
        "attachments",
        "Where the platform has files that people sent",
        "attachments",
        _ids(inbox, inbox.c.received_at, lambda: inbox.c.kind == "media", _not_held(inbox.c.person_id)),
        _clear_attachments,
    ),
    Kind(
        "words",
        "Words of messages, and what was understood and answered",
        "words",
        _ids(inbox, inbox.c.received_at, lambda: inbox.c.state != "waiting", _not_held(inbox.c.person_id)),
        _clear_words,
    ),
    Kind(
        "staff_words", "What staff wrote to people", "words", _ids(staff, staff.c.at, _not_held(staff.c.person_id)),
        _clear_staff_words,
    ),
    Kind(
        "unasked_words",
        "What the bot told people of its own accord",
        "words",
        _ids(outbox, outbox.c.created_at, _is_unasked, _not_held(outbox.c.person_id)),
        _clear_unasked,
    ),
    Kind("people", "People who no longer write", "people", _ids(people, _WROTE, _idle), _clear_people),
    Kind("audit", "The log of changes", "audit", _ids(audit, audit.c.at), _clear_rows(audit)),
    Kind(
        "requests",
        "The register of requests",
        "requests",
        _ids(requests, requests.c.asked_at, lambda: requests.c.state.not_in(("due", "staff"))),
        _clear_rows(requests),
    ),
)  # fmt: skip


def step(engine: Engine, kind: Kind, days: int, now: datetime, day: date, batch: int = BATCH) -> bool:
    """Remove one batch of a kind in one transaction. False: the day's round of this kind has ended.

    Whatever is killed, the next call goes on after the last batch that was committed.
    """
    key = (rounds.c.kind == kind.name, rounds.c.day == day.isoformat())
    with engine.begin() as connection:
        overwriting(connection)
        insert_ignore(connection, rounds, kind=kind.name, day=day.isoformat(), started_at=now, reached=0, removed=0)
        # Locks the row, so that two workers never do the same batch.
        connection.execute(sa.update(rounds).where(*key).values(reached=rounds.c.reached))
        row = connection.execute(sa.select(rounds).where(*key)).one()
        if row.ended_at is not None:
            return False
        ids = kind.old(connection, now - timedelta(days=days), row.reached, batch)
        removed = kind.clear(connection, ids) if ids else 0
        values = {"reached": max(ids), "removed": row.removed + removed} if ids else {"ended_at": now}
        connection.execute(sa.update(rounds).where(rounds.c.id == row.id).values(**values))
    return bool(ids)


def counted(engine: Engine, kind: Kind, days: int, now: datetime) -> int:
    """Return how many rows of a kind are old enough now, up to a thousand."""
    with engine.connect() as connection:
        return len(kind.old(connection, now - timedelta(days=days), 0, 1000))


def note(engine: Engine, name: str, day: date, removed: int, now: datetime) -> None:
    """Record a round that was done elsewhere, such as Rasa's."""
    with engine.begin() as connection:
        insert_ignore(
            connection, rounds, kind=name, day=day.isoformat(), started_at=now, ended_at=now, reached=0,
            removed=removed,
        )  # fmt: skip


def is_done(engine: Engine, name: str, day: date) -> bool:
    """Return whether a day's round of a kind has ended."""
    ended = sa.select(rounds.c.id).where(
        rounds.c.kind == name, rounds.c.day == day.isoformat(), rounds.c.ended_at.is_not(None)
    )
    with engine.connect() as connection:
        return connection.execute(ended).scalar() is not None


def report(engine: Engine, limit: int = 60) -> list[Round]:
    """Return the latest rounds, newest first."""
    query = sa.select(rounds).order_by(rounds.c.day.desc(), rounds.c.id).limit(limit)
    with engine.connect() as connection:
        return [Round(*(getattr(row, name) for name in Round.__annotations__)) for row in connection.execute(query)]
