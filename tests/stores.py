"""Empty stores for tests: brought up to date once a run, then copied or emptied, since each upgrade costs a second."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store.engine import connect, upgrade
from bot.store.tables import metadata


def sqlite(path: Path) -> Engine:
    """Return a store of its own at `path`, up to date and empty."""
    path.write_bytes(_migrated())
    return connect(f"sqlite:///{path}")


@cache
def _migrated() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(f"sqlite:///{folder}/store.db")
        upgrade(engine)
        engine.dispose()  # the last connection that ends leaves one file
        return (Path(folder) / "store.db").read_bytes()


def emptied(engine: Engine) -> Engine:
    """Return a PostgreSQL store up to date and empty, whatever was in it: made anew only where its form is another."""
    tables = sorted(metadata.tables)
    if set(sa.inspect(engine).get_table_names()) == {*tables, "alembic_version"}:
        with engine.begin() as connection:
            connection.execute(sa.text(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE"))
        return engine
    with engine.begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))
    upgrade(engine)
    return engine
