"""The version of the library's facts: readers cache what they read until it changes, and only this invalidates it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store.rows import insert_ignore
from bot.store.teaching_tables import FactsRow

facts = FactsRow.__table__


def changed(connection: Connection) -> None:
    """Mark the facts as changed, within the transaction that changes them."""
    if not connection.execute(sa.update(facts).values(version=facts.c.version + 1)).rowcount:
        insert_ignore(connection, facts, id=1, version=1)


def version(engine: Engine) -> int:
    """Return a number that grows with every change to what answers are made of."""
    with engine.connect() as connection:
        return int(connection.execute(sa.select(facts.c.version)).scalar() or 0)
