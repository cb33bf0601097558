"""Topics that are renamed, merged or split: their answers, decisions and old names follow, and go back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from bot.store import audit, models, reviews
from bot.store.learning_tables import ReviewRow, TopicNameRow
from bot.store.library_tables import AnswerRow

names, said = TopicNameRow.__table__, ReviewRow.__table__


def changing(engine: Engine, who: str, now: datetime) -> AbstractContextManager[Session]:
    """Give a transaction for one of the changes below."""
    return audit.session(engine, who, now)


def now_called(connection: Connection) -> dict[str, str]:
    """Return by old name what topics are called now: a model says the names that it has learnt."""
    return {row.old: row.new for row in connection.execute(sa.select(names))}


def answers_of(engine: Engine, topic: str) -> int:
    """Return how many answers a topic has."""
    with engine.connect() as connection:
        query = sa.select(sa.func.count()).select_from(AnswerRow.__table__).where(AnswerRow.__table__.c.topic == topic)
        return int(connection.execute(query).scalar_one())


def decisions_of(engine: Engine, topic: str) -> int:
    """Return how many decisions say that a message means a topic."""
    with engine.connect() as connection:
        query = sa.select(sa.func.count()).select_from(said).where(said.c.intent == topic, said.c.undone_at.is_(None))
        return int(connection.execute(query).scalar_one())


def renamed(opened: Session, old: str, new: str) -> dict[str, Any]:
    """Let everything of a topic go by another name, one that there is already too; return what an undo needs."""
    connection = opened.connection()
    rows = opened.scalars(sa.select(AnswerRow).where(AnswerRow.topic == old)).all()
    taken = set(opened.scalars(sa.select(AnswerRow.language).where(AnswerRow.topic == new, AnswerRow.overview)))
    before = [[row.id, bool(row.overview)] for row in rows]
    for row in rows:
        # A topic has one answer that stands for it, in each language.
        row.topic, row.overview = new, bool(row.overview) and row.language not in taken
    decided = connection.execute(sa.select(said.c.id, said.c.intent, said.c.guess).where(_names(old))).all()
    reviews.rename(connection, old, new)
    _alias(connection, old, new)
    _in_models(connection, old, new)
    return {"answers": before, "decisions": [[row.id, row.intent, row.guess] for row in decided]}


def moved(opened: Session, pairs: Mapping[tuple[str, str], tuple[str, str]]) -> None:
    """Let decisions, and what models have written, follow examples: (intent, text) to (intent, text)."""
    reviews.follow(opened.connection(), pairs)
    models.follow(opened.connection(), pairs)


def renamed_back(opened: Session, old: str, new: str, before: Mapping[str, Sequence[Sequence[Any]]]) -> None:
    """Take `renamed` back."""
    connection = opened.connection()
    for number, overview in before["answers"]:
        row = opened.get(AnswerRow, number)
        if row is not None:
            row.topic, row.overview = old, overview
    for number, intent, guess in before["decisions"]:
        connection.execute(sa.update(said).where(said.c.id == number).values(intent=intent, guess=guess))
    _alias(connection, new, old)
    connection.execute(sa.delete(names).where(names.c.old == old))


def _names(topic: str) -> Any:
    return sa.or_(said.c.intent == topic, said.c.guess == topic)


def _alias(connection: Connection, old: str, new: str) -> None:
    connection.execute(sa.update(names).where(names.c.new == old).values(new=new))
    connection.execute(sa.delete(names).where(names.c.old.in_((old, new))))
    connection.execute(sa.insert(names).values(old=old, new=new))


def _in_models(connection: Connection, old: str, new: str) -> None:
    written = {
        (pair[0], pair[1])
        for changes in connection.execute(sa.select(models.models.c.changes)).scalars()
        for key in ("add", "written", "taken")
        for pair in (changes or {}).get(key, ())
    }
    models.follow(connection, {(old, text): (new, text) for intent, text in written if intent == old})
