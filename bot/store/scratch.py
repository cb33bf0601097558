"""A scratch store for trying the bot: the library's facts as they are now, and one made-up person. Nobody's data."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import inbox, people
from bot.store.content.schema import KINDS
from bot.store.contest_tables import EntryRow
from bot.store.engine import connect
from bot.store.people import Person
from bot.store.tables import metadata

# Of the contest's entries, what a vote needs; nothing of who entered them.
OF_ENTRIES = ("id", "contest", "number", "state", "language", "title", "began_at", "changed_at")


def made(path: Path) -> Engine:
    """Return an empty store in a new SQLite file at `path`."""
    engine = connect(f"sqlite:///{path}")
    metadata.create_all(engine)
    return engine


def fill(scratch: Engine, source: Engine) -> None:
    """Copy the library's facts, and the entries that may be voted for, from `source`, which is only read."""
    entries = EntryRow.__table__
    accepted = sa.select(*(entries.c[name] for name in OF_ENTRIES)).where(entries.c.state == "accepted")
    queries = {kind.table.__table__: sa.select(kind.table.__table__) for kind in KINDS} | {entries: accepted}
    with source.connect() as reading, scratch.begin() as writing:
        for table, query in queries.items():
            writing.execute(sa.delete(table))
            rows = [dict(row._mapping) for row in reading.execute(query)]
            if rows:
                writing.execute(sa.insert(table), rows)


def person(scratch: Engine) -> Person:
    """Return the one person there is, who has said something."""
    with scratch.connect() as connection:
        number = connection.execute(sa.select(people.people.c.id)).scalar_one()
    return people.get(scratch, number)


def last_said(scratch: Engine) -> int:
    """Return the number of the last message."""
    with scratch.connect() as connection:
        return int(connection.execute(sa.select(sa.func.max(inbox.inbox.c.id))).scalar_one())
