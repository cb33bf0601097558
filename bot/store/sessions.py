"""Console sessions: each sign-in is a row, found by its token, ended individually or for all of a user's."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from bot.store import door
from bot.store.door import Caller
from bot.store.session_tables import SessionRow
from bot.store.user_tables import UserRow
from bot.store.users import User, user_of

sessions, users = SessionRow.__table__, UserRow.__table__

# A page that is visited often is not recorded every time.
SEEN_EVERY = timedelta(minutes=1)
# An ended session is kept this long, so that a form being sent can be kept for its user.
KNOWN_FOR = timedelta(days=3)


@dataclass(frozen=True)
class Lifetimes:
    """How long a session lasts: when idle, and at most."""

    idle: timedelta = timedelta(hours=10)
    whole: timedelta = timedelta(days=7)


@dataclass(frozen=True)
class Session:
    """One sign-in."""

    id: int
    user: User
    way: str
    browser: str
    place: str
    began_at: datetime
    seen_at: datetime
    ended: str

    def lasts(self, now: datetime, lifetimes: Lifetimes) -> bool:
        """Return whether it is still valid."""
        young = now - self.seen_at < lifetimes.idle and now - self.began_at < lifetimes.whole
        return young and not self.ended and self.user.active


def begin(engine: Engine, user: User, way: str, caller: Caller, now: datetime, lifetimes: Lifetimes) -> str:
    """Record a sign-in, and return the token for the browser."""
    token = secrets.token_urlsafe(32)
    values = {"user_id": user.id, "way": way, "browser": caller.browser[:80], "place": caller.place}
    with engine.begin() as connection:
        _forget(connection, now, lifetimes)
        connection.execute(
            sa.insert(sessions).values(token_hash=_hashed(token), began_at=now, seen_at=now, ended="", **values)
        )
        connection.execute(sa.update(users).where(users.c.id == user.id).values(signed_in_at=now))
        door.note(connection, user.name, user.name, now, did="signed in", by=way, caller=caller)
    return token


def find(engine: Engine, token: str) -> Session | None:
    """Return a token's session, even one that ended a short while ago; None if there is none."""
    with engine.connect() as connection:
        row = connection.execute(_joined().where(sessions.c.token_hash == _hashed(token))).one_or_none()
    return _session(row) if row else None


def seen(engine: Engine, session: Session, now: datetime) -> None:
    """Record activity."""
    if now - session.seen_at < SEEN_EVERY:
        return
    with engine.begin() as connection:
        connection.execute(sa.update(sessions).where(sessions.c.id == session.id).values(seen_at=now))


def listed(engine: Engine, now: datetime, lifetimes: Lifetimes, user_id: int | None = None) -> list[Session]:
    """Return the valid sessions, most recently seen first: all, or one user's."""
    query = _joined().where(sessions.c.ended == "").order_by(sessions.c.seen_at.desc(), sessions.c.id.desc())
    if user_id is not None:
        query = query.where(sessions.c.user_id == user_id)
    with engine.connect() as connection:
        found = [_session(row) for row in connection.execute(query)]
    return [each for each in found if each.lasts(now, lifetimes)]


def end(engine: Engine, session_id: int, why: str, *, actor: str, now: datetime, only_of: int | None = None) -> bool:
    """End a session; only one of the user `only_of` if given. Returns whether there was one to end."""
    where = [sessions.c.id == session_id, sessions.c.ended == ""]
    if only_of is not None:
        where.append(sessions.c.user_id == only_of)
    with engine.begin() as connection:
        name = connection.execute(
            sa.select(users.c.name).join(sessions, sessions.c.user_id == users.c.id).where(*where)
        ).scalar_one_or_none()
        if name is None:
            return False
        connection.execute(sa.update(sessions).where(*where).values(ended=why))
        door.note(connection, actor, name, now, did=why)
    return True


def _forget(connection: Connection, now: datetime, lifetimes: Lifetimes) -> None:
    old = sa.or_(
        sessions.c.seen_at < now - lifetimes.idle - KNOWN_FOR, sessions.c.began_at < now - lifetimes.whole - KNOWN_FOR
    )
    connection.execute(sa.delete(sessions).where(old))


def _joined() -> Any:
    own = (each.label(f"session_{each.name}") for each in sessions.c)
    return sa.select(*own, *users.c).join(users, users.c.id == sessions.c.user_id)


def _session(row: Row) -> Session:
    names = ("id", "way", "browser", "place", "began_at", "seen_at", "ended")
    return Session(user=user_of(row), **{name: getattr(row, f"session_{name}") for name in names})


def _hashed(token: str) -> str:
    # The token has 256 random bits: it can't be guessed from its hash, so a slow hash isn't needed.
    return hashlib.sha256(token.encode()).hexdigest()
