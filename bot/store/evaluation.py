"""What models are evaluated on: questions of the fixed test set, and conversations run as tests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store.teaching_tables import KeptConversationRow, QuestionRow
from bot.store.topics import now_called

questions, conversations = QuestionRow.__table__, KeptConversationRow.__table__


@dataclass(frozen=True)
class Question:
    """A question of the fixed test set and the intents that answer it, by their current names."""

    file: str
    text: str
    intents: tuple[str, ...]


@dataclass(frozen=True)
class Conversation:
    """A story in Rasa's form, with its intents' current names and the file that it is exported to."""

    file: str
    story: Mapping[str, Any]


def all_questions(engine: Engine) -> list[Question]:
    """Return the names throttled since a moment, newest first."""
    with engine.connect() as connection:
        called = now_called(connection)
        rows = connection.execute(sa.select(questions).order_by(questions.c.file, questions.c.id))
        return [Question(row.file, row.text, tuple(called.get(each, each) for each in row.intents)) for row in rows]


def all_conversations(engine: Engine) -> list[Conversation]:
    """Return the conversations that are run against a model as tests."""
    with engine.connect() as connection:
        called = now_called(connection)
        rows = connection.execute(sa.select(conversations).order_by(conversations.c.file, conversations.c.id))
        return [Conversation(row.file, called_now(row.story, called)) for row in rows]


def called_now(story: Mapping[str, Any], called: Mapping[str, str]) -> dict[str, Any]:
    """Return a story or rule with its intents' current names (`called`: by old name)."""
    return {**story, "steps": [_step(step, called) for step in story.get("steps", ())]}


def _step(step: Mapping[str, Any], called: Mapping[str, str]) -> dict[str, Any]:
    found = dict(step)
    if step.get("intent") in called:
        found["intent"] = called[step["intent"]]
    said = str(step.get("user", "")).strip()
    name = said.removeprefix("/").split("{")[0]
    if said.startswith("/") and name in called:
        found["user"] = step["user"].replace(f"/{name}", f"/{called[name]}", 1)
    return found


def version_of(told: list[Conversation]) -> str:
    """Return a fingerprint of exactly these conversations."""
    return hashlib.sha256(json.dumps([[each.file, each.story] for each in told]).encode()).hexdigest()[:12]


def keep(
    engine: Engine, story: Mapping[str, Any], file: str, *, by: str, now: datetime, person_id: int | None = None
) -> None:
    """Keep a conversation as a test; `person_id`: whose it was, if a student's."""
    with engine.begin() as connection:
        values = {"file": file, "story": dict(story), "source": "staff", "by": by, "at": now, "person_id": person_id}
        connection.execute(sa.insert(conversations).values(**values))
