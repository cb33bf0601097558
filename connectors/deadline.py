"""A time limit for a whole call, which an HTTP client's timeouts can't guarantee, since each covers only one step."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")

# Covers name lookup, every address tried and a trickling response. Shorter than a send worker's lease.
SEND_SECONDS = 18.0


def within(seconds: float, call: Callable[[], T]) -> T:
    """Return what `call` returns. Raises what it raises, and TimeoutError when it takes longer than `seconds`.

    It runs in its own thread, which is not stopped on timeout.
    """
    outcome: Future[T] = Future()
    context = copy_context()

    def run() -> None:
        try:
            outcome.set_result(context.run(call))
        except BaseException as error:  # re-raised for whoever waits
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True, name="within").start()
    return outcome.result(timeout=seconds)
