"""How long to wait before another try."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import structlog
from sqlalchemy.exc import OperationalError

from bot.outages import Outage

log = structlog.get_logger("carrel.retries")

# Whether the store is available to this process's tasks.
STORE = Outage(log, "store")


def delay(
    tries: int, *, base: float = 1.0, cap: float = 300.0, floor: float | None = None, growth: float = 2.0
) -> float:
    """Return seconds to wait after `tries` failures: exponential with jitter, between half and all of the delay.

    `floor` is the platform's own Retry-After, which is never undercut; `growth` is the factor for each further try.
    (Exponential back-off and jitter, Brooker 2015.)
    """
    longest = min(cap, base * growth ** min(tries, 30))
    return max(random.uniform(longest / 2, longest), floor or 0.0)


def insist(write: Callable[[], None], seconds: float) -> None:
    """Write what has already happened and must not be lost: retry for `seconds` while the store is down.

    Raises OperationalError when it is down for longer.
    """
    until, tries = time.monotonic() + seconds, 0
    while True:
        try:
            return write()
        except OperationalError as error:
            STORE.gone(error)
            tries += 1
            wait = delay(tries, base=0.2, cap=0.5)
            if time.monotonic() + wait > until:
                raise
            time.sleep(wait)


def awake(task: Callable[[int], None]) -> Callable[[int], None]:
    """Return `task` wrapped so that it ends quietly while the store is down: the next sweep wakes it again."""

    def run(person_id: int) -> None:
        try:
            task(person_id)
        except OperationalError as error:
            STORE.gone(error)
        else:
            STORE.back()

    return run
