"""Background jobs: requested, run one at a time, monitored, cancelled; orphans of killed processes are found.

The trainer runs one job at a time; the workers import calendar files (IMPORTS) whatever the trainer is doing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row

from bot.store.learning_tables import JobRow

jobs = JobRow.__table__
# A trainer sends a heartbeat every second; one that has been silent for this long is dead.
SILENT = timedelta(seconds=20)
UNDER_WAY = ("waiting", "running")
# The workers' own jobs, which run alongside the trainer: calendar files.
IMPORTS = ("events_look", "events_take", "events_undo")
TRIES = 3
_TAKEN_UP = "taken up again\n"


class JobError(Exception):
    """A job can't be requested; the text says why."""


@dataclass(frozen=True)
class Job:
    """A job. The fields are those of JobRow."""

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
        """Whether it is waiting or running."""
        return self.state in UNDER_WAY


def _job(row: Row) -> Job:
    return Job(**{name: getattr(row, name) for name in Job.__dataclass_fields__})


def ask(engine: Engine, kind: str, *, by: str, now: datetime, model: str = "", reason: str = "") -> int:
    """Request a trainer job and return its number. Raises JobError while another trainer job is waiting or running.

    Sorting the queue takes seconds and keeps nobody from asking for something else: that comes after it.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("LOCK TABLE jobs IN SHARE ROW EXCLUSIVE MODE"))
        # On SQLite the insert takes the write lock, so nobody else can see what is read after it.
        found = ask_in(connection, kind, by=by, now=now, model=model, reason=reason)
        other = connection.execute(
            sa.select(jobs.c.kind, jobs.c.asked_by)
            .where(jobs.c.state.in_(UNDER_WAY), jobs.c.id != found, _among(()))
            .where(sa.or_(jobs.c.kind != "queue", kind == "queue"))
            .limit(1)
        ).one_or_none()
        if other is not None:
            raise JobError(f"Something is under way already ({other.kind}, asked for by {other.asked_by}).")
    return int(found)


def ask_in(
    connection: sa.engine.Connection, kind: str, *, by: str, now: datetime, model: str = "", reason: str = ""
) -> int:
    """Request a job within a transaction, and return its number."""
    values = {
        "kind": kind,
        "model": model,
        "reason": reason[:500],
        "asked_by": by,
        "asked_at": now,
        "state": "waiting",
        "stage": "waiting" if kind in IMPORTS else "waiting for the trainer",
        "percent": 0,
        "cancel": False,
        "problem": "",
        "log": "",
    }
    return int(connection.execute(sa.insert(jobs).values(**values)).inserted_primary_key[0])


def _among(kinds: Sequence[str]) -> Any:
    """Return the condition that a job is of some kinds; with none: that it is the trainer's."""
    return jobs.c.kind.in_(kinds) if kinds else jobs.c.kind.not_in(IMPORTS)


def take(engine: Engine, now: datetime, kinds: Sequence[str] = ()) -> Job | None:
    """Claim the oldest waiting job of some kinds as running, or return None; with no kinds: the trainer's."""
    waits = sa.and_(jobs.c.state == "waiting", _among(kinds))
    with engine.connect() as connection:
        if connection.execute(sa.select(jobs.c.id).where(waits).limit(1)).scalar() is None:
            return None
    with engine.begin() as connection:
        row = connection.execute(sa.select(jobs).where(waits).order_by(jobs.c.id).limit(1)).one_or_none()
        if row is None:
            return None
        taken = connection.execute(
            sa.update(jobs)
            .where(jobs.c.id == row.id, jobs.c.state == "waiting")
            .values(state="running", started_at=now, beat_at=now, stage="beginning")
        )
        return get_in(connection, row.id) if taken.rowcount else None


def claim(engine: Engine, job_id: int, now: datetime) -> Job | None:
    """Claim a waiting job, or return None if somebody was faster."""
    with engine.begin() as connection:
        taken = connection.execute(
            sa.update(jobs)
            .where(jobs.c.id == job_id, jobs.c.state == "waiting")
            .values(state="running", started_at=now, beat_at=now, stage="beginning")
        )
        return get_in(connection, job_id) if taken.rowcount else None


def get_in(connection: sa.engine.Connection, job_id: int) -> Job:
    """Return a job within a transaction."""
    return _job(connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).one())


def get(engine: Engine, job_id: int) -> Job | None:
    """Return a job, or None."""
    with engine.connect() as connection:
        row = connection.execute(sa.select(jobs).where(jobs.c.id == job_id)).one_or_none()
    return _job(row) if row else None


def page(engine: Engine, limit: int = 20) -> list[Job]:
    """Return the trainer's latest jobs, newest first."""
    query = sa.select(jobs).where(_among(())).order_by(jobs.c.id.desc()).limit(limit)
    with engine.connect() as connection:
        return [_job(row) for row in connection.execute(query)]


def lately(engine: Engine, apart: Sequence[str], limit: int) -> list[Job]:
    """Return the trainer's latest jobs, newest first; of the kinds `apart` only what failed."""
    shown = sa.or_(jobs.c.kind.not_in(apart), jobs.c.state == "failed")
    query = sa.select(jobs).where(_among(()), shown).order_by(jobs.c.id.desc()).limit(limit)
    with engine.connect() as connection:
        return [_job(row) for row in connection.execute(query)]


def latest(engine: Engine, apart: Sequence[str]) -> Job | None:
    """Return the waiting or running job that is of none of the kinds `apart`; else the last one that ended."""
    last = sa.select(jobs).where(_among(()), jobs.c.kind.not_in(apart))
    order = (jobs.c.state.in_(UNDER_WAY).desc(), jobs.c.id.desc())
    with engine.connect() as connection:
        row = connection.execute(last.order_by(*order).limit(1)).one_or_none()
    return _job(row) if row else None


def progress(engine: Engine, job_id: int, now: datetime, **values: Any) -> bool:
    """Record a job's progress (stage, percent, left_seconds, log). False: it must stop, or was given up as lost."""
    with engine.begin() as connection:
        connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(beat_at=now, **values))
        row = connection.execute(sa.select(jobs.c.cancel, jobs.c.state).where(jobs.c.id == job_id)).one()
    return not row.cancel and row.state in UNDER_WAY


def end(engine: Engine, job_id: int, state: str, now: datetime, *, problem: str = "", model: str = "") -> None:
    """Record that a job has ended: done, failed, cancelled."""
    values: dict[str, Any] = {"state": state, "ended_at": now, "problem": problem[:1000], "left_seconds": None}
    if state == "done":
        values |= {"percent": 100, "stage": "done"}
    if model:
        values["model"] = model
    with engine.begin() as connection:
        connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(**values))


def cancel(engine: Engine, job_id: int, now: datetime) -> None:
    """Ask a running job to stop; a waiting one is cancelled at once."""
    with engine.begin() as connection:
        connection.execute(sa.update(jobs).where(jobs.c.id == job_id).values(cancel=True))
        waiting = sa.update(jobs).where(jobs.c.id == job_id, jobs.c.state == "waiting")
        connection.execute(waiting.values(state="cancelled", ended_at=now))


def find_lost(engine: Engine, now: datetime) -> list[int]:
    """End the jobs of trainers that have died, and return their numbers.

    A model activation in progress at that time is repaired by the next trainer (bot.retraining.activation.recover).
    """
    with engine.begin() as connection:
        lost = sa.and_(jobs.c.state == "running", jobs.c.beat_at < now - SILENT, _among(()))
        numbers = list(connection.execute(sa.select(jobs.c.id).where(lost)).scalars())
        problem = "The trainer died while it was at it. Nothing has changed for students; ask for it again."
        connection.execute(
            sa.update(jobs).where(jobs.c.id.in_(numbers)).values(state="failed", ended_at=now, problem=problem)
        )
    return numbers


def take_up(engine: Engine, now: datetime, kinds: Sequence[str], given_up: str) -> list[Job]:
    """Requeue the jobs of dead processes; end those that have died TRIES times, and return them."""
    lost = sa.and_(jobs.c.state == "running", jobs.c.beat_at < now - SILENT, _among(kinds))
    with engine.connect() as connection:
        found = [_job(row) for row in connection.execute(sa.select(jobs).where(lost))]
    ended = []
    for job in found:
        again = job.log.count(_TAKEN_UP) + 1 < TRIES
        values: dict[str, Any] = {"state": "waiting", "stage": "taken up again", "log": job.log + _TAKEN_UP}
        if not again:
            values = {"state": "failed", "ended_at": now, "problem": given_up}
        with engine.begin() as connection:
            mine = sa.and_(jobs.c.id == job.id, jobs.c.state == "running", jobs.c.beat_at == job.beat_at)
            changed = connection.execute(sa.update(jobs).where(mine).values(**values)).rowcount
        if changed and not again:
            ended.append(job)
    return ended


def running(engine: Engine) -> bool:
    """Return whether a trainer is running a job, here or on another machine."""
    with engine.connect() as connection:
        mine = sa.and_(jobs.c.state == "running", _among(()))
        return connection.execute(sa.select(jobs.c.id).where(mine).limit(1)).scalar() is not None


def last_swap(engine: Engine) -> list[int]:
    """Return the number of the latest job that switched models, if it failed."""
    query = sa.select(jobs).where(jobs.c.kind.in_(("activate", "rollback"))).order_by(jobs.c.id.desc()).limit(1)
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    return [row.id] if row is not None and row.state == "failed" else []
