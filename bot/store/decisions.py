"""Reviewers' past decisions: found, taken back, corrected. New ones are made in bot.store.reviews."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store import audit, examples
from bot.store.learning_tables import ModelRow, ReviewRow
from bot.store.message_tables import InboxRow
from bot.store.reviews import MADE_A_TOPIC, OUT_OF_SCOPE, SECOND, TEACHES, Review, staged

reviews, inbox, models = ReviewRow.__table__, InboxRow.__table__, ModelRow.__table__
NEXT, WAITING, LIVE, BACK, TOPIC, NOTHING = "next", "waiting", "live", "back", "topic", "nothing"


class Changed(Exception):
    """A decision is not there any more: somebody has changed it."""


@dataclass(frozen=True)
class Past:
    """A decision that stands. `covers`: how many messages it was made for; `said`: what the student wrote, unredacted.

    `effect`: NEXT (the next training learns it), WAITING (learnt by the model `model`, which is not live), LIVE (learnt
    by a model that is, or was, live), BACK (taken back with `model`), TOPIC (made a topic), NOTHING (teaches nothing).
    """

    id: int
    inbox_id: int
    person_id: int
    said: str
    text: str
    decision: str
    intent: str
    others: Sequence[str]
    by: str
    at: datetime
    covers: int
    effect: str
    model: str


@dataclass(frozen=True)
class Wanted:
    """Which decisions to find; empty: any."""

    words: str = ""
    intent: str = ""
    by: str = ""
    decision: str = ""


def page(engine: Engine, wanted: Wanted, *, before_id: int | None = None, most: int = 30) -> list[Past]:
    """Return decisions that stand, newest first, before one if given."""
    same = reviews.alias()
    others = sa.and_(same.c.batch == reviews.c.batch, ~same.c.representative)
    covers = (sa.select(sa.func.count()).select_from(same).where(others).scalar_subquery() + 1).label("covers")
    query = (
        sa.select(reviews, inbox.c.text.label("said"), covers)
        .join(inbox, inbox.c.id == reviews.c.inbox_id)
        .where(reviews.c.representative, reviews.c.undone_at.is_(None))
        .order_by(reviews.c.id.desc())
        .limit(most)
    )
    for word in wanted.words.split():
        query = query.where(sa.func.lower(inbox.c.text).contains(word.lower(), autoescape=True))
    for column, value in ((reviews.c.intent, wanted.intent), (reviews.c.by, wanted.by)):
        query = query.where(column == value) if value else query
    if wanted.decision:
        query = query.where(reviews.c.decision == wanted.decision)
    if before_id is not None:
        query = query.where(reviews.c.id < before_id)
    with engine.connect() as connection:
        learnt = _waiting(connection)
        return [_past(row, learnt) for row in connection.execute(query)]


def reviewers(engine: Engine) -> list[str]:
    """Return who has decided something that stands."""
    query = sa.select(reviews.c.by).distinct().where(reviews.c.undone_at.is_(None)).order_by(reviews.c.by)
    with engine.connect() as connection:
        return list(connection.execute(query).scalars())


def _waiting(connection: Connection) -> dict[int, str]:
    """Return which model that is not live yet has learnt which decision first."""
    rows = connection.execute(
        sa.select(models.c.name, models.c.changes).where(models.c.state == "candidate").order_by(models.c.made_at)
    )
    return {number: row.name for row in rows for number in (row.changes or {}).get("reviews", ())}


def _past(row: Any, learnt: dict[int, str]) -> Past:
    effect, model = _effect(row, learnt)
    kept = {name: getattr(row, name) for name in Past.__dataclass_fields__ if name not in {"effect", "model"}}
    return Past(**kept, effect=effect, model=model)


def _effect(row: Any, learnt: dict[int, str]) -> tuple[str, str]:
    if row.decision not in TEACHES or row.learnt_in == SECOND:
        return NOTHING, ""
    if row.learnt_in == MADE_A_TOPIC:
        return TOPIC, ""
    if row.learnt_in.startswith(examples.TAKEN_BACK):
        return BACK, row.learnt_in.removeprefix(examples.TAKEN_BACK)
    if row.learnt_in:
        return LIVE, row.learnt_in
    return (WAITING, learnt[row.id]) if row.id in learnt else (NEXT, "")


def fresh(engine: Engine) -> list[Review]:
    """Return the decisions to be learnt next: not those that a model has learnt that passed the gate and waits."""
    query = sa.select(models.c.changes).where(models.c.state == "candidate", models.c.verdict == "pass")
    with engine.connect() as connection:
        known = {
            number for changes in connection.execute(query).scalars() for number in (changes or {}).get("reviews", ())
        }
    return [each for each in staged(engine) if each.id not in known]


def take_back(engine: Engine, review_id: int, *, by: str, now: datetime) -> None:
    """Take a decision back, for all messages that it was made for; its example is taught no longer. Raises Changed."""
    with engine.begin() as connection:
        row, _ = _undone(connection, review_id, now)
        audit.note(connection, by, "reviews", str(review_id), _told(row), None, now)


def one(engine: Engine, review_id: int) -> Past | None:
    """Return a decision that stands, or None."""
    found = page(engine, Wanted(), before_id=review_id + 1, most=1)
    return found[0] if found and found[0].id == review_id else None


def correct(
    engine: Engine,
    review_id: int,
    decision: str,
    *,
    by: str,
    now: datetime,
    text: str,
    intent: str = "",
    others: Sequence[str] = (),
) -> None:
    """Replace a decision by another, for all messages that it was made for. Raises Changed.

    The example of the old one is taught no longer; `text`, redacted, is that of the new one, if it teaches, from the
    next training on.
    """
    with engine.begin() as connection:
        row, members = _undone(connection, review_id, now)
        said = {"batch": uuid.uuid4().hex, "decision": decision, "intent": intent, "others": list(others), "by": by}
        kept = ("inbox_id", "person_id", "guess", "confidence", "model", "said_at")
        text = examples.clean(text) if decision in TEACHES else ""
        for each in members:
            first = each.inbox_id == row.inbox_id
            values = {name: getattr(each, name) for name in kept} | said
            values |= {"at": now, "representative": first, "text": text if first else "", "learnt_in": ""}
            made = connection.execute(sa.insert(reviews).values(**values)).inserted_primary_key[0]
            if first and text:
                whence = {(OUT_OF_SCOPE if decision == OUT_OF_SCOPE else intent, text): int(made)}
                examples.add(connection, whence, source="review", by=by, now=now, came_from=whence)
        audit.note(connection, by, "reviews", str(review_id), _told(row), {"decision": decision, "topic": intent}, now)


def _undone(connection: Connection, review_id: int, now: datetime) -> tuple[Any, list[Any]]:
    stands = sa.and_(reviews.c.id == review_id, reviews.c.undone_at.is_(None))
    # Written first: on either database somebody who does the same waits here, and then finds nothing.
    if not connection.execute(sa.update(reviews).where(stands).values(undone_at=now)).rowcount:
        raise Changed("This decision does not stand any more: somebody has changed it meanwhile.")
    row = connection.execute(sa.select(reviews).where(reviews.c.id == review_id)).one()
    beside = sa.and_(reviews.c.batch == row.batch, ~reviews.c.representative, reviews.c.undone_at.is_(None))
    members = list(connection.execute(sa.select(reviews).where(beside)))
    connection.execute(sa.update(reviews).where(beside).values(undone_at=now))
    return row, [row, *members]


def _told(row: Any) -> dict[str, Any]:
    """Return what the record keeps of a decision: no student's words."""
    return {"decision": row.decision, "topic": row.intent, "by": row.by}
