"""The live parts of the inbox: a stream of change events, and the typing indicator for the student."""

from __future__ import annotations

import json
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime

from flask import Blueprint, Response, request

from bot.console.access import LIBRARIAN, allows, me
from bot.console.desk import Desk, desk
from bot.server import GONE
from bot.store import desk as stored
from bot.store import threads, threads_shown

# A stream occupies a thread of the web process. If no seat is free, the client is told so and the page polls instead.
SEATS = 20
# Short, so that no stream goes on long after its session has ended.
STREAM_SECONDS, LOOK_SECONDS = 10.0, 0.5


class Seats:
    """Limits concurrent streams; each gives its seat back once, however it ends."""

    def __init__(self, number: int) -> None:
        self._free, self._lock = number, threading.Lock()

    @property
    def free(self) -> int:
        """How many seats are free."""
        return self._free

    def take(self, stream: Iterator[str]) -> Seated | None:
        """Return the stream in a seat, or None if no seat is free."""
        with self._lock:
            if self._free < 1:
                return None
            self._free -= 1
        return Seated(stream, self._give_back)

    def _give_back(self) -> None:
        with self._lock:
            self._free += 1


class Seated:
    """A stream that holds a seat until it is exhausted, closed, or garbage-collected.

    A generator would not do: one that was never started runs none of its code when it is closed.
    """

    def __init__(self, stream: Iterator[str], give_back: Callable[[], None]) -> None:
        self._stream, self._give_back = stream, give_back
        self._held = threading.Lock()  # acquired once, by whoever gives the seat back, and never released

    def __iter__(self) -> Seated:
        return self

    def __next__(self) -> str:
        try:
            return next(self._stream)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Give the seat back."""
        if self._held.acquire(blocking=False):
            self._give_back()

    def __del__(self) -> None:
        self.close()


LIVE = Seats(SEATS)


def add(pages: Blueprint) -> None:
    """Add the routes."""

    @pages.get("/inbox/live")
    @allows(LIBRARIAN)
    def inbox_live() -> Response:
        headers = {"X-Accel-Buffering": "no"}  # nginx would buffer the events
        if request.method == "HEAD":  # nobody listens
            return Response(content_type="text/event-stream", headers=headers)
        known, gone = request.headers.get("Last-Event-ID", ""), request.environ.get(GONE, lambda: False)
        seated = LIVE.take(_events(desk(), me().name, request.args.get("thread", type=int), known, gone))
        if seated is None:
            return Response(status=204)  # which tells a browser's EventSource not to reconnect
        return Response(seated, content_type="text/event-stream", headers=headers)

    @pages.post("/inbox/<int:thread_id>/typing")
    @allows(LIBRARIAN)
    def typing(thread_id: int) -> Response:
        thread = threads.get(desk().engine, thread_id)
        if thread is not None and thread.state == "held" and thread.holder == me().name:
            desk().typing(thread.person_id)
        if thread is not None:
            stored.here(desk().engine, me().name, thread_id, desk().now(), writes=True)
        return Response(status=204)


def _events(at: Desk, who: str, thread_id: int | None, known: str, gone: Callable[[], bool]) -> Iterator[str]:
    """Yield an event whenever what `who` sees has changed since `known`; each event carries the new value as its ID.

    Ends by itself, so that a thread is never held for long: immediately once the client is gone.
    """
    yield "retry: 500\n\n"
    stored.here(at.engine, who, thread_id, at.now())
    pause, until = threading.Event(), time.monotonic() + STREAM_SECONDS
    while not gone():
        now = at.now()
        marker = f"{threads_shown.marker(at.engine, now)}-{_of_thread(at, who, thread_id, now) if thread_id else ''}"
        if marker != known:
            counts = json.dumps({"counts": threads_shown.counts(at.engine, who, now), "first": not known})
            yield f"id: {marker}\nevent: changed\ndata: {counts}\n\n"
            known = marker
        if time.monotonic() > until:
            return
        pause.wait(LOOK_SECONDS)


def _of_thread(at: Desk, who: str, thread_id: int, now: datetime) -> str:
    """Return a text that changes with a thread, and with who else looks at it or writes in it."""
    others = [each for each in stored.on_duty(at.engine, now) if each.thread_id == thread_id and each.who != who]
    beside = ",".join(f"{each.who}{each.writes:d}" for each in others)
    return f"{threads_shown.marker(at.engine, now, thread_id)}{zlib.crc32(beside.encode()):x}"
