"""A Rasa server tells that it is there also while it loads a model for long."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

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
    watcher = swap.Watcher(lambda: agent)
    asyncio.run(watcher._look())
    assert beaten[:3] == ["old"] * 3
    assert [each.model for each in models.running(engine, datetime.now(UTC))] == ["new"]
    assert agent.domain == "its domain"
