"""Turns: one transaction that answers a message, and what was understood, for staff to review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store import inbox, outbox, threads, wishes
from bot.store.events import reply_from_json, reply_to_json
from bot.store.message_tables import InboxRow, TurnRow
from bot.store.thread_tables import StaffMessageRow
from connectors.messages import Choice, OutboundCall, Reply

# So many messages before a tapped choice are looked through for the question that it was about.
LOOKED_BACK = 6
asked = InboxRow.__table__
turns, said = TurnRow.__table__, StaffMessageRow.__table__
# The platforms' window: what was offered before it is nobody's choice any more.
OFFERED_FOR = timedelta(hours=24)

# The state of a message that staff have, and not the bot.
KEPT = "kept"

# What each message needs is put together once (bot.store.people).
_ADD = sa.insert(turns)
_LATEST = (
    sa.select(turns.c.at, turns.c.replies)
    .where(turns.c.person_id == sa.bindparam("person"), turns.c.at >= sa.bindparam("since"))
    .order_by(turns.c.id.desc())
)
_LAST_NOTICE = (
    sa.select(said.c.at, said.c.choices)
    .where(said.c.person_id == sa.bindparam("person"), said.c.at >= sa.bindparam("since"), said.c.kind == "notice")
    .order_by(said.c.id.desc())
    .limit(1)
)


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
    starts_again: bool = False,
) -> bool:
    """Store a turn: message closed, calls in the outbox, understanding and requests kept; all of it or nothing.

    `understanding["requests"]` names what staff are asked to see to. Where staff have the conversation, even since a
    moment ago, what the bot would have said is kept for them as a suggestion, and nothing of it is sent.
    `starts_again`: the person had told the bot to stop, and wants it back.
    False: another worker answered the message meanwhile, or it was to be kept (`state`) and staff have let go of the
    conversation; nothing was stored.
    """
    with engine.begin() as connection:
        quiet = threads.is_quiet(connection, person_id)
        if state == KEPT and not quiet:
            return False
        if quiet:
            understanding = {**understanding, "suggested": [reply_to_json(reply) for reply in replies]}
            state, replies, calls = KEPT, (), ()
        if not inbox.close(connection, inbox_id, state, now, problem):
            return False
        if starts_again:
            wishes.start_again(connection, person_id)
        connection.execute(
            _ADD,
            {
                "inbox_id": inbox_id,
                "person_id": person_id,
                "at": now,
                "understanding": dict(understanding),
                "replies": [reply_to_json(reply) for reply in replies],
                **summary(understanding, state),
            },
        )
        for kind in understanding.get("requests", ()):
            threads.ask(connection, person_id, _question(connection, person_id, inbox_id, kind), kind, now)
        outbox.add(connection, person_id, inbox_id, calls, now)
    return True


def _question(connection: Connection, person_id: int, inbox_id: int, kind: str) -> int:
    """Return the message that a person wants staff to see to: the words before it where a choice was tapped."""
    query = sa.select(asked.c.id, asked.c.event, asked.c.text).where(
        asked.c.person_id == person_id, asked.c.said, asked.c.id <= inbox_id
    )
    rows = connection.execute(query.order_by(asked.c.id.desc()).limit(LOOKED_BACK)).all()
    tapped = kind == threads.LATER or any(row.id == inbox_id and row.event.get("choice") for row in rows)
    if not tapped:
        return inbox_id
    words = (row.id for row in rows if row.id != inbox_id and not row.event.get("choice") and not row.text.isdigit())
    return next(words, inbox_id)


def summary(understanding: Mapping[str, Any], state: str) -> dict[str, Any]:
    """Return what of a turn is searched for: intent, confidence, outcome (TurnRow says which there are)."""
    intent = understanding.get("intent") or {}
    name = intent.get("name") or ""
    confidence = float(intent.get("confidence") or 0.0)
    return {"intent": name, "confidence": confidence, "outcome": _outcome(name, understanding, state)}


def _outcome(intent: str, understanding: Mapping[str, Any], state: str) -> str:
    if state != "answered":
        return {"recorded": "stopped"}.get(state, state)
    if "action_unsure" in understanding.get("actions", ()):
        return "unsure"
    if understanding.get("requests"):
        return "handed"
    return "out_of_scope" if intent == "out_of_scope" else "answered"


def offered(engine: Engine, person_id: int, now: datetime) -> tuple[Choice, ...]:
    """Return the choices that a person was offered last, by the bot or beside a notice; () where none in OFFERED_FOR.

    However much was said since: the list has scrolled away, not what it meant.
    """
    since = now - OFFERED_FOR
    asked_for = {"person": person_id, "since": since}
    with engine.connect() as connection:
        latest = connection.execute(_LAST_NOTICE, asked_for).one_or_none()
        for at, replies in connection.execute(_LATEST, asked_for):
            if latest is not None and latest.choices and latest.at > at:
                return _choices(latest.choices)
            parts = [part for reply in replies for part in (reply, *reply.get("cards", ()))]
            found = [each for part in parts for each in part.get("choices", ())]
            if found:
                return _choices(found)
    return _choices(latest.choices) if latest is not None else ()


def _choices(found: Sequence[Mapping[str, Any]]) -> tuple[Choice, ...]:
    return tuple(Choice(each["title"], each["payload"], each.get("description")) for each in found)


def of_person(engine: Engine, person_id: int) -> list[dict[str, Any]]:
    """Return a person's turns in order: {"inbox_id", "at", "understanding", "replies"}."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(turns).where(turns.c.person_id == person_id).order_by(turns.c.id))
        return [
            {"inbox_id": row.inbox_id, "at": row.at, "understanding": row.understanding, "replies": row.replies}
            for row in rows
        ]


def suggested(engine: Engine, inbox_id: int) -> tuple[Reply, ...]:
    """Return what the bot would have said to a message that was kept for the staff; () where it had nothing."""
    query = sa.select(turns.c.understanding).where(turns.c.inbox_id == inbox_id)
    with engine.connect() as connection:
        understanding = connection.execute(query).scalar() or {}
    return tuple(reply_from_json(each) for each in understanding.get("suggested", ()))
