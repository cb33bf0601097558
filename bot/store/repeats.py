"""Repeated messages: from another robot, or from somebody who needs an answer."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import threads
from bot.store.message_tables import InboxRow, TurnRow
from connectors.folding import bare

inbox, turns = InboxRow.__table__, TurnRow.__table__

# The same words are answered this many times; then once in a while.
ANSWERED = 3
# A person types short messages, and not the same one for an hour; a robot's are long, or never end.
LONG, ENDLESS, LOOKED_BACK = 40, 6, 12
A_WHILE, A_LONG_WHILE = timedelta(minutes=1), timedelta(hours=1)
# Whoever sends back what the bot said is a robot, unless it is just a word or two.
ECHO = 20
_PREVIOUS = (
    sa.select(inbox.c.id, inbox.c.event, inbox.c.received_at, turns.c.at, turns.c.replies)
    .outerjoin(turns, turns.c.inbox_id == inbox.c.id)
    .where(
        # By the person's own messages of the day: a database would choose the index over everybody's messages.
        inbox.c.person_id == sa.bindparam("person"),
        inbox.c.state.in_(("answered", "joined", "recorded", "kept", "stale", "failed")),
        inbox.c.sent_at >= sa.bindparam("since"),
        sa.func.coalesce(inbox.c.said, False),
        inbox.c.id < sa.bindparam("before"),
    )
    .order_by(inbox.c.id.desc())
    .limit(LOOKED_BACK)
)


def is_enough(engine: Engine, person_id: int, inbox_id: int, text: str, now: datetime) -> bool:
    """Return whether the same words have been answered often enough; staff are told of apparent robots.

    Short texts count in a row, long ones among the latest: two robots may alternate between several sentences.
    """
    same, long = _same(text), len(text) >= LONG
    with engine.connect() as connection:
        asked = {"person": person_id, "before": inbox_id, "since": now - timedelta(days=1)}
        rows = connection.execute(_PREVIOUS, asked).all()
    if len(same) >= ECHO and any(_same(reply.get("text")) == same for row in rows for reply in row.replies or ()):
        return True
    before = []
    for row in rows:
        if not row.event.get("choice") and _same(row.event.get("text")) == same:
            before.append(row)
        elif not long:
            break
    if len(before) < ANSWERED:
        return False
    robot = long or len(before) >= ENDLESS
    answered = max((row.at for row in before if row.replies), default=None)
    if answered is not None and now - answered >= (A_LONG_WHILE if robot else A_WHILE):
        return False
    if robot:
        threads.note_repeats(engine, person_id, inbox_id, now)
    return True


def _same(text: str | None) -> str:
    """Return the text used for comparison: in a long one the numbers may change, as a robot's do."""
    words = bare(text)
    return re.sub(r"\d+", "0", words) if len(words) >= LONG else words
