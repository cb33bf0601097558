"""What staff decide about an entry: stored at once, told to the entrant a little later, taken back until then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store import audit, outbox
from bot.store.contest_staff_tables import DecisionRow
from bot.store.contest_tables import EntryRow
from bot.store.entries import ACCEPTED, CHANGE_ASKED, ENTERED, REFUSED
from bot.store.message_tables import OutboxRow
from connectors.messages import OutboundCall

decisions, entries, calls = DecisionRow.__table__, EntryRow.__table__, OutboxRow.__table__

AWARD, NOTE = "award", "note"
VERDICTS = (ACCEPTED, REFUSED, CHANGE_ASKED)
# Entries that staff may decide about, again too; what is being written or was withdrawn is the entrant's alone.
DECIDABLE = (ENTERED, *VERDICTS)
WAITING, TOLD, UNDONE, UNREACHABLE, KEPT = "waiting", "told", "undone", "unreachable", "kept"
# How long a decision may be taken back before its entrant is told.
GRACE = timedelta(seconds=60)


@dataclass(frozen=True)
class Decision:
    """One decision or note: see DecisionRow."""

    id: int
    entry_id: int
    what: str
    before: str
    reason: str
    note: str
    by: str
    at: datetime
    state: str
    told_at: datetime | None
    problem: str


@dataclass(frozen=True)
class Due:
    """A decision whose entrant is to be told now, with what it is about."""

    id: int
    what: str
    reason: str
    note: str
    contest: str
    number: int | None
    title: str
    language: str
    person_id: int | None


def decide(
    engine: Engine, entry_id: int, what: str, *, seen: str, by: str, now: datetime, reason: str = "", note: str = ""
) -> int | None:
    """Move an entry to the state `what`, and have its entrant told; return the decision's number.

    `seen` is the entry's state as `by` saw it: None, and nothing is done, if it has another one by now. A decision that
    waits to be told is replaced: nobody is told two things at once.
    """
    with engine.begin() as connection:
        moved = sa.update(entries).where(entries.c.id == entry_id, entries.c.state == seen, seen in DECIDABLE)
        if what == seen or not connection.execute(moved.values(state=what, changed_at=now)).rowcount:
            return None
        _drop_waiting(connection, entry_id)
        return _add(connection, entry_id, what, before=seen, by=by, now=now, due=now + GRACE, reason=reason, note=note)


def note(engine: Engine, entry_id: int, text: str, by: str, now: datetime) -> None:
    """Keep a note that only staff read."""
    with engine.begin() as connection:
        _add(connection, entry_id, NOTE, before="", by=by, now=now, due=now, note=text, state=KEPT)


def won(connection: Connection, entry_id: int, award: str, words: str, by: str, now: datetime) -> None:
    """Have a winner told of an award, as part of the transaction that publishes it."""
    _add(connection, entry_id, AWARD, before=ACCEPTED, by=by, now=now, due=now, reason=award, note=words)


def undo(engine: Engine, decision_id: int, by: str, now: datetime) -> bool:
    """Take a decision back. False: its entrant has been told, or the entry has changed since."""
    with engine.begin() as connection:
        row = connection.execute(sa.select(decisions).where(decisions.c.id == decision_id)).one_or_none()
        if row is None or row.what not in VERDICTS or not _close(connection, decision_id, UNDONE):
            return False
        back = sa.update(entries).where(entries.c.id == row.entry_id, entries.c.state == row.what)
        done = connection.execute(back.values(state=row.before, changed_at=now)).rowcount
        audit.note(
            connection, by, "contest_entries", str(row.entry_id), {"state": row.what}, {"state": row.before}, now
        )
        return bool(done)


def due(engine: Engine, now: datetime, limit: int = 50) -> tuple[Due, ...]:
    """Return the decisions whose entrants are to be told now, oldest first."""
    query = (
        sa.select(
            *(decisions.c[name] for name in ("id", "what", "reason", "note")),
            *(entries.c[name] for name in ("contest", "number", "title", "language", "person_id")),
        )
        .join(entries, entries.c.id == decisions.c.entry_id)
        .where(decisions.c.state == WAITING, decisions.c.due_at <= now)
        .order_by(decisions.c.id)
        .limit(limit)
    )
    with engine.connect() as connection:
        return tuple(Due(**row._mapping) for row in connection.execute(query))


def told(
    engine: Engine,
    decision_id: int,
    person_id: int,
    calls: Sequence[OutboundCall],
    now: datetime,
    *,
    late: bool = False,
) -> bool:
    """Put what tells of a decision into the outbox. False: it was taken back, or another worker has told it.

    `late`: the calls are the platform's approved text, for after its window.
    """
    with engine.begin() as connection:
        if not _close(connection, decision_id, TOLD, told_at=now):
            return False
        about = outbox.DECISION
        outbox.add(connection, person_id, None, calls, now, late=late, about=about, decision_id=decision_id)
        return True


def put_off(engine: Engine, decision_id: int, until: datetime) -> None:
    """Have a decision told later; it may be taken back until then."""
    with engine.begin() as connection:
        waiting = sa.update(decisions).where(decisions.c.id == decision_id, decisions.c.state == WAITING)
        connection.execute(waiting.values(due_at=until))


def put_back(engine: Engine, decision_id: int, until: datetime) -> bool:
    """Take what tells of a decision out of the outbox, and have it told later. False: a part of it may have gone."""
    mine, told = calls.c.decision_id == decision_id, sa.update(decisions).where(decisions.c.id == decision_id)
    begun = sa.select(calls.c.id).where(mine, sa.or_(calls.c.state != "waiting", _may_have_gone()))
    with engine.begin() as connection:
        if connection.execute(begun.limit(1)).scalar() is not None:
            return False
        connection.execute(sa.delete(calls).where(mine))
        connection.execute(told.where(decisions.c.state == TOLD).values(state=WAITING, told_at=None, due_at=until))
        return True


def unreachable(engine: Engine, decision_id: int, problem: str) -> None:
    """Record why an entrant can't be told of a decision."""
    with engine.begin() as connection:
        _close(connection, decision_id, UNREACHABLE, problem=problem)


def of_entries(engine: Engine, entry_ids: Sequence[int]) -> dict[int, tuple[Decision, ...]]:
    """Return what was decided and noted about each entry, newest first."""
    query = sa.select(decisions).where(decisions.c.entry_id.in_(entry_ids)).order_by(decisions.c.id.desc())
    found: dict[int, list[Decision]] = {}
    with engine.connect() as connection:
        for row in connection.execute(query):
            values = {name: getattr(row, name) for name in Decision.__dataclass_fields__}
            found.setdefault(row.entry_id, []).append(Decision(**values))
    return {entry: tuple(each) for entry, each in found.items()}


def tellings(engine: Engine, contest: str, what: str) -> tuple[tuple[Decision, int, str], ...]:
    """Return every decision of a kind in a contest that was to be told, with the entry's number and title."""
    query = (
        sa.select(decisions, entries.c.number, entries.c.title)
        .join(entries, entries.c.id == decisions.c.entry_id)
        .where(entries.c.contest == contest, decisions.c.what == what, decisions.c.state != UNDONE)
        .order_by(decisions.c.id)
    )
    with engine.connect() as connection:
        return tuple(
            (Decision(**{name: getattr(row, name) for name in Decision.__dataclass_fields__}), row.number, row.title)
            for row in connection.execute(query)
        )


def _add(
    connection: Connection,
    entry_id: int,
    what: str,
    *,
    before: str,
    by: str,
    now: datetime,
    due: datetime,
    reason: str = "",
    note: str = "",
    state: str = WAITING,
) -> int:
    values: dict[str, Any] = {"entry_id": entry_id, "what": what, "before": before, "reason": reason, "note": note}
    added = connection.execute(sa.insert(decisions).values(**values, by=by, at=now, due_at=due, state=state))
    return int(added.inserted_primary_key[0])


def _may_have_gone() -> Any:
    """Return the condition of a call that was cut off in the middle (bot.store.message_tables.OutboxRow)."""
    return sa.and_(calls.c.tries > 0, calls.c.code == "")


def _close(connection: Connection, decision_id: int, state: str, **more: Any) -> bool:
    """Move a waiting decision to its last state; False if somebody else was faster."""
    waiting = sa.update(decisions).where(decisions.c.id == decision_id, decisions.c.state == WAITING)
    return bool(connection.execute(waiting.values(state=state, **more)).rowcount)


def _drop_waiting(connection: Connection, entry_id: int) -> None:
    waiting = (decisions.c.entry_id == entry_id, decisions.c.state == WAITING, decisions.c.what.in_(VERDICTS))
    connection.execute(sa.update(decisions).where(*waiting).values(state=UNDONE))
