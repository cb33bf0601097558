"""People: who wrote, under which conversation, and which worker serves them now."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store.message_tables import PersonRow
from bot.store.rows import insert_ignore
from connectors.messages import Address

people = PersonRow.__table__
Lease = Literal["answer", "send"]


@dataclass(frozen=True)
class Person:
    """Somebody on a channel."""

    id: int
    address: Address
    conversation: str
    last_message_at: datetime | None


def find_or_add(connection: Connection, address: Address, now: datetime) -> int:
    """Return the id of the person at `address`, adding them when they are new."""
    where = sa.and_(people.c.channel == address.channel, people.c.person == address.person)
    found = connection.execute(sa.select(people.c.id).where(where)).scalar()
    if found is not None:
        return int(found)
    insert_ignore(
        connection,
        people,
        channel=address.channel,
        person=address.person,
        conversation=uuid.uuid4().hex,
        first_seen_at=now,
    )
    return int(connection.execute(sa.select(people.c.id).where(where)).scalar_one())


def wrote(connection: Connection, person_id: int, at: datetime) -> None:
    """Note that a person wrote at the moment `at`: the platform's window opens anew."""
    connection.execute(
        sa.update(people)
        .where(people.c.id == person_id, sa.or_(people.c.last_message_at.is_(None), people.c.last_message_at < at))
        .values(last_message_at=at)
    )


def get(engine: Engine, person_id: int) -> Person:
    """Return a person. Raises sqlalchemy.exc.NoResultFound when there is none of this id."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(people).where(people.c.id == person_id)).one()
    return Person(row.id, Address(row.channel, row.person), row.conversation, row.last_message_at)


def lease(engine: Engine, person_id: int, kind: Lease, holder: str, now: datetime, seconds: float) -> bool:
    """Take, or prolong, the right to answer a person or to send to them. False: another worker has it.

    The lease ends by itself after `seconds`, so that a killed worker frees the person.
    """
    held, until = people.c[f"{kind}_lease"], people.c[f"{kind}_lease_until"]
    with engine.begin() as connection:
        taken = connection.execute(
            sa.update(people)
            .where(people.c.id == person_id, sa.or_(held.is_(None), held == holder, until < now))
            .values({held: holder, until: now + timedelta(seconds=seconds)})
        )
    return bool(taken.rowcount)


def release(engine: Engine, person_id: int, kind: Lease, holder: str) -> None:
    """Give a lease back. Nothing happens when it has passed to another holder."""
    held, until = people.c[f"{kind}_lease"], people.c[f"{kind}_lease_until"]
    with engine.begin() as connection:
        connection.execute(
            sa.update(people).where(people.c.id == person_id, held == holder).values({held: None, until: None})
        )
