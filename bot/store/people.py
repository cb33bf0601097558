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
    """Somebody on a channel. `quiet`: staff have the conversation, or are asked for, and the bot is quiet."""

    id: int
    address: Address
    conversation: str
    last_message_at: datetime | None
    stopped: bool = False
    quiet: bool = False


def aside(conversation: str) -> str:
    """Return the conversation in which the dialogue makes suggestions to staff, apart from the student's own."""
    return f"aside-{conversation}"


@dataclass(frozen=True)
class Known:
    """Somebody's id, and whether they were added just now."""

    id: int
    new: bool = False


def find_or_add(
    connection: Connection,
    address: Address,
    now: datetime,
    *,
    alias: str | None = None,
    wrote_at: datetime | None = None,
) -> Known:
    """Return the person at `address`, adding them when they are new.

    `alias` is another id of the same person: who wrote under one of the two is found under the other. `wrote_at`: when
    they wrote, if they did; the platform's window opens anew. A webhook waits for each statement here.
    """
    whose = sa.select(people.c.id, people.c.person, people.c.alias).where(people.c.channel == address.channel)
    found = connection.execute(whose.where(people.c.person == address.person)).one_or_none()
    if found is None:
        names = {address.person, *([alias] if alias else [])}
        # Two questions and no "or", for which SQLite would look through everybody of the channel.
        by_either = sa.union_all(whose.where(people.c.alias.in_(names)), whose.where(people.c.person == alias))
        query = by_either if alias else whose.where(people.c.alias == address.person)
        found = min(connection.execute(query), key=lambda row: row.id, default=None)
    if found is None:
        return _added(connection, address, now, alias, wrote_at)
    if alias and (found.person, found.alias) != (address.person, alias):
        # Who was known by the alias alone has an address now, to which answers go from here on.
        values = {"person": address.person, "alias": alias}
        connection.execute(sa.update(people).where(people.c.id == found.id).values(values))
    if wrote_at:
        earlier = sa.or_(people.c.last_message_at.is_(None), people.c.last_message_at < wrote_at)
        wrote = sa.update(people).where(people.c.id == found.id, earlier).values(last_message_at=wrote_at)
        connection.execute(wrote)
    return Known(int(found.id))


def _added(
    connection: Connection, address: Address, now: datetime, alias: str | None, wrote_at: datetime | None
) -> Known:
    new = insert_ignore(
        connection,
        people,
        channel=address.channel,
        person=address.person,
        conversation=uuid.uuid4().hex,
        first_seen_at=now,
        alias=alias,
        last_message_at=wrote_at,
    )
    if not new:  # another process was faster
        return find_or_add(connection, address, now, alias=alias, wrote_at=wrote_at)
    where = sa.and_(people.c.channel == address.channel, people.c.person == address.person)
    return Known(int(connection.execute(sa.select(people.c.id).where(where)).scalar_one()), new=True)


def moved(connection: Connection, person_id: int, to: str) -> None:
    """Note that a person has a new id on the platform. Nothing happens when somebody has it already."""
    other = people.alias()
    taken = sa.exists().where(other.c.channel == people.c.channel, other.c.person == to, other.c.id != person_id)
    connection.execute(sa.update(people).where(people.c.id == person_id, ~taken).values(person=to))


def renamed(connection: Connection, channel: str, old: str, new: str) -> None:
    """Note that the platform calls somebody by another user id. Nothing happens where somebody has the new one."""
    other = people.alias()
    taken = sa.exists().where(other.c.channel == channel, sa.or_(other.c.person == new, other.c.alias == new))
    values = {column: sa.case((people.c[column] == old, new), else_=people.c[column]) for column in ("person", "alias")}
    whose = sa.or_(people.c.person == old, people.c.alias == old)
    connection.execute(sa.update(people).where(people.c.channel == channel, whose, ~taken).values(values))


def stop(engine: Engine, person_id: int, since: datetime | None) -> None:
    """Note since when a person does not want to be answered by the bot; None: they want it again."""
    with engine.begin() as connection:
        connection.execute(sa.update(people).where(people.c.id == person_id).values(stopped_at=since))


def get(engine: Engine, person_id: int) -> Person:
    """Return a person. Raises sqlalchemy.exc.NoResultFound when there is none of this id."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(people).where(people.c.id == person_id)).one()
    return Person(
        row.id,
        Address(row.channel, row.person),
        row.conversation,
        row.last_message_at,
        row.stopped_at is not None,
        row.quiet_since is not None,
    )


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
