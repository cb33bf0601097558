"""What the benchmarks ask, and how: Rasa over HTTP, Carrel over a signed webhook."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from bot import passes
from bot.simulator.fake_meta import FakeMeta
from bot.simulator.messenger_client import MessengerClient
from tests.stack import RASA_TOKEN

# Rasa closes a connection that is idle for five seconds; the other servers' turns may take as long.
LIMITS = httpx.Limits(keepalive_expiry=2)
MESSAGES = (
    "how late are you open tonight?",
    "is the learning commons open at 3am",
    "what's on this week",
    "can staff join the photo contest?",
    "when do u open tmr",
    "who won the photo contest",
    "i need to talk to a person",
    "whats the weather like",
)


def said(count: int) -> list[str]:
    """Return so many messages, the same few over and over."""
    return [MESSAGES[number % len(MESSAGES)] for number in range(count)]


def parsed(client: httpx.Client, url: str, words: str) -> Any:
    """Return what /model/parse says of `words`."""
    return client.post(f"{url}/model/parse", json={"text": words}).raise_for_status().json()


def parse(url: str) -> Callable[[str], None]:
    """Return a call of Rasa's /model/parse."""
    client = httpx.Client(timeout=30, limits=LIMITS)
    return lambda words: parsed(client, url, words) and None


def turn(url: str) -> Callable[[str], None]:
    """Return a turn in one conversation of ten turns after another: over Carrel's channel, or Rasa's own over REST."""
    client, count = httpx.Client(timeout=30, limits=LIMITS), iter(range(10**9))

    def call(words: str) -> None:
        sender = f"bench-{next(count) // 10}"
        _turn(client, url, sender, words)

    return call


def _turn(client: httpx.Client, url: str, sender: str, words: str) -> None:
    ours = {"conversation": sender, "text": words}
    response = client.post(f"{url}/webhooks/carrel/webhook", json=ours, headers=passes.headers(RASA_TOKEN))
    if response.status_code == 404:  # a Rasa without Carrel's channel
        response = client.post(f"{url}/webhooks/rest/webhook", json={"sender": sender, "message": words})
    response.raise_for_status()


def acknowledge(client: MessengerClient) -> Callable[[str], None]:
    """Return the sending of a signed webhook, until it is acknowledged."""

    def call(words: str) -> None:
        assert client.text(uuid.uuid4().hex, words).status_code == 200

    return call


def answer(client: MessengerClient, meta: FakeMeta) -> Callable[[str], None]:
    """Return the sending of a signed webhook, until the answer's first message is at the platform."""

    def call(words: str) -> None:
        person = uuid.uuid4().hex
        assert client.text(person, words).status_code == 200
        assert meta.wait_for_message(person, timeout=30)

    return call


def turns_a_second(url: str, words: Sequence[str]) -> float:
    """Return how many turns a second Rasa answers over REST, eight conversations at once."""
    with httpx.Client(timeout=60, limits=LIMITS) as client, ThreadPoolExecutor(8) as pool:
        started = time.perf_counter()

        def talk(number: int) -> None:
            for said in words[number::8]:
                _turn(client, url, f"together-{number}", said)

        list(pool.map(talk, range(8)))
        return len(words) / (time.perf_counter() - started)
