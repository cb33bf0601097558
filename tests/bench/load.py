"""Many students at once: how fast a webhook is taken, how soon it is answered, how many a second are kept up with."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from bot.simulator.fake_meta import FakeMeta
from tests.bench.measure import Timings

ANSWERED_WITHIN = 300.0


@dataclass(frozen=True)
class Channel:
    """A bot's Messenger webhook, and the stand-in for Meta that it answers to."""

    name: str
    webhook: str
    meta: FakeMeta
    page_id: str
    app_secret: str

    def send(self, client: httpx.Client, person: str, words: str) -> float:
        """Send one message and return the milliseconds until the webhook was answered with 200."""
        now = int(time.time() * 1000)
        message = {"mid": f"m_{uuid.uuid4().hex}", "text": words}
        event = {"sender": {"id": person}, "recipient": {"id": self.page_id}, "timestamp": now, "message": message}
        entry = {"id": self.page_id, "time": now, "messaging": [event]}
        body = json.dumps({"object": "page", "entry": [entry]}).encode()
        secret = self.app_secret.encode()
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}",
            # The only one that Rasa's channel reads.
            "X-Hub-Signature": f"sha1={hmac.new(secret, body, hashlib.sha1).hexdigest()}",
        }
        started = time.perf_counter()
        client.post(self.webhook, content=body, headers=headers).raise_for_status()
        return (time.perf_counter() - started) * 1000

    def answered(self, people: Sequence[str]) -> list[float]:
        """Return when each of `people` got a first message, on the clock of time.monotonic; wait for them all."""

        def first() -> dict[str, float]:
            found: dict[str, float] = {}
            for taken in self.meta.taken:
                if taken.is_message:
                    found.setdefault(taken.person, taken.at)
            return found

        pause, end = threading.Event(), time.monotonic() + ANSWERED_WITHIN
        while not set(people) <= (got := first()).keys():
            if time.monotonic() > end:
                raise AssertionError(f"{self.name}: {len(set(people) - got.keys())} of {len(people)} got no answer")
            pause.wait(0.2)
        return [got[person] for person in people]


def at_rate(channel: Channel, words: Sequence[str], rate: float, senders: int = 24) -> tuple[Timings, Timings]:
    """Send each of `words` as a person of its own, `rate` a second whatever the bot does.

    Returns the milliseconds until each webhook was acknowledged, and until each answer was at the platform. Both count
    from the moment at which the message was due, so that a bot that holds up the sender is not spared.
    """
    people = [uuid.uuid4().hex for _ in words]
    begin = time.monotonic() + 0.5
    due = [begin + number / rate for number in range(len(words))]
    numbers, lock = itertools.count(), threading.Lock()
    taken = [0.0] * len(words)

    def send() -> None:
        with httpx.Client(timeout=120) as client:
            while True:
                with lock:
                    number = next(numbers)
                if number >= len(words):
                    return
                threading.Event().wait(max(0.0, due[number] - time.monotonic()))
                channel.send(client, people[number], words[number])
                taken[number] = (time.monotonic() - due[number]) * 1000

    _together(send, senders)
    answers = [(at - when) * 1000 for at, when in zip(channel.answered(people), due, strict=True)]
    return Timings(channel.name, tuple(taken)), Timings(channel.name, tuple(answers))


def sustained(channel: Channel, words: Sequence[str], senders: int = 16) -> float:
    """Return how many messages a second are answered when `senders` of them always wait for one to be taken."""
    people = [uuid.uuid4().hex for _ in words]
    waiting, lock = iter(zip(people, words, strict=True)), threading.Lock()

    def send() -> None:
        with httpx.Client(timeout=120) as client:
            while True:
                with lock:
                    each = next(waiting, None)
                if each is None:
                    return
                channel.send(client, *each)

    started = time.monotonic()
    _together(send, senders)
    return len(words) / (max(channel.answered(people)) - started)


def _together(work: Callable[[], None], threads: int) -> None:
    with ThreadPoolExecutor(threads) as pool:
        for each in [pool.submit(work) for _ in range(threads)]:
            each.result()
