"""Clients that hold connections open: slow headers, slow bodies, idle ones; and webhooks meanwhile."""

from __future__ import annotations

import itertools
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from bot.simulator.messenger_client import MessengerClient

BEGINNINGS = (
    b"POST /webhooks/messenger HTTP/1.1\r\nHost: x\r\n",  # headers without an end
    b"POST /webhooks/messenger HTTP/1.1\r\nHost: x\r\nContent-Length: 4000\r\n\r\n{",  # a body that never ends
    b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",  # an answer, and then nothing
    b"",  # not a word
)


@dataclass
class Slow:
    """So many connections that are held open, and given a byte more now and then, until it is left."""

    port: int
    tls: bool = False
    sockets: list[socket.socket] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def open(self, number: int) -> None:
        """Open connections, of each kind as many."""
        kinds = itertools.cycle(BEGINNINGS)
        for _ in range(number):
            connection = socket.create_connection(("127.0.0.1", self.port), timeout=20)
            if self.tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                connection = context.wrap_socket(connection)
            connection.sendall(next(kinds))
            self.sockets.append(connection)

    def drip(self) -> None:
        """Send a byte more on each that is owed one, so that no time since the last byte is long."""
        while not self.ended.wait(0.5):
            for each, begun in zip(self.sockets, itertools.cycle(BEGINNINGS), strict=False):
                if begun.startswith(b"POST"):
                    with suppress(OSError):
                        each.sendall(b"x")

    def still_open(self) -> int:
        """Return how many connections the other side has not closed."""
        return sum(_is_open(each) for each in self.sockets)


def _is_open(connection: socket.socket) -> bool:
    connection.settimeout(0.001)
    try:
        while connection.recv(65536):
            pass
        return False
    except (TimeoutError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False


@contextmanager
def held_open(port: int, number: int, *, tls: bool = False) -> Iterator[Slow]:
    """Hold connections open while the block lasts."""
    slow = Slow(port, tls)
    slow.open(number)
    dripping = threading.Thread(target=slow.drip, daemon=True)
    dripping.start()
    try:
        yield slow
    finally:
        slow.ended.set()
        dripping.join()
        for each in slow.sockets:
            each.close()


def delivered(student: MessengerClient, number: int, together: int = 10) -> list[float]:
    """Deliver webhooks, `together` at once, and return how many seconds each took to be acknowledged."""

    def deliver(_: int) -> float:
        started = time.monotonic()
        assert student.text(uuid.uuid4().hex, "hello").status_code == 200
        return time.monotonic() - started

    with ThreadPoolExecutor(together) as pool:
        return list(pool.map(deliver, range(number)))
