"""Workers' heartbeats: how the web process knows that somebody answers."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store.message_tables import WorkerRow
from bot.store.rows import insert_ignore

workers = WorkerRow.__table__

ALIVE = timedelta(seconds=15)


def beat(engine: Engine, name: str, now: datetime) -> None:
    """Record a heartbeat of the worker `name`, and delete workers that have been silent for a day."""
    with engine.begin() as connection:
        updated = connection.execute(sa.update(workers).where(workers.c.name == name).values(beat_at=now))
        if not updated.rowcount:
            insert_ignore(connection, workers, name=name, beat_at=now)
            connection.execute(sa.delete(workers).where(workers.c.beat_at < now - timedelta(days=1)))


def alive(engine: Engine, now: datetime) -> int:
    """Return how many workers have sent a heartbeat within ALIVE."""
    with engine.connect() as connection:
        query = sa.select(sa.func.count()).select_from(workers).where(workers.c.beat_at > now - ALIVE)
        return int(connection.execute(query).scalar_one())
