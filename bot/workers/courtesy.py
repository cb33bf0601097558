"""Marking a message as read and showing "typing": at once, beside the dialogue, and of no consequence when it fails."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial

import structlog

from connectors.channel import Channel
from connectors.errors import SendError
from connectors.messages import IncomingMessage, OutboundCall

log = structlog.get_logger("carrel.courtesy")

# A platform shows "typing" after the answer if it hears of it later, so the answer waits this long for it.
WAIT_SECONDS = 2.0


class Courtesies:
    """Makes the calls in threads of its own, and lets the sender wait until a person's have gone."""

    def __init__(self, threads: int = 8) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="courtesy")
        self._lock = threading.Lock()
        self._under_way: dict[int, set[Future[None]]] = {}

    def show(self, channel: Channel, person_id: int, message: IncomingMessage) -> None:
        """Start the calls that mark `message` as read and show typing."""
        for call in channel.courtesies(message):
            future = self._pool.submit(self._make, channel, call)
            with self._lock:
                self._under_way.setdefault(person_id, set()).add(future)
            future.add_done_callback(partial(self._forget, person_id))

    def settle(self, person_id: int) -> None:
        """Wait until a person's calls have gone, WAIT_SECONDS at most."""
        with self._lock:
            futures = set(self._under_way.get(person_id, ()))
        wait(futures, timeout=WAIT_SECONDS)

    def _forget(self, person_id: int, done: Future[None]) -> None:
        with self._lock:
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
