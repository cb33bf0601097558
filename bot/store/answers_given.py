"""How often each stored answer is given, how it fared, and which questions led to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store.message_tables import InboxRow, TurnRow

inbox, turns = InboxRow.__table__, TurnRow.__table__

# What somebody writes within this time speaks of the answer that they got.
SOON = timedelta(minutes=15)
# The latest times that an answer was given of which the sequel is looked at.
MOST_FOLLOWED = 500


@dataclass(frozen=True)
class Question:
    """A message that led to an answer; `text` as it was written."""

    inbox_id: int
    person_id: int
    at: datetime
    text: str


@dataclass(frozen=True)
class Given:
    """How an answer fared: how often it was given, and to how many people; what they wrote next.

    `thanked`: thanks. `unhappy`: a complaint. `handed`: they asked for a person. Of the latest MOST_FOLLOWED times.
    """

    times: int
    people: int
    thanked: int
    unhappy: int
    handed: int
    questions: tuple[Question, ...]


def counts(engine: Engine, since: datetime) -> dict[str, int]:
    """Return how often each answer was given since a moment, by key; none for those never given."""
    query = (
        sa.select(turns.c.answer, sa.func.count())
        .where(turns.c.answer > "", turns.c.at >= since)
        .group_by(turns.c.answer)
    )
    with engine.connect() as connection:
        return dict(connection.execute(query).all())


def of_answer(engine: Engine, key: str, since: datetime, *, questions: int = 5) -> Given:
    """Return how an answer has fared since a moment, with the latest questions that led to it, newest first."""
    mine = sa.and_(turns.c.answer == key, turns.c.at >= since)
    latest = sa.select(turns).where(mine).order_by(turns.c.at.desc()).limit(MOST_FOLLOWED).subquery()
    later, each = turns.alias(), turns.alias()
    following = (
        sa.select(sa.func.min(each.c.id))
        .where(each.c.person_id == latest.c.person_id, each.c.id > latest.c.id)
        .correlate(latest)
        .scalar_subquery()
    )
    sequel = sa.select(latest.c.at.label("given"), later.c.at, later.c.intent, later.c.outcome).select_from(
        latest.join(later, later.c.id == following)
    )
    asked = (
        sa.select(inbox.c.id, inbox.c.person_id, inbox.c.sent_at, inbox.c.text)
        .join(turns, turns.c.inbox_id == inbox.c.id)
        .where(mine, inbox.c.text != "")
        .order_by(turns.c.at.desc())
        .limit(questions)
    )
    with engine.connect() as connection:
        times, people = connection.execute(
            sa.select(sa.func.count(), sa.func.count(turns.c.person_id.distinct())).where(mine)
        ).one()
        after = [row for row in connection.execute(sequel) if row.at - row.given <= SOON]
        found = tuple(Question(row.id, row.person_id, row.sent_at, row.text) for row in connection.execute(asked))
    return Given(
        times=times,
        people=people,
        thanked=sum(row.intent == "thanks" for row in after),
        unhappy=sum(row.intent == "feedback_complaint" for row in after),
        handed=sum(row.outcome == "handed" and row.intent != "feedback_complaint" for row in after),
        questions=found,
    )
