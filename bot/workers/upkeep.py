"""The sweep: finds what a lost task or a killed worker left behind, and what falls due by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.engine import Engine

from bot.store import heartbeats, inbox, outbox
from bot.workers.queue import Tasks

log = structlog.get_logger("carrel.upkeep")

EVERY_SECONDS = 1.0
# The rounds are made with every so many sweeps.
ROUND_EVERY = 5
# With more tasks than this in the queue the workers are awake, and another sweep would only repeat them.
BUSY = 100


def sweep(engine: Engine, tasks: Tasks, now: datetime) -> int:
    """Wake a worker for everybody with something due that nobody serves. Returns how many were woken."""
    to_answer, to_send = inbox.people_due(engine, now), outbox.people_due(engine, now)
    for person_id in to_answer:
        tasks.answer(person_id)
    for person_id in to_send:
        tasks.send(person_id)
    return len(to_answer) + len(to_send)


@dataclass(frozen=True)
class Upkeep:
    """What runs beside the tasks of a worker process: the sweep and the heartbeat, and `rounds` now and then."""

    engine: Engine
    tasks: Tasks
    backlog: Callable[[], int]
    name: str
    now: Callable[[], datetime]
    rounds: Sequence[Callable[[], object]] = ()

    def run(self, stop: threading.Event) -> None:
        """Sweep and beat every second until `stop` is set, and wait for a store or a queue that is down."""
        turn = 0
        while not stop.wait(EVERY_SECONDS):
            turn += 1
            try:
                heartbeats.beat(self.engine, self.name, self.now())
                if self.backlog() < BUSY:
                    sweep(self.engine, self.tasks, self.now())
                if turn % ROUND_EVERY == 0:
                    for each in self.rounds:
                        each()
            except Exception as error:  # whatever is down, the sweep must go on: nothing else finds lost work
                log.warning("sweep_failed", error=type(error).__name__)
