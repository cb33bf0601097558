"""A call as a whole has a time limit: name look-up, several addresses, an answer that trickles in."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from structlog.contextvars import bound_contextvars, get_contextvars

from connectors import meta, twilio
from connectors.channel import Channel
from connectors.deadline import within
from connectors.errors import RetryableError
from connectors.messages import OutboundCall


def test_what_a_call_returns_and_raises_comes_through() -> None:
    """And it knows the request that it belongs to, though it runs in another thread."""
    with bound_contextvars(request_id="7"):
        assert within(5, get_contextvars) == {"request_id": "7"}
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 / 0)


def test_a_call_that_takes_too_long_is_left_alone() -> None:
    """The caller goes on."""
    end = threading.Event()
    with pytest.raises(TimeoutError):
        within(0.05, end.wait)
    end.set()

    assert within(5, lambda: "next") == "next"


@pytest.fixture
def trickling() -> Iterator[str]:
    """A server that sends a byte of its answer now and then, so that no read ever takes too long."""
    ended = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(near: socket.socket) -> None:
        try:
            near.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not ended.wait(0.1):
                near.sendall(b"x")
        except OSError:
            pass

    def run() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(near,), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    ended.set()
    listener.close()


@pytest.mark.parametrize("name", ["messenger", "whatsapp", "twilio"])
def test_a_platform_that_trickles_is_worth_another_try(
    name: str, trickling: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before another worker may take the person over."""
    for module in (meta, twilio):
        monkeypatch.setattr(module, "SEND_SECONDS", 0.6)
    build: Callable[..., Channel] = request.getfixturevalue(f"build_{name}")
    channel, started = build(api_url=trickling), time.monotonic()
    with pytest.raises(RetryableError) as raised:
        channel.send(OutboundCall(name, "1", {"body": "Hello"}))

    assert raised.value.code == "timeout"
    assert time.monotonic() - started < 3
