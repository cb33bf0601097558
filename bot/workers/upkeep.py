"""The sweep: finds what a lost task or a killed worker left behind, and what has fallen due."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from redis.exceptions import RedisError
from sqlalchemy.engine import Engine

from bot.outages import Outage
from bot.store import heartbeats, inbox, outbox
from bot.workers.queue import Queue, QueueAway, Tasks

log = structlog.get_logger("carrel.upkeep")

EVERY_SECONDS = 1.0
# The rounds run once per this many sweeps.
ROUND_EVERY = 5
# With more tasks than this in the queue, the workers are awake, and another sweep would only add duplicates.
BUSY = 100


def sweep(engine: Engine, tasks: Tasks, now: datetime) -> int:
    """Wake a worker for everybody with something due that no worker handles. Returns how many were woken."""
    to_send, to_answer = outbox.people_due(engine, now), inbox.people_due(engine, now)
    for person_id in to_send:
        tasks.send(person_id)
    for person_id in to_answer:
        tasks.answer(person_id)
    return len(to_answer) + len(to_send)


@dataclass(frozen=True)
class Upkeep:
    """What runs alongside a worker process's tasks: the sweep, the heartbeat, and the `rounds` now and then.

    `queue` is checked before each sweep, and left alone while it is down: sending does not need it.
    """

    engine: Engine
    tasks: Tasks
    queue: Queue
    name: str
    now: Callable[[], datetime]
    rounds: Sequence[Callable[[], object]] = ()

    def run(self, stop: threading.Event) -> None:
        """Sweep and send a heartbeat every second until `stop` is set, and wait while the store or queue is down."""
        turn, wait = 0, EVERY_SECONDS
        trouble = Outage(log, "sweep")
        while not stop.wait(wait):
            turn += 1
            try:
                heartbeats.beat(self.engine, self.name, self.now())
                self._sweep()
                if turn % ROUND_EVERY == 0:
                    for each in self.rounds:
                        each()
            except Exception as error:  # whatever is down, the sweep must go on: nothing else finds lost work
                wait = max(EVERY_SECONDS, trouble.gone(error))
            else:
                trouble.back()
                wait = EVERY_SECONDS

    def _sweep(self) -> None:
        if self._backlog() >= BUSY:
            return
        try:
            sweep(self.engine, self.tasks, self.now())
        except (QueueAway, RedisError):
            return  # the queue reports its own outage; the heartbeat and the rounds go on without it

    def _backlog(self) -> int:
        """Return how many tasks wait, as far as the queue can tell; 0 when it is down."""
        if self.queue.outage.waiting:
            return 0
        try:
            return int(self.queue.pending_count())
        except (RedisError, sqlite3.Error) as error:
            self.queue.outage.gone(error)
            return 0
