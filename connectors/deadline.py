"""A time limit for a whole call: what an HTTP client's own limits cannot promise, since each is for one step."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")

# Name look-up, each address tried, an answer that trickles: all of it. Shorter than a send worker's lease.
SEND_SECONDS = 18.0


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what `call` returns. Raises what it raises, and TimeoutError when it takes longer than `seconds`.

    It runs in a thread of its own, which is left to end by itself.
    """
    outcome: Future[T] = Future()
    context = copy_context()

    def run() -> None:
        try:
            outcome.set_result(context.run(call))
        except BaseException as error:  # whatever it is belongs to whoever waits
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True, name="within").start()
    return outcome.result(timeout=seconds)
