"""Audit trail: who changed what, and when; written automatically with every change of a library row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from bot.store import facts
from bot.store.library_tables import Audited, AuditRow

_NOT_SHOWN = {"id", "changed_by", "changed_at"}


@contextmanager
def session(engine: Engine, actor: str, now: datetime, batch: str | None = None) -> Iterator[Session]:
    """Yield a session whose changes are made by `actor` at `now`, in one transaction.

    `batch`: a name of its own for what was done in one go, to be undone in one go.
    """
    with Session(engine, future=True) as opened:
        sa.event.listen(opened, "before_flush", _write)
        opened.info.update(actor=actor, now=now, batch=batch)
        with opened.begin():
            yield opened


def _write(opened: Session, _context: Any, _instances: Any) -> None:
    moved = False
    new, deleted = opened.new, opened.deleted  # each look makes them anew from all rows
    for row in (*new, *opened.dirty, *deleted):
        if not isinstance(row, Audited):
            continue
        before = None if row in new else _columns(row, old=True)
        after = None if row in deleted else _columns(row, old=False)
        if before == after:
            continue
        row.changed_by, row.changed_at = opened.info["actor"], opened.info["now"]
        moved = True
        opened.add(
            AuditRow(
                at=opened.info["now"],
                who=opened.info["actor"],
                table=row.__tablename__,
                key=row.key,
                before=before,
                after=after,
                batch=opened.info["batch"],
            )
        )
    if moved:
        facts.changed(opened.connection())


def _columns(row: Any, *, old: bool) -> dict[str, Any]:
    """Return a row's columns, JSON-safe, as they are in the database (`old`) or as they will be."""
    found = {}
    for attribute in sa.inspect(row).attrs:
        if attribute.key in _NOT_SHOWN:
            continue
        deleted = attribute.history.deleted
        value = deleted[0] if old and deleted else attribute.value
        found[attribute.key] = value.isoformat() if isinstance(value, date) else value
    return found


def note(
    connection: Connection,
    who: str,
    table: str,
    key: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    now: datetime,
) -> None:
    """Record something other than a library row's change: who may sign in, whose identity was viewed."""
    values = {"at": now, "who": who, "table_name": table, "key": key, "before": before, "after": after}
    connection.execute(sa.insert(AuditRow.__table__).values(**values))


def history(engine: Engine, table: str, key: str) -> list[dict[str, Any]]:
    """Return a row's changes, newest first: {"id", "at", "who", "table", "key", "before", "after", "batch"}."""
    return page(engine, table=table, key=key, limit=200)


def get(engine: Engine, change_id: int) -> dict[str, Any] | None:
    """Return one change, or None."""
    with Session(engine, future=True) as opened:
        row = opened.get(AuditRow, change_id)
        return _shown(row) if row else None


def page(
    engine: Engine,
    *,
    table: str = "",
    key: str = "",
    who: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 50,
    without: str = "",
    batch: str = "",
) -> list[dict[str, Any]]:
    """Return changes, newest first: only those before `before_id` if given, and none of the table `without`.

    `until` is exclusive.
    """
    query = sa.select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    for column, value in ((AuditRow.table, table), (AuditRow.key, key), (AuditRow.who, who), (AuditRow.batch, batch)):
        if value:
            query = query.where(column == value)
    if since is not None:
        query = query.where(AuditRow.at >= since)
    if until is not None:
        query = query.where(AuditRow.at < until)
    if without:
        query = query.where(AuditRow.table != without)
    if before_id is not None:
        query = query.where(AuditRow.id < before_id)
    with Session(engine, future=True) as opened:
        return [_shown(row) for row in opened.scalars(query)]


def actors(engine: Engine) -> list[str]:
    """Return the names of those who have changed something, by name."""
    query = sa.select(AuditRow.who).distinct().order_by(AuditRow.who).limit(200)
    with engine.connect() as connection:
        return list(connection.execute(query).scalars())


def _shown(row: Any) -> dict[str, Any]:
    names = ("id", "at", "who", "table", "key", "before", "after", "batch")
    return {name: getattr(row, name) for name in names}
