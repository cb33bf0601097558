"""Who may sign in to the console, with what role, and the door that closes after too many wrong passwords."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import argon2
import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row
from sqlalchemy.exc import IntegrityError

from bot.store import audit
from bot.store.user_tables import RefusalRow, UserRow

users, refusals = UserRow.__table__, RefusalRow.__table__

# Each may do what those before it may.
ROLES = ("viewer", "librarian", "administrator")
SHORTEST_PASSWORD = 12
LOCKED_FOR = timedelta(minutes=15)
# OWASP Authentication Cheat Sheet: count by account, and by address for who tries many accounts.
MOST_FOR_NAME, MOST_FOR_ADDRESS = 5, 30

_hasher = argon2.PasswordHasher()  # RFC 9106's second recommended parameters
# Checked where there is no such person, so that the time of the answer does not tell names.
_NOBODY = _hasher.hash(secrets.token_hex(16))


class UserError(Exception):
    """Something about a user cannot be done; the text says why and what would be right."""


@dataclass(frozen=True)
class User:
    """Somebody of the staff."""

    id: int
    name: str
    role: str
    active: bool
    must_change: bool
    stamp: str
    added_at: datetime
    signed_in_at: datetime | None
    has_password: bool

    def may(self, role: str) -> bool:
        """Return whether this person may do what `role` may."""
        return self.active and ROLES.index(self.role) >= ROLES.index(role)


def _user(row: Row) -> User:
    return User(
        id=row.id,
        name=row.name,
        role=row.role,
        active=row.active,
        must_change=row.must_change,
        stamp=row.stamp,
        added_at=row.added_at,
        signed_in_at=row.signed_in_at,
        has_password=bool(row.password_hash),
    )


def all_users(engine: Engine) -> list[User]:
    """Return everybody, by name."""
    with engine.connect() as connection:
        return [_user(row) for row in connection.execute(sa.select(users).order_by(users.c.name))]


def get(engine: Engine, user_id: int) -> User | None:
    """Return a user, or None."""
    return _one(engine, users.c.id == user_id)


def named(engine: Engine, name: str) -> User | None:
    """Return the user of this name, or None."""
    return _one(engine, users.c.name == name.strip().lower())


def _one(engine: Engine, where: Any) -> User | None:
    with engine.connect() as connection:
        row = connection.execute(sa.select(users).where(where)).one_or_none()
    return _user(row) if row else None


def _user_of(engine: Engine, where: Any) -> User:
    with engine.connect() as connection:
        return _user(connection.execute(sa.select(users).where(where)).one())


def one_time_password() -> str:
    """Return a password that is easy to read out and hard to guess: 80 bits in four groups."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"  # without what looks alike
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def add(engine: Engine, name: str, role: str, password: str | None, *, actor: str, now: datetime) -> User:
    """Add somebody; without a password they sign in through the campus. Raises UserError.

    A password that somebody else has chosen has to be changed at the first sign-in.
    """
    name = name.strip().lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9._@+-]{1,127}", name):
        raise UserError("A name has 2 to 128 letters, digits and . _ @ + -, for example chan.siu-ming or an address.")
    if role not in ROLES:
        raise UserError(f"There is no role {role!r}; the roles are {', '.join(ROLES)}.")
    values = {
        "name": name,
        "role": role,
        "password_hash": _hasher.hash(_good(password, name)) if password else "",
        "must_change": bool(password),
        "active": True,
        "stamp": secrets.token_hex(8),
        "added_at": now,
    }
    try:
        with engine.begin() as connection:
            connection.execute(sa.insert(users).values(**values))
            audit.note(connection, actor, "users", name, None, {"role": role}, now)
    except IntegrityError as error:
        raise UserError(f"There is a user {name} already.") from error
    return _user_of(engine, users.c.name == name)


def _good(password: str, name: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise UserError(f"A password has {SHORTEST_PASSWORD} characters or more; a few words in a row will do.")
    if name in password.lower() or len(set(password)) < 5:
        raise UserError("This password is easy to guess. A few words in a row, not your name, will do.")
    return password


def change(engine: Engine, user_id: int, *, actor: str, now: datetime, **values: Any) -> None:
    """Change the role of somebody, or whether they may sign in. Raises UserError where no administrator would be left.

    Whoever loses rights is signed out.
    """
    before = get(engine, user_id)
    if before is None:
        raise UserError("There is no such user any more.")
    after = {"role": values.get("role", before.role), "active": values.get("active", before.active)}
    if after["role"] not in ROLES:
        raise UserError(f"There is no role {after['role']!r}; the roles are {', '.join(ROLES)}.")
    with engine.begin() as connection:
        connection.execute(sa.update(users).where(users.c.id == user_id).values(**after, stamp=secrets.token_hex(8)))
        left = sa.select(sa.func.count()).where(users.c.role == "administrator", users.c.active)
        if not connection.execute(left).scalar_one():
            raise UserError("This is the last administrator. Make somebody else one first.")
        old = {"role": before.role, "active": before.active}
        audit.note(connection, actor, "users", before.name, old, after, now)


def set_password(engine: Engine, user_id: int, password: str, *, actor: str, now: datetime) -> User:
    """Give somebody a new password; all of their sessions end. Raises UserError.

    One that somebody else has chosen has to be changed at the next sign-in.
    """
    user = get(engine, user_id)
    if user is None:
        raise UserError("There is no such user any more.")
    values = {
        "password_hash": _hasher.hash(_good(password, user.name)),
        "must_change": actor != user.name,
        "stamp": secrets.token_hex(8),
    }
    with engine.begin() as connection:
        connection.execute(sa.update(users).where(users.c.id == user_id).values(**values))
        connection.execute(sa.delete(refusals).where(refusals.c.name == user.name))
        audit.note(connection, actor, "users", user.name, None, {"password": "changed"}, now)
    return _user_of(engine, users.c.id == user_id)


def sign_in(engine: Engine, name: str, password: str, address: str, now: datetime) -> User:
    """Return who has this name and password. Raises UserError, which does not tell whether the name is known."""
    name = name.strip().lower()[:128]
    counted = _count_try(engine, name, address[:64], now)
    with engine.connect() as connection:
        row = connection.execute(sa.select(users).where(users.c.name == name)).one_or_none()
    hashed = row.password_hash if row is not None and row.password_hash else _NOBODY
    try:
        right = _hasher.verify(hashed, password) and hashed != _NOBODY
    except argon2.exceptions.VerificationError:
        right = False
    if not right or not row.active:
        raise UserError("Name and password do not fit together.")
    values: dict[str, Any] = {"signed_in_at": now}
    if _hasher.check_needs_rehash(hashed):
        values["password_hash"] = _hasher.hash(password)
    with engine.begin() as connection:
        connection.execute(sa.update(users).where(users.c.id == row.id).values(**values))
        connection.execute(sa.delete(refusals).where(sa.or_(refusals.c.name == name, refusals.c.id == counted)))
    return _user(row)


def signed_in_elsewhere(engine: Engine, name: str, now: datetime) -> User:
    """Return who has this name at the campus's sign-in. Raises UserError."""
    user = named(engine, name)
    if user is None or not user.active:
        raise UserError("You are signed in at the campus, but nobody has added you here yet. Ask an administrator.")
    with engine.begin() as connection:
        connection.execute(sa.update(users).where(users.c.id == user.id).values(signed_in_at=now))
    return user


def _count_try(engine: Engine, name: str, address: str, now: datetime) -> int:
    """Count a try before it is judged, so that many at once are not all the first; return its number.

    Raises UserError where there were too many. What was refused so does not count: the door opens when its time is up.
    """
    since = now - LOCKED_FOR
    with engine.begin() as connection:
        connection.execute(sa.delete(refusals).where(refusals.c.at < since))
        added = connection.execute(sa.insert(refusals).values(name=name, address=address, at=now))
        number = int(added.inserted_primary_key[0])
    for where, most in ((refusals.c.name == name, MOST_FOR_NAME), (refusals.c.address == address, MOST_FOR_ADDRESS)):
        with engine.begin() as connection:
            count = sa.select(sa.func.count()).where(where, refusals.c.at > since)
            if connection.execute(count).scalar_one() <= most:
                continue
            connection.execute(sa.delete(refusals).where(refusals.c.id == number))
        minutes = int(LOCKED_FOR.total_seconds() // 60)
        raise UserError(
            f"Too many wrong passwords. Wait {minutes} minutes, or ask an administrator for a new password."
        )
    return number
