"""The way to the database: a server that is there and says nothing is given up on, and nothing tells what was asked."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from bot.store import engine as store
from bot.store.engine import connect, patience, writing
from tests.wire import Wire, wired


@pytest.fixture
def wire() -> Iterator[Wire]:
    with wired() as made:
        yield made


def test_a_server_that_says_nothing_is_given_up_on(
    wire: Wire, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a connection that was in use, and on a new one: an error within seconds, so that a webhook hears 503."""
    monkeypatch.setattr(store, "SILENCE_SECONDS", 0.5)
    monkeypatch.setattr(store, "CONNECT_SECONDS", 0.5)
    engine = connect(postgres_url.replace(":5432", f":{wire.port}"))
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1
    wire.cut.set()
    started = time.monotonic()
    with pytest.raises(OperationalError), engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    assert time.monotonic() - started < 5
    wire.cut.clear()

    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1
    engine.dispose()


def test_a_statement_has_a_time_limit_and_a_migration_has_none(postgres_url: str) -> None:
    """By the server's own clock; a limit in the address is the one that counts."""
    usual = connect(postgres_url)
    with usual.connect() as connection:
        assert connection.execute(sa.text("SHOW statement_timeout")).scalar() == f"{store.STATEMENT_SECONDS}s"
    engine = connect(f"{postgres_url}?options=-c%20statement_timeout%3D100ms")
    with pytest.raises(OperationalError), engine.connect() as connection:
        connection.execute(sa.text("SELECT pg_sleep(1)"))
    with engine.begin() as connection, patience(connection):
        connection.execute(sa.text("SELECT pg_sleep(0.2)"))
        assert connection.execute(sa.text("SHOW statement_timeout")).scalar() == "0"
    usual.dispose()
    engine.dispose()


def test_an_error_never_holds_what_was_asked(engine: Engine) -> None:
    """A student's words, as a parameter of a statement that fails, are in no traceback."""
    with pytest.raises(DBAPIError) as raised, engine.connect() as connection:
        connection.execute(sa.text("SELECT * FROM nowhere WHERE text = :words"), {"words": "my secret question"})

    assert "my secret question" not in str(raised.value)


@pytest.fixture
def two(tmp_path: Path) -> tuple[Engine, Engine]:
    """Two processes' ways to one SQLite file with an empty table in it."""
    engines = (connect(f"sqlite:///{tmp_path}/one.db"), connect(f"sqlite:///{tmp_path}/one.db"))
    with engines[0].begin() as connection:
        connection.execute(sa.text("CREATE TABLE words (word TEXT)"))
    return engines


def _words(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(sa.text("SELECT word FROM words")).scalars())


def test_who_writes_a_webhook_waits_for_the_lock_and_takes_it_before_its_first_word(two: tuple[Engine, Engine]) -> None:
    web, worker = two
    asked, written = threading.Event(), threading.Event()

    def webhook() -> None:
        asked.set()
        with writing(web) as connection:
            connection.execute(sa.text("INSERT INTO words VALUES ('webhook')"))
        written.set()

    with worker.begin() as connection:
        connection.execute(sa.text("INSERT INTO words VALUES ('worker')"))
        threading.Thread(target=webhook, daemon=True).start()
        assert asked.wait(5)
        assert not written.is_set()
    assert written.wait(5)
    assert _words(worker) == ["worker", "webhook"]
    with writing(web), pytest.raises(sqlite3.OperationalError, match="locked"):
        sqlite3.connect(str(worker.url.database), timeout=0).execute("INSERT INTO words VALUES ('in between')")


def test_a_lock_that_is_never_let_go_is_given_up_on_and_holds_up_nobody_after(
    two: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    web, worker = two
    monkeypatch.setattr(store, "LOCK_SECONDS", 0)
    with worker.begin() as other:
        other.execute(sa.text("INSERT INTO words VALUES ('worker')"))
        with pytest.raises(OperationalError), writing(web) as connection:
            connection.execute(sa.text("INSERT INTO words VALUES ('never')"))
    with writing(web) as connection:
        connection.execute(sa.text("INSERT INTO words VALUES ('webhook')"))
    assert _words(worker) == ["worker", "webhook"]


def test_who_stands_in_line_for_the_lock_is_given_up_on_with_the_first(
    two: tuple[Engine, Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    web, _worker = two
    with writing(web) as connection:
        connection.execute(sa.text("INSERT INTO words VALUES ('first')"))
        monkeypatch.setattr(store, "LOCK_SECONDS", 0)
        with pytest.raises(SQLAlchemyError), writing(web):
            raise AssertionError("two at once")
    with writing(web) as connection:
        connection.execute(sa.text("INSERT INTO words VALUES ('after')"))
    assert _words(web) == ["first", "after"]


def test_what_is_not_a_lock_is_not_waited_for(tmp_path: Path) -> None:
    """A file that is no database is told of at once, and not asked for again until the time is up."""
    (tmp_path / "broken.db").write_bytes(b"no database, but long enough to be looked at as if it were one" * 100)
    started = []
    with pytest.raises(DBAPIError, match="not a database"), writing(connect(f"sqlite:///{tmp_path}/broken.db")):
        started.append("written")
    assert started == []
