"""Keyed hashes of who was erased, in the store and in a file beside it: a restored backup forgets them again.

The file is what survives when the database is replaced by an older one. Nobody can be recognised in either without the
key, and with the key only somebody whose id is known already.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store.message_tables import PersonRow
from bot.store.privacy_tables import TombstoneRow
from bot.store.rows import insert_ignore

FILE = "forgotten"

tombstones, people = TombstoneRow.__table__, PersonRow.__table__


def digest(key: str, channel: str, person: str) -> str:
    """Return the keyed hash that stands for an id on a channel."""
    return hmac.new(key.encode(), f"{channel}\0{person}".encode(), hashlib.sha256).hexdigest()


def set_up(engine: Engine, var: Path, digests: Iterable[str], now: datetime) -> None:
    """Record that whoever these hashes stand for is erased now: in the file first, then in the store."""
    found = list(digests)
    lines = "".join(f"{each} {now.isoformat()}\n" for each in found)
    with os.fdopen(os.open(var / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())
    with engine.begin() as connection:
        for each in found:
            insert_ignore(connection, tombstones, digest=each, erased_at=now)


def every(engine: Engine, var: Path) -> Mapping[str, datetime]:
    """Return when each hash was last erased, out of the file and the store, which then holds them all."""
    found: dict[str, datetime] = {}
    with engine.begin() as connection:
        for each, at in _in_file(var):
            insert_ignore(connection, tombstones, digest=each, erased_at=at)
        for row in connection.execute(sa.select(tombstones).order_by(tombstones.c.erased_at)):
            found[row.digest] = row.erased_at
    return found


def _in_file(var: Path) -> list[tuple[str, datetime]]:
    try:
        lines = (var / FILE).read_text().splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        name, _, at = line.partition(" ")
        try:
            found.append((name, datetime.fromisoformat(at)))
        except ValueError:  # a line that was cut off when the machine stopped
            continue
    return found


def come_back(engine: Engine, var: Path, key: str) -> list[tuple[str, str]]:
    """Return (channel, id) of people in the store who were erased after they were first seen: out of an old backup."""
    erased = every(engine, var)
    if not erased:
        return []
    with engine.connect() as connection:
        rows = connection.execute(sa.select(people.c.channel, people.c.person, people.c.alias, people.c.first_seen_at))
        return [
            (row.channel, row.person)
            for row in rows
            for at in [_erased_at(erased, key, row.channel, row.person, row.alias)]
            if at is not None and row.first_seen_at < at
        ]


def _erased_at(
    erased: Mapping[str, datetime], key: str, channel: str, person: str, alias: str | None
) -> datetime | None:
    names = [person, *([alias] if alias else [])]
    return max((erased[each] for name in names if (each := digest(key, channel, name)) in erased), default=None)


def age_out(engine: Engine, var: Path, before: datetime) -> int:
    """Remove the hashes of erasures that no backup can hold any more; return how many."""
    with engine.begin() as connection:
        gone = connection.execute(sa.delete(tombstones).where(tombstones.c.erased_at < before)).rowcount
    path = var / FILE
    kept = [f"{each} {at.isoformat()}\n" for each, at in _in_file(var) if at >= before]
    if path.exists() and len(kept) < len(path.read_text().splitlines()):
        half = path.with_suffix(".part")
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.writelines(kept)
        half.replace(path)
    return int(gone)
