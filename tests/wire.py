"""A way to PostgreSQL that can be cut unheard, as by a machine that is stopped, or closed, as by a server that ends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


def _listener() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


@dataclass
class Wire:
    """Passes bytes on between whoever connects and PostgreSQL; while `cut` is set it swallows them."""

    cut: threading.Event = field(default_factory=threading.Event)
    listener: socket.socket = field(default_factory=_listener)
    port: int = 0
    ends: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.port = int(self.listener.getsockname()[1])
        self._listen()

    def close(self) -> None:
        """End each connection, and take no others."""
        for each in (self.listener, *self.ends):
            _shut(each)
            each.close()
        self.ends.clear()

    def open(self) -> None:
        """Take connections again."""
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self._listen()

    def _listen(self) -> None:
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", 5432))
            self.ends += [near, far]
            for source, into in ((near, far), (far, near)):
                threading.Thread(target=self._pour, args=(source, into), daemon=True).start()

    def _pour(self, source: socket.socket, into: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                if self.cut.is_set():
                    continue
                into.sendall(data)
        except OSError:
            pass
        finally:
            _shut(into)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):  # it has ended by itself
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def wired() -> Iterator[Wire]:
    """Give a way to PostgreSQL, and close it afterwards."""
    made = Wire()
    try:
        yield made
    finally:
        made.close()
