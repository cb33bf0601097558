"""Calendar file imports: uploaded, looked at, taken over, undone; each step is a job of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.calendar import ical, words
from bot.calendar.facts import Event
from bot.store import audit, jobs
from bot.store.content import coming
from bot.store.import_tables import ImportRow
from bot.store.jobs import Job

imports = ImportRow.__table__
KEPT = timedelta(days=30)
TOLD_EVERY = 50
STEPS = {"events_look": "looking", "events_take": "taking", "events_undo": "undoing"}


class Stopped(Exception):
    """The job was cancelled, or given up as lost."""


@dataclass(frozen=True)
class Import:
    """A file being imported. The fields are those of ImportRow, except its data."""

    id: int
    file: str
    state: str
    by: str
    at: datetime
    job_id: int
    plan: list[dict[str, Any]]
    chosen: list[int]
    before: list[dict[str, Any]]
    problem: str
    told: str

    def count(self, does: str) -> int:
        """Return how many events something happens to."""
        return sum(each["does"] == does for each in self.plan)


def ask(engine: Engine, file: str, data: bytes, *, by: str, now: datetime) -> int:
    """Upload a file to be looked at; return its number. Imports older than a month are deleted."""
    with engine.begin() as connection:
        connection.execute(sa.delete(imports).where(imports.c.at < now - KEPT))
        values = {"file": file[:200], "data": data, "state": "looking", "by": by, "at": now, "job_id": 0}
        values |= {"plan": [], "chosen": [], "before": [], "problem": "", "told": ""}
        number = int(connection.execute(sa.insert(imports).values(**values)).inserted_primary_key[0])
        job = jobs.ask_in(connection, "events_look", by=by, now=now, model=str(number))
        connection.execute(sa.update(imports).where(imports.c.id == number).values(job_id=job))
    return number


def next_step(
    engine: Engine, number: int, kind: str, *, of: str, by: str, now: datetime, chosen: Iterable[int] = ()
) -> bool:
    """Request the next step of an import that is in the state `of`; False: somebody was faster."""
    with engine.begin() as connection:
        values: dict[str, Any] = {"state": STEPS[kind], "problem": ""}
        if kind == "events_take":
            values["chosen"] = sorted(chosen)
        changed = connection.execute(
            sa.update(imports).where(imports.c.id == number, imports.c.state == of).values(**values)
        )
        if not changed.rowcount:
            return False
        job = jobs.ask_in(connection, kind, by=by, now=now, model=str(number))
        connection.execute(sa.update(imports).where(imports.c.id == number).values(job_id=job))
    return True


def get(engine: Engine, number: int) -> Import | None:
    """Return an import, or None."""
    names = list(Import.__dataclass_fields__)
    with engine.connect() as connection:
        row = connection.execute(
            sa.select(*(imports.c[name] for name in names)).where(imports.c.id == number)
        ).one_or_none()
    return Import(**dict(zip(names, row, strict=True))) if row else None


def page(engine: Engine, limit: int = 10) -> list[Any]:
    """Return the latest imports, newest first, without their plans: id, file, state, by, at, told."""
    shown = (imports.c.id, imports.c.file, imports.c.state, imports.c.by, imports.c.at, imports.c.told)
    with engine.connect() as connection:
        return list(connection.execute(sa.select(*shown).order_by(imports.c.id.desc()).limit(limit)))


def work(engine: Engine, job: Job, zone: ZoneInfo, now: Callable[[], datetime]) -> str:
    """Run a claimed job and return how it ended: done, failed, cancelled. A failed one changes nothing."""
    number = int(job.model)
    state, problem = "done", ""
    try:
        {"events_look": _look, "events_take": _take, "events_undo": _undo}[job.kind](engine, number, job, zone, now)
    except (ical.ICalError, coming.ImportRefused) as error:
        state, problem = "failed", str(error)
    except Stopped:
        state, problem = "cancelled", "It was stopped. Nothing has changed."
    if state != "done":
        fail(engine, number, job.kind, problem)
    jobs.end(engine, job.id, state, now(), problem=problem)
    return state


def fail(engine: Engine, number: int, kind: str, problem: str) -> None:
    """Record why a step failed: a failed look is final; after other steps the import is back in its earlier state."""
    after = {"events_look": "failed", "events_take": "looked", "events_undo": "taken"}[kind]
    with engine.begin() as connection:
        connection.execute(
            sa.update(imports)
            .where(imports.c.id == number, imports.c.state == STEPS[kind])
            .values(state=after, problem=problem[:1000])
        )


def stop_waiting(engine: Engine, number: int) -> None:
    """Reset an import to its earlier state when its job was cancelled before it began."""
    found = get(engine, number)
    job = jobs.get(engine, found.job_id) if found else None
    if job is not None and job.state == "cancelled":
        fail(engine, number, job.kind, "It was stopped. Nothing has changed.")


def _telling(engine: Engine, job: Job, stage: str, begin: int, end: int, now: Callable[[], datetime]) -> Any:
    """Return a throttled progress callback for a stage; it raises Stopped."""

    def tell(done: int, of: int) -> None:
        if done % TOLD_EVERY == 1 or done == of:
            percent = begin + (end - begin) * done // max(of, 1)
            if not jobs.progress(engine, job.id, now(), stage=f"{stage}: {done:,} of {of:,}", percent=percent):
                raise Stopped

    return tell


def _look(engine: Engine, number: int, job: Job, zone: ZoneInfo, now: Callable[[], datetime]) -> None:
    with engine.connect() as connection:
        data = connection.execute(sa.select(imports.c.data).where(imports.c.id == number)).scalar_one()
    today = now().astimezone(zone).date()

    def when(event: Event) -> str:
        span = words.span(event.starts, event.ends, today, all_day=event.all_day)
        return f"{span}, repeats" if event.rrule else span

    reading = ical.look(ical.decoded(data), zone, _telling(engine, job, "reading the file", 0, 50, now))
    asked = [(each.event, each.why) for each in reading.left if each.event is not None]
    events = [*((each, "") for each in reading.events), *asked]
    told = _telling(engine, job, "comparing with the store", 50, 98, now)
    rows = coming.planned(engine, events, when, told)
    rows += [
        {"title": each.title, "when": f"line {each.line}", "why": each.why, "does": coming.LEFT_OUT, "changes": []}
        for each in reading.left
        if each.event is None
    ]
    if not rows:
        raise ical.ICalError("There is no event in this file.")
    plan = [{**row, "number": place} for place, row in enumerate(rows)]
    with engine.begin() as connection:
        connection.execute(
            sa.update(imports)
            .where(imports.c.id == number, imports.c.state == "looking")
            .values(state="looked", plan=plan, data=b"")
        )


def to_take(found: Import) -> list[dict[str, Any]]:
    """Return the rows of the plan to be stored."""
    wanted = {coming.ADDED, coming.CHANGED}
    chosen = set(found.chosen)
    return [
        each
        for each in found.plan
        if each["does"] in wanted or (each["does"] == coming.ASKED and each["number"] in chosen)
    ]


def _take(engine: Engine, number: int, job: Job, _zone: ZoneInfo, now: Callable[[], datetime]) -> None:
    found = get(engine, number)
    assert found is not None, "a job is asked for with its import"  # noqa: S101
    rows = to_take(found)
    if not jobs.progress(engine, job.id, now(), stage=f"storing {len(rows):,} events", percent=30):
        raise Stopped
    moment = now()
    with audit.session(engine, job.asked_by, moment) as opened:
        before = coming.take(opened, rows)
        opened.flush()
        # In the same transaction: of two concurrent processes, only one succeeds.
        taken = opened.execute(
            sa.update(imports)
            .where(imports.c.id == number, imports.c.state == "taking")
            .values(
                state="taken",
                before=before,
                at=moment,
                by=job.asked_by,
                told=f"{len(rows):,} events are taken over. The next answer uses them.",
            )
        )
        if not taken.rowcount:
            raise Stopped


def _undo(engine: Engine, number: int, job: Job, _zone: ZoneInfo, now: Callable[[], datetime]) -> None:
    found = get(engine, number)
    assert found is not None, "a job is asked for with its import"  # noqa: S101
    if not jobs.progress(engine, job.id, now(), stage=f"bringing back {len(found.before):,} events", percent=30):
        raise Stopped
    with audit.session(engine, job.asked_by, now()) as opened:
        brought, kept = coming.undo(opened, found.before, found.by, found.at)
        opened.flush()
        told = f"{brought:,} events are again what they were."
        if kept:
            told += f" Kept, since somebody has changed them: {', '.join(kept[:5])}{' …' if len(kept) > 5 else ''}."
        undone = opened.execute(
            sa.update(imports)
            .where(imports.c.id == number, imports.c.state == "undoing")
            .values(state="undone", told=told[:1000])
        )
        if not undone.rowcount:
            raise Stopped
