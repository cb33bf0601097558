"""The web process's server: waitress, so that a slow client costs a connection but no thread, with limits of its own.

A request is read completely before a thread takes it, and an answer that a client reads slowly doesn't occupy one.
Webhooks have threads that pages can't use. Requests that take too long are closed, and when connections run out, those
that have waited longest for their clients are closed first.
"""

from __future__ import annotations

import resource
import signal
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask

log = structlog.get_logger("carrel.server")

# Tells an application that it works for nobody any more: the client is gone, or this process is shutting down.
GONE = "carrel.gone"


@dataclass(frozen=True)
class Limits:
    """Limits on what a client may send and how long it may take, from a request's first byte; `idle` from its last."""

    connections: int = 1000
    headers: float = 10.0
    whole: float = 30.0
    # Longer than nginx's own (deploy/nginx/carrel.conf): whoever closes first never hits a request in flight.
    idle: float = 75.0
    header_bytes: int = 32 * 1024
    body_bytes: int = 5 * 1024 * 1024
    drain: float = 12.0


class Lanes:
    """Separate thread pools: a backlog in one lane doesn't block another. A drop-in for waitress's dispatcher."""

    def __init__(self, threads: Mapping[str, int], lane_of: Callable[[str], str]) -> None:
        self._lane_of = lane_of
        self._pools = {name: ThreadedTaskDispatcher() for name in threads}
        for name, number in threads.items():
            self._pools[name].set_thread_count(number)

    def add_task(self, channel: Any) -> None:
        """Queue a completely read request for answering."""
        self._pools[self._lane_of(channel.requests[0].path or "")].add_task(channel)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:
        """Finish running and queued requests, within `timeout` seconds."""
        end = time.monotonic() + timeout
        pause = threading.Event()
        while any(pool.queue for pool in self._pools.values()) and time.monotonic() < end:
            pause.wait(0.02)
        ended = [pool.shutdown(cancel_pending, max(0.1, end - time.monotonic())) for pool in self._pools.values()]
        return any(ended)


class _Task(WSGITask):
    def get_environment(self) -> dict[str, Any]:
        environment: dict[str, Any] = super().get_environment()
        channel = self.channel
        environment[GONE] = lambda: not channel.connected or channel.server.ending
        return environment


class _Connection(HTTPChannel):
    """A connection that tracks how long its client has owed the rest of a request."""

    task_class = _Task
    began: float | None = None

    def received(self, data: bytes) -> bool:
        if self.began is None:
            self.began = time.time()
        taken = bool(super().received(data))
        if self.request is None:
            self.began = None
        return taken

    def late(self, now: float, limits: Limits) -> bool:
        """Return whether the client has taken longer than it may."""
        if self.requests:
            return False  # it is ours to answer
        if self.request is None or self.began is None:
            return bool(self.last_activity < now - limits.idle)
        return self.began < now - (limits.whole if self.request.headers_finished else limits.headers)

    @property
    def since(self) -> float:
        """Since when this connection has been waiting for its client."""
        return float(self.began or self.last_activity)


class Server(TcpWSGIServer):
    """waitress, with limits on a client's time and room for new connections."""

    channel_class = _Connection
    ending = False

    def __init__(self, application: Any, host: str, port: int, lanes: Lanes, limits: Limits) -> None:
        self._limits, self._told_at = limits, 0.0
        settings = Adjustments(
            host=host,
            port=port,
            connection_limit=limits.connections,
            channel_timeout=int(limits.idle),
            cleanup_interval=1,
            max_request_header_size=limits.header_bytes,
            max_request_body_size=limits.body_bytes,
            inbuf_overflow=256 * 1024,
            channel_request_lookahead=1,  # otherwise a client that disconnects while being served goes unnoticed
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=False,  # the application knows which proxy it trusts
            ident=None,
            log_socket_errors=False,
            backlog=1024,
        )
        super().__init__(application, adj=settings, sockinfo=settings.listen[0], dispatcher=lanes)

    def maintenance(self, now: float) -> None:
        """Close connections that are late, and the longest waiting ones when slots run short."""
        channels = list(self.active_channels.values())
        late = [each for each in channels if each.late(now, self._limits)]
        room = self._limits.connections * 3 // 4
        if len(channels) - len(late) > room:
            waiting = sorted((each for each in channels if not each.requests), key=lambda each: each.since)
            late += waiting[: len(channels) - room]
            if now - self._told_at > 60:  # so that an attacker can't flood the log
                self._told_at = now
                log.warning("connections_crowded", open=len(channels), limit=self._limits.connections)
        for each in late:
            each.will_close = True

    def run(self) -> None:
        """Serve until SystemExit, then finish requests in progress and accept no new ones."""
        try:
            self.asyncore.loop(timeout=1, map=self._map, use_poll=True)
        except SystemExit:
            self.ending = True
            self.accepting = False
            self.socket.close()
            self.task_dispatcher.shutdown(timeout=self._limits.drain)


def serve(
    application: Any,
    host: str,
    port: int,
    *,
    threads: Mapping[str, int],
    lane_of: Callable[[str], str],
    limits: Limits = Limits(),
) -> None:
    """Serve a WSGI application until SIGTERM or SIGINT. Raises OSError when the address is in use."""
    _allow_files(2 * limits.connections)
    server = Server(application, host, port, Lanes(threads, lane_of), limits)
    _on((signal.SIGTERM, signal.SIGINT))
    log.info("serving", host=host, port=port, threads=sum(threads.values()), connections=limits.connections)
    server.run()


def _on(signals: Iterable[signal.Signals]) -> None:
    def end(*_: object) -> None:
        raise SystemExit(0)

    for each in signals:
        signal.signal(each, end)


def _allow_files(number: int) -> None:
    """Let this process hold this many connections: the usual limit is 1,024 files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number if hard == resource.RLIM_INFINITY else min(number, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
