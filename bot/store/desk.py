"""What staff keep for their work in the inbox: tags, who is on duty, canned texts, saved filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store.desk_tables import CannedRow, DutyRow, SavedFilterRow, TagRow
from bot.store.rows import insert_ignore

tags, duty = TagRow.__table__, DutyRow.__table__
canned, filters = CannedRow.__table__, SavedFilterRow.__table__

# An open page says every few seconds that it is open, and every few seconds of typing that somebody writes.
THERE, WRITING = timedelta(seconds=40), timedelta(seconds=20)
MOST_TAGS, LONGEST_TAG = 8, 40


@dataclass(frozen=True)
class OnDuty:
    """Somebody who has the inbox open. `writes`: in the thread that they look at."""

    who: str
    thread_id: int | None
    writes: bool


@dataclass(frozen=True)
class Canned:
    """A text of somebody's own."""

    id: int
    title: str
    text: str


@dataclass(frozen=True)
class SavedFilter:
    """A filter of the inbox, as the page's address has it."""

    id: int
    name: str
    query: str


def tags_of(engine: Engine, thread_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return the tags of threads, in the order of the alphabet; threads without any are left out."""
    query = sa.select(tags).where(tags.c.thread_id.in_(list(thread_ids))).order_by(tags.c.tag)
    found: dict[int, list[str]] = {}
    with engine.connect() as connection:
        for row in connection.execute(query):
            found.setdefault(row.thread_id, []).append(row.tag)
    return found


def every_tag(engine: Engine) -> list[str]:
    """Return the tags in use, the most used first."""
    query = sa.select(tags.c.tag).group_by(tags.c.tag).order_by(sa.func.count().desc(), tags.c.tag).limit(50)
    with engine.connect() as connection:
        return list(connection.execute(query).scalars())


def tag(engine: Engine, thread_ids: Sequence[int], words: str) -> str:
    """Put the tags in `words`, separated by commas, on threads; return what is wrong, or ""."""
    wanted = list(dict.fromkeys(each.strip().casefold() for each in words.split(",") if each.strip()))
    if not wanted:
        return "There is no tag: write a word, or several with commas between them."
    if long := next((each for each in wanted if len(each) > LONGEST_TAG), ""):
        return f"“{long[:LONGEST_TAG]}…” is too long for a tag: {LONGEST_TAG} letters at most."
    there = tags_of(engine, thread_ids)
    if any(len({*there.get(each, ()), *wanted}) > MOST_TAGS for each in thread_ids):
        return f"A conversation has {MOST_TAGS} tags at most: remove one first."
    with engine.begin() as connection:
        for thread_id in thread_ids:
            for each in wanted:
                insert_ignore(connection, tags, thread_id=thread_id, tag=each)
    return ""


def untag(engine: Engine, thread_id: int, word: str) -> None:
    """Take a tag off a thread."""
    with engine.begin() as connection:
        connection.execute(sa.delete(tags).where(tags.c.thread_id == thread_id, tags.c.tag == word))


def here(engine: Engine, who: str, thread_id: int | None, now: datetime, *, writes: bool = False) -> None:
    """Record that `who` has the inbox open now, or writes in a thread."""
    values: dict[str, Any] = {"thread_id": thread_id, "seen_at": now}
    if writes:
        values["typed_at"] = now
    with engine.begin() as connection:
        if not connection.execute(sa.update(duty).where(duty.c.who == who).values(values)).rowcount:
            insert_ignore(connection, duty, who=who, typed_at=now if writes else None, thread_id=thread_id, seen_at=now)


def on_duty(engine: Engine, now: datetime) -> list[OnDuty]:
    """Return who has the inbox open now, by name."""
    query = sa.select(duty).where(duty.c.seen_at > now - THERE).order_by(duty.c.who)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return [OnDuty(row.who, row.thread_id, bool(row.typed_at and row.typed_at > now - WRITING)) for row in rows]


def canned_of(engine: Engine, owner: str) -> list[Canned]:
    """Return somebody's own texts, by title."""
    query = sa.select(canned).where(canned.c.owner == owner).order_by(sa.func.lower(canned.c.title), canned.c.id)
    with engine.connect() as connection:
        return [Canned(row.id, row.title, row.text) for row in connection.execute(query)]


def keep_canned(engine: Engine, owner: str, title: str, text: str, canned_id: int | None = None) -> str:
    """Add a text of somebody's own, or change it; return what is wrong, or ""."""
    title, text = title.strip()[:80], text.strip()[:4000]
    if not title or not text:
        return "A text needs a title and words: write both."
    with engine.begin() as connection:
        if canned_id is None:
            connection.execute(sa.insert(canned).values(owner=owner, title=title, text=text))
        else:
            mine = sa.and_(canned.c.id == canned_id, canned.c.owner == owner)
            connection.execute(sa.update(canned).where(mine).values(title=title, text=text))
    return ""


def drop_canned(engine: Engine, owner: str, canned_id: int) -> None:
    """Remove one of somebody's own texts."""
    with engine.begin() as connection:
        connection.execute(sa.delete(canned).where(canned.c.id == canned_id, canned.c.owner == owner))


def filters_of(engine: Engine, owner: str) -> list[SavedFilter]:
    """Return somebody's saved filters, by name."""
    query = sa.select(filters).where(filters.c.owner == owner).order_by(sa.func.lower(filters.c.name), filters.c.id)
    with engine.connect() as connection:
        return [SavedFilter(row.id, row.name, row.query) for row in connection.execute(query)]


def keep_filter(engine: Engine, owner: str, name: str, query: str) -> str:
    """Save a filter under a name, in the place of one of the same name; return what is wrong, or ""."""
    name = name.strip()[:40]
    if not name or not query or len(query) > 300:
        return "A filter needs a name, and something that is looked for."
    with engine.begin() as connection:
        connection.execute(sa.delete(filters).where(filters.c.owner == owner, filters.c.name == name))
        connection.execute(sa.insert(filters).values(owner=owner, name=name, query=query))
    return ""


def drop_filter(engine: Engine, owner: str, filter_id: int) -> None:
    """Remove one of somebody's saved filters."""
    with engine.begin() as connection:
        connection.execute(sa.delete(filters).where(filters.c.id == filter_id, filters.c.owner == owner))
