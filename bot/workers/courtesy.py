"""Marks a message as read and shows "typing": at once, in parallel with the dialogue; a failure does not matter."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial

import structlog

from connectors.channel import Channel
from connectors.errors import SendError
from connectors.messages import IncomingMessage, OutboundCall

log = structlog.get_logger("carrel.courtesy")

# A platform that is told of typing late shows it after the answer, so the answer waits this long for it.
WAIT_SECONDS = 2.0


# With this many calls waiting for one platform, another would arrive long after its answer.
MOST_WAITING = 64


class Courtesies:
    """Makes the calls in per-channel threads, and lets the sender wait until a person's calls are done."""

    def __init__(self, threads: int = 8) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._waiting: Counter[str] = Counter()
        self._under_way: dict[int, set[Future[None]]] = {}

    def show(self, channel: Channel, person_id: int, message: IncomingMessage) -> None:
        """Start the calls that mark `message` as read and show typing; skipped while the platform is not keeping up."""
        for call in channel.courtesies(message):
            with self._lock:
                if self._waiting[channel.name] >= MOST_WAITING:
                    return
                if channel.name not in self._pools:
                    name = f"courtesy-{channel.name}"
                    self._pools[channel.name] = ThreadPoolExecutor(self._threads, thread_name_prefix=name)
                future = self._pools[channel.name].submit(self._make, channel, call)
                self._waiting[channel.name] += 1
                self._under_way.setdefault(person_id, set()).add(future)
            future.add_done_callback(partial(self._forget, channel.name, person_id))

    def settle(self, person_id: int) -> None:
        """Wait until a person's calls are done, at most WAIT_SECONDS."""
        with self._lock:
            futures = set(self._under_way.get(person_id, ()))
        wait(futures, timeout=WAIT_SECONDS)

    def _forget(self, channel: str, person_id: int, done: Future[None]) -> None:
        with self._lock:
            self._waiting[channel] -= 1
            futures = self._under_way.get(person_id, set())
            futures.discard(done)
            if not futures:
                self._under_way.pop(person_id, None)

    @staticmethod
    def _make(channel: Channel, call: OutboundCall) -> None:
        try:
            channel.send(call)
        except SendError as error:
            log.info("courtesy_failed", channel=channel.name, purpose=call.purpose, code=error.code)
