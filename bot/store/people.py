"""People: who wrote, in which conversation, and which worker serves them now."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store import subscriptions
from bot.store.message_tables import PersonRow
from bot.store.rows import insert_ignore
from connectors.messages import Address

people = PersonRow.__table__
Lease = Literal["answer", "send"]

# Statements needed for every message are built once: SQLAlchemy takes six times as long over a new statement.
_OF_CHANNEL = sa.select(people.c.id, people.c.person, people.c.alias).where(people.c.channel == sa.bindparam("of"))
_BY_ADDRESS = _OF_CHANNEL.where(people.c.person == sa.bindparam("address"))
_BY_ALIAS = _OF_CHANNEL.where(people.c.alias == sa.bindparam("address"))
_BY_ID = sa.select(people).where(people.c.id == sa.bindparam("number"))
_WROTE = (
    sa.update(people)
    .where(
        people.c.id == sa.bindparam("number"),
        sa.or_(people.c.last_message_at.is_(None), people.c.last_message_at < sa.bindparam("wrote_at")),
    )
    .values(last_message_at=sa.bindparam("wrote_at"))
)


def _lease(kind: Lease) -> Any:
    held, until = people.c[f"{kind}_lease"], people.c[f"{kind}_lease_until"]
    free = sa.or_(held.is_(None), held == sa.bindparam("holder"), until < sa.bindparam("now"))
    taken = sa.update(people).where(people.c.id == sa.bindparam("number"), free)
    return taken.values({held: sa.bindparam("holder"), until: sa.bindparam("end")})


def _release(kind: Lease) -> Any:
    held, until = people.c[f"{kind}_lease"], people.c[f"{kind}_lease_until"]
    ours = sa.update(people).where(people.c.id == sa.bindparam("number"), held == sa.bindparam("holder"))
    return ours.values({held: None, until: None})


_LEASE: Mapping[Lease, Any] = {"answer": _lease("answer"), "send": _lease("send")}
_RELEASE: Mapping[Lease, Any] = {"answer": _release("answer"), "send": _release("send")}


@dataclass(frozen=True)
class Person:
    """Somebody on a channel. `quiet`: staff have the conversation, or were asked for, and the bot is quiet.

    `language` is the one in which they are answered, "" before their first words. `told_version`: the version of the
    privacy statement that they were told of, at `told_at`.
    """

    id: int
    address: Address
    conversation: str
    last_message_at: datetime | None
    stopped: bool = False
    quiet: bool = False
    language: str = ""
    told_version: int | None = None
    told_at: datetime | None = None


def aside(conversation: str) -> str:
    """Return the separate conversation in which the dialogue makes suggestions to staff."""
    return f"aside-{conversation}"


@dataclass(frozen=True)
class Known:
    """Somebody's id, and whether they were just added."""

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
    """Return the person at `address`, adding them if new.

    `alias` is another id of the same person: whoever wrote under one of the two is found under the other. `wrote_at`:
    when they wrote, if they did; this reopens the platform's window. A webhook waits for each statement here.
    """
    found = connection.execute(_BY_ADDRESS, {"of": address.channel, "address": address.person}).one_or_none()
    if found is None:
        # One query each instead of an OR, for which SQLite would scan everybody on the channel.
        asked = [(_BY_ALIAS, address.person), *([(_BY_ALIAS, alias), (_BY_ADDRESS, alias)] if alias else [])]
        rows = [
            row for query, name in asked for row in connection.execute(query, {"of": address.channel, "address": name})
        ]
        found = min(rows, key=lambda row: row.id, default=None)
    if found is None:
        return _added(connection, address, now, alias, wrote_at)
    if alias and (found.person, found.alias) != (address.person, alias):
        # Somebody known only by the alias now has an address, to which answers go from here on.
        values = {"person": address.person, "alias": alias}
        connection.execute(sa.update(people).where(people.c.id == found.id).values(values))
    if wrote_at:
        connection.execute(_WROTE, {"number": found.id, "wrote_at": wrote_at})
    return Known(int(found.id))


def is_known(connection: Connection, address: Address) -> bool:
    """Return whether somebody has this id, or had it."""
    return number(connection, address) is not None


def number(connection: Connection, address: Address) -> int | None:
    """Return who has this id, or had it, or None."""
    values = {"of": address.channel, "address": address.person}
    found = (connection.execute(query, values).first() for query in (_BY_ADDRESS, _BY_ALIAS))
    return next((int(row.id) for row in found if row is not None), None)


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
    added = connection.execute(_BY_ADDRESS, {"of": address.channel, "address": address.person}).one()
    return Known(int(added.id), new=True)


def moved(connection: Connection, person_id: int, to: str) -> None:
    """Record a person's new id on the platform. Does nothing when somebody has it already."""
    other = people.alias()
    taken = sa.exists().where(other.c.channel == people.c.channel, other.c.person == to, other.c.id != person_id)
    connection.execute(sa.update(people).where(people.c.id == person_id, ~taken).values(person=to))


def renamed(connection: Connection, channel: str, old: str, new: str) -> None:
    """Record that the platform uses another user id for somebody. Does nothing if somebody has the new one."""
    other = people.alias()
    taken = sa.exists().where(other.c.channel == channel, sa.or_(other.c.person == new, other.c.alias == new))
    values = {column: sa.case((people.c[column] == old, new), else_=people.c[column]) for column in ("person", "alias")}
    whose = sa.or_(people.c.person == old, people.c.alias == old)
    connection.execute(sa.update(people).where(people.c.channel == channel, whose, ~taken).values(values))


def stop(engine: Engine, person_id: int, since: datetime | None) -> None:
    """Record since when a person doesn't want the bot to answer; None: they want it again."""
    with engine.begin() as connection:
        connection.execute(sa.update(people).where(people.c.id == person_id).values(stopped_at=since))
        if since is not None:
            subscriptions.end_all(connection, person_id, "stop", since)


def speaks(engine: Engine, person_id: int, language: str) -> None:
    """Record the language in which a person is answered from here on."""
    with engine.begin() as connection:
        connection.execute(sa.update(people).where(people.c.id == person_id).values(language=language))


def told(connection: Connection, person_id: int, version: int, now: datetime) -> None:
    """Record which version of the privacy statement a person is told of now."""
    values = {"told_version": version, "told_at": now}
    connection.execute(sa.update(people).where(people.c.id == person_id).values(values))


def get(engine: Engine, person_id: int) -> Person:
    """Return a person. Raises sqlalchemy.exc.NoResultFound for an unknown id."""
    with engine.connect() as connection:
        row = connection.execute(_BY_ID, {"number": person_id}).one()
    return Person(
        row.id,
        Address(row.channel, row.person),
        row.conversation,
        row.last_message_at,
        row.stopped_at is not None,
        row.quiet_since is not None,
        row.language,
        row.told_version,
        row.told_at,
    )


def lease(engine: Engine, person_id: int, kind: Lease, holder: str, now: datetime, seconds: float) -> bool:
    """Acquire or renew the lease to answer a person or to send to them. False: another worker has it.

    The lease expires after `seconds`, so that a killed worker frees the person.
    """
    end = now + timedelta(seconds=seconds)
    with engine.begin() as connection:
        taken = connection.execute(_LEASE[kind], {"number": person_id, "holder": holder, "now": now, "end": end})
    return bool(taken.rowcount)


def release(engine: Engine, person_id: int, kind: Lease, holder: str) -> None:
    """Release a lease. Does nothing when it has passed to another holder."""
    with engine.begin() as connection:
        connection.execute(_RELEASE[kind], {"number": person_id, "holder": holder})
