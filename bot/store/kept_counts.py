"""Counts of what people who are no longer kept have asked: by day, channel, topic and outcome, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.store.message_tables import PersonRow, TurnRow
from bot.store.privacy_tables import KeptCountRow
from bot.store.rows import insert_ignore

people, turns, counts = PersonRow.__table__, TurnRow.__table__, KeptCountRow.__table__


def keep(connection: Connection, person_ids: Sequence[int]) -> None:
    """Add the turns of people to the counts, within the transaction that deletes them."""
    query = sa.select(turns.c.at, turns.c.intent, turns.c.outcome, people.c.channel)
    rows = connection.execute(
        query.join(people, people.c.id == turns.c.person_id).where(turns.c.person_id.in_(list(person_ids)))
    )
    found = Counter((f"{row.at:%Y-%m-%d}", row.channel, row.intent, row.outcome) for row in rows)
    for (day, channel, intent, outcome), number in found.items():
        key = {"day": day, "channel": channel, "intent": intent, "outcome": outcome}
        if not insert_ignore(connection, counts, **key, number=number):
            mine = sa.and_(*(counts.c[name] == value for name, value in key.items()))
            connection.execute(sa.update(counts).where(mine).values(number=counts.c.number + number))
