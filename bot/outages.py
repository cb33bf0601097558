"""Outages of a part: logged once when it goes and once when it is back, with growing waits in between."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

# The first wait, and the longest: a recovered part is found within seconds, and not hit by everybody at once.
FIRST_SECONDS, MOST_SECONDS = 0.5, 5.0


class Outage:
    """Whether one part answers, as seen by one process. Thread-safe.

    `log` has `warning` and `info`; the lines are `<part>_unavailable` and `<part>_back`.
    """

    def __init__(self, log: Any, part: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._log, self._part, self._clock = log, part, clock
        self._lock = threading.Lock()
        self._since: float | None = None
        self._until = 0.0

    def gone(self, error: BaseException) -> float:
        """Record that the part has not answered, and return how many seconds to leave it alone.

        That is half to all of the time it has been down, with jitter, so that many don't come back at the same moment.
        """
        with self._lock:
            now = self._clock()
            first = self._since is None
            self._since = now if self._since is None else self._since
            longest = min(MOST_SECONDS, max(FIRST_SECONDS, now - self._since))
            wait = random.uniform(longest / 2, longest)
            self._until = now + wait
        if first:
            self._log.warning(f"{self._part}_unavailable", error=type(error).__name__)
        return wait

    def back(self) -> None:
        """Record that the part has answered."""
        if self._since is None:  # the usual case, and not worth a lock
            return
        with self._lock:
            since, self._since, self._until = self._since, None, 0.0
        if since is not None:
            self._log.info(f"{self._part}_back", seconds=round(self._clock() - since, 1))

    @property
    def waiting(self) -> bool:
        """Whether the part was found down a moment ago, and should not be tried again yet."""
        return self._since is not None and self._clock() < self._until
