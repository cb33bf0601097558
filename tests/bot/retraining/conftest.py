"""A trainer's workshop over a store and a few files, without Rasa."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from bot.dialogue import Turn
from bot.retraining import examples
from bot.retraining.course import Course
from bot.retraining.workshop import Workshop
from bot.store import jobs, models
from connectors.messages import IncomingMessage, Reply
from tests.stores import sqlite

WIFI = """version: "3.1"

nlu:
  - intent: wifi
    examples: |
      - wifi pw
      - no internet

  - intent: donate
    examples: |
      - can i give you books
      - donate
"""


class Killed(BaseException):
    """What a process that is killed does not survive: no `except Exception` sees it."""


@dataclass
class Clock:
    """A clock that moves when it is told to."""

    at: datetime = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.at

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)


@dataclass
class Answering:
    """Stands for a Rasa that answers with the active model; `fails` is what it does instead."""

    engine: Engine
    fails: BaseException | None = None
    asked: int = 0

    def rehearse(self, _message: IncomingMessage, _conversation: str, _conditions: Any = ()) -> Turn:
        """Return an answer."""
        self.asked += 1
        if self.fails is not None:
            raise self.fails
        return Turn((Reply(text="Yes."),), {"model": f"{models.active(self.engine)}.tar.gz", "actions": ["action_x"]})


@pytest.fixture
def clock() -> Clock:
    """The clock of the workshop."""
    return Clock()


@pytest.fixture
def shop(tmp_path: Path, clock: Clock) -> Iterator[Workshop]:
    """A workshop with two topics, and a first model that answers students."""
    engine = sqlite(tmp_path / "store.db")
    root = tmp_path / "root"
    (root / "data" / "nlu").mkdir(parents=True)
    (root / "data" / "nlu" / "wifi.yml").write_text(WIFI)
    for name in ("domain.yml", "config.yml"):
        (root / name).write_text("x: 1\n")
    made = Workshop(
        engine=engine,
        root=root,
        var=tmp_path / "var",
        models=tmp_path / "models",
        now=clock,
        command=lambda *_words: ("true",),
    )
    made.candidates.mkdir(parents=True)
    (made.models / "first.tar.gz").write_bytes(b"first")
    with engine.begin() as connection:
        models.add(connection, "first", now=clock(), by="x", state="active", activated_at=clock())
    yield made
    engine.dispose()


def candidate(shop: Workshop, name: str, add: list[list[str]], **changes: Any) -> None:
    """Add a model that has passed the gate, with what it has added to the examples."""
    (shop.candidates / f"{name}.tar.gz").write_bytes(name.encode())
    filled = {"add": add, "reviews": [], "with": [], **changes}
    with shop.engine.begin() as connection:
        models.add(connection, name, now=shop.now(), by="lib", verdict="pass", changes=filled)


def course(shop: Workshop, kind: str, model: str = "") -> Course:
    """Return work that has begun."""
    jobs.ask(shop.engine, kind, by="lib", now=shop.now(), model=model)
    taken = jobs.take(shop.engine, shop.now())
    assert taken
    return Course(shop, taken)


def ended(doing: Course) -> None:
    """Let work be over."""
    jobs.end(doing.shop.engine, doing.job.id, "done", doing.shop.now())


def texts(shop: Workshop) -> list[str]:
    """Return what stands in the examples, as intent: text."""
    return [f"{each.intent}: {each.text}" for each in examples.read(shop.root / "data" / "nlu").examples]


BEFORE = ["wifi: wifi pw", "wifi: no internet", "donate: can i give you books", "donate: donate"]
