"""The way to the database: SQLite or PostgreSQL by address, brought up to date by Alembic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

MIGRATIONS = Path(__file__).with_name("migrations")


class StoreError(Exception):
    """The database cannot be used; the text says what to do about it, and holds no password."""


def connect(url: str) -> Engine:
    """Return the engine of the database at `url`. No connection is made yet. Raises StoreError for a wrong address."""
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise StoreError(
            "DATABASE_URL is no database address; write sqlite:///var/carrel.db or postgresql://…"
        ) from error
    if address.get_backend_name() != "sqlite":
        return sa.create_engine(address, future=True, pool_pre_ping=True, pool_size=16, max_overflow=16)
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    # One connection a thread at a time, as many as ask: SQLite's own lock decides who writes.
    engine = sa.create_engine(
        address, future=True, connect_args={"timeout": 10, "check_same_thread": False}, poolclass=sa.pool.QueuePool
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest form. Raises StoreError when it cannot be reached."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except SQLAlchemyError as error:
        where = engine.url.render_as_string(hide_password=True)
        raise StoreError(f"The database at {where} cannot be used: {type(error).__name__}. Is it there?") from error
