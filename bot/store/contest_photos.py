"""Photos on their way: which to fetch next, and what became of each. Several workers may share them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import outbox
from bot.store.contest_tables import EntryRow, PhotoRow
from bot.store.entries import DRAFT, DRAFT_KEPT, FAILED, FETCHING, READY
from bot.store.library_tables import ContestRow
from connectors.messages import Media, OutboundCall

photos, entries, contests = PhotoRow.__table__, EntryRow.__table__, ContestRow.__table__


@dataclass(frozen=True)
class Job:
    """A photo to be fetched. `max_file_mb` and `file_types` are the edition's; `until`: this worker's until then."""

    id: int
    entry_id: int
    person_id: int | None
    language: str
    channel: str
    media: Media
    tries: int
    received_at: datetime
    max_file_mb: int | None
    file_types: tuple[str, ...]
    until: datetime


def take(engine: Engine, now: datetime, seconds: float) -> Job | None:
    """Return the photo that has waited longest, and keep other workers from it for so long; None: there is none."""
    due = (photos.c.state == FETCHING, photos.c.next_try_at <= now)
    query = (
        sa.select(photos, entries.c.person_id, entries.c.language, contests.c.max_file_mb, contests.c.file_types)
        .join(entries, entries.c.id == photos.c.entry_id)
        .outerjoin(contests, contests.c.key == entries.c.contest)
        .where(*due)
        .order_by(photos.c.next_try_at, photos.c.id)
        .limit(1)
    )
    until = now + timedelta(seconds=seconds)
    with engine.begin() as connection:
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        ours = sa.update(photos).where(photos.c.id == row.id, *due).values(next_try_at=until, tries=row.tries + 1)
        if not connection.execute(ours).rowcount:
            return None  # another worker was faster; the next round looks again
    where = row.source
    media = Media(where.get("type") or "", where.get("url"), where.get("id"), where.get("mime"))
    return Job(
        row.id,
        row.entry_id,
        row.person_id,
        row.language,
        where.get("channel") or "",
        media,
        row.tries + 1,
        row.received_at,
        row.max_file_mb,
        tuple(row.file_types or ()),
        until,
    )


def ready(engine: Engine, job: Job, found: Mapping[str, Any], now: datetime) -> bool:
    """Record a photo's files and what is known of it. False: it is nobody's any more, and so are the files."""
    with engine.begin() as connection:
        values = {**found, "state": READY, "ready_at": now, "source": {}, "problem": ""}
        return bool(connection.execute(_ours(job).values(**values)).rowcount)


def failed(engine: Engine, job: Job, problem: str, calls: Sequence[OutboundCall], now: datetime) -> bool:
    """Record that a photo can't be had, and tell its person, in one transaction. False: it is nobody's any more."""
    with engine.begin() as connection:
        found = connection.execute(_ours(job).values(state=FAILED, problem=problem, source={}))
        if not found.rowcount:
            return False
        if job.person_id is not None:
            outbox.add(connection, job.person_id, None, calls, now, about=outbox.PHOTO)
    return True


def again(engine: Engine, job: Job, at: datetime) -> None:
    """Record when a photo is tried again."""
    with engine.begin() as connection:
        connection.execute(_ours(job).values(next_try_at=at))


def _ours(job: Job) -> Any:
    """Return an update of a photo that this worker still has: another may have taken it when its time was over."""
    return sa.update(photos).where(photos.c.id == job.id, photos.c.state == FETCHING, photos.c.next_try_at == job.until)


def drop_old_drafts(engine: Engine, now: datetime) -> int:
    """Delete what was left half-way for DRAFT_KEPT; return how many. Their files are swept."""
    with engine.begin() as connection:
        old = sa.delete(entries).where(entries.c.state == DRAFT, entries.c.changed_at < now - DRAFT_KEPT)
        return int(connection.execute(old).rowcount)


def to_remind(engine: Engine, now: datetime, ahead: timedelta) -> list[tuple[int, int, str]]:
    """Return the drafts in open contests that close within `ahead`, not reminded yet: (id, person's id, language)."""
    query = (
        sa.select(entries.c.id, entries.c.person_id, entries.c.language)
        .join(contests, contests.c.key == entries.c.contest)
        .where(
            entries.c.state == DRAFT,
            entries.c.reminded_at.is_(None),
            entries.c.person_id.is_not(None),
            contests.c.entries_in_chat,
            contests.c.closes > now,
            contests.c.closes <= now + ahead,
        )
    )
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(query)]


def remind(engine: Engine, entry_id: int, person_id: int, calls: Sequence[OutboundCall], now: datetime) -> bool:
    """Put a reminder into the outbox, once for each draft. False: another worker was faster."""
    with engine.begin() as connection:
        once = sa.update(entries).where(entries.c.id == entry_id, entries.c.reminded_at.is_(None))
        if not connection.execute(once.values(reminded_at=now)).rowcount:
            return False
        outbox.add(connection, person_id, None, calls, now, about=outbox.REMINDER)
    return True
