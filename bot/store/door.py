"""Console sign-in: attempts are counted, throttled after too many, and logged in the audit.

A stranger who keeps trying a known name has to wait, longer each time. Anyone who has signed in with that name before
in the same browser is counted separately, so a stranger's attempts don't lock them out.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store import audit
from bot.store.library_tables import AuditRow
from bot.store.user_tables import RefusalRow, UserRow

refusals, users, changes = RefusalRow.__table__, UserRow.__table__, AuditRow.__table__

# OWASP Authentication Cheat Sheet: count per account, and per address for those who try many accounts.
MOST_FOR_NAME, MOST_FOR_ADDRESS = 5, 30
# After this many failures the next attempt has to wait this long, doubling each time up to the maximum.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)

TABLE = "sign_ins"
HELD_UP = "held up"
UNKNOWN = "(no such name)"  # what was typed may be a password entered in the wrong field


class HeldUp(Exception):
    """There were too many wrong passwords; `wait` is how long until the next attempt is allowed."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait}")
        self.wait = wait


@dataclass(frozen=True)
class Caller:
    """Who is signing in: the address, a readable browser name, and the mark of a browser that has signed in before."""

    address: str = ""
    browser: str = ""
    device: str = ""

    @property
    def place(self) -> str:
        """The beginning of the address: enough to recognise it."""
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError:
            return ""
        return str(ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 48}", strict=False))

    @property
    def counted_as(self) -> str:
        """What attempts are counted under instead of the full address: for IPv6 the network, which is one household."""
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError:
            return _hashed(self.address)
        whole = 32 if address.version == 4 else 64
        return _hashed(str(ipaddress.ip_network(f"{address}/{whole}", strict=False)))


@dataclass(frozen=True)
class Try:
    """An attempt that was counted and may be checked. `wait`: how long the next one must wait if this one fails."""

    id: int
    wait: timedelta


def count(engine: Engine, name: str, caller: Caller, now: datetime) -> Try:
    """Count an attempt before checking it, so that concurrent ones can't all pass as the first. Raises HeldUp.

    Throttled attempts don't count: sign-in is possible again as soon as the wait is over.
    """
    known = {"name": _hashed(name), "device": _hashed(caller.device) if caller.device else ""}
    with engine.begin() as connection:
        connection.execute(sa.delete(refusals).where(refusals.c.at < now - FORGOTTEN_AFTER))
        added = connection.execute(sa.insert(refusals).values(address=caller.counted_as, at=now, **known))
        number = int(added.inserted_primary_key[0])
    of_name = sa.and_(refusals.c.name == known["name"], refusals.c.device == known["device"])
    of_address = sa.and_(refusals.c.address == caller.counted_as, refusals.c.device == "")
    rules = [(of_name, MOST_FOR_NAME)] if caller.device else [(of_name, MOST_FOR_NAME), (of_address, MOST_FOR_ADDRESS)]
    next_wait = timedelta()
    for where, most in rules:
        with engine.begin() as connection:
            query = sa.select(sa.func.count(), sa.func.max(refusals.c.at)).where(where, refusals.c.id != number)
            earlier, last = connection.execute(query).one()
            left = _wait(earlier, most) - (now - last) if last is not None else timedelta()
            if left > timedelta():
                connection.execute(sa.delete(refusals).where(refusals.c.id == number))
        if left > timedelta():
            raise HeldUp(left)
        next_wait = max(next_wait, _wait(earlier + 1, most))
    return Try(number, next_wait)


def _wait(wrong: int, most: int) -> timedelta:
    """Return how long the next attempt has to wait after this many failures."""
    return min(FIRST_WAIT * 2 ** min(wrong - most, 10), LONGEST_WAIT) if wrong >= most else timedelta()


def refused(engine: Engine, name: str, caller: Caller, tried: Try, now: datetime, *, why: str) -> None:
    """Log a failed attempt, and that the next one has to wait, if it does."""
    with engine.begin() as connection:
        there = connection.execute(sa.select(users.c.id).where(users.c.name == name)).one_or_none()
        shown = name if there else UNKNOWN
        note(connection, shown, shown, now, did="refused", why=why, caller=caller)
        if tried.wait:
            note(connection, shown, shown, now, did=HELD_UP, minutes=_minutes(tried.wait), caller=caller)


def forgive(connection: Connection, name: str) -> None:
    """Forget all failed attempts for a name: it has a new password."""
    connection.execute(sa.delete(refusals).where(refusals.c.name == _hashed(name)))


def right(connection: Connection, name: str, caller: Caller, tried: Try) -> None:
    """Forget a successful attempt and the failures before it, counted for the same name and browser."""
    device = _hashed(caller.device) if caller.device else ""
    own = sa.and_(refusals.c.name == _hashed(name), refusals.c.device == device)
    connection.execute(sa.delete(refusals).where(sa.or_(own, refusals.c.id == tried.id)))


def note(
    connection: Connection, who: str, name: str, now: datetime, *, caller: Caller | None = None, **what: Any
) -> None:
    """Write a sign-in event concerning the user `name` to the audit."""
    told = {key: value for key, value in what.items() if value not in ("", None)}
    if caller is not None:
        told |= {key: value for key, value in (("from", caller.place), ("browser", caller.browser)) if value}
    audit.note(connection, who, TABLE, name, None, told, now)


@dataclass(frozen=True)
class Knocked:
    """A name was tried so often that sign-in was throttled."""

    name: str
    times: int
    last_at: datetime


def held_up(engine: Engine, since: datetime) -> list[Knocked]:
    """Return the names throttled since then, newest first."""
    query = sa.select(changes.c.key, changes.c.at, changes.c.after).where(
        changes.c.table_name == TABLE, changes.c.at > since
    )
    found: dict[str, Knocked] = {}
    with engine.connect() as connection:
        for row in connection.execute(query.order_by(changes.c.id)):
            if (row.after or {}).get("did") == HELD_UP:
                times = found[row.key].times + 1 if row.key in found else 1
                found[row.key] = Knocked(row.key, times, row.at)
    return sorted(found.values(), key=lambda each: each.last_at, reverse=True)


def _minutes(wait: timedelta) -> int:
    return max(1, round(wait.total_seconds() / 60))


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:40]
