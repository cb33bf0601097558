"""Turns: one transaction that answers a message, and what was understood, for staff to review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import inbox, outbox
from bot.store.events import reply_to_json
from bot.store.message_tables import RequestRow, TurnRow
from connectors.messages import Choice, OutboundCall, Reply

turns, requests = TurnRow.__table__, RequestRow.__table__


def answered(
    engine: Engine,
    inbox_id: int,
    person_id: int,
    *,
    replies: Sequence[Reply],
    understanding: Mapping[str, Any],
    calls: Sequence[OutboundCall],
    now: datetime,
    state: str = "answered",
    problem: str = "",
) -> bool:
    """Store a turn: message closed, calls in the outbox, understanding and requests kept; all of it or nothing.

    `understanding["requests"]` names what staff are asked to see to.
    False: another worker answered the message meanwhile, and nothing was stored.
    """
    with engine.begin() as connection:
        if not inbox.close(connection, inbox_id, state, now, problem):
            return False
        connection.execute(
            sa.insert(turns).values(
                inbox_id=inbox_id,
                person_id=person_id,
                at=now,
                understanding=dict(understanding),
                replies=[reply_to_json(reply) for reply in replies],
            )
        )
        for kind in understanding.get("requests", ()):
            connection.execute(
                sa.insert(requests).values(person_id=person_id, inbox_id=inbox_id, kind=kind, at=now, state="open")
            )
        outbox.add(connection, person_id, inbox_id, calls, now)
    return True


def offered(engine: Engine, person_id: int, turns_back: int = 5) -> tuple[Choice, ...]:
    """Return the choices that a person was offered last, within so many turns; () where there were none."""
    query = sa.select(turns.c.replies).where(turns.c.person_id == person_id).order_by(turns.c.id.desc())
    with engine.connect() as connection:
        for replies in connection.execute(query.limit(turns_back)).scalars():
            parts = [part for reply in replies for part in (reply, *reply.get("cards", ()))]
            found = [each for part in parts for each in part.get("choices", ())]
            if found:
                return tuple(Choice(each["title"], each["payload"], each.get("description")) for each in found)
    return ()


def of_person(engine: Engine, person_id: int) -> list[dict[str, Any]]:
    """Return a person's turns in order: {"inbox_id", "at", "understanding", "replies"}."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(turns).where(turns.c.person_id == person_id).order_by(turns.c.id))
        return [
            {"inbox_id": row.inbox_id, "at": row.at, "understanding": row.understanding, "replies": row.replies}
            for row in rows
        ]


def open_requests(engine: Engine) -> list[dict[str, Any]]:
    """Return what staff have yet to see to, oldest first: {"id", "kind", "at", "person_id", "inbox_id"}."""
    query = sa.select(requests).where(requests.c.state == "open").order_by(requests.c.at, requests.c.id)
    with engine.connect() as connection:
        return [
            {"id": row.id, "kind": row.kind, "at": row.at, "person_id": row.person_id, "inbox_id": row.inbox_id}
            for row in connection.execute(query)
        ]
