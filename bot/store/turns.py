"""Turns: one transaction that answers a message, and what was understood, for staff to review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.dangers import DANGERS
from bot.store import inbox, outbox, people, threads, wishes
from bot.store.events import reply_from_json, reply_to_json
from bot.store.message_tables import InboxRow, OutboxRow, TurnRow
from bot.store.thread_tables import StaffMessageRow
from connectors.messages import Choice, OutboundCall, Reply

# At most this many messages before a tapped choice are searched for the question that it was about.
LOOKED_BACK = 6
asked = InboxRow.__table__
turns, said, sent = TurnRow.__table__, StaffMessageRow.__table__, OutboxRow.__table__
# The platforms' window: what was offered before it can no longer be chosen.
OFFERED_FOR = timedelta(hours=24)

# The state of a message that is the staff's, not the bot's.
KEPT = "kept"
# The state of a message that forms one thought with a later one, which has the turn.
JOINED = "joined"

# Statements needed for every message are built once (bot.store.people).
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

_OF_OURS = (
    sa.select(turns.c.replies, said.c.choices)
    .select_from(
        sent.outerjoin(turns, turns.c.inbox_id == sent.c.inbox_id).outerjoin(said, said.c.id == sent.c.staff_message_id)
    )
    .where(sent.c.person_id == sa.bindparam("person"), sent.c.platform_id == sa.bindparam("quoted"))
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
    pieces: Sequence[int] = (),
    words: str = "",
    beside_staff: bool = False,
    urgent: bool = False,
    told: int | None = None,
) -> bool:
    """Store a turn: message closed, calls in the outbox, understanding and requests kept, in one transaction.

    `understanding["requests"]` names what staff are asked to see to. If staff have the conversation, even since a
    moment ago, what the bot would have said is kept for them as a suggestion, and none of it is sent. `starts_again`:
    the person had told the bot to stop, and wants it back. `pieces`: earlier messages that form one thought with this
    one, and `words` what all say together. `beside_staff`: it may be said while a person is asked for, as long as no
    staff member has come. `urgent`: it answers to danger, and is sent whoever has the conversation. `told`: the version
    of the privacy statement that the replies tell of.

    False: another worker answered the message meanwhile, or it was to be kept (`state`) and staff have let go of the
    conversation; nothing was stored.
    """
    with engine.begin() as connection:
        quiet = threads.is_quiet(connection, person_id)
        if state == KEPT and not quiet:
            return False
        if quiet and not urgent and not (beside_staff and not threads.is_held(connection, person_id)):
            understanding = {**understanding, "suggested": [reply_to_json(reply) for reply in replies]}
            state, replies, calls = KEPT, (), ()
        if not inbox.close(connection, inbox_id, state, now, problem):
            return False
        for piece in pieces:
            inbox.close(connection, piece, KEPT if state == KEPT else JOINED, now)
        if pieces and words:
            inbox.say_together(connection, inbox_id, words)
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
        if told is not None and calls:
            people.told(connection, person_id, told, now)
    return True


def told_of_danger(engine: Engine, person_id: int, since: datetime) -> tuple[str, datetime] | None:
    """Return the danger for which a person was last answered since a moment, and when; None if there was none."""
    query = (
        sa.select(turns.c.intent, turns.c.at)
        .where(turns.c.person_id == person_id, turns.c.at >= since, turns.c.intent.in_(DANGERS))
        .where(turns.c.outcome != KEPT)
        .order_by(turns.c.id.desc())
        .limit(1)
    )
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return (row.intent, row.at) if row else None


def _question(connection: Connection, person_id: int, inbox_id: int, kind: str) -> int:
    """Return the message that a person wants staff to see to: if a choice was tapped, the words before it."""
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
    """Return a turn's searchable fields: intent, confidence, outcome, answer (see TurnRow)."""
    intent = understanding.get("intent") or {}
    name = intent.get("name") or ""
    confidence = float(intent.get("confidence") or 0.0)
    outcome = _outcome(name, understanding, state)
    given = str(understanding.get("answer") or "") if outcome in {"answered", "handed"} else ""
    return {"intent": name, "confidence": confidence, "outcome": outcome, "answer": given[:128]}


def _outcome(intent: str, understanding: Mapping[str, Any], state: str) -> str:
    if state != "answered":
        return {"recorded": "stopped"}.get(state, state)
    if "action_unsure" in understanding.get("actions", ()):
        return "unsure"
    if understanding.get("requests"):
        return "handed"
    return "out_of_scope" if intent == "out_of_scope" else "answered"


@dataclass(frozen=True)
class Offered:
    """What a person may choose from. `just_now`: it is part of the last thing said, at `at`."""

    choices: tuple[Choice, ...] = ()
    just_now: bool = False
    at: datetime | None = None


def offered(engine: Engine, person_id: int, now: datetime, quoted: str | None = None) -> Offered:
    """Return the choices last offered to a person, by the bot or with a notice; none if none within OFFERED_FOR.

    It doesn't matter how much was said since: the list has scrolled away, but its numbers keep their meaning. `quoted`:
    the platform's id of the message that is replied to; if it is one of ours, its list counts.
    """
    since = now - OFFERED_FOR
    asked_for = {"person": person_id, "since": since}
    with engine.connect() as connection:
        if quoted and (of_that := _quoted(connection, person_id, quoted)) is not None:
            return Offered(of_that, just_now=True)
        latest = connection.execute(_LAST_NOTICE, asked_for).one_or_none()
        last, spoken = None, 0
        for at, replies in connection.execute(_LATEST, asked_for):
            if not replies:
                continue
            if latest is not None and latest.choices and latest.at > at:
                return Offered(_choices(latest.choices), just_now=not spoken, at=max(latest.at, last or latest.at))
            last, spoken = last or at, spoken + 1
            parts = [part for reply in replies for part in (reply, *reply.get("cards", ()))]
            found = [each for part in parts for each in part.get("choices", ())]
            if found:
                return Offered(_choices(found), just_now=spoken == 1, at=last)
    if latest is not None:
        return Offered(_choices(latest.choices), just_now=last is None, at=last or latest.at)
    return Offered(at=last)


def _quoted(connection: Connection, person_id: int, quoted: str) -> tuple[Choice, ...] | None:
    """Return the choices of the turn, or of the notice, that a message of ours was part of; None: not one of ours."""
    row = connection.execute(_OF_OURS, {"person": person_id, "quoted": quoted}).one_or_none()
    if row is None:
        return None
    if row.choices is not None:
        return _choices(row.choices)
    parts = [part for reply in row.replies or () for part in (reply, *reply.get("cards", ()))]
    return _choices([each for part in parts for each in part.get("choices", ())])


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
    """Return what the bot would have said to a message kept for the staff; () if it had nothing."""
    query = sa.select(turns.c.understanding).where(turns.c.inbox_id == inbox_id)
    with engine.connect() as connection:
        understanding = connection.execute(query).scalar() or {}
    return tuple(reply_from_json(each) for each in understanding.get("suggested", ()))
