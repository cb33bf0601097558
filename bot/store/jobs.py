"""The trainer's work: asked for, done one at a time, watched, cancelled; what a killed trainer left is found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row

from bot.store.learning_tables import JobRow

jobs = JobRow.__table__
# A trainer beats every second; one that has been silent for so long is dead.
SILENT = timedelta(seconds=20)
UNDER_WAY = ("waiting", "running")


class JobError(Exception):
    """Work cannot be asked for; the text says why."""


@dataclass(frozen=True)
class Job:
    """One piece of work. The fields are those of JobRow."""

    id: int
    kind: str
    model: str
    reason: str
    asked_by: str
    asked_at: datetime
    state: str
    stage: str
    percent: int
    left_seconds: int | None
    started_at: datetime | None
    ended_at: datetime | None
    beat_at: datetime | None
    cancel: bool
    problem: str
    log: str

    @property
    def under_way(self) -> bool:
        """Whether it waits or runs."""
        return self.state in UNDER_WAY


def _job(row: Row) -> Job:
    return Job(**{name: getattr(row, name) for name in Job.__dataclass_fields__})


def ask(engine: Engine, kind: str, *, by: str, now: datetime, model: str = "", reason: str = "") -> int:
    """Ask for work and return its number. Raises JobError while other work waits or runs: one at a time."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE"))
        values = {
            "kind": kind,
            "model": model,
            "reason": reason[:500],
            "asked_by": by,
            "asked_at": now,
            "state": "waiting",
            "stage": "waiting for the trainer",
            "percent": 0,
            "cancel": False,
            "problem": "",
            "log": "",
        }
        # On SQLite the insert takes the lock for writing, so that what is seen after it is seen by nobody else.
        found = connection.execute(sa.insert(jobs).values(**values)).inserted_primary_key[0]
        other = connection.execute(
            sa.select(jobs.c.kind, jobs.c.asked_by).where(jobs.c.state.in_(UNDER_WAY), jobs.c.id != found).limit(1)
        ).one_or_none()
        if other is not None:
            raise JobError(f"Something is under way already ({other.kind}, asked for by {other.asked_by}).")
    return int(found)


def take(engine: Engine, now: datetime) -> Job | None:
    """Return the oldest work that waits, which is running from now on, or None."""
    with engine.begin() as connection:
        row = connection.execute(
            sa.select(jobs).where(jobs.c.state == "waiting").order_by(jobs.c.id).limit(1)
        ).one_or_none()
        if row is None:
            return None
        taken = connection.execute(
            sa.update(jobs)
            .where(jobs.c.id == row.id, jobs.c.state == "waiting")
            .values(state="running", started_at=now, beat_at=now, stage="beginning")
        )
        return get_in(connection, row.id) if taken.rowcount else None


def get_in(connection: sa.engine.Connection, job_id: int) -> Job:
    """Return a piece of work within a transaction."""
    return _job(connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).one())


def get(engine: Engine, job_id: int) -> Job | None:
    """Return a piece of work, or None."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).one_or_none()
    return _job(row) if row else None


def page(engine: Engine, limit: int = 20) -> list[Job]:
    """Return the latest work, the newest first."""
    with engine.connect() as connection:
        return [_job(row) for row in connection.execute(sa.select(jobs).order_by(jobs.c.id.desc()).limit(limit))]


def progress(engine: Engine, job_id: int, now: datetime, **values: Any) -> bool:
    """Note how far work has come (stage, percent, left_seconds, log). False: it is to stop, or was given up as lost."""
    with engine.begin() as connection:
        connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(beat_at=now, **values))
        row = connection.execute(sa.select(jobs.c.cancel, jobs.c.state).where(jobs.c.id == job_id)).one()
    return not row.cancel and row.state in UNDER_WAY


def end(engine: Engine, job_id: int, state: str, now: datetime, *, problem: str = "", model: str = "") -> None:
    """Note that work has ended: done, failed, cancelled."""
    values: dict[str, Any] = {"state": state, "ended_at": now, "problem": problem[:1000], "left_seconds": None}
    if state == "done":
        values |= {"percent": 100, "stage": "done"}
    if model:
        values["model"] = model
    with engine.begin() as connection:
        connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(**values))


def cancel(engine: Engine, job_id: int, now: datetime) -> None:
    """Ask running work to stop; what waits is cancelled at once."""
    with engine.begin() as connection:
        connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(cancel=True))
        waiting = sa.update(jobs).where(jobs.c.id == job_id, jobs.c.state == "waiting")
        connection.execute(waiting.values(state="cancelled", ended_at=now))


def find_lost(engine: Engine, now: datetime) -> list[int]:
    """End the work of trainers that have died, and return its numbers.

    What was going live then is put right by the next trainer (bot.retraining.activation.recover).
    """
    with engine.begin() as connection:
        lost = sa.and_(jobs.c.state == "running", jobs.c.beat_at < now - SILENT)
        numbers = list(connection.execute(sa.select(jobs.c.id).where(lost)).scalars())
        problem = "The trainer died while it was at it. Nothing has changed for students; ask for it again."
        connection.execute(
            sa.update(jobs).where(jobs.c.id.in_(numbers)).values(state="failed", ended_at=now, problem=problem)
        )
    return numbers


def running(engine: Engine) -> bool:
    """Return whether a trainer is at work, here or on another machine."""
    with engine.connect() as connection:
        return connection.execute(sa.select(jobs.c.id).where(jobs.c.state == "running").limit(1)).scalar() is not None


def last_swap(engine: Engine) -> list[int]:
    """Return the number of the latest work that has let another model answer, where it has failed."""
    query = sa.select(jobs).where(jobs.c.kind.in_(("activate", "rollback"))).order_by(jobs.c.id.desc()).limit(1)
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return [row.id] if row is not None and row.state == "failed" else []
