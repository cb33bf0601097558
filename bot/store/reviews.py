"""Reviewers' decisions on messages: made, undone, learnt. The queue of messages is in bot.store.cards."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store import examples
from bot.store.learning_tables import QueueRow, ReviewRow
from bot.store.message_tables import InboxRow, TurnRow
from bot.store.rows import insert_ignore

queue, reviews = QueueRow.__table__, ReviewRow.__table__
inbox, turns = InboxRow.__table__, TurnRow.__table__

OUT_OF_SCOPE = "out_of_scope"
DECISIONS = ("right", "intent", "out_of_scope", "several", "not_useful", "unsure")
# The decisions that turn a message into an example.
TEACHES = ("right", "intent", "out_of_scope")
CLAIMED_FOR = timedelta(minutes=3)
# One in this many messages is shown to a second person after it was decided, to see how far people agree.
SECOND_LOOK = 20
# Values of `learnt_in` for decisions that no model should learn from: the first one is enough, or the examples exist.
SECOND, MADE_A_TOPIC = "a second look", "made a topic"


class Decided(Exception):
    """A message needs no decision any more: somebody else has decided it, or it was removed."""


@dataclass(frozen=True)
class Review:
    """A reviewer's decision on a message. The fields are those of ReviewRow."""

    id: int
    inbox_id: int
    batch: str
    text: str
    decision: str
    intent: str
    guess: str
    confidence: float
    by: str
    at: datetime
    said_at: datetime


def final() -> Any:
    """Return the condition that a decision is final: "unsure" leaves the message to other reviewers."""
    return sa.and_(reviews.c.undone_at.is_(None), reviews.c.decision != "unsure")


def decide(
    engine: Engine,
    inbox_ids: Sequence[int],
    decision: str,
    *,
    by: str,
    now: datetime,
    text: str,
    intent: str = "",
    others: Sequence[str] = (),
) -> str:
    """Store a decision on messages, the first of which represents all; return a batch name for an undo.

    `text` is the first message's, redacted: the text of the example that it becomes. A second look is stored beside the
    first decision, for that message only, and teaches nothing. Raises Decided when the first message no longer needs a
    decision.
    """
    batch = uuid.uuid4().hex
    said = {"batch": batch, "decision": decision, "intent": intent, "others": list(others), "by": by, "at": now}
    first = inbox_ids[0]
    with engine.begin() as connection:
        # Written first: on either database a concurrent reviewer waits here, and then sees the first one's decision.
        connection.execute(sa.update(queue).where(queue.c.inbox_id.in_(list(inbox_ids))).values(claimed_by=""))
        before = _decided(connection, inbox_ids)
        second = _is_second_look(before.get(first, ()), first, by)
        if first in before and not second:
            raise Decided(f"{before[first][0].by} has decided this message meanwhile; yours was not kept.")
        wanted = [first] if second else [each for each in inbox_ids if each == first or each not in before]
        rows = _known(connection, wanted)
        if first not in rows:
            raise Decided("This message was removed meanwhile.")
        for each in wanted:
            if each in rows:
                mine = {"representative": each == first, "text": text if each == first else ""}
                number = _insert(connection, rows[each], **said, **mine, learnt_in=SECOND if second else "")
                if each == first and text and decision in TEACHES and not second:
                    meant = OUT_OF_SCOPE if decision == OUT_OF_SCOPE else intent
                    whence = {(meant, text): number}
                    examples.add(connection, whence, source="review", by=by, now=now, came_from=whence)
    return batch


def make_topic(connection: Connection, texts: Mapping[int, str], intent: str, *, by: str, now: datetime) -> int:
    """Record that messages mean a new topic, each with the text that becomes an example of it; return how many.

    Messages decided by somebody else meanwhile stay as they are.
    """
    said = {"batch": uuid.uuid4().hex, "decision": "intent", "intent": intent, "others": [], "by": by, "at": now}
    connection.execute(sa.update(queue).where(queue.c.inbox_id.in_(list(texts))).values(claimed_by=""))
    before = _decided(connection, list(texts))
    rows = _known(connection, [each for each in texts if each not in before])
    whence: dict[tuple[str, str], int] = {}
    for each, row in rows.items():
        number = _insert(connection, row, **said, representative=True, text=texts[each], learnt_in=MADE_A_TOPIC)
        whence.setdefault((intent, texts[each]), number)
    examples.add(connection, whence, source="topic", by=by, now=now, came_from=whence)
    return len(rows)


def _decided(connection: Connection, inbox_ids: Sequence[int]) -> dict[int, list[Any]]:
    query = sa.select(reviews).where(final(), reviews.c.inbox_id.in_(list(inbox_ids))).order_by(reviews.c.id)
    found: dict[int, list[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.inbox_id, []).append(row)
    return found


def _is_second_look(before: Sequence[Any], inbox_id: int, by: str) -> bool:
    return (
        len(before) == 1
        and before[0].by != by
        and before[0].representative
        and before[0].decision in TEACHES
        and before[0].learnt_in != MADE_A_TOPIC
        and inbox_id % SECOND_LOOK == 0
    )


def _known(connection: Connection, inbox_ids: Sequence[int]) -> dict[int, Any]:
    known = sa.select(
        inbox.c.id, inbox.c.person_id, inbox.c.sent_at, turns.c.intent, turns.c.confidence, turns.c.understanding
    ).select_from(inbox.outerjoin(turns, turns.c.inbox_id == inbox.c.id))
    return {row.id: row for row in connection.execute(known.where(inbox.c.id.in_(list(inbox_ids))))}


def _insert(connection: Connection, row: Any, **said: Any) -> int:
    guessed = {"guess": row.intent or "", "confidence": row.confidence or 0.0}
    of = {"inbox_id": row.id, "person_id": row.person_id, "said_at": row.sent_at}
    model = (row.understanding or {}).get("model", "")
    made = connection.execute(sa.insert(reviews).values(**of, **guessed, model=model, **said))
    return int(made.inserted_primary_key[0])


def undo(engine: Engine, who: str, now: datetime) -> int | None:
    """Undo the last decision of `who`, and return its message; None when there is nothing to undo.

    The message goes back into the queue, even if the queue was rebuilt since.
    """
    mine = sa.and_(reviews.c.by == who, reviews.c.undone_at.is_(None), reviews.c.learnt_in.in_(("", SECOND)))
    with engine.begin() as connection:
        last = connection.execute(
            sa.select(reviews.c.batch, reviews.c.inbox_id)
            .where(mine, reviews.c.representative)
            .order_by(reviews.c.id.desc())
            .limit(1)
        ).one_or_none()
        if last is None:
            return None
        members = connection.execute(sa.select(reviews.c.inbox_id).where(reviews.c.batch == last.batch)).scalars().all()
        connection.execute(sa.update(reviews).where(reviews.c.batch == last.batch).values(undone_at=now))
        for each in members:
            values = {"score": 1.0, "reasons": [], "together": last.inbox_id, "near": [], "suggested": ""}
            insert_ignore(connection, queue, inbox_id=each, cluster_name="", claimed_by="", **values)
        claim = {"claimed_by": who, "claimed_until": now + CLAIMED_FOR}
        connection.execute(sa.update(queue).where(queue.c.inbox_id == last.inbox_id).values(**claim))
    return int(last.inbox_id)


def _review(row: Any) -> Review:
    return Review(**{name: getattr(row, name) for name in Review.__dataclass_fields__})


def staged(engine: Engine) -> list[Review]:
    """Return the decisions that no model has learnt from yet, oldest first: the source of new examples."""
    new = sa.and_(
        reviews.c.undone_at.is_(None),
        reviews.c.learnt_in == "",
        reviews.c.representative,
        reviews.c.decision.in_(TEACHES),
        reviews.c.text != "",
    )
    with engine.connect() as connection:
        return [_review(row) for row in connection.execute(sa.select(reviews).where(new).order_by(reviews.c.id))]


def settle(connection: Connection, model: str, new: Sequence[int], known: Collection[int]) -> tuple[int, int]:
    """Record what the newly active model has learnt; return how many decisions were added, and how many removed.

    `new` are those that it was the first to learn, `known` all that it has learnt. Other decisions are rolled back with
    the models that learnt them, and return with those.
    """
    rows = connection.execute(
        sa.select(reviews.c.id, reviews.c.learnt_in).where(
            reviews.c.undone_at.is_(None), reviews.c.learnt_in.not_in((SECOND, MADE_A_TOPIC))
        )
    ).all()
    first, whole = set(new), {*new, *known}
    wanted: dict[str, list[int]] = {}
    for number, learnt_in in rows:
        of = learnt_in.removeprefix(examples.TAKEN_BACK)
        now = (model if not of and number in first else of) if number in whole else f"{examples.TAKEN_BACK}{of}"[:128]
        if (of and now != learnt_in) or (not of and now == model):
            wanted.setdefault(now, []).append(number)
    for learnt_in, numbers in wanted.items():
        connection.execute(sa.update(reviews).where(reviews.c.id.in_(numbers)).values(learnt_in=learnt_in))
    gone = sum(len(each) for name, each in wanted.items() if name.startswith(examples.TAKEN_BACK))
    return sum(map(len, wanted.values())) - gone, gone


def rename(connection: Connection, old: str, new: str) -> None:
    """Update decisions after a topic was renamed or merged into another."""
    for column in (reviews.c.intent, reviews.c.guess):
        connection.execute(sa.update(reviews).where(column == old).values({column.name: new}))
    connection.execute(sa.update(queue).where(queue.c.suggested == old).values(suggested=new))


def done_since(engine: Engine, who: str, since: datetime) -> int:
    """Return how many decisions `who` has made since a moment."""
    made = sa.and_(reviews.c.by == who, reviews.c.at >= since, reviews.c.undone_at.is_(None), reviews.c.representative)
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).where(made)).scalar_one())


def settled_ids(engine: Engine) -> set[int]:
    """Return the messages that need no further review."""
    query = sa.select(reviews).where(final()).order_by(reviews.c.id)
    found: dict[int, list[Any]] = {}
    with engine.connect() as connection:
        for row in connection.execute(query):
            found.setdefault(row.inbox_id, []).append(row)
    return {each for each, rows in found.items() if not _is_second_look(rows, each, "")}
