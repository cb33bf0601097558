"""The action server's executor, and a real store that its actions find by their settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk.executor import ActionExecutor
from ruamel.yaml import YAML
from sqlalchemy.engine import Engine

from bot.store.audit import session
from tests.actions.small_library import MONDAY_EVENING, Conversation, Heard, rows
from tests.stores import sqlite

ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The store of a small library, which the actions find by their settings."""
    url = f"sqlite:///{tmp_path}/library.db"
    environment = {"DATABASE_URL": url, "CARREL_VAR": str(tmp_path), "LIBRARY_TIMEZONE": "Asia/Hong_Kong"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    engine = sqlite(tmp_path / "library.db")
    with session(engine, "test", MONDAY_EVENING) as changes:
        changes.add_all(rows())
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def executor() -> ActionExecutor:
    """The action server's executor, with every action of the project registered as it does itself."""
    executor = ActionExecutor()
    executor.register_package("actions")
    return executor


@pytest.fixture(scope="session")
def domain() -> dict[str, Any]:
    """The project's domain."""
    return YAML(typ="safe").load(ROOT / "domain.yml")


@pytest.fixture
def conversation(executor: ActionExecutor, domain: dict[str, Any]) -> Conversation:
    """A person who writes for the first time; whether there is a store is for the test to say."""
    files = [YAML(typ="safe").load(path) for path in sorted((ROOT / "data/stories").glob("*.yml"))]
    return Conversation(executor, domain, [rule for each in files for rule in each.get("rules", ())])


@pytest.fixture
def ask(store: Engine, conversation: Conversation) -> Callable[..., Heard]:
    """Asks in one conversation, over the store of a small library."""
    return conversation.ask
