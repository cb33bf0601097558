"""How far the trainer has sorted the messages for Review, and what has come since."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import jobs
from bot.store.learning_tables import SortingRow
from bot.store.message_tables import InboxRow, TurnRow
from bot.store.rows import insert_ignore

sorting, inbox, turns = SortingRow.__table__, InboxRow.__table__, TurnRow.__table__
ONLY = 1
# Nobody needs to know of more.
MOST = 1_000
# A request that nobody has taken up for so long: no trainer runs.
PATIENCE = timedelta(seconds=30)


@dataclass(frozen=True)
class Standing:
    """Where the queue stands. `unsorted`: messages that came after the last sorting, at most MOST.

    `sorting`: the trainer is at it, or was asked to be; `waits`: it was asked and has not begun for PATIENCE.
    `problem`: why the last sorting that staff asked for failed.
    """

    sorted_at: datetime | None
    unsorted: int
    sorting: bool
    waits: bool
    problem: str


def sorted_up_to(engine: Engine, newest: int, now: datetime) -> None:
    """Record that all messages up to the inbox id `newest` were sorted."""
    values = {"newest": newest, "sorted_at": now}
    with engine.begin() as connection:
        if not connection.execute(sa.update(sorting).where(sorting.c.id == ONLY).values(**values)).rowcount:
            insert_ignore(connection, sorting, id=ONLY, **values)


def standing(engine: Engine, now: datetime) -> Standing:
    """Return where the queue stands."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(sorting)).one_or_none()
        new = (
            sa.select(inbox.c.id)
            .join(turns, turns.c.inbox_id == inbox.c.id)
            .where(inbox.c.id > (row.newest if row else 0), inbox.c.said, inbox.c.kind == "text", inbox.c.text != "")
            .limit(MOST)
        )
        unsorted = int(connection.execute(sa.select(sa.func.count()).select_from(new.subquery())).scalar_one())
    last = next((job for job in jobs.page(engine, 20) if job.kind == "queue"), None)
    under_way = last is not None and last.under_way
    waits = under_way and last is not None and last.state == "waiting" and last.asked_at < now - PATIENCE
    failed = last.problem if last is not None and last.state == "failed" else ""
    since = row.sorted_at if row else None
    problem = failed if last and not (since and since > last.asked_at) else ""
    return Standing(since, unsorted, under_way, waits, problem)
