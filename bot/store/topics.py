"""Topics: their labels, new ones, merged and split ones; and former names.

A topic's name is its intent and never changes, so renaming it only changes its label.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.store import audit, examples, facts, reviews
from bot.store.examples import ExamplesError
from bot.store.learning_tables import ReviewRow, TopicNameRow
from bot.store.library_tables import AnswerRow
from bot.store.teaching_tables import ExampleRow, TopicRow

names, topics, said = TopicNameRow.__table__, TopicRow.__table__, ReviewRow.__table__
taught = ExampleRow.__table__

NAME = re.compile(r"[a-z][a-z0-9_]{2,40}")
LEAST_EXAMPLES = 3
LONGEST_LABEL = 20  # what fits on a quick reply (PLATFORMS)
FIRST = "en"
LABEL = "part_topic_"  # a topic's label in the domain: part_topic_wifi, part_topic_wifi_zh_hant
TEXTS, PROGRAM = "texts", "program"
# Topics of texts that the program names nevertheless (tests/bot/store/test_topics.py checks the list against the
# sources).
NAMED = frozenset({"counselling", "location_directions", "social_media_channels"})


@dataclass(frozen=True)
class Topic:
    """A topic. The fields are those of TopicRow."""

    name: str
    labels: Mapping[str, str]
    served: str

    @property
    def called(self) -> str:
        """What people call it: its label, or its name in words."""
        return self.labels.get(FIRST) or self.name.replace("_", " ").capitalize()

    @property
    def whole(self) -> bool:
        """Whether it can be merged into another: only the store refers to it."""
        return self.served == TEXTS and self.name not in NAMED


def changing(engine: Engine, who: str, now: datetime) -> AbstractContextManager[Session]:
    """Open a transaction for one of the changes below."""
    return audit.session(engine, who, now)


def every(source: Engine | Connection) -> dict[str, Topic]:
    """Return all topics by name."""
    if isinstance(source, Engine):
        with source.connect() as connection:
            return every(connection)
    rows = source.execute(sa.select(topics).order_by(topics.c.name))
    return {row.name: Topic(row.name, row.labels, row.served) for row in rows}


def label_responses(of: Iterable[Topic]) -> dict[str, str]:
    """Return the labels of topics, by the name of the domain response for each."""
    return {
        f"{LABEL}{topic.name}" if language == FIRST else f"{LABEL}{topic.name}_{language}": label
        for topic in of
        for language, label in topic.labels.items()
    }


def known(engine: Engine) -> frozenset[str]:
    """Return the names of all topics; none if the store doesn't exist yet."""
    try:
        return frozenset(every(engine))
    except SQLAlchemyError:
        return frozenset()


def now_called(connection: Connection) -> dict[str, str]:
    """Return topics' current names by old name: a model uses the names that it has learnt."""
    return {row.old: row.new for row in connection.execute(sa.select(names))}


def answers_of(engine: Engine, topic: str) -> int:
    """Return how many answers a topic has."""
    with engine.connect() as connection:
        query = sa.select(sa.func.count()).select_from(AnswerRow.__table__).where(AnswerRow.__table__.c.topic == topic)
        return int(connection.execute(query).scalar_one())


def decisions_of(engine: Engine, topic: str) -> int:
    """Return how many decisions assign a message to a topic."""
    with engine.connect() as connection:
        query = sa.select(sa.func.count()).select_from(said).where(said.c.intent == topic, said.c.undone_at.is_(None))
        return int(connection.execute(query).scalar_one())


def name_of(label: str) -> str:
    """Return a new topic's name from its label: "Lost cards" is lost_cards, "3D print" is topic_3d_print."""
    words = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_")
    return words if re.match(r"[a-z]", words) else f"topic_{words}"


def label_problems(label: str) -> list[str]:
    """Return what is wrong with a topic's label."""
    if not label or len(label) > LONGEST_LABEL:
        return [f"The name should have 1 to {LONGEST_LABEL} characters: it stands on a button."]
    if not NAME.fullmatch(name_of(label)) or not re.search(r"[a-z]{3}", label.casefold()):
        return ["The name should have at least three letters of the Latin alphabet."]
    return []


def problems(connection: Connection, label: str, asked: Sequence[str]) -> list[str]:
    """Return what is wrong with a new topic and the ways to ask it."""
    found = label_problems(label)
    found += _taken(connection, label, "")
    if name_of(label) in {*every(connection), *now_called(connection)}:
        found.append(f"There is a topic {name_of(label)} already.")
    if len(set(asked)) < LEAST_EXAMPLES:
        found.append(f"A topic begins with {LEAST_EXAMPLES} ways to ask it or more, each on a line of its own.")
    return found


def _taken(connection: Connection, label: str, topic: str) -> list[str]:
    others = (each for each in every(connection).values() if each.name != topic)
    if any(each.called.casefold() == label.casefold() for each in others):
        return [f"There is a topic “{label}” already; merge the two, or take another name."]
    return []


def add(connection: Connection, label: str, *, by: str, now: datetime, source: str = "staff") -> str:
    """Add a topic that is answered by texts, and return its name."""
    name = name_of(label)
    values = {"labels": {FIRST: label}, "served": TEXTS, "source": source, "by": by, "at": now}
    connection.execute(sa.insert(topics).values(name=name, **values))
    facts.changed(connection)
    return name


def rename(connection: Connection, name: str, label: str, *, by: str, now: datetime) -> None:
    """Give a topic another label, and record the change. Raises ExamplesError."""
    label = " ".join(label.split())
    if found := [*label_problems(label), *_taken(connection, label, name)]:
        raise ExamplesError(found)
    _call(connection, _topic(connection, name), label, by=by, now=now)


def _call(connection: Connection, topic: Topic, label: str, *, by: str, now: datetime) -> None:
    values = {"labels": {**topic.labels, FIRST: label}, "by": by, "at": now}
    connection.execute(sa.update(topics).where(topics.c.name == topic.name).values(**values))
    facts.changed(connection)
    told = {"does": "rename", "topic": topic.name, "name": label}
    audit.note(connection, by, "topics", topic.name, {"label": topic.called}, told, now)


def _topic(connection: Connection, name: str) -> Topic:
    found = every(connection).get(name)
    if found is None:
        raise ExamplesError([f"There is no topic {name} any more."])
    return found


def refused(connection: Connection, name: str, into: str) -> list[str]:
    """Return why a topic can't be merged into another; nothing if it can."""
    found = every(connection)
    if name not in found or into not in found or name == into:
        return ["Choose another topic that it becomes part of."]
    return [
        f"{found[each].called} is answered by the program itself: a programmer has to change that first."
        for each in (name, into)
        if not (found[each].whole if each == name else found[each].served == TEXTS)
    ]


def merge(opened: Session, name: str, into: str, *, by: str, now: datetime) -> None:
    """Merge a topic into another: examples, answers and decisions follow. Raises ExamplesError."""
    connection = opened.connection()
    if found := refused(connection, name, into):
        raise ExamplesError(found)
    topic = _topic(connection, name)
    ids = list(connection.execute(sa.select(taught.c.id).where(taught.c.intent == name)).scalars())
    undo = {"examples": ids, "labels": dict(topic.labels), **_handed_over(opened, name, into)}
    examples.reassign(connection, ids, into, by=by, now=now)
    reviews.rename(connection, name, into)
    connection.execute(sa.update(names).where(names.c.new == name).values(new=into))
    connection.execute(sa.delete(names).where(names.c.old == name))
    connection.execute(sa.insert(names).values(old=name, new=into))
    connection.execute(sa.delete(topics).where(topics.c.name == name))
    facts.changed(connection)
    told = {"does": "merge", "topic": name, "name": into, "undo": undo}
    audit.note(connection, by, "topics", name, None, told, now)


def _handed_over(opened: Session, name: str, into: str) -> dict[str, Any]:
    """Move a topic's answers to another; return what an undo needs."""
    rows = opened.scalars(sa.select(AnswerRow).where(AnswerRow.topic == name)).all()
    taken = set(opened.scalars(sa.select(AnswerRow.language).where(AnswerRow.topic == into, AnswerRow.overview)))
    before = [[row.id, bool(row.overview)] for row in rows]
    for row in rows:
        # A topic has one overview answer in each language.
        row.topic, row.overview = into, bool(row.overview) and row.language not in taken
    mine = sa.or_(said.c.intent == name, said.c.guess == name)
    decided = opened.connection().execute(sa.select(said.c.id, said.c.intent, said.c.guess).where(mine)).all()
    return {"answers": before, "decisions": [[row.id, row.intent, row.guess] for row in decided]}


def split(connection: Connection, name: str, label: str, ids: Sequence[int], *, by: str, now: datetime) -> str:
    """Split some of a topic's examples off into a new topic, and return its name. Raises ExamplesError."""
    label = " ".join(label.split())
    if _topic(connection, name).served != TEXTS:
        raise ExamplesError(["It is answered by the program itself: a programmer has to change that first."])
    there = {each.id for each in examples.current(connection) if each.intent == name}
    going = sorted(there & set(ids))
    found = [each for each in problems(connection, label, [str(each) for each in going]) if "begins with" not in each]
    if len(going) < LEAST_EXAMPLES or len(going) == len(there):
        least = f"Tick {LEAST_EXAMPLES} examples or more that become the new topic, and leave some to the old one."
        found.append(least)
    if found:
        raise ExamplesError(found)
    new = add(connection, label, by=by, now=now)
    examples.reassign(connection, going, new, by=by, now=now)
    told = {"does": "split", "topic": name, "name": new, "undo": {"examples": going}}
    audit.note(connection, by, "topics", name, None, told, now)
    return new


def undo(opened: Session, change: Mapping[str, Any], *, by: str, now: datetime) -> None:
    """Undo a rename, a merge or a split, as recorded in the audit. Raises ExamplesError.

    What was taught, moved or removed since stays as it is.
    """
    connection, after = opened.connection(), change["after"] or {}
    topic, name, does = after.get("topic", ""), after.get("name", ""), after.get("does", "")
    there = every(connection)
    if does == "rename":
        if topic not in there or there[topic].called != name:
            raise ExamplesError(["It was renamed again since. Undo that first."])
        _call(connection, there[topic], change["before"]["label"], by=by, now=now)
        return
    undoing = after.get("undo")
    if not isinstance(undoing, dict) or (topic in there) != (does == "split") or name not in there:
        raise ExamplesError(["This can be undone no more."])
    if does == "merge":
        _brought_back(opened, topic, name, undoing, by=by, now=now)
    else:
        examples.reassign(connection, _still(connection, undoing["examples"], name), topic, by=by, now=now)
        reviews.rename(connection, name, topic)
        opened.execute(sa.update(AnswerRow).where(AnswerRow.topic == name).values(topic=topic, overview=False))
        connection.execute(sa.update(taught).where(taught.c.intent == name).values(intent=topic))
        connection.execute(sa.delete(topics).where(topics.c.name == name))
        connection.execute(sa.insert(names).values(old=name, new=topic))
    facts.changed(connection)
    audit.note(connection, by, "topics", topic, None, {"undone": change["id"]}, now)


def _still(connection: Connection, ids: Sequence[int], intent: str) -> list[int]:
    query = sa.select(taught.c.id).where(taught.c.id.in_(list(ids)), taught.c.intent == intent)
    return list(connection.execute(query).scalars())


def _brought_back(
    opened: Session, topic: str, into: str, undoing: Mapping[str, Any], *, by: str, now: datetime
) -> None:
    connection = opened.connection()
    values = {"labels": undoing["labels"], "served": TEXTS, "source": "staff", "by": by, "at": now}
    connection.execute(sa.insert(topics).values(name=topic, **values))
    for number, overview in undoing["answers"]:
        row = opened.get(AnswerRow, number)
        if row is not None and row.topic == into:
            row.topic, row.overview = topic, overview
    for number, intent, guess in undoing["decisions"]:
        connection.execute(sa.update(said).where(said.c.id == number).values(intent=intent, guess=guess))
    examples.reassign(connection, _still(connection, undoing["examples"], into), topic, by=by, now=now)
    connection.execute(sa.delete(names).where(names.c.old == topic))
