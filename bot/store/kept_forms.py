"""Forms submitted after a session ended: kept for that user only, for a few days, to be resubmitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row

from bot.store.session_tables import KeptFormRow

kept = KeptFormRow.__table__

KEPT_FOR = timedelta(days=3)
MOST = 20  # per person; the oldest are dropped
MOST_CHARACTERS = 100_000
LONGEST_PATH = 400

Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class KeptForm:
    """A rejected form: where it was sent, the page that shows it ("" if none does), and its fields."""

    id: int
    path: str
    page: str
    fields: Fields
    at: datetime


def keep(engine: Engine, user_id: int, path: str, page: str, fields: Fields, now: datetime) -> KeptForm | None:
    """Keep a form, replacing an earlier one of the same path; None if it is too large."""
    size = sum(len(name) + len(value) for name, values in fields.items() for value in values)
    if size > MOST_CHARACTERS or max(len(path), len(page)) > LONGEST_PATH:
        return None
    with engine.begin() as connection:
        connection.execute(sa.delete(kept).where(kept.c.at < now - KEPT_FOR))
        connection.execute(sa.delete(kept).where(kept.c.user_id == user_id, kept.c.path == path))
        latest = sa.select(kept.c.id).where(kept.c.user_id == user_id).order_by(kept.c.id.desc()).limit(MOST - 1)
        stay = list(connection.execute(latest).scalars())
        connection.execute(sa.delete(kept).where(kept.c.user_id == user_id, kept.c.id.notin_(stay)))
        values = {"path": path, "page": page, "fields": {name: list(each) for name, each in fields.items()}}
        added = connection.execute(sa.insert(kept).values(user_id=user_id, at=now, **values))
        number = int(added.inserted_primary_key[0])
    return KeptForm(number, path, page, fields, now)


def every(engine: Engine, user_id: int, now: datetime) -> list[KeptForm]:
    """Return the forms kept for somebody, newest first."""
    query = sa.select(kept).where(kept.c.user_id == user_id, kept.c.at > now - KEPT_FOR).order_by(kept.c.id.desc())
    with engine.connect() as connection:
        return [_form(row) for row in connection.execute(query)]


def drop(engine: Engine, user_id: int, *, path: str = "", form_id: int = 0) -> None:
    """Delete what is kept for somebody under a path or a number."""
    with engine.begin() as connection:
        which = kept.c.id == form_id if form_id else kept.c.path == path
        connection.execute(sa.delete(kept).where(kept.c.user_id == user_id, which))


def _form(row: Row) -> KeptForm:
    return KeptForm(row.id, row.path, row.page, row.fields, row.at)
