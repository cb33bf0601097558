"""What people have said of messages: decided, taken back, learnt. What waits for them is bot.store.cards."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store.learning_tables import QueueRow, ReviewRow
from bot.store.message_tables import InboxRow, TurnRow
from bot.store.rows import insert_ignore

queue, reviews = QueueRow.__table__, ReviewRow.__table__
inbox, turns = InboxRow.__table__, TurnRow.__table__

DECISIONS = ("right", "intent", "out_of_scope", "several", "not_useful", "unsure")
# Those that make an example of a message.
TEACHES = ("right", "intent", "out_of_scope")
CLAIMED_FOR = timedelta(minutes=3)
# Of so many messages, one is shown to a second person when it was decided, to see how far people agree.
SECOND_LOOK = 20
# What `learnt_in` says of decisions that no model is to learn from: the first one is enough, the examples are there.
SECOND, MADE_A_TOPIC = "a second look", "made a topic"


class Decided(Exception):
    """A message needs no decision any more: somebody has decided it meanwhile, or it was removed."""


@dataclass(frozen=True)
class Review:
    """What somebody has said of a message. The fields are those of ReviewRow."""

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
    """Return the condition that a decision is one: "unsure" leaves the message to the others."""
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
    """Keep what somebody says of messages, the first of which stands for all; return a name for an undo.

    `text` is the first one's, redacted: what an example would say. A second look is kept beside the first decision, for
    that message alone, and teaches nothing. Raises Decided when the first message needs no decision any more.
    """
    batch = uuid.uuid4().hex
    said = {"batch": batch, "decision": decision, "intent": intent, "others": list(others), "by": by, "at": now}
    first = inbox_ids[0]
    with engine.begin() as connection:
        # Written first: on either database whoever comes second waits here, and sees what the first has said.
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
                _insert(connection, rows[each], **said, **mine, learnt_in=SECOND if second else "")
    return batch


def make_topic(engine: Engine, texts: Mapping[int, str], intent: str, *, by: str, now: datetime) -> int:
    """Keep that messages mean a new topic, whose examples they are already, each with its text; return how many.

    What somebody has decided meanwhile stays as it is.
    """
    said = {"batch": uuid.uuid4().hex, "decision": "intent", "intent": intent, "others": [], "by": by, "at": now}
    with engine.begin() as connection:
        connection.execute(sa.update(queue).where(queue.c.inbox_id.in_(list(texts))).values(claimed_by=""))
        before = _decided(connection, list(texts))
        rows = _known(connection, [each for each in texts if each not in before])
        for each, row in rows.items():
            _insert(connection, row, **said, representative=True, text=texts[each], learnt_in=MADE_A_TOPIC)
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


def _insert(connection: Connection, row: Any, **said: Any) -> None:
    guessed = {"guess": row.intent or "", "confidence": row.confidence or 0.0}
    of = {"inbox_id": row.id, "person_id": row.person_id, "said_at": row.sent_at}
    model = (row.understanding or {}).get("model", "")
    connection.execute(sa.insert(reviews).values(**of, **guessed, model=model, **said))


def undo(engine: Engine, who: str, now: datetime) -> int | None:
    """Take back what `who` has said last, and return the message that it was of; None when there is nothing.

    The message is in the queue again, also where the queue was sorted anew since.
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
    """Return the decisions that no model has learnt from yet, the oldest first: what an example becomes of."""
    new = sa.and_(
        reviews.c.undone_at.is_(None),
        reviews.c.learnt_in == "",
        reviews.c.representative,
        reviews.c.decision.in_(TEACHES),
        reviews.c.text != "",
    )
    with engine.connect() as connection:
        return [_review(row) for row in connection.execute(sa.select(reviews).where(new).order_by(reviews.c.id))]


def learnt(connection: Connection, ids: Sequence[int], model: str) -> None:
    """Note which model has learnt from decisions; "" gives them back to the next one."""
    if ids:
        connection.execute(sa.update(reviews).where(reviews.c.id.in_(list(ids))).values(learnt_in=model))


def undone(engine: Engine, ids: Sequence[int]) -> set[int]:
    """Return which of these decisions were taken back since."""
    query = sa.select(reviews.c.id).where(reviews.c.id.in_(list(ids)), reviews.c.undone_at.is_not(None))
    with engine.connect() as connection:
        return set(connection.execute(query).scalars())


def follow(connection: Connection, moved: Mapping[tuple[str, str], tuple[str, str]]) -> None:
    """Let decisions follow the examples that they have become: (intent, text) to (intent, text)."""
    for (intent, text), (now_intent, now_text) in moved.items():
        values = {"intent": now_intent, "text": now_text}
        if now_intent != intent:
            values["decision"] = "out_of_scope" if now_intent == "out_of_scope" else "intent"
        mine = sa.and_(reviews.c.intent == intent, reviews.c.text == text)
        connection.execute(sa.update(reviews).where(mine).values(**values))


def rename(connection: Connection, old: str, new: str) -> None:
    """Let decisions follow a topic that has another name now, or is part of another."""
    for column in (reviews.c.intent, reviews.c.guess):
        connection.execute(sa.update(reviews).where(column == old).values({column.name: new}))
    connection.execute(sa.update(queue).where(queue.c.suggested == old).values(suggested=new))


def done_since(engine: Engine, who: str, since: datetime) -> int:
    """Return how many decisions `who` has made since a moment."""
    made = sa.and_(reviews.c.by == who, reviews.c.at >= since, reviews.c.undone_at.is_(None), reviews.c.representative)
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).where(made)).scalar_one())


def settled_ids(engine: Engine) -> set[int]:
    """Return the messages that need no more look of anybody."""
    query = sa.select(reviews).where(final()).order_by(reviews.c.id)
    found: dict[int, list[Any]] = {}
    with engine.connect() as connection:
        for row in connection.execute(query):
            found.setdefault(row.inbox_id, []).append(row)
    return {each for each, rows in found.items() if not _is_second_look(rows, each, "")}
