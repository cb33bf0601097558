"""A Messenger channel against Meta's stand-in, and a server that answers whatever a test has it answer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from bot.simulator.fake_meta import FakeMeta
from connectors.messenger import Messenger
from connectors.twilio import Twilio
from connectors.whatsapp import WhatsApp

PAGE_ID, ACCESS_TOKEN, APP_SECRET, VERIFY_TOKEN = "61550018834421", "token-of-the-page", "app_secret", "word"
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)

BuildMessenger = Callable[..., Messenger]


@pytest.fixture(scope="session")
def running_fake_meta() -> Iterator[FakeMeta]:
    """Meta's stand-in, listening: one a run, since ending a server takes half a second."""
    stand_in = FakeMeta(access_token=ACCESS_TOKEN, page_id=PAGE_ID)
    stand_in.start()
    yield stand_in
    stand_in.stop()


@pytest.fixture
def fake_meta(running_fake_meta: FakeMeta) -> FakeMeta:
    """Meta's stand-in, with nothing taken yet and no failure ahead."""
    running_fake_meta.taken.clear()
    running_fake_meta.failures.clear()
    return running_fake_meta


@pytest.fixture(scope="session")
def build_messenger() -> Iterator[BuildMessenger]:
    """Returns a Messenger channel; a keyword replaces one of its settings."""
    clients: list[httpx.Client] = []

    def build(**settings: str) -> Messenger:
        clients.append(httpx.Client(timeout=httpx.Timeout(5.0, read=0.5)))
        usual = {
            "page_id": PAGE_ID,
            "access_token": ACCESS_TOKEN,
            "app_secret": APP_SECRET,
            "verify_token": VERIFY_TOKEN,
            "api_url": "http://127.0.0.1:9",  # the discard port: nobody listens
            "api_version": "v26.0",
        }
        return Messenger(**{**usual, **settings}, client=clients[-1], now=lambda: NOW)

    yield build
    for client in clients:
        client.close()


BuildWhatsApp = Callable[..., WhatsApp]


@pytest.fixture(scope="session")
def build_whatsapp() -> Iterator[BuildWhatsApp]:
    """Returns a WhatsApp channel; a keyword replaces one of its settings."""
    with httpx.Client(timeout=httpx.Timeout(5.0, read=0.5)) as client:

        def build(**settings: str) -> WhatsApp:
            usual = {
                "phone_number_id": "106540352242922",
                "access_token": ACCESS_TOKEN,
                "app_secret": APP_SECRET,
                "verify_token": VERIFY_TOKEN,
                "api_url": "http://127.0.0.1:9",
                "api_version": "v26.0",
            }
            return WhatsApp(**{**usual, **settings}, client=client, now=lambda: NOW)

        yield build


PUBLIC_URL, AUTH_TOKEN, NUMBER = "https://bot.library.example", "token", "whatsapp:+15550001111"
BuildTwilio = Callable[..., Twilio]


@pytest.fixture(scope="session")
def build_twilio() -> BuildTwilio:
    """Returns a Twilio channel; a keyword replaces one of its settings."""

    def build(**settings: Any) -> Twilio:
        usual = {
            "account_sid": "AC1",
            "auth_token": AUTH_TOKEN,
            "number": NUMBER,
            "public_url": PUBLIC_URL,
            "api_url": "http://127.0.0.1:9",
            "timeout": 0.5,
        }
        return Twilio(**{**usual, **settings}, now=lambda: NOW)

    return build


@dataclass
class Answering:
    """A server with one answer to everything. It keeps the requests: path, headers in lower case, body."""

    url: str = ""
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture(scope="session")
def running_answering() -> Iterator[Answering]:
    """The server, listening."""
    answer = Answering()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    answer.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield answer
    server.shutdown()
    server.server_close()


@pytest.fixture
def answering(running_answering: Answering) -> Answering:
    """The server, with an empty object for an answer; a test sets another."""
    running_answering.__dict__.update(Answering(url=running_answering.url).__dict__)
    return running_answering
