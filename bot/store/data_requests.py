"""The register of requests about data: asked, confirmed, done or refused; and the one-time links to what is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from bot.store import audit
from bot.store.message_tables import OutboxRow
from bot.store.privacy_tables import DataRequestRow, LegalHoldRow

ACCESS, ERASURE = "access", "erasure"
CHAT, META, STAFF_SOURCE, COMMAND = "chat", "meta", "staff", "command"
ASKED, DUE, STAFF, DONE, REFUSED, WITHDRAWN = "asked", "due", "staff", "done", "refused", "withdrawn"
OPEN = (DUE, STAFF)
# How long a question waits for its yes, a link can be used, and the law allows for a request.
ASKED_FOR, LINK_FOR, ALLOWED = timedelta(hours=1), timedelta(days=1), timedelta(days=40)
# No letters or digits that are read for one another.
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

requests, holds, outbox = DataRequestRow.__table__, LegalHoldRow.__table__, OutboxRow.__table__


@dataclass(frozen=True)
class DataRequest:
    """One line of the register. The fields are those of DataRequestRow."""

    id: int
    kind: str
    source: str
    channel: str
    person_id: int | None
    subject: str
    state: str
    code: str
    asked_at: datetime
    confirmed_at: datetime | None
    ended_at: datetime | None
    by: str
    reason: str
    removed: Mapping[str, Any]
    conversations: Sequence[str]
    retrain: bool

    def days_left(self, now: datetime) -> int:
        """Return how many whole days are left of the forty; negative when it is late."""
        return (self.asked_at + ALLOWED - now).days


def _request(row: Row) -> DataRequest:
    return DataRequest(**{name: getattr(row, name) for name in DataRequest.__dataclass_fields__})


def _code() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def add(
    engine: Engine,
    kind: str,
    *,
    source: str,
    channel: str,
    now: datetime,
    state: str,
    person_id: int | None = None,
    subject: str = "",
    by: str = "",
    reason: str = "",
) -> DataRequest:
    """Enter a request into the register."""
    values = {
        **{"kind": kind, "source": source, "channel": channel, "person_id": person_id, "subject": subject[:255]},
        **{"state": state, "code": _code(), "asked_at": now, "by": by, "reason": reason, "token": ""},
        **{"confirmed_at": now if state == DUE else None, "ended_at": now if state in {DONE, REFUSED} else None},
        **{"removed": {}, "conversations": [], "retrain": False},
    }
    with engine.begin() as connection:
        number = connection.execute(sa.insert(requests).values(**values)).inserted_primary_key[0]
        return _request(connection.execute(sa.select(requests).where(requests.c.id == number)).one())


def add_once(engine: Engine, channel: str, subject: str, now: datetime) -> DataRequest:
    """Enter a platform's deletion request for an id that is still to be matched; the open one, if there is one."""
    mine = (requests.c.source == META, requests.c.subject == subject, requests.c.state.in_(OPEN))
    for known in _all(engine, *mine):
        return known
    return add(engine, ERASURE, source=META, channel=channel, now=now, state=DUE, subject=subject, by="Meta")


def asked_of(engine: Engine, person_id: int, now: datetime) -> DataRequest | None:
    """Return the erasure that a person has been asked to confirm and has not answered yet, or None."""
    waits = sa.select(requests).where(
        requests.c.person_id == person_id,
        requests.c.kind == ERASURE,
        requests.c.state == ASKED,
        requests.c.asked_at > now - ASKED_FOR,
    )
    with engine.connect() as connection:
        row = connection.execute(waits.order_by(requests.c.id.desc()).limit(1)).one_or_none()
    return _request(row) if row else None


def due_of(engine: Engine, person_id: int) -> DataRequest | None:
    """Return the erasure of a person that is confirmed and not done yet, or None."""
    waits = sa.select(requests).where(requests.c.person_id == person_id, requests.c.state == DUE)
    with engine.connect() as connection:
        row = connection.execute(waits.order_by(requests.c.id).limit(1)).one_or_none()
    return _request(row) if row else None


def move(engine: Engine, request_id: int, state: str, now: datetime, **values: Any) -> None:
    """Move a request to a state, with other columns' values."""
    moments = {"confirmed_at": now} if state == DUE else {"ended_at": now} if state not in {ASKED, STAFF} else {}
    with engine.begin() as connection:
        changed = {"state": state, **moments, **values}
        connection.execute(sa.update(requests).where(requests.c.id == request_id).values(**changed))


def answer(engine: Engine, request_id: int, state: str, *, by: str, reason: str, now: datetime) -> bool:
    """Have staff end an open request, with the reason; its `subject` is no longer kept. False: it was not open."""
    open_one = sa.and_(requests.c.id == request_id, requests.c.state.in_((ASKED, *OPEN)))
    values = {"state": state, "ended_at": now, "by": by, "reason": reason, "subject": ""}
    with engine.begin() as connection:
        done = connection.execute(sa.update(requests).where(open_one).values(**values)).rowcount
        if done:
            audit.note(connection, by, "privacy", f"request {request_id}", None, {state: reason}, now)
    return bool(done)


def match(engine: Engine, request_id: int, person_id: int) -> None:
    """Record whose data a platform's request is about; the platform's id for it is no longer kept."""
    with engine.begin() as connection:
        values = {"person_id": person_id, "subject": ""}
        connection.execute(sa.update(requests).where(requests.c.id == request_id).values(**values))


def due(engine: Engine) -> list[DataRequest]:
    """Return the confirmed erasures that the worker is to carry out, oldest first."""
    return _all(engine, requests.c.state == DUE, requests.c.kind == ERASURE)


def followed(engine: Engine) -> list[DataRequest]:
    """Return the erasures after which something is still to be done: late events, a training."""
    return [each for each in _all(engine, requests.c.state == DONE, requests.c.ended_at.is_not(None)) if _left(each)]


def _left(request: DataRequest) -> bool:
    return bool(request.conversations) or request.retrain


def note_followed(engine: Engine, request_id: int, **values: Any) -> None:
    """Record what has been done after an erasure."""
    with engine.begin() as connection:
        connection.execute(sa.update(requests).where(requests.c.id == request_id).values(**values))


def listed(engine: Engine, limit: int = 500) -> list[DataRequest]:
    """Return the register: open requests first, the oldest of them first; then the newest others."""
    found = _all(engine, requests.c.state.not_in((ASKED, WITHDRAWN)))
    waiting = [each for each in found if each.state in OPEN]
    return [*waiting, *(each for each in reversed(found) if each.state not in OPEN)][:limit]


def get(engine: Engine, request_id: int) -> DataRequest | None:
    """Return a request, or None."""
    return next(iter(_all(engine, requests.c.id == request_id)), None)


def by_code(engine: Engine, code: str) -> DataRequest | None:
    """Return the request with a code, or None."""
    return next(iter(_all(engine, requests.c.code == code.strip().upper())), None)


def cut_off(engine: Engine, since: datetime) -> list[DataRequest]:
    """Return the erasures since a moment that ended a conversation which staff had or were asked for."""
    found = _all(engine, requests.c.kind == ERASURE, requests.c.state == DONE, requests.c.ended_at > since)
    return [each for each in found if each.removed.get("thread")]


def _all(engine: Engine, *where: Any) -> list[DataRequest]:
    with engine.connect() as connection:
        return [_request(row) for row in connection.execute(sa.select(requests).where(*where).order_by(requests.c.id))]


def link(engine: Engine, request_id: int, now: datetime) -> str:
    """Make a one-time link for a request and return its token, of which only a hash is stored."""
    token = secrets.token_urlsafe(32)
    values = {"token": _hash(token), "token_until": now + LINK_FOR}
    with engine.begin() as connection:
        connection.execute(sa.update(requests).where(requests.c.id == request_id).values(**values))
    return token


def opens(engine: Engine, token: str, now: datetime) -> bool:
    """Return whether a link could be used now, without using it."""
    with engine.connect() as connection:
        return connection.execute(sa.select(requests.c.id).where(_usable(token, now))).scalar() is not None


def use(engine: Engine, token: str, now: datetime) -> int | None:
    """Use a link up and return whose data it shows; None: it is not, or no longer, one."""
    with engine.begin() as connection:
        wanted = sa.select(requests.c.id, requests.c.person_id).where(_usable(token, now))
        row = connection.execute(wanted).one_or_none()
        if row is None:
            return None
        mine = sa.and_(requests.c.id == row.id, requests.c.token == _hash(token))
        used = connection.execute(sa.update(requests).where(mine).values(token="", token_until=None)).rowcount
    return int(row.person_id) if used else None


def _usable(token: str, now: datetime) -> Any:
    return sa.and_(requests.c.token == _hash(token), requests.c.token_until > now, requests.c.person_id.is_not(None))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def held(connection: Connection, person_id: int) -> bool:
    """Return whether an administrator has ordered that a person's data stays."""
    hold = sa.select(holds.c.id).where(holds.c.person_id == person_id, holds.c.lifted_at.is_(None)).limit(1)
    return connection.execute(hold).scalar() is not None


def is_held(engine: Engine, person_id: int) -> bool:
    """Return whether an administrator has ordered that a person's data stays."""
    with engine.connect() as connection:
        return held(connection, person_id)
