"""The privacy statement: its texts, which are answers of the topic "privacy", its version, and who is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from bot.calendar.facts import Answer
from bot.store import audit, library
from bot.store.library_tables import AnswerRow
from bot.store.people import Person
from bot.store.privacy_tables import StatementRow

TOPIC = "privacy"
LINE, PAGE = "privacy-line", "privacy-page"
FIRST_VERSION = 1
# Whoever was told longer ago than this is told again.
TOLD_FOR = timedelta(days=365)

statements = StatementRow.__table__

Texts = Mapping[str, Answer]


def texts(engine: Engine, language: str) -> Texts:
    """Return the texts about privacy in a language, by key, in the order they were entered."""
    of_topic = sa.select(AnswerRow).where(AnswerRow.topic == TOPIC).order_by(AnswerRow.id)
    with Session(engine, future=True) as opened:
        every = [library.as_answer(row) for row in opened.scalars(of_topic)]
    return {each.key: each for each in library.spoken(every, language)}


def filled(text: str, values: Mapping[str, object]) -> str:
    """Return a text with each {name} replaced by its value."""
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text.strip()


def version(engine: Engine) -> int:
    """Return the current version of the statement."""
    with engine.connect() as connection:
        return _version(connection)


def _version(connection: Connection) -> int:
    return int(connection.execute(sa.select(sa.func.max(statements.c.version))).scalar() or FIRST_VERSION)


def since(engine: Engine) -> datetime | None:
    """Return when the current version was declared; None for the first."""
    with engine.connect() as connection:
        newest = sa.select(statements.c.at).order_by(statements.c.version.desc()).limit(1)
        return connection.execute(newest).scalar()


def declare(engine: Engine, *, by: str, note: str, now: datetime) -> int:
    """Make the statement a new version, so that everybody is told of it again, and return its number."""
    with engine.begin() as connection:
        number = _version(connection) + 1
        connection.execute(sa.insert(statements).values(version=number, at=now, by=by, note=note[:500]))
        audit.note(connection, by, "privacy", "statement", None, {"version": number, "note": note[:500]}, now)
    return number


def is_due(person: Person, current: int, now: datetime) -> bool:
    """Return whether a person has yet to be told of the current version, or was told more than a year ago."""
    if person.told_version is None or person.told_at is None:
        return True
    return person.told_version < current or now - person.told_at > TOLD_FOR
