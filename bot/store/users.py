"""Who may sign in to the console, with which role and password."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import argon2
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from bot.store import audit, door
from bot.store.door import Caller, HeldUp
from bot.store.session_tables import SessionRow
from bot.store.user_tables import UserRow

users, sessions = UserRow.__table__, SessionRow.__table__

# Each role includes the rights of those before it.
ROLES = ("viewer", "librarian", "administrator")
SHORTEST_PASSWORD = 12

_hasher = argon2.PasswordHasher()  # RFC 9106's second recommended parameters
# Checked for unknown names, so that the response time doesn't reveal names.
_NOBODY = _hasher.hash(secrets.token_hex(16))


class UserError(Exception):
    """An operation on a user is not possible; the text says why and what would be right."""


@dataclass(frozen=True)
class User:
    """A staff member."""

    id: int
    name: str
    role: str
    active: bool
    must_change: bool
    added_at: datetime
    signed_in_at: datetime | None
    has_password: bool

    def may(self, role: str) -> bool:
        """Return whether this person may do what `role` may."""
        return self.active and ROLES.index(self.role) >= ROLES.index(role)


def user_of(row: Row) -> User:
    """Return a row's user."""
    return User(
        id=row.id,
        name=row.name,
        role=row.role,
        active=row.active,
        must_change=row.must_change,
        added_at=row.added_at,
        signed_in_at=row.signed_in_at,
        has_password=bool(row.password_hash),
    )


def all_users(engine: Engine) -> list[User]:
    """Return everybody, by name."""
    with engine.connect() as connection:
        return [user_of(row) for row in connection.execute(sa.select(users).order_by(users.c.name))]


def get(engine: Engine, user_id: int) -> User | None:
    """Return a user, or None."""
    return _one(engine, users.c.id == user_id)


def named(engine: Engine, name: str) -> User | None:
    """Return the user with this name, or None."""
    return _one(engine, users.c.name == name.strip().lower())


def _one(engine: Engine, where: Any) -> User | None:
    with engine.connect() as connection:
        row = connection.execute(sa.select(users).where(where)).one_or_none()
    return user_of(row) if row else None


def _read(engine: Engine, where: Any) -> User:
    with engine.connect() as connection:
        return user_of(connection.execute(sa.select(users).where(where)).one())


def one_time_password() -> str:
    """Return a password that is easy to read out and hard to guess: 80 bits in four groups."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"  # without lookalikes
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def add(engine: Engine, name: str, role: str, password: str | None, *, actor: str, now: datetime) -> User:
    """Add a user; without a password they sign in through the campus. Raises UserError.

    A password chosen by somebody else must be changed at the first sign-in.
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
        "added_at": now,
    }
    try:
        with engine.begin() as connection:
            connection.execute(sa.insert(users).values(**values))
            audit.note(connection, actor, "users", name, None, {"role": role}, now)
    except IntegrityError as error:
        raise UserError(f"There is a user {name} already.") from error
    return _read(engine, users.c.name == name)


def _good(password: str, name: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise UserError(f"A password has {SHORTEST_PASSWORD} characters or more; a few words in a row will do.")
    if name in password.lower() or len(set(password)) < 5:
        raise UserError("This password is easy to guess. A few words in a row, not your name, will do.")
    return password


def change(engine: Engine, user_id: int, *, actor: str, now: datetime, **values: Any) -> None:
    """Change a user's role, or whether they may sign in. Raises UserError if no administrator would be left.

    Whoever loses rights is signed out.
    """
    before = get(engine, user_id)
    if before is None:
        raise UserError("There is no such user any more.")
    after = {"role": values.get("role", before.role), "active": values.get("active", before.active)}
    if after["role"] not in ROLES:
        raise UserError(f"There is no role {after['role']!r}; the roles are {', '.join(ROLES)}.")
    with engine.begin() as connection:
        connection.execute(sa.update(users).where(users.c.id == user_id).values(**after))
        _end_sessions(connection, user_id, "signed out: rights changed")
        left = sa.select(sa.func.count()).where(users.c.role == "administrator", users.c.active)
        if not connection.execute(left).scalar_one():
            raise UserError("This is the last administrator. Make somebody else one first.")
        old = {"role": before.role, "active": before.active}
        audit.note(connection, actor, "users", before.name, old, after, now)


def set_password(engine: Engine, user_id: int, password: str, *, actor: str, now: datetime) -> User:
    """Set a user's password; all of their sessions end. Raises UserError.

    One chosen by somebody else must be changed at the next sign-in.
    """
    user = get(engine, user_id)
    if user is None:
        raise UserError("There is no such user any more.")
    values = {
        "password_hash": _hasher.hash(_good(password, user.name)),
        "must_change": actor != user.name,
    }
    with engine.begin() as connection:
        connection.execute(sa.update(users).where(users.c.id == user_id).values(**values))
        _end_sessions(connection, user_id, "signed out: new password")
        door.forgive(connection, user.name)
        audit.note(connection, actor, "users", user.name, None, {"password": "changed"}, now)
    return _read(engine, users.c.id == user_id)


def _end_sessions(connection: Connection, user_id: int, why: str) -> None:
    connection.execute(
        sa.update(sessions).where(sessions.c.user_id == user_id, sessions.c.ended == "").values(ended=why)
    )


def sign_in(engine: Engine, name: str, password: str, caller: Caller, now: datetime) -> User:
    """Return the user with this name and password. Raises UserError, which doesn't reveal whether the name is known."""
    name = name.strip().lower()[:128]
    try:
        tried = door.count(engine, name, caller, now)
    except HeldUp as held:
        minutes = max(1, -(-int(held.wait.total_seconds()) // 60))
        wait = f"{minutes} minute{'' if minutes == 1 else 's'}"
        raise UserError(
            f"Too many wrong passwords. Wait {wait}, use a browser in which you have signed in before, or ask an "
            "administrator for a new password."
        ) from held
    with engine.connect() as connection:
        row = connection.execute(sa.select(users).where(users.c.name == name)).one_or_none()
    hashed = row.password_hash if row is not None and row.password_hash else _NOBODY
    try:
        right = _hasher.verify(hashed, password) and hashed != _NOBODY
    except argon2.exceptions.VerificationError:
        right = False
    if not right or not row.active:
        door.refused(engine, name, caller, tried, now, why="wrong password" if not right else "closed")
        raise UserError("Name and password do not fit together.")
    with engine.begin() as connection:
        if _hasher.check_needs_rehash(hashed):
            values = {"password_hash": _hasher.hash(password)}
            connection.execute(sa.update(users).where(users.c.id == row.id).values(**values))
        door.right(connection, name, caller, tried)
    return user_of(row)


def signed_in_elsewhere(engine: Engine, name: str, caller: Caller, now: datetime) -> User:
    """Return the user signed in by the campus under this name. Raises UserError."""
    user = named(engine, name)
    if user is None or not user.active:
        with engine.begin() as connection:
            shown = user.name if user else door.UNKNOWN
            door.note(
                connection, shown, shown, now, did="refused", why="not added, or closed", by="campus", caller=caller
            )
        raise UserError("You are signed in at the campus, but nobody has added you here yet. Ask an administrator.")
    return user
