"""Inserting a row that may already exist, in either database's dialect."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Compiled, Connection, Dialect, Engine


def insert_ignore(connection: Connection, table: sa.Table, **values: Any) -> bool:
    """Insert a row unless a unique key conflicts. Returns whether it was inserted."""
    return bool(connection.execute(_insert(connection.dialect, table, tuple(values)), values).rowcount)


@lru_cache(maxsize=64)
def _insert(dialect: Dialect, table: sa.Table, columns: tuple[str, ...]) -> Compiled:
    """Return the statement, compiled once: SQLAlchemy 1.4 doesn't cache statements with ON CONFLICT."""
    insert = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing().compile(dialect=dialect, column_keys=list(columns))


def healthy(engine: Engine) -> str:
    """Return the database's kind if it responds. Raises SQLAlchemy's error if it doesn't."""
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    return engine.dialect.name
