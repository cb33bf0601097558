"""Legal holds: an administrator's order that a person's data stays, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import audit
from bot.store.conversations import name_of
from bot.store.message_tables import PersonRow
from bot.store.privacy_tables import LegalHoldRow

holds, people = LegalHoldRow.__table__, PersonRow.__table__


@dataclass(frozen=True)
class Hold:
    """A hold that stands. `name` is what staff call the person."""

    id: int
    person_id: int
    name: str
    reason: str
    by: str
    at: datetime


def order(engine: Engine, person_id: int, by: str, reason: str, now: datetime) -> bool:
    """Order that a person's data stays. False: there is no such person."""
    with engine.begin() as connection:
        name = connection.execute(sa.select(people.c.conversation).where(people.c.id == person_id)).scalar()
        if name is None:
            return False
        values = {"person_id": person_id, "reason": reason, "by": by, "at": now, "lifted_by": ""}
        connection.execute(sa.insert(holds).values(**values))
        audit.note(connection, by, "people", name_of(name), None, {"legal hold": reason}, now)
    return True


def lift(engine: Engine, hold_id: int, by: str, now: datetime) -> None:
    """End a hold."""
    mine = sa.and_(holds.c.id == hold_id, holds.c.lifted_at.is_(None))
    whose = sa.select(people.c.conversation, holds.c.reason).join(holds, holds.c.person_id == people.c.id).where(mine)
    with engine.begin() as connection:
        row = connection.execute(whose).one_or_none()
        if connection.execute(sa.update(holds).where(mine).values(lifted_by=by, lifted_at=now)).rowcount and row:
            audit.note(connection, by, "people", name_of(row.conversation), {"legal hold": row.reason}, None, now)


def standing(engine: Engine, person_id: int | None = None) -> list[Hold]:
    """Return the holds that stand, the newest first; those on one person's data if given."""
    query = sa.select(holds, people.c.conversation).join(people, people.c.id == holds.c.person_id)
    if person_id is not None:
        query = query.where(holds.c.person_id == person_id)
    with engine.connect() as connection:
        rows = connection.execute(query.where(holds.c.lifted_at.is_(None)).order_by(holds.c.id.desc()))
        return [Hold(row.id, row.person_id, name_of(row.conversation), row.reason, row.by, row.at) for row in rows]
