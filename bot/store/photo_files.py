"""The end of an edition's files: after the days that staff have set, rows name them no more."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.calendar.facts import Contest
from bot.store import library
from bot.store.contest_tables import EntryRow, PhotoRow
from bot.store.library_tables import ContestRow

entries, photos = EntryRow.__table__, PhotoRow.__table__


def ending(engine: Engine, zone: ZoneInfo) -> tuple[Contest, ...]:
    """Return the editions whose files are to be deleted some day."""
    with Session(engine, future=True) as opened:
        rows = opened.scalars(sa.select(ContestRow).where(ContestRow.files_kept_days.is_not(None)))
        return tuple(library.as_fact("contests", row, zone) for row in rows)


def forget_files(engine: Engine, contest: str, limit: int = 200) -> tuple[str, ...]:
    """Take the files of up to `limit` photos of an edition off their rows, and the entrants' contacts; return the keys.

    A file that its caller then fails to delete is nobody's, and swept as such.
    """
    mine = sa.select(entries.c.id).where(entries.c.contest == contest)
    columns = (photos.c.original, photos.c.web, photos.c.thumb)
    there = sa.or_(*(each != "" for each in columns))
    with engine.begin() as connection:
        query = sa.select(photos.c.id, *columns).where(photos.c.entry_id.in_(mine), there).limit(limit)
        rows = connection.execute(query).all()
        if not rows:
            return ()
        ids = [row.id for row in rows]
        empty = {each.name: "" for each in columns}
        connection.execute(sa.update(photos).where(photos.c.id.in_(ids)).values(empty))
        connection.execute(sa.update(entries).where(entries.c.contest == contest).values(contact=""))
    return tuple(key for row in rows for key in (row.original, row.web, row.thumb) if key)
