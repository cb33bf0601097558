"""A trainer's workshop over a store and a few files, without Rasa."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from bot.dialogue import Turn
from bot.retraining.course import Course
from bot.retraining.workshop import Workshop
from bot.store import examples, inbox, jobs, models, reviews
from connectors.messages import Address, IncomingMessage, Kind, Reply
from tests.stores import sqlite, taught

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


DOMAIN = """version: "3.1"

intents:
  - wifi # a comment
  - donate
  - greet
  - out_of_scope

responses:
  part_topic_wifi:
    - text: "Wi-Fi"
  part_topic_donate:
    - text: Give books
"""

RULES = """version: "3.1"

rules:
  - rule: The store's answers, wifi
    steps:
      - intent: wifi
      - action: action_answer

  - rule: The store's answers, donate
    steps:
      - intent: donate
      - action: action_answer

  - rule: Hello
    steps:
      - intent: greet
      - action: utter_greet
"""


CONVERSATION = """version: "3.1"

stories:
  - story: Wifi
    steps:
      - user: |
          is the wifi down
        intent: wifi
      - action: action_answer
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


def shipped(root: Path) -> Path:
    """Return `root`, made, with a small project in it."""
    for name, text in (
        ("data/nlu/wifi.yml", WIFI),
        ("data/stories/answers.yml", RULES),
        ("domain.yml", DOMAIN),
        ("config.yml", "recipe: default.v1\n"),
        ("evaluation/questions/questions.tsv", "is the wifi down\twifi\n"),
        ("evaluation/conversations/wifi.yml", CONVERSATION),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def shop(tmp_path: Path, clock: Clock) -> Iterator[Workshop]:
    """A workshop with two topics, and a first model that answers students."""
    root = shipped(tmp_path / "root")
    engine = taught(sqlite(tmp_path / "store.db"), root, clock())
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


def decided(shop: Workshop, *pairs: tuple[str, str]) -> list[int]:
    """Let somebody say what messages mean, each of a student of its own; return the decisions."""
    before = {each.id for each in reviews.staged(shop.engine)}
    for intent, text in pairs:
        name = uuid.uuid4().hex
        message = IncomingMessage(
            id=name, kind=Kind.TEXT, sender=Address("messenger", name), sent_at=shop.now(), text=text
        )
        inbox.add(shop.engine, "messenger", [message], now=shop.now(), stale_after_seconds=3600, request_id="r")
        number = inbox.newest(shop.engine)
        reviews.decide(shop.engine, [number], "intent", by="lib", now=shop.now(), text=text, intent=intent)
    return [each.id for each in reviews.staged(shop.engine) if each.id not in before]


def candidate(shop: Workshop, name: str, new: Sequence[int], knows: Sequence[int] = (), **changes: Any) -> None:
    """Add a model that has passed the gate, with the decisions that it has learnt."""
    (shop.candidates / f"{name}.tar.gz").write_bytes(name.encode())
    filled = {"reviews": list(new), "knows": [*knows, *new], **changes}
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
    """Return what is taught by now, without what waits for a model, as intent: text."""
    return [f"{each.intent}: {each.text}" for each in examples.current(shop.engine, waiting=False)]


BEFORE = ["wifi: wifi pw", "wifi: no internet", "donate: can i give you books", "donate: donate"]
