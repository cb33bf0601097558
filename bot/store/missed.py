"""Questions that the bot had no answer to: grouped, with what staff do about each, and whom it has helped since."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from bot.store.alike import same
from bot.store.desk_tables import MissedRow
from bot.store.learning_tables import QueueRow
from bot.store.message_tables import InboxRow, TurnRow
from bot.store.rows import insert_ignore

inbox, turns, queue, missed = InboxRow.__table__, TurnRow.__table__, QueueRow.__table__, MissedRow.__table__

OPEN, ANSWER, TAUGHT, NOT_OURS, DONE = "open", "answer", "taught", "not_ours", "done"
STATES = (OPEN, ANSWER, TAUGHT, NOT_OURS, DONE)
OUTCOMES = ("unsure", "out_of_scope", "failed")
# The latest messages of each outcome that are grouped: enough to include whatever recurs.
MOST_COUNTED = 1000


@dataclass(frozen=True)
class Group:
    """One question. `inbox_ids`: its messages, the latest first.

    `wordings`: each with the number of the latest message that has it; `keys` stand for them.

    `helped`: how many people asked it in the same words since the state is what it is, and got an answer.
    """

    keys: tuple[str, ...]
    inbox_ids: tuple[int, ...]
    wordings: tuple[tuple[int, str], ...]
    people: int
    first_at: datetime
    last_at: datetime
    state: str = OPEN
    owner: str = ""
    at: datetime | None = None
    helped: int = 0

    @property
    def key(self) -> str:
        """Return what stands for the group in a form: the key of its latest wording."""
        return self.keys[0]


def key_of(text: str) -> str:
    """Return what stands for a wording; it does not tell the words."""
    return hashlib.sha256(same(text).encode()).hexdigest()[:32]


def groups(engine: Engine, since: datetime) -> list[Group]:
    """Return the questions without an answer since a moment, those of the most people first.

    Wordings that the review queue has put together are one question.
    """
    with engine.connect() as connection:
        found = _grouped(_latest(connection, since))
        states = {row.key: row for row in connection.execute(sa.select(missed))}
        settled = [_with_state(each, states) for each in found]
        helped = _helped(connection, [each for each in settled if each.state in {TAUGHT, DONE}])
    told = [replace(each, helped=helped.get(each.key, 0)) for each in settled]
    return sorted(told, key=lambda each: (-each.people, -len(each.inbox_ids), -each.inbox_ids[0]))


def _latest(connection: Connection, since: datetime) -> Sequence[Row]:
    latest = [
        sa.select(turns.c.inbox_id).where(turns.c.outcome == each).order_by(turns.c.inbox_id.desc()).limit(MOST_COUNTED)
        for each in OUTCOMES
    ]
    numbers = sa.union_all(*(sa.select(each.subquery()) for each in latest)).subquery()
    query = (
        sa.select(inbox.c.id, inbox.c.text, inbox.c.person_id, inbox.c.received_at, queue.c.cluster, queue.c.together)
        .join(numbers, numbers.c.inbox_id == inbox.c.id)
        .outerjoin(queue, queue.c.inbox_id == inbox.c.id)
        .where(inbox.c.received_at >= since, inbox.c.text != "")
        .order_by(inbox.c.id.desc())
    )
    return connection.execute(query).all()


def _grouped(rows: Iterable[Row]) -> list[Group]:
    """Return messages grouped by wording, and wordings by the review queue's clusters and near-duplicates."""
    together: dict[str, list[Row]] = {}
    place: dict[Any, str] = {}
    for row in rows:
        key = key_of(row.text)
        marks = [key, *([("cluster", row.cluster)] if row.cluster is not None else [])]
        marks += [("together", row.together)] if row.together is not None else []
        home = next((place[mark] for mark in marks if mark in place), key)
        for mark in marks:
            place.setdefault(mark, home)
        together.setdefault(home, []).append(row)
    return [
        Group(
            keys=tuple(dict.fromkeys(key_of(row.text) for row in its)),
            inbox_ids=tuple(row.id for row in its),
            wordings=_wordings(its),
            people=len({row.person_id for row in its}),
            first_at=min(row.received_at for row in its),
            last_at=max(row.received_at for row in its),
        )
        for its in together.values()
    ]


def _wordings(rows: Sequence[Row]) -> tuple[tuple[int, str], ...]:
    """Return the distinct texts of messages, each with its latest message's number, the latest first."""
    latest: dict[str, int] = {}
    for row in rows:
        latest.setdefault(row.text, row.id)
    return tuple((number, text) for text, number in latest.items())


def _with_state(group: Group, states: Mapping[str, Row]) -> Group:
    rows = [states[each] for each in group.keys if each in states]
    if not rows:
        return group
    last = max(rows, key=lambda row: row.at)
    return replace(group, state=last.state, owner=last.owner, at=last.at)


def _helped(connection: Connection, settled: Sequence[Group]) -> dict[str, int]:
    """Return how many people have had an answer to each group's words since it was settled."""
    whose = {text.lower(): each for each in settled for _, text in each.wordings}
    if not whose:
        return {}
    since = min(each.at for each in settled if each.at)
    query = (
        sa.select(sa.func.lower(inbox.c.text).label("words"), inbox.c.person_id, inbox.c.received_at)
        .join(turns, turns.c.inbox_id == inbox.c.id)
        .where(
            inbox.c.said,
            inbox.c.received_at >= since,
            sa.func.lower(inbox.c.text).in_(list(whose)[:500]),
            turns.c.outcome == "answered",
        )
    )
    people: dict[str, set[int]] = {}
    for row in connection.execute(query):
        group = whose.get(row.words)
        if group is not None and group.at and row.received_at >= group.at:
            people.setdefault(group.key, set()).add(row.person_id)
    return {key: len(found) for key, found in people.items()}


def settle(
    engine: Engine, keys: Sequence[str], *, by: str, now: datetime, state: str = "", owner: str | None = None
) -> None:
    """Record a question's state, its owner, or both, under each of its wordings."""
    values: dict[str, Any] = {"by": by, **({"state": state, "at": now} if state else {})}
    if owner is not None:
        values["owner"] = owner
    with engine.begin() as connection:
        for key in keys:
            fresh = {"state": OPEN, "owner": "", "at": now, **values}
            if not insert_ignore(connection, missed, key=key, **fresh):
                connection.execute(sa.update(missed).where(missed.c.key == key).values(values))
