"""Writing a row that may be there already, in the words of either database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine


def insert_ignore(connection: Connection, table: sa.Table, **values: Any) -> bool:
    """Insert a row unless a unique key forbids it. Returns whether it was inserted."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    return bool(connection.execute(insert(table).values(**values).on_conflict_do_nothing()).rowcount)


def healthy(engine: Engine) -> str:
    """Return the database's kind when it answers. Raises what SQLAlchemy raises when it does not."""
    with engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    return engine.dialect.name
