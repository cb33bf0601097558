"""What was taught before examples had a table, reconstructed from the audit log, past models and decisions.

Read once, when the table is first filled. The files may contain what was taught (an older Carrel wrote into them) or
be as shipped; either way nothing that was taught is lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.examples import TAKEN_BACK, Pair, clean
from bot.store.learning_tables import ModelRow, ReviewRow
from bot.store.library_tables import AuditRow
from bot.store.reviews import MADE_A_TOPIC, OUT_OF_SCOPE, SECOND, TEACHES
from bot.store.topics import now_called

audits, models, reviews = AuditRow.__table__, ModelRow.__table__, ReviewRow.__table__
# Lists that an older Carrel kept with each model; they include students' texts, which now have rows of their own.
OLD_NOTES = ("add", "written", "taken")


@dataclass(frozen=True)
class Taught:
    """A taught example: its source, author and time, and the decision behind it."""

    source: str
    by: str
    at: datetime
    review_id: int | None = None


@dataclass
class History:
    """(intent, text) pairs taught, or removed (None), under current topic names; new topics with their labels.

    `certain`: decisions whose example was in no file before they were made.
    """

    pairs: dict[Pair, Taught | None] = field(default_factory=dict)
    topics: dict[str, str] = field(default_factory=dict)
    certain: set[int] = field(default_factory=set)


def read(connection: Connection, var: Path) -> History:
    """Return what the store records as taught. `var`: where an older Carrel kept the examples moved by splits."""
    called, found = now_called(connection), History()
    events = sorted(_events(connection, var, found), key=lambda each: each[0])
    for at, removed, added, source, who in events:
        for pair in removed:
            found.pairs[_now(pair, called)] = None
        for pair in added:
            found.pairs[_now(pair, called)] = Taught(source, who, at)
    found.topics = {name: label for name, label in found.topics.items() if name not in called}
    _decisions(connection, called, found)
    return found


def _now(pair: Sequence[str], called: Mapping[str, str]) -> Pair:
    return called.get(pair[0], pair[0]), pair[1]


Event = tuple[datetime, Sequence[Sequence[str]], Sequence[Sequence[str]], str, str]


def _events(connection: Connection, var: Path, found: History) -> Iterator[Event]:
    query = sa.select(audits).where(audits.c.table_name.in_(("examples", "topics"))).order_by(audits.c.id)
    for row in connection.execute(query):
        before, after = row.before or {}, row.after or {}
        if row.table_name == "examples":
            yield row.at, before.get("removed", ()), after.get("added", ()), "staff", row.who
        elif "examples" in after:
            found.topics[row.key] = after["label"]
            yield row.at, (), [(row.key, text) for text in after["examples"]], "topic", row.who
        elif after.get("does") == "split":
            found.topics[after["name"]] = after["name"].replace("_", " ").capitalize()
            moved = _moved(var / "undo" / f"{after['undo']}.json")
            yield row.at, [old for old, _ in moved], [new for _, new in moved], "staff", row.who
    for row in connection.execute(sa.select(models).where(models.c.activated_at.is_not(None))):
        if "taken" not in (row.changes or {}):
            yield row.activated_at, (), (row.changes or {}).get("written", ()), "review", row.activated_by


def _moved(snapshot: Path) -> list[Any]:
    return list(json.loads(snapshot.read_text(encoding="utf-8"))["moved"]) if snapshot.exists() else []


def _decisions(connection: Connection, called: Mapping[str, str], found: History) -> None:
    """Add decisions to what was taught, including pending ones and those withdrawn with a model."""
    written = {
        row.name: {_now(each, called) for each in row.changes["written"]}
        for row in connection.execute(sa.select(models.c.name, models.c.changes))
        if "written" in (row.changes or {})
    }
    teaching = sa.and_(
        reviews.c.undone_at.is_(None),
        reviews.c.representative,
        reviews.c.decision.in_(TEACHES),
        reviews.c.text != "",
        reviews.c.learnt_in != SECOND,
    )
    for row in connection.execute(sa.select(reviews).where(teaching).order_by(reviews.c.id)):
        intent = OUT_OF_SCOPE if row.decision == OUT_OF_SCOPE else called.get(row.intent, row.intent)
        pair, made = (intent, clean(row.text)), row.learnt_in == MADE_A_TOPIC
        if pair in found.pairs and found.pairs[pair] is None:
            continue  # removed since
        model = row.learnt_in.removeprefix(TAKEN_BACK)
        known = found.pairs.get(pair)
        if known is None or known.review_id is None:
            found.pairs[pair] = Taught("topic" if made else "review", row.by, row.at, row.id)
        # For a model that was live before this was recorded, assume that it wrote the example.
        if made or (model and pair in written.get(model, {pair})):
            found.certain.add(row.id)


def forget_notes(connection: Connection) -> None:
    """Remove the old lists from the models: their texts are rows now, deleted along with whoever said them."""
    for row in connection.execute(sa.select(models.c.name, models.c.changes)).all():
        kept = {key: value for key, value in (row.changes or {}).items() if key not in OLD_NOTES}
        if kept != row.changes:
            connection.execute(sa.update(models).where(models.c.name == row.name).values(changes=kept))
