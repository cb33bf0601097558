"""A student found by the number or id by which a platform knows them, or by what staff call them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import audit
from bot.store.conversations import name_of
from bot.store.message_tables import PersonRow

people = PersonRow.__table__

# Fewer digits would find too many people: a local telephone number has this many.
LEAST_DIGITS, MOST = 8, 20
_CALLED = re.compile(r"(?:student\s+)?([0-9a-f]{6})", re.IGNORECASE)


@dataclass(frozen=True)
class FoundPerson:
    """Somebody who was found. `name`: what staff call them; the number stays out of sight."""

    id: int
    name: str
    channel: str
    first_seen_at: datetime
    last_message_at: datetime | None


def find(engine: Engine, words: str, *, actor: str, now: datetime) -> Sequence[FoundPerson]:
    """Return whom a number, an id or a name like "Student 3F9A0C" stands for, after recording who looked for them.

    A telephone number may be written with spaces, and without the country.
    """
    wanted = _condition(words.strip())
    if wanted is None:
        return ()
    query = sa.select(people).where(wanted).order_by(people.c.last_message_at.desc()).limit(MOST)
    with engine.begin() as connection:
        rows = connection.execute(query).all()
        for row in rows:
            audit.note(connection, actor, "people", name_of(row.conversation), None, {"number": "looked for"}, now)
    return [
        FoundPerson(row.id, name_of(row.conversation), row.channel, row.first_seen_at, row.last_message_at)
        for row in rows
    ]


def _condition(words: str) -> Any:
    if called := _CALLED.fullmatch(words):
        return people.c.conversation.like(f"{called[1].lower()}%")
    digits = re.sub(r"[\s()+.-]", "", words)
    if digits.isdecimal() and len(digits) >= LEAST_DIGITS:
        ends = f"%{digits}"
        return sa.or_(people.c.person.like(ends), people.c.alias.like(ends))
    exact = words[:255]
    return sa.or_(people.c.person == exact, people.c.alias == exact) if len(exact) >= LEAST_DIGITS else None
