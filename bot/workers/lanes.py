"""Sends in per-channel threads: a platform that hangs delays neither answers nor another platform."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

import structlog

log = structlog.get_logger("carrel.lanes")

# This many people at once per channel. A platform answers within a second, or hangs.
THREADS = 8


class Lanes:
    """`send` sends everything pending for a person; `channel_of` returns that person's channel."""

    def __init__(self, send: Callable[[int], None], channel_of: Callable[[int], str], threads: int = THREADS) -> None:
        self._send, self._channel_of, self._threads = send, channel_of, threads
        self._lock = threading.Lock()
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._queued: set[int] = set()
        self._under_way: set[Future[None]] = set()

    def wake(self, person_id: int) -> None:
        """Have a person's calls made soon, and return at once. Nobody is queued twice."""
        channel = self._channel_of(person_id)
        with self._lock:
            if person_id in self._queued:
                return
            if channel not in self._pools:
                self._pools[channel] = ThreadPoolExecutor(self._threads, thread_name_prefix=f"send-{channel}")
            self._queued.add(person_id)
            try:
                future = self._pools[channel].submit(self._run, person_id)
            except RuntimeError:  # shut down: the calls stay in the outbox, and another worker makes them
                self._queued.discard(person_id)
                return
            self._under_way.add(future)
        future.add_done_callback(self._done)

    def end(self, seconds: float) -> None:
        """Accept nobody else, and return once the calls in progress are done, or after `seconds`."""
        with self._lock:
            pools, futures = list(self._pools.values()), set(self._under_way)
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)
        # A cancelled future never counts as done for wait.
        wait([each for each in futures if not each.cancelled()], timeout=seconds)

    def _run(self, person_id: int) -> None:
        # Before the calls are read, so that one stored from now on wakes the lane again.
        with self._lock:
            self._queued.discard(person_id)
        try:
            self._send(person_id)
        except Exception as error:  # the next sweep wakes it again
            log.warning("send_failed", error=type(error).__name__)

    def _done(self, future: Future[None]) -> None:
        with self._lock:
            self._under_way.discard(future)
