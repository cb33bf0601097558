"""What is live in the inbox: a stream that tells when something changed, and "typing" for the student."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

from flask import Blueprint, Response, request

from bot.console.access import LIBRARIAN, allows, me
from bot.console.desk import Desk, desk
from bot.store import threads, threads_shown

# A stream holds a thread of the web process. Whoever finds no seat is told so, and the page asks now and then instead.
SEATS = threading.BoundedSemaphore(20)
# Short, so that a process that is told to end is not held up, and nobody streams on after their session has ended.
STREAM_SECONDS, LOOK_SECONDS = 10.0, 0.5


def add(pages: Blueprint) -> None:
    """Add the routes."""

    @pages.get("/inbox/live")
    @allows(LIBRARIAN)
    def inbox_live() -> Response:
        if not SEATS.acquire(blocking=False):
            return Response(status=204)  # which tells a browser's EventSource not to come again
        known = request.headers.get("Last-Event-ID", "")
        stream = _events(desk(), me().name, request.args.get("thread", type=int), known)
        headers = {"X-Accel-Buffering": "no"}  # nginx would keep the events back
        return Response(_seated(stream), content_type="text/event-stream", headers=headers)

    @pages.post("/inbox/<int:thread_id>/typing")
    @allows(LIBRARIAN)
    def typing(thread_id: int) -> Response:
        thread = threads.get(desk().engine, thread_id)
        if thread is not None and thread.state == "held" and thread.holder == me().name:
            desk().typing(thread.person_id)
        return Response(status=204)


def _seated(stream: Iterator[str]) -> Iterator[str]:
    try:
        yield from stream
    finally:
        SEATS.release()


def _events(at: Desk, who: str, thread_id: int | None, known: str) -> Iterator[str]:
    """Yield an event whenever what `who` sees has changed since `known`; it is told with each of them."""
    yield "retry: 500\n\n"
    pause, until = threading.Event(), time.monotonic() + STREAM_SECONDS
    while True:
        marker = f"{threads_shown.marker(at.engine)}-{threads_shown.marker(at.engine, thread_id) if thread_id else ''}"
        if marker != known:
            counts = json.dumps({"counts": threads_shown.counts(at.engine, who), "first": not known})
            yield f"id: {marker}\nevent: changed\ndata: {counts}\n\n"
            known = marker
        if time.monotonic() > until:
            return
        pause.wait(LOOK_SECONDS)
