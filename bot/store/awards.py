"""Awards: given to entries, thought over, and published at once with everything that follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import audit, verdicts
from bot.store.contest_staff_tables import AwardRow
from bot.store.contest_tables import EntryRow
from bot.store.entries import ACCEPTED
from bot.store.library_tables import ContestRow
from bot.store.rows import insert_ignore

awards, entries = AwardRow.__table__, EntryRow.__table__


@dataclass(frozen=True)
class Given:
    """An award that an entry has, or is to have: with what bot and gallery say of the entry."""

    id: int
    award: str
    entry_id: int
    number: int
    title: str
    shown_name: str
    state: str
    note: str
    published_at: datetime | None


def of_contest(engine: Engine, contest: str) -> tuple[Given, ...]:
    """Return an edition's awards in the order in which they were given."""
    query = (
        sa.select(
            *(awards.c[name] for name in ("id", "award", "entry_id", "note", "published_at")),
            *(entries.c[name] for name in ("number", "title", "shown_name", "state")),
        )
        .join(entries, entries.c.id == awards.c.entry_id)
        .where(awards.c.contest == contest)
        .order_by(awards.c.id)
    )
    with engine.connect() as connection:
        return tuple(Given(**row._mapping) for row in connection.execute(query))


def give(engine: Engine, contest: str, award: str, number: int, note: str) -> bool:
    """Give an award to an accepted entry. False: there is no such entry, or it has this award already."""
    there = (entries.c.contest == contest, entries.c.number == number, entries.c.state == ACCEPTED)
    with engine.begin() as connection:
        entry_id = connection.execute(sa.select(entries.c.id).where(*there)).scalar()
        if entry_id is None:
            return False
        return insert_ignore(connection, awards, contest=contest, award=award, entry_id=entry_id, note=note)


def take(engine: Engine, contest: str, award_id: int) -> bool:
    """Take back an award that is not published. False: it is, or there is none."""
    with engine.begin() as connection:
        mine = (awards.c.id == award_id, awards.c.contest == contest, awards.c.published_at.is_(None))
        return bool(connection.execute(sa.delete(awards).where(*mine)).rowcount)


def publish(
    engine: Engine, contest: str, results: Sequence[Mapping[str, Any]], figures: str, *, by: str, now: datetime
) -> int:
    """Publish an edition's results in one transaction: what the bot says, and which winners are to be told.

    `results` are the edition's new ones, as in the content files; `figures` replaces the edition's where it has none.
    Returns how many awards were not published before; their winners are told by bot.workers.telling.
    """
    with audit.session(engine, by, now) as opened:
        row = opened.scalars(sa.select(ContestRow).where(ContestRow.key == contest)).one()
        row.results = [dict(each) for each in results]
        row.figures = row.figures or figures
        opened.flush()
        connection = opened.connection()
        fresh = (awards.c.contest == contest, awards.c.published_at.is_(None))
        new = connection.execute(sa.select(awards).where(*fresh).order_by(awards.c.id)).all()
        connection.execute(sa.update(awards).where(*fresh).values(published_at=now))
        for each in new:
            verdicts.won(connection, each.entry_id, each.award, "", by, now)
        return len(new)
