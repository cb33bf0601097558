"""Database access: SQLite or PostgreSQL by URL, migrated by Alembic."""

from __future__ import annotations

import select
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import psycopg2
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as WaitedTooLong

MIGRATIONS = Path(__file__).with_name("migrations")

# A webhook must return "503" while its platform is still listening, so these limit the wait for a server: for a
# connection, for a statement by the server's own clock, for any sign of life by ours.
CONNECT_SECONDS, STATEMENT_SECONDS, SILENCE_SECONDS = 4, 8, 9
LOCK_SECONDS = 10  # for SQLite's lock: one writer at a time
_next = threading.Lock()
_patient: ContextVar[bool] = ContextVar("patient", default=False)


class StoreError(Exception):
    """The database can't be used; the text says what to do about it, and contains no password."""


def connect(url: str) -> Engine:
    """Return the engine for the database at `url`, without connecting yet. Raises StoreError for an invalid URL."""
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise StoreError(
            "DATABASE_URL is no database address; write sqlite:///var/carrel.db or postgresql://…"
        ) from error
    if address.get_backend_name() != "sqlite":
        psycopg2.extensions.set_wait_callback(_wait)
        engine = sa.create_engine(
            address,
            future=True,
            hide_parameters=True,  # a traceback would contain students' words
            pool_pre_ping=True,
            pool_size=16,
            max_overflow=16,
            pool_timeout=CONNECT_SECONDS,
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "options": f"-c statement_timeout={STATEMENT_SECONDS}s",
                **address.query,  # parameters set in the URL are deliberate and win
            },
        )
        sa.event.listen(engine, "handle_error", _first_line)
        return engine
    if address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    # One connection per thread at a time, as many as needed: SQLite's own lock decides who writes.
    engine = sa.create_engine(
        address,
        future=True,
        hide_parameters=True,
        connect_args={"timeout": LOCK_SECONDS, "check_same_thread": False},
        poolclass=sa.pool.QueuePool,
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _wait(connection: Any) -> None:
    """Wait for PostgreSQL as psycopg2 does by default, but with a timeout: a stopped server sends nothing at all.

    psycopg2 closes the connection when this raises.
    """
    seconds = CONNECT_SECONDS if connection.status == psycopg2.extensions.STATUS_SETUP else SILENCE_SECONDS
    while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
        ready = select.poll()
        ready.register(connection.fileno(), select.POLLIN if state == psycopg2.extensions.POLL_READ else select.POLLOUT)
        if not ready.poll(None if _patient.get() else seconds * 1000):
            raise psycopg2.OperationalError("the server does not answer")


def _first_line(context: Any) -> None:
    """Keep only the first line of PostgreSQL's error: later lines repeat the statement or the key's values."""
    error, shown = context.original_exception, context.sqlalchemy_exception
    if shown is not None and isinstance(error, psycopg2.Error):
        whole = str(error)
        shown.args = tuple(str(each).replace(whole, whole.partition("\n")[0]) for each in shown.args)
        error.args = (whole.partition("\n")[0],)


@contextmanager
def patience(connection: sa.engine.Connection) -> Iterator[None]:
    """Lift the time limits of a transaction that changes the schema or a lot of data at once."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
    token = _patient.set(True)
    try:
        yield
    finally:
        _patient.reset(token)


@contextmanager
def writing(engine: Engine) -> Iterator[sa.engine.Connection]:
    """Open a write transaction ahead of other waiting writers, for webhooks, which somebody is waiting on.

    When SQLite's lock is taken, its waiters sleep ever longer, up to 100 ms, and so does everyone behind them. Here one
    thread at a time polls for the lock every millisecond. Raises SQLAlchemyError when it can't be acquired within
    LOCK_SECONDS, including the wait for earlier threads: nobody in line waits longer than the first.
    """
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    end = time.monotonic() + LOCK_SECONDS
    if not _next.acquire(timeout=LOCK_SECONDS):
        raise WaitedTooLong("others waited for SQLite's lock before this one")
    try:
        with engine.begin() as connection:
            _lock_sqlite(connection, end)
            yield connection
    finally:
        _next.release()


def _lock_sqlite(connection: sa.engine.Connection, end: float) -> None:
    # On the driver's own connection: SQLAlchemy takes ten times as long over a pragma as SQLite does.
    connection.connection.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError as error:
                # Anything else, such as a full disk or a read-only file, isn't fixed by retrying.
                busy = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() > end:
                    raise
                time.sleep(0.001)
    finally:
        connection.connection.execute(f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}")


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def upgrade(engine: Engine) -> None:
    """Migrate the database to the latest schema. Raises StoreError when it can't be reached."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    try:
        with engine.begin() as connection, patience(connection):
            config.attributes["connection"] = connection
            if engine.dialect.name == "postgresql":
                # For Rasa's tracker store, whose "events" table must not clash with the library's.
                connection.execute(sa.text("CREATE SCHEMA IF NOT EXISTS rasa"))
            command.upgrade(config, "head")
    except SQLAlchemyError as error:
        where = engine.url.render_as_string(hide_password=True)
        raise StoreError(f"The database at {where} cannot be used: {type(error).__name__}. Is it there?") from error
