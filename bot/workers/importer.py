"""Imports calendar files in the background of a worker process, one job after another; it needs no trainer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.outages import Outage
from bot.store import imports, jobs
from bot.store.jobs import IMPORTS

log = structlog.get_logger("carrel.importer")

EVERY_SECONDS = 1.0
GIVEN_UP = "The process that was at it has died three times. Nothing has changed; hand the file in again."


@dataclass(frozen=True)
class Importer:
    """Runs import jobs."""

    engine: Engine
    zone: ZoneInfo
    now: Callable[[], datetime]

    def step(self) -> bool:
        """Run the oldest waiting job; return whether there was one. A killed process's jobs are requeued."""
        for lost in jobs.take_up(self.engine, self.now(), IMPORTS, GIVEN_UP):
            imports.fail(self.engine, int(lost.model), lost.kind, GIVEN_UP)
        job = jobs.take(self.engine, self.now(), IMPORTS)
        if job is None:
            return False
        try:
            state = imports.work(self.engine, job, self.zone, self.now)
        except SQLAlchemyError:
            raise  # the store is down: the job's heartbeat stops, and it is requeued
        except Exception as error:  # any error must be reported, and the worker must go on
            problem = f"A fault of ours ({type(error).__name__}); nothing has changed. The log says more."
            log.exception("import_failed", kind=job.kind)
            imports.fail(self.engine, int(job.model), job.kind, problem)
            jobs.end(self.engine, job.id, "failed", self.now(), problem=problem)
            return True
        log.info("import", kind=job.kind, state=state)
        return True

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, and wait while the store is down."""
        trouble, wait = Outage(log, "imports"), EVERY_SECONDS
        while not stop.wait(wait):
            try:
                while self.step() and not stop.is_set():
                    pass
                trouble.back()
                wait = EVERY_SECONDS
            except SQLAlchemyError as error:
                wait = max(EVERY_SECONDS, trouble.gone(error))
