"""The bot's training examples: read, added, moved, rewritten, removed, with their audit entries."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store import audit
from bot.store.alike import MARKED, same
from bot.store.learning_tables import ReviewRow
from bot.store.teaching_tables import SEED_DIGEST, ExampleRow

examples, reviews = ExampleRow.__table__, ReviewRow.__table__

LONGEST = 500
# Prefix of `reviews.learnt_in` when the model that learnt a decision was rolled back.
TAKEN_BACK = "taken back with "
_BRACKETS = str.maketrans("[]{}", "()()")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")

Pair = tuple[str, str]


class ExamplesError(Exception):
    """A change can't be made; `problems` say why, and what would be right."""

    def __init__(self, problems: Iterable[object]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(each) for each in self.problems))


@dataclass(frozen=True)
class Example:
    """A training example. `waiting`: no model that has gone live has learnt it yet."""

    id: int
    intent: str
    text: str
    language: str
    review_id: int | None = None
    waiting: bool = False


def language_of(text: str) -> str:
    """Return an example's language, by its script."""
    return "zh" if _HAN.search(text) else "en"


def seed_of(intent: str, text: str) -> str:
    """Return the digest that identifies a shipped example."""
    return hashlib.sha256(f"{intent}\t{text}".encode()).hexdigest()[:SEED_DIGEST]


def clean(text: str) -> str:
    """Return a text in an example's form: one line, entity marks kept, any other YAML or Rasa syntax removed."""
    parts, at = [], 0
    for found in MARKED.finditer(text):
        parts += [text[at : found.start()].translate(_BRACKETS), f"[{found.group(1).strip()}]({found.group(2)})"]
        at = found.end()
    whole = "".join([*parts, text[at:].translate(_BRACKETS)])
    words = "".join(each if each.isprintable() else " " for each in whole)
    return " ".join(words.split()).lstrip("-# ")


def version_of(rows: Iterable[Example]) -> str:
    """Return a fingerprint of exactly these examples, in any order."""
    told = "\n".join(sorted(f"{each.intent}\t{each.text}" for each in rows))
    return hashlib.sha256(told.encode()).hexdigest()[:12]


# A decision that was undone, or whose model was rolled back, teaches nothing.
_TEACHES = sa.and_(
    examples.c.removed_at.is_(None),
    sa.or_(
        examples.c.review_id.is_(None),
        sa.and_(reviews.c.undone_at.is_(None), sa.not_(reviews.c.learnt_in.startswith(TAKEN_BACK))),
    ),
)
_JOINED = examples.outerjoin(reviews, reviews.c.id == examples.c.review_id)


def _select(*columns: Any) -> Any:
    return sa.select(*columns).select_from(_JOINED).where(_TEACHES)


_ROW = _select(
    *(examples.c[name] for name in ("id", "intent", "text", "language", "review_id")),
    sa.and_(examples.c.review_id.is_not(None), reviews.c.learnt_in == "").label("waiting"),
)


def _example(row: Any) -> Example:
    return Example(row.id, row.intent, row.text, row.language, row.review_id, bool(row.waiting))


def current(source: Engine | Connection, *, waiting: bool = True) -> list[Example]:
    """Return what the next model learns, oldest first; without `waiting`, only what is already learnt."""
    query = _ROW.order_by(examples.c.id)
    if isinstance(source, Connection):
        rows = source.execute(query).all()
    else:
        with source.connect() as connection:
            rows = connection.execute(query).all()
    found: dict[Pair, Example] = {}
    for row in rows:
        if waiting or not row.waiting:
            # The same text can return with a reactivated model, and may have been typed again meanwhile.
            found.setdefault((row.intent, row.text), _example(row))
    return list(found.values())


def counts(engine: Engine) -> dict[str, int]:
    """Return how many examples each intent has, by name, for intents that can be expressed in words."""
    query = _select(examples.c.intent, sa.func.count()).group_by(examples.c.intent).order_by(examples.c.intent)
    with engine.connect() as connection:
        return dict(tuple(row) for row in connection.execute(query))


@dataclass(frozen=True)
class Found:
    """A page of examples, and the total number."""

    rows: tuple[Example, ...]
    total: int


def page(engine: Engine, *, intent: str = "", words: Sequence[str] = (), begin: int = 0, most: int = 100) -> Found:
    """Return the examples of an intent (any if empty) that contain all of `words`."""
    wanted = [sa.func.lower(examples.c.text).contains(word.lower(), autoescape=True) for word in words]
    if intent:
        wanted.append(examples.c.intent == intent)
    with engine.connect() as connection:
        total = connection.execute(_select(sa.func.count()).where(*wanted)).scalar_one()
        rows = connection.execute(
            _ROW.where(*wanted).order_by(examples.c.intent, examples.c.id).offset(begin).limit(most)
        )
        return Found(tuple(map(_example, rows)), int(total))


def named(engine: Engine, ids: Iterable[int]) -> dict[int, Example]:
    """Return those of the examples that are still taught, by number."""
    with engine.connect() as connection:
        rows = connection.execute(_ROW.where(examples.c.id.in_(list(ids))))
        return {row.id: _example(row) for row in rows}


def add(
    connection: Connection,
    pairs: Iterable[Pair],
    *,
    source: str,
    by: str,
    now: datetime,
    why: str = "",
    came_from: Mapping[Pair, int] | None = None,
) -> list[Pair]:
    """Add (intent, text) pairs; return the new ones. Existing ones stay as they are, removed ones are restored.

    `came_from`: the decision behind an example. Raises ExamplesError for a text that is empty or too long.
    """
    wanted = {(intent, clean(text)): (intent, text) for intent, text in pairs}
    if wrong := [text for _, text in wanted if not 0 < len(text) <= LONGEST]:
        raise ExamplesError([f'"{wrong[0][:60]}" is no example: it should have 1 to {LONGEST} characters'])
    intents = {intent for intent, _ in wanted}
    there = {(row.intent, same(row.text)) for row in connection.execute(_ROW.where(examples.c.intent.in_(intents)))}
    gone = sa.select(examples.c.id, examples.c.intent, examples.c.text).where(
        examples.c.intent.in_(intents), examples.c.removed_at.is_not(None)
    )
    removed = {(row.intent, same(row.text)): row.id for row in connection.execute(gone)}
    new, back, added = [], [], []
    for (intent, text), given in wanted.items():
        key = (intent, same(text))
        if key in there:
            continue
        there.add(key)
        added.append((intent, text))
        if key in removed:
            back.append(removed[key])
            continue
        of = (came_from or {}).get(given)
        whose = {"source": source, "by": by, "at": now, "why": why, "review_id": of}
        new.append({"intent": intent, "text": text, "language": language_of(text), **whose})
    if new:
        connection.execute(sa.insert(examples), new)
    if back:
        connection.execute(sa.update(examples).where(examples.c.id.in_(back)).values(removed_at=None, by=by, at=now))
    return added


def remove(connection: Connection, ids: Sequence[int], *, by: str, now: datetime) -> list[Pair]:
    """Remove examples; return those that existed. Raises ExamplesError if an intent would have none left."""
    rows = connection.execute(_ROW.where(examples.c.id.in_(list(ids)))).all()
    _leave_some(connection, rows)
    gone = [row.id for row in rows]
    connection.execute(sa.update(examples).where(examples.c.id.in_(gone)).values(removed_at=now, by=by, at=now))
    return [(row.intent, row.text) for row in rows]


def _leave_some(connection: Connection, rows: Sequence[Any]) -> None:
    for intent in {row.intent for row in rows}:
        others = _select(sa.func.count()).where(
            examples.c.intent == intent, examples.c.id.not_in([row.id for row in rows])
        )
        if not connection.execute(others).scalar_one():
            raise ExamplesError([f"{intent} would have no example left; merge the topic instead"])


def move(
    connection: Connection, ids: Sequence[int], intent: str, *, by: str, now: datetime
) -> tuple[list[Pair], list[Pair]]:
    """Move examples, and the decisions behind them, to another intent; return what was removed and what was added.

    Duplicates of what the intent has already are dropped. Raises ExamplesError if an intent would have none left.
    """
    rows = [row for row in connection.execute(_ROW.where(examples.c.id.in_(list(ids)))) if row.intent != intent]
    _leave_some(connection, rows)
    there = {same(row.text) for row in connection.execute(_ROW.where(examples.c.intent == intent))}
    going = [row for row in rows if same(row.text) not in there]
    doubled = [row.id for row in rows if same(row.text) in there]
    gone = {"removed_at": now, "by": by, "at": now}
    connection.execute(sa.update(examples).where(examples.c.id.in_(doubled)).values(**gone))
    reassign(connection, [row.id for row in going], intent, by=by, now=now)
    return [(row.intent, row.text) for row in rows], [(intent, row.text) for row in going]


def reassign(connection: Connection, ids: Sequence[int], intent: str, *, by: str, now: datetime) -> None:
    """Move examples, whatever their state, and the decisions behind them, to another intent."""
    mine = examples.c.id.in_(list(ids))
    connection.execute(sa.update(examples).where(mine).values(intent=intent, by=by, at=now))
    came_from = connection.execute(sa.select(examples.c.review_id).where(mine, examples.c.review_id.is_not(None)))
    follow(connection, list(came_from.scalars()), intent=intent)


def rewrite(connection: Connection, number: int, text: str, *, by: str, now: datetime) -> tuple[Pair, Pair]:
    """Change an example's text; return it before and after. Raises ExamplesError."""
    cleaned = clean(text)
    if not 0 < len(cleaned) <= LONGEST:
        raise ExamplesError([f'"{text[:60]}" is no example: it should have 1 to {LONGEST} characters'])
    row = connection.execute(_ROW.where(examples.c.id == number)).one_or_none()
    if row is None:
        raise ExamplesError(["This example is not there any more; somebody has changed it"])
    others = _ROW.where(examples.c.intent == row.intent, examples.c.id != number)
    if any(same(each.text) == same(cleaned) for each in connection.execute(others)):
        raise ExamplesError([f'"{cleaned[:60]}" stands under {row.intent} already'])
    values = {"text": cleaned, "language": language_of(cleaned), "by": by, "at": now}
    connection.execute(sa.update(examples).where(examples.c.id == number).values(**values))
    follow(connection, [row.review_id] if row.review_id else [], text=cleaned)
    return (row.intent, row.text), (row.intent, cleaned)


def follow(connection: Connection, review_ids: Sequence[int], **values: str) -> None:
    """Update decisions to match the examples they became: another `intent`, or another `text`."""
    if "intent" in values:
        values["decision"] = "out_of_scope" if values["intent"] == "out_of_scope" else "intent"
    if review_ids:
        connection.execute(sa.update(reviews).where(reviews.c.id.in_(list(review_ids))).values(**values))


def note(connection: Connection, removed: Sequence[Pair], added: Sequence[Pair], *, by: str, now: datetime) -> None:
    """Write a change to the audit: only what was really added or removed, so that an undo reverts just that."""
    if removed or added:
        before = {"removed": [list(each) for each in removed]} if removed else None
        after = {"added": [list(each) for each in added]} if added else None
        audit.note(connection, by, "examples", (added or removed)[0][0], before, after, now)


def undo(connection: Connection, change: Mapping[str, Any], *, by: str, now: datetime) -> None:
    """Undo a change recorded by `note`. Raises ExamplesError."""
    added: list[Pair] = [(each[0], each[1]) for each in (change["after"] or {}).get("added", ())]
    removed: list[Pair] = [(each[0], each[1]) for each in (change["before"] or {}).get("removed", ())]
    left, back = list(added), []
    for was in removed:
        moved = next((each for each in left if each[1] == was[1]), None)
        if moved is not None:
            move(connection, [_number(connection, moved)], was[0], by=by, now=now)
            left.remove(moved)
        elif len(added) == len(removed) == 1:
            rewrite(connection, _number(connection, left.pop()), was[1], by=by, now=now)
        else:
            back.append(was)
    add(connection, back, source="staff", by=by, now=now)
    remove(connection, [_number(connection, each) for each in left], by=by, now=now)
    note(connection, added, removed, by=by, now=now)


def _number(connection: Connection, pair: Pair) -> int:
    query = _select(examples.c.id).where(examples.c.intent == pair[0], examples.c.text == pair[1]).limit(1)
    found = connection.execute(query).scalar()
    if found is None:
        raise ExamplesError([f'"{pair[1][:60]}" does not stand under {pair[0]} any more; somebody has changed it'])
    return int(found)
