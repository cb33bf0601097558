"""The trainer process: runs one job after another, and keeps the review queue sorted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.outages import Outage
from bot.retraining import activation, training
from bot.retraining.activation import Rehearsal
from bot.retraining.course import Course
from bot.retraining.gate import Thresholds
from bot.retraining.hiding import Filling
from bot.retraining.workshop import Cancelled, TrainingError, Workshop, run
from bot.store import inbox, jobs
from bot.store.jobs import Job

log = structlog.get_logger("carrel.trainer")

EVERY_SECONDS = 1.0
REFRESH_SECONDS = 600.0
HINDERED_SECONDS = 60.0


def do(shop: Workshop, job: Job, limits: Thresholds, dialogue: Rehearsal) -> str:
    """Run a claimed job, and return how it ended: done, failed, cancelled."""
    course = Course(shop, job)
    state, problem, model = "done", "", job.model
    try:
        if job.kind == "train":
            model = training.train(course, limits)
        elif job.kind == "evaluate":
            training.evaluate(course, job.model, limits)
        elif job.kind == "compare":
            training.compare(course, job.model, job.reason)
        elif job.kind == "replay":
            training.replay(course, job.model, int(job.reason))
        elif job.kind == "activate":
            course.stages = activation.STAGES
            course.log.append(activation.activate(course, job.model, dialogue))
        elif job.kind == "rollback":
            course.stages = activation.STAGES
            course.log.append(activation.rollback(course, dialogue))
        else:
            raise TrainingError(f"There is no work of the kind {job.kind}.")
    except Cancelled:
        state, problem = "cancelled", "Stopped, as was asked for. Nothing has changed."
    except TrainingError as error:
        state, problem = "failed", str(error)
    except Exception as error:  # whatever it was, it must be reported, and the trainer must go on
        state, problem = "failed", f"A fault of ours ({type(error).__name__}); nothing has changed. The log says more."
        log.exception("job_failed", kind=job.kind)
    jobs.progress(shop.engine, job.id, shop.now(), log="\n".join(course.log))
    jobs.end(shop.engine, job.id, state, shop.now(), problem=problem, model=model)
    log.info("job", kind=job.kind, state=state, model=model)
    return state


@dataclass
class Trainer:
    """Runs jobs as they are requested."""

    shop: Workshop
    limits: Thresholds
    dialogue: Rehearsal
    _refreshed_at: float = field(default=-REFRESH_SECONDS)
    _newest: int = -1
    _swept: bool = False
    _hindered_at: float = field(default=-HINDERED_SECONDS)

    def step(self) -> None:
        """Do whatever is due now."""
        self._put_right(jobs.find_lost(self.shop.engine, self.shop.now()))
        job = jobs.take(self.shop.engine, self.shop.now())
        if job is not None and job.kind == "queue":
            self._refresh(job)
        elif job is not None:
            training.adopt(self.shop)
            do(self.shop, job, self.limits, self.dialogue)
        elif time.monotonic() - self._refreshed_at > REFRESH_SECONDS:
            self._refresh(None)

    def _put_right(self, lost: Sequence[int]) -> None:
        """Clean up after killed jobs: a model that was going live, students' texts left on disk."""
        shop = self.shop
        if jobs.running(shop.engine):
            return
        if time.monotonic() - self._hindered_at > HINDERED_SECONDS:
            try:
                told = activation.recover(shop)
            except TrainingError as error:
                log.warning("activation_not_recovered", problem=str(error))
                self._hindered_at, told = time.monotonic(), ""
            for number in jobs.last_swap(shop.engine) if told else ():
                jobs.end(shop.engine, number, "failed", shop.now(), problem=told)
        if lost or not self._swept:
            training.sweep(shop)
            self._swept = True

    def _refresh(self, job: Job | None) -> None:
        """Re-sort the review queue if requested or if there are new messages."""
        self._refreshed_at = time.monotonic()
        newest = inbox.newest(self.shop.engine)
        if job is None and newest == self._newest:
            return
        out: list[str] = []
        problem = ""
        try:
            run(self.shop, self.shop.command("bot.nlu.lookout"), self._beating(job), log=out)
            self._newest = newest
        except (TrainingError, Cancelled) as error:
            problem = str(error) or "Stopped, as was asked for."
            log.warning("queue_not_sorted", problem=problem)
        if job is not None:
            jobs.end(self.shop.engine, job.id, "failed" if problem else "done", self.shop.now(), problem=problem)

    def _beating(self, job: Job | None) -> Callable[[float], bool]:
        def tick(seconds: float) -> bool:
            if job is None:
                return True
            percent = min(95, int(seconds * 8))
            return jobs.progress(
                self.shop.engine, job.id, self.shop.now(), stage="sorting the messages", percent=percent
            )

        return tick

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set, waiting while the store is down."""
        filling = Filling(self.shop.engine)
        store, wait = Outage(log, "store"), EVERY_SECONDS
        while not stop.wait(wait):
            try:
                self.step()
                filling.run()
            except SQLAlchemyError as error:
                wait = max(EVERY_SECONDS, store.gone(error))
            else:
                store.back()
                wait = EVERY_SECONDS
