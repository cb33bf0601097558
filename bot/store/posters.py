"""Which files are events' posters, and which of them anybody may see."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store.library_tables import AuditRow, EventRow

events, audit = EventRow.__table__, AuditRow.__table__


def is_public(engine: Engine, name: str, now: datetime) -> bool:
    """Return whether a file is the poster of an event that anybody may be told of."""
    begun = sa.or_(events.c.live_from.is_(None), events.c.live_from <= now)
    query = sa.select(events.c.id).where(name != "", events.c.poster == name, ~events.c.draft, begun).limit(1)
    with engine.connect() as connection:
        return connection.execute(query).first() is not None


def named(engine: Engine) -> set[str]:
    """Return the files that are posters, or were once: an undo brings them back."""
    with engine.connect() as connection:
        found = set(connection.execute(sa.select(events.c.poster).where(events.c.poster != "")).scalars())
        changes = sa.select(audit.c.before, audit.c.after).where(audit.c.table_name == "events")
        for before, after in connection.execute(changes):
            found |= {each["poster"] for each in (before, after) if each and each.get("poster")}
    return found
