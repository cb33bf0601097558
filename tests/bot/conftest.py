"""A store for each test: SQLite in a file, and PostgreSQL where a server answers on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from bot.store.engine import connect
from tests import needed
from tests.stores import POSTGRES, database, emptied, sqlite


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL database that lasts as long as the run."""
    needed.postgresql()
    with database("test") as name:
        yield f"{POSTGRES}/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A store that is up to date and empty."""
    if request.param == "sqlite":
        engine = sqlite(tmp_path / "store.db")
    else:
        engine = emptied(connect(request.getfixturevalue("postgres_url")))
    yield engine
    engine.dispose()
