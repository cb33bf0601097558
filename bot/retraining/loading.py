"""Loads the shipped examples into the store: changes are planned and reported first, then made in one transaction.

Mirrors what bot.store.content does for the library's facts. Librarians' changes, moves and removals are kept and
reported.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from ruamel.yaml import YAML
from sqlalchemy.engine import Connection, Engine

from bot.retraining import history, seed
from bot.retraining.history import History, Taught
from bot.retraining.seed import Seed
from bot.store import facts
from bot.store.examples import ExamplesError, Pair, language_of, seed_of
from bot.store.teaching_tables import ExampleRow, KeptConversationRow, QuestionRow, TopicRow
from bot.store.topics import FIRST, TEXTS, Topic, every, now_called

examples, topics = ExampleRow.__table__, TopicRow.__table__
conversations, questions = KeptConversationRow.__table__, QuestionRow.__table__

# The loader's name: rows that it changed last belong to the files, all others to staff.
LOADER = "examples"
# Where an older Carrel kept conversations from the console.
OLD_KEPT = Path("tests/conversations/from_console.yml")
MOST_SAID = 20


@dataclass
class Plan:
    """Everything that a load would do: rows to add, IDs of rows to change, what is kept despite the files."""

    topics: list[dict[str, Any]] = field(default_factory=list)
    labels: dict[str, Mapping[str, str]] = field(default_factory=dict)
    add: list[dict[str, Any]] = field(default_factory=list)
    reset: dict[int, Pair] = field(default_factory=dict)
    links: dict[int, str] = field(default_factory=dict)
    remove: list[int] = field(default_factory=list)
    conversations: list[dict[str, Any]] | None = None
    questions: list[dict[str, Any]] | None = None
    kept_conversations: list[dict[str, Any]] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    unchanged: int = 0
    first: bool = False

    @property
    def changes_nothing(self) -> bool:
        """Whether applying the plan would leave the store as it is."""
        rows = (self.topics, self.labels, self.add, self.reset, self.links, self.remove, self.kept_conversations)
        return not any(rows) and self.conversations is None and self.questions is None

    def __str__(self) -> str:
        new = Counter(each["intent"] for each in self.add if not each["removed_at"])
        many = len(new) > MOST_SAID
        lines = [f"+ topic {each['name']}" for each in self.topics] if len(self.topics) <= MOST_SAID else []
        lines += [f"~ topic {name}: {label.get(FIRST, '')}" for name, label in self.labels.items()]
        lines += [] if many else [f"+ {intent}: {count} examples" for intent, count in sorted(new.items())]
        lines += [f"~ {intent}: {text}" for intent, text in list(self.reset.values())[:MOST_SAID]]
        if self.conversations is not None:
            lines.append(f"~ conversation tests: {len(self.conversations)}")
        if self.questions is not None:
            lines.append(f"~ test questions: {len(self.questions)}")
        if self.kept_conversations:
            lines.append(f"+ conversations that staff have kept: {len(self.kept_conversations)}")
        lines += [f"! {each}" for each in self.kept[:MOST_SAID]]
        if len(self.kept) > MOST_SAID:
            lines.append(f"! and {len(self.kept) - MOST_SAID} more that librarians have changed or removed: kept")
        counts = {"added": sum(new.values()), "changed": len(self.reset), "removed": len(self.remove)}
        told = ", ".join(f"{count:,} {word}" for word, count in counts.items() if count) or "No example changes"
        return "\n".join(
            [*lines, f"{told}; {self.unchanged:,} stay as they are, {len(self.kept):,} as librarians want."]
        )


def plan(
    engine: Engine,
    shipped: Seed,
    root: Path,
    var: Path,
    *,
    now: datetime,
    remove: bool = False,
    overwrite: bool = False,
) -> Plan:
    """Return what loading the files under `root` would do to the store."""
    made = Plan()
    with engine.connect() as connection:
        called = now_called(connection)
        there = every(connection)
        rows = connection.execute(sa.select(examples)).all()
        made.first = not rows and not there
        known = history.read(connection, var) if made.first else History()
        _topics(made, shipped, called, there, known, now)
        if made.first:
            _first(made, shipped, called, known, now)
        else:
            _merged(made, shipped, called, rows, now, remove=remove, overwrite=overwrite)
        _tests(made, connection, shipped, root, now)
    return made


def _whose(source: str, by: str, now: datetime) -> dict[str, Any]:
    return {"source": source, "by": by, "at": now}


def _topics(
    made: Plan, shipped: Seed, called: Mapping[str, str], there: Mapping[str, Topic], known: History, now: datetime
) -> None:
    names = {called.get(name, name) for name in shipped.topics}
    for name, label in known.topics.items():
        if name not in names:
            values = {"name": name, "labels": {FIRST: label}, "served": TEXTS}
            made.topics.append({**values, **_whose("staff", "history", now)})
    for topic in shipped.topics.values():
        name = called.get(topic.name, topic.name)
        if name != topic.name and name in shipped.topics:
            continue  # merged into another topic
        labels = dict(topic.labels) if name == topic.name else {FIRST: name.replace("_", " ").capitalize()}
        if name not in there:
            made.topics.append({"name": name, "labels": labels, "served": topic.served, **_whose("seed", LOADER, now)})
        elif new := {language: text for language, text in labels.items() if language not in there[name].labels}:
            made.labels[name] = {**there[name].labels, **new}


def _row(
    pair: Pair, language: str, whose: Mapping[str, Any], seed: str | None = None, review_id: int | None = None
) -> dict[str, Any]:
    of = {"intent": pair[0], "text": pair[1], "language": language, "why": ""}
    return {**of, **whose, "seed": seed, "review_id": review_id, "removed_at": None}


def _first(made: Plan, shipped: Seed, called: Mapping[str, str], known: History, now: datetime) -> None:
    """Fill an empty table from the files and from what the store remembers as taught."""
    names = {each["name"] for each in made.topics}
    left = dict(known.pairs)
    for line in shipped.examples:
        pair = (called.get(line.intent, line.intent), line.text)
        taught, key = left.pop(pair, line), seed_of(line.intent, line.text)
        row = _row(pair, line.language, _whose("seed", LOADER, now), key)
        if taught is None:
            made.kept.append(f"{pair[0]}: “{pair[1]}” was removed: stays so")
            made.add.append({**row, "by": "history", "removed_at": now})
        elif isinstance(taught, Taught) and (taught.review_id is None or taught.review_id in known.certain):
            made.add.append(_taught(pair, taught))
        else:
            made.add.append(row)
    for pair, taught in left.items():
        if taught is None:
            # Not in these files, but perhaps in those of the next upgrade.
            whose = _whose("seed", "history", now)
            made.add.append({**_row(pair, language_of(pair[1]), whose, seed_of(*pair)), "removed_at": now})
        elif pair[0] in names:
            made.add.append(_taught(pair, taught))
        else:
            made.kept.append(f"{pair[0]}: there is no such topic any more; “{pair[1]}” is left out")


def _taught(pair: Pair, taught: Taught) -> dict[str, Any]:
    whose = _whose(taught.source, taught.by, taught.at)
    return _row(pair, language_of(pair[1]), whose, review_id=taught.review_id)


def _merged(
    made: Plan,
    shipped: Seed,
    called: Mapping[str, str],
    rows: list[Any],
    now: datetime,
    *,
    remove: bool,
    overwrite: bool,
) -> None:
    by_seed = {row.seed: row for row in rows if row.seed}
    by_pair = {(row.intent, row.text): row for row in rows}
    new = set[str]()
    for line in shipped.examples:
        pair, key = (called.get(line.intent, line.intent), line.text), seed_of(line.intent, line.text)
        row = by_seed.pop(key, None) or by_pair.get(pair)
        if row is None:
            new.add(line.text)
            made.add.append(_row(pair, line.language, _whose("seed", LOADER, now), key))
        elif row.removed_at is None and (row.intent, row.text) == pair:
            made.unchanged += 1
            if row.seed is None:
                made.links[row.id] = key
        elif overwrite:
            made.reset[row.id] = pair
        else:
            became = "removed" if row.removed_at else f"made “{row.text}” of {row.intent}"
            made.kept.append(f"{pair[0]}: “{pair[1]}” was {became} by {row.by}: stays so")
    gone = [row for row in by_seed.values() if row.removed_at is None and row.by == LOADER]
    # A text that is now under another intent has moved; others stay unless `remove` is set.
    made.remove = [row.id for row in gone if remove or row.text in new]


def _tests(made: Plan, connection: Connection, shipped: Seed, root: Path, now: datetime) -> None:
    """Plan to make the shipped tests match the files: nobody edits them in the store."""
    whose = _whose("seed", LOADER, now)
    told = [
        {"file": each.file, "story": dict(each.story), "person_id": None, **whose} for each in shipped.conversations
    ]
    asked = [
        {"file": each.file, "text": each.text, "intents": list(each.intents), **whose} for each in shipped.questions
    ]
    stories = sa.select(conversations).where(conversations.c.source == "seed").order_by(conversations.c.id)
    if [(row.file, row.story) for row in connection.execute(stories)] != [(row["file"], row["story"]) for row in told]:
        made.conversations = told
    there = sa.select(questions).where(questions.c.source == "seed").order_by(questions.c.id)
    wanted = [(row["file"], row["text"], row["intents"]) for row in asked]
    if [(row.file, row.text, row.intents) for row in connection.execute(there)] != wanted:
        made.questions = asked
    if made.first and (root / OLD_KEPT).exists():
        kept = YAML(typ="safe").load((root / OLD_KEPT).read_text(encoding="utf-8"))
        values = {"file": OLD_KEPT.stem, "person_id": None, **_whose("staff", "history", now)}
        made.kept_conversations = [{"story": each, **values} for each in kept["stories"]]


def apply(engine: Engine, planned: Plan, *, now: datetime) -> None:
    """Apply `planned` in one transaction: all or nothing."""
    with engine.begin() as connection:
        for row in planned.topics:
            connection.execute(sa.insert(topics).values(**row))
        for name, labels in planned.labels.items():
            connection.execute(sa.update(topics).where(topics.c.name == name).values(labels=labels))
        if planned.remove:
            connection.execute(sa.delete(examples).where(examples.c.id.in_(planned.remove)))
        if planned.add:
            connection.execute(sa.insert(examples), planned.add)
        for number, (intent, text) in planned.reset.items():
            values = {"intent": intent, "text": text, "removed_at": None, **_whose("seed", LOADER, now)}
            connection.execute(sa.update(examples).where(examples.c.id == number).values(**values))
        for number, key in planned.links.items():
            connection.execute(sa.update(examples).where(examples.c.id == number).values(seed=key))
        for table, rows in ((conversations, planned.conversations), (questions, planned.questions)):
            if rows is not None:
                connection.execute(sa.delete(table).where(table.c.source == "seed"))
                connection.execute(sa.insert(table), rows) if rows else None
        if planned.kept_conversations:
            connection.execute(sa.insert(conversations), planned.kept_conversations)
        if planned.first:
            history.forget_notes(connection)
        if not planned.changes_nothing:
            facts.changed(connection)


def filled(engine: Engine) -> bool:
    """Return whether the store holds any examples; until then nothing can be trained."""
    with engine.connect() as connection:
        return connection.execute(sa.select(examples.c.id).limit(1)).first() is not None


def load(engine: Engine, root: Path, var: Path, now: datetime) -> str:
    """Load what ships under `root` into the store; return what was done, "" for nothing. Raises ExamplesError."""
    found = seed.read(root)
    if found.problems:
        raise ExamplesError(found.problems)
    planned = plan(engine, found, root, var, now=now)
    if planned.changes_nothing:
        return ""
    apply(engine, planned, now=now)
    if planned.first:
        # Copies of examples kept by an older Carrel.
        (var / "care.json").unlink(missing_ok=True)
        shutil.rmtree(var / "undo", ignore_errors=True)
    return str(planned)
