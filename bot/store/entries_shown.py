"""A contest's entries as staff look through them: a page of the gallery, counts, and entries by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store.contest_tables import EntryRow, PhotoRow
from bot.store.entries import ACCEPTED, CHANGE_ASKED, DRAFT, ENTERED, READY, REFUSED, WITHDRAWN
from bot.store.library_tables import ContestRow

entries, photos, contests = EntryRow.__table__, PhotoRow.__table__, ContestRow.__table__

# What the gallery may show, in the order of its tabs; drafts are nobody's but their writers'.
STATES = (ENTERED, ACCEPTED, CHANGE_ASKED, REFUSED, WITHDRAWN)
_SENT = photos.alias("sent")
# Asked of each entry that a query reads: a list of the newest of all photos would be made again for every page.
_NEWEST = sa.select(sa.func.max(_SENT.c.id)).where(_SENT.c.entry_id == entries.c.id, _SENT.c.state == READY)
_SHOWN = entries.outerjoin(photos, photos.c.id == _NEWEST.scalar_subquery().correlate(entries))


@dataclass(frozen=True)
class Shown:
    """An entry with its photo, as far as pages show them. `photo_id` is None until a photo is ready."""

    id: int
    contest: str
    number: int
    state: str
    title: str
    description: str
    shown_name: str
    who: str
    contact: str
    person_id: int | None
    language: str
    entered_at: datetime
    photo_id: int | None
    width: int | None
    height: int | None
    bytes: int | None
    phash: str
    web: str
    thumb: str
    original: str

    @property
    def alternative(self) -> str:
        """What the photo shows, for who can't see it."""
        return self.description or self.title


_COLUMNS = [entries.c[name] for name in list(Shown.__dataclass_fields__)[:12]]
_PHOTO = [photos.c.id.label("photo_id"), *(photos.c[name] for name in list(Shown.__dataclass_fields__)[13:])]


def page(
    engine: Engine, contest: str, states: Collection[str], wanted: str = "", *, limit: int, offset: int = 0
) -> tuple[Shown, ...]:
    """Return entries by number: those in `states` whose number, title or name contains `wanted`."""
    query = sa.select(*_COLUMNS, *_PHOTO).select_from(_SHOWN).where(*_matching(contest, states, wanted))
    with engine.connect() as connection:
        rows = connection.execute(query.order_by(entries.c.number).limit(limit).offset(offset)).all()
    return tuple(map(_shown, rows))


def after(engine: Engine, contest: str, states: Collection[str], number: int, *, limit: int) -> tuple[Shown, ...]:
    """Return the entries in these states that follow a number, by number."""
    query = sa.select(*_COLUMNS, *_PHOTO).select_from(_SHOWN).where(*_matching(contest, states, ""))
    query = query.where(entries.c.number > number).order_by(entries.c.number).limit(limit)
    with engine.connect() as connection:
        return tuple(map(_shown, connection.execute(query).all()))


def any_to_show(engine: Engine) -> bool:
    """Return whether an edition that is published, or voted on in the chat, has an accepted entry."""
    there = sa.or_(contests.c.published, contests.c.voting == "chat")
    query = sa.select(entries.c.id).join(contests, contests.c.key == entries.c.contest)
    with engine.connect() as connection:
        return connection.execute(query.where(entries.c.state == ACCEPTED, there).limit(1)).first() is not None


def ids(engine: Engine, contest: str, states: Collection[str]) -> tuple[int, ...]:
    """Return the ids of the entries in these states, by number."""
    query = sa.select(entries.c.id).where(*_matching(contest, states, "")).order_by(entries.c.number)
    with engine.connect() as connection:
        return tuple(connection.execute(query).scalars())


def of_ids(engine: Engine, wanted: Collection[int]) -> tuple[Shown, ...]:
    """Return the entries with these ids, by number."""
    with engine.connect() as connection:
        return _several(connection, entries.c.id.in_(sorted(wanted)))


def numbered(engine: Engine, contest: str, wanted: Collection[int]) -> dict[int, Shown]:
    """Return the entries of a contest that have these numbers, by number."""
    with engine.connect() as connection:
        found = _several(connection, entries.c.contest == contest, entries.c.number.in_(sorted(wanted)))
    return {each.number: each for each in found}


def count(engine: Engine, contest: str, states: Collection[str], wanted: str = "") -> int:
    """Return how many entries there are for `page`."""
    query = sa.select(sa.func.count()).select_from(entries).where(*_matching(contest, states, wanted))
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def one(engine: Engine, contest: str, number: int) -> Shown | None:
    """Return the entry with this number, or None."""
    with engine.connect() as connection:
        return _first(connection, entries.c.contest == contest, entries.c.number == number)


def by_id(engine: Engine, entry_id: int) -> Shown | None:
    """Return an entry by its row's id; None if there is none, or it is still being written."""
    with engine.connect() as connection:
        return _first(connection, entries.c.id == entry_id, entries.c.number.is_not(None))


def beside(engine: Engine, contest: str, number: int, states: Collection[str]) -> tuple[int | None, int | None]:
    """Return the numbers of the entries before and after this one in `states`."""
    there = (entries.c.contest == contest, entries.c.state.in_(sorted(states)))
    before = sa.select(sa.func.max(entries.c.number)).where(*there, entries.c.number < number)
    after = sa.select(sa.func.min(entries.c.number)).where(*there, entries.c.number > number)
    with engine.connect() as connection:
        return connection.execute(before).scalar(), connection.execute(after).scalar()


def counts(engine: Engine, contest: str) -> dict[str, int]:
    """Return how many entries are in each state that staff see."""
    query = sa.select(entries.c.state, sa.func.count()).where(entries.c.contest == contest, entries.c.state != DRAFT)
    with engine.connect() as connection:
        return dict(connection.execute(query.group_by(entries.c.state)).all())


def fingerprints(engine: Engine, contest: str) -> tuple[tuple[int, str], ...]:
    """Return the number of each standing entry with its photo's perceptual hash, by number."""
    there = (entries.c.contest == contest, entries.c.state.in_(STATES[:4]), photos.c.phash != "")
    query = sa.select(entries.c.number, photos.c.phash).select_from(_SHOWN).where(*there).order_by(entries.c.number)
    with engine.connect() as connection:
        return tuple((row.number, row.phash) for row in connection.execute(query))


def by_day(engine: Engine, contest: str, zone: ZoneInfo) -> tuple[tuple[date, int, int], ...]:
    """Return how many entries came on each day, in the library's zone, and from how many people, oldest first."""
    query = sa.select(entries.c.entered_at, entries.c.person_id, entries.c.id)
    there = (entries.c.contest == contest, entries.c.number.is_not(None))
    came: Counter[date] = Counter()
    who: dict[date, set[Any]] = {}
    with engine.connect() as connection:
        for at, person_id, entry_id in connection.execute(query.where(*there)).all():
            day = at.astimezone(zone).date()
            came[day] += 1
            who.setdefault(day, set()).add(person_id or f"gone {entry_id}")
    return tuple((day, came[day], len(who[day])) for day in sorted(came))


def people_in(engine: Engine, contest: str, states: Collection[str]) -> int:
    """Return how many people have entries in these states."""
    there = (entries.c.contest == contest, entries.c.state.in_(sorted(states)))
    query = sa.select(sa.func.count(sa.distinct(entries.c.person_id))).where(*there)
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def file_of(engine: Engine, photo_id: int) -> tuple[str, str, str, str, str] | None:
    """Return the contest and state of a photo's entry, and its original's, web and thumbnail keys; None: no such."""
    query = (
        sa.select(entries.c.contest, entries.c.state, photos.c.original, photos.c.web, photos.c.thumb)
        .join(photos, photos.c.entry_id == entries.c.id)
        .where(photos.c.id == photo_id)
    )
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return tuple(row) if row else None


def is_public(engine: Engine, key: str) -> bool:
    """Return whether anybody may see a file: the web or thumbnail size of a photo accepted in a published edition."""
    named = sa.or_(photos.c.web == key, photos.c.thumb == key)
    newest = photos.c.id == _NEWEST.scalar_subquery().correlate(entries)
    query = (
        sa.select(photos.c.id)
        .join(entries, entries.c.id == photos.c.entry_id)
        .join(contests, contests.c.key == entries.c.contest)
        .where(key != "", named, newest, entries.c.state == ACCEPTED, contests.c.published)
    )
    with engine.connect() as connection:
        return connection.execute(query.limit(1)).first() is not None


def _matching(contest: str, states: Collection[str], wanted: str) -> list[Any]:
    found = [entries.c.contest == contest, entries.c.state.in_(sorted(states)), entries.c.number.is_not(None)]
    wanted = wanted.strip().lstrip("#")
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 10:
        found.append(entries.c.number == int(wanted))
    elif wanted:
        words = (entries.c.title, entries.c.shown_name)
        found.append(sa.or_(*(sa.func.lower(each).contains(wanted.lower(), autoescape=True) for each in words)))
    return found


def _first(connection: Connection, *where: Any) -> Shown | None:
    return next(iter(_several(connection, *where)), None)


def _several(connection: Connection, *where: Any) -> tuple[Shown, ...]:
    query = sa.select(*_COLUMNS, *_PHOTO).select_from(_SHOWN).where(*where)
    return tuple(map(_shown, connection.execute(query.order_by(entries.c.number)).all()))


def _shown(row: Any) -> Shown:
    texts = ("description", "phash", "web", "thumb", "original")
    return Shown(**{**row._mapping, **{name: getattr(row, name) or "" for name in texts}})
