"""A running job: its progress, its cancellation, and a heartbeat while it waits."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from bot.retraining.workshop import Cancelled, Workshop, run
from bot.store import jobs
from bot.store.jobs import Job

BEAT_SECONDS = 2.0

# Each stage's starting progress in percent, and its expected duration in seconds.
STAGES = {
    "gathering what was decided": (0, 2.0),
    "checking the examples": (3, 8.0),
    "training": (12, 90.0),
    "asking both models": (58, 45.0),
    "telling the conversation tests": (85, 20.0),
    "weighing it up": (98, 1.0),
}


@dataclass
class Course:
    """A running job: reports its progress and learns whether to stop."""

    shop: Workshop
    job: Job
    log: list[str] = field(default_factory=list)
    stages: Mapping[str, tuple[int, float]] = field(default_factory=lambda: STAGES)
    _stage: str = ""
    _began: float = 0.0
    _last: float = 0.0

    def stage(self, name: str) -> None:
        """Begin a stage, and log how long the last one took. Raises Cancelled."""
        now = time.monotonic()
        if self._stage:
            self.log.append(f"  ({now - self._began:.0f} s)")
        self._stage, self._began = name, now
        self.log.append(f"— {name}")
        if not self._tell(0.0):
            raise Cancelled

    def tick(self, seconds: float) -> bool:
        """Report progress `seconds` into the stage; returns False to stop."""
        if time.monotonic() - self._last < 1.0:
            return True
        return self._tell(seconds)

    def _tell(self, seconds: float) -> bool:
        self._last = time.monotonic()
        begin, expected = self.stages.get(self._stage, (0, 10.0))
        later = [(at, length) for at, length in self.stages.values() if at > begin]
        end = later[0][0] if later else 100
        # A stage that takes longer than expected moves on all the same, ever more slowly.
        done = 1 - math.exp(-1.5 * seconds / expected)
        left = max(expected - seconds, 0.2 * expected) + sum(length for _, length in later)
        return jobs.progress(
            self.shop.engine,
            self.job.id,
            self.shop.now(),
            stage=self._stage,
            percent=int(begin + (end - begin) * done),
            left_seconds=int(left),
            log="\n".join(self.log),
        )

    def run(self, words: Sequence[str], shop: Workshop | None = None) -> None:
        """Run a command as part of the stage."""
        run(shop or self.shop, words, self.tick, log=self.log)

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Send heartbeats while the job waits for another process, so that it isn't presumed dead."""
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(BEAT_SECONDS):
                try:
                    jobs.progress(self.shop.engine, self.job.id, self.shop.now())
                except SQLAlchemyError:  # the store is unavailable; the job itself will notice
                    continue

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
