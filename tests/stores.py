"""Stores for tests: brought up to date once a run, then copied or emptied, since each upgrade costs a second."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

import bot.store.content as content
from bot.retraining import loading
from bot.store.engine import connect, upgrade
from bot.store.tables import metadata

ROOT = Path(__file__).parents[1]
POSTGRES = "postgresql://postgres@127.0.0.1:5432"


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


def taught(engine: Engine, root: Path, now: datetime = datetime(2026, 11, 1, tzinfo=UTC)) -> Engine:
    """Return a store with the examples that ship under `root`."""
    loading.load(engine, root, root / "var", now)
    return engine


@contextmanager
def database(of: str) -> Iterator[str]:
    """Give the name of a new database of POSTGRES, which is dropped afterwards, whoever still uses it."""
    name = f"carrel_{of}_{uuid.uuid4().hex[:12]}"
    server = sa.create_engine(f"{POSTGRES}/postgres", isolation_level="AUTOCOMMIT", future=True)
    with server.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield name
    with server.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


@cache
def sample() -> content.Content:
    """Return the sample library, read once a process, which takes seconds; not to be changed."""
    return content.read(ROOT / "content")


def sampled(engine: Engine, now: datetime) -> Engine:
    """Return a store with the sample library."""
    content.apply(engine, content.plan(engine, sample()), now=now)
    return engine


def stated(engine: Engine, now: datetime) -> Engine:
    """Return a store with the shipped texts about privacy, and no other content."""
    with tempfile.TemporaryDirectory() as folder:
        for path in ("answers/privacy.yml", "answers/zh-Hant/privacy.yml"):
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / "content" / path, Path(folder) / path)
        content.apply(engine, content.plan(engine, content.read(Path(folder))), now=now)
    return engine


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
