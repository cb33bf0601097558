"""A Rasa server tells that it is there also while it loads a model for long."""

from __future__ import annotations

import asyncio
import os
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from bot.nlu import swap
from bot.store import models
from bot.store.engine import connect, upgrade

NOW = datetime.now(UTC)


def test_a_server_that_loads_for_long_is_not_taken_for_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It beats with the model that answers meanwhile, and with the new one afterwards."""
    address = f"sqlite:///{tmp_path}/store.db"
    monkeypatch.setenv("DATABASE_URL", address)
    monkeypatch.setenv("CARREL_MODELS", str(tmp_path))
    monkeypatch.setattr(swap, "EVERY_SECONDS", 0.05)
    engine = connect(address)
    upgrade(engine)
    with engine.begin() as connection:
        models.add(connection, "new", now=NOW, by="x", state="active")
    (tmp_path / "new.tar.gz").write_bytes(b"model")
    agent: Any = SimpleNamespace(
        processor=SimpleNamespace(model_filename="old.tar.gz"), domain=None, tracker_store=SimpleNamespace(), nlg=None
    )
    beaten: list[str] = []

    def slow(_agent: Any, path: Path) -> Any:
        """Load until the server has been seen three times meanwhile."""
        pause = threading.Event()
        for _ in range(200):
            seen = models.running(engine, datetime.now(UTC))
            beaten.extend(each.model for each in seen)
            if len(beaten) >= 3:
                break
            pause.wait(0.02)
        return SimpleNamespace(model_filename=path.name, domain="its domain")

    monkeypatch.setattr(swap, "_load", slow)
    watcher = swap.Watcher(lambda: agent, lambda _agent: None)
    asyncio.run(watcher._look())
    assert beaten[:3] == ["old"] * 3
    assert [each.model for each in models.running(engine, datetime.now(UTC))] == ["new"]
    assert agent.domain == "its domain"


class Served:
    """A Rasa server's agent, as the watcher sees it; `put` is what the watcher has answer."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, active: str = "new") -> None:
        address = f"sqlite:///{tmp_path}/store.db"
        monkeypatch.setenv("DATABASE_URL", address)
        monkeypatch.setenv("CARREL_MODELS", str(tmp_path))
        engine = connect(address)
        upgrade(engine)
        if active:
            with engine.begin() as connection:
                models.add(connection, active, now=NOW, by="x", state="active")
        self.now = agent("new.tar.gz")
        self.watcher = swap.Watcher(lambda: self.now, self.put)

    def put(self, found: Any) -> None:
        """Have another agent answer."""
        self.now = found

    def look(self) -> None:
        """Let the watcher look once."""
        asyncio.run(self.watcher._look())


def agent(model: str = "") -> Any:
    """Return an agent with a model, or with none."""
    processor = SimpleNamespace(model_filename=model) if model else None
    return SimpleNamespace(processor=processor, domain=None, tracker_store=SimpleNamespace(), nlg=None)


def test_a_server_whose_model_was_unloaded_has_its_own_agent_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rasa's DELETE /model leaves one without a model and without the store of the conversations; PUT, another."""
    served = Served(tmp_path, monkeypatch)
    (tmp_path / "new.tar.gz").write_bytes(b"model")
    served.look()
    home = served.now
    for instead in (agent(), agent("another.tar.gz")):
        served.put(instead)
        served.look()
        assert served.now is home

    assert served.now.processor.model_filename == "new.tar.gz"


@pytest.mark.parametrize("active", ["", "broken", "good"])
def test_a_server_that_began_without_a_model_takes_one_when_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, active: str
) -> None:
    """The active one, or the newest that can be loaded; a broken file is tried once."""
    served = Served(tmp_path, monkeypatch, active)
    served.put(agent())
    tried: list[str] = []

    def load(_agent: Any, path: Path) -> Any:
        tried.append(path.name)
        if path.name == "broken.tar.gz":
            raise ValueError(path.name)
        return SimpleNamespace(model_filename=path.name, domain="its domain")

    monkeypatch.setattr(swap, "_load", load)
    served.look()
    (tmp_path / "good.tar.gz").write_bytes(b"model")
    (tmp_path / "broken.tar.gz").write_bytes(b"")
    os.utime(tmp_path / "good.tar.gz", (1, 1))
    served.look()

    assert served.now.processor.model_filename == "good.tar.gz"
    assert tried == (["good.tar.gz"] if active == "good" else ["broken.tar.gz", "good.tar.gz"])


def test_a_server_that_finds_no_whole_model_says_once_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And stays up, so that a model that comes later answers."""
    served = Served(tmp_path, monkeypatch, "broken")
    served.put(agent())
    (tmp_path / "broken.tar.gz").write_bytes(b"no model")
    monkeypatch.setattr(swap, "lines", structlog.get_logger("tests"))
    with capture_logs() as told:
        for _ in range(5):
            served.look()
    missing = [each for each in told if each["event"] == "model_missing"]
    assert [(each["files"], each["do"]) for each in missing] == [(1, "carrel train")]

    monkeypatch.setattr(swap, "_load", lambda _agent, path: SimpleNamespace(model_filename=path.name, domain="its"))
    (tmp_path / "good.tar.gz").write_bytes(b"model")
    served.look()
    assert served.now.processor.model_filename == "good.tar.gz"
