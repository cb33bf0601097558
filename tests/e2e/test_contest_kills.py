"""Photos are entered at once on three platforms while every process is killed in turn: none is lost, none comes twice.

The same with many more people and without processes: tests/bot/workers/test_contest_crowd.py.
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import Engine

from bot.simulator.fake_meta import FakeMeta
from bot.simulator.files import SentFile
from bot.simulator.messenger_client import MessengerClient
from bot.simulator.whatsapp_clients import WhatsAppClient
from bot.store import entries
from bot.store.engine import connect
from tests.contest import CONTEST, GPS_WORDS, edition, photo
from tests.e2e.asking import words
from tests.e2e.sides import platforms, sides
from tests.stack import Stack, until

pytestmark = pytest.mark.slow
PEOPLE = 3  # on each channel, of whom the first enters a second photo
VICTIMS = ("carrel worker", "carrel web", "rasa_sdk", "rasa run", "carrel worker")
# What is written after the photo, and a part of what the bot says then.
SAYS = (
    ("Yes, enter it", "who are you"),
    ("students", "what is the title"),
    ("{title}", "describe"),
    ("Skip", "under which name"),
    ("Ada Wong", "release Meta"),
    ("I agree", "Shall I enter it"),
    ("Enter it", "Your number is"),
)


@dataclass
class Student:
    """Somebody on one platform, who waits for each answer. Messages come again under their id until they are taken."""

    client: Any
    server: FakeMeta
    person: str
    sent: int = 0

    def enter(self, title: str, body: bytes) -> None:
        """Enter one photo from the first message to the receipt."""
        self.say(lambda mid: self._photo(mid, body), "Is this photo for the contest")
        for text, answer in SAYS:
            self.say(lambda mid, text=text: self.client.text(self.person, text.format(title=title), mid=mid), answer)

    def say(self, does: Callable[[str], httpx.Response], answer: str) -> None:
        """Send a message, and wait until it is answered."""
        self.sent += 1
        mid, after = f"m_{self.person}_{self.sent}", len(self.server.messages_to(self.person))

        def taken() -> bool:
            try:
                return does(mid).status_code == 200
            except httpx.HTTPError:
                return False

        def answered() -> bool:
            return any(answer in words(each) for each in self.server.messages_to(self.person)[after:])

        until(taken, 60, "nobody takes the message")
        until(answered, 90, f"no answer that says {answer!r}: {self.said()[after:]}")

    def said(self) -> list[str]:
        return [words(each) for each in self.server.messages_to(self.person)]

    def _photo(self, mid: str, body: bytes) -> httpx.Response:
        file = self.server.files.keep(SentFile(body, "photo.jpg"))
        at = f"{self.server.url}/files/{file}"
        if isinstance(self.client, MessengerClient):
            return self.client.attachments(self.person, [("image", at)], mid=mid)
        if isinstance(self.client, WhatsAppClient):
            return self.client.message(self.person, mid, type="image", image={"id": file, "mime_type": "image/jpeg"})
        media = {"NumMedia": "1", "MediaUrl0": at, "MediaContentType0": "image/jpeg"}
        return self.client.form(From=self.person, Body="", MessageSid=mid, SmsSid=mid, SmsMessageSid=mid, **media)


@dataclass
class Site:
    """A Carrel of its own, its store, and the students."""

    stack: Stack
    engine: Engine
    students: list[Student]


@pytest.fixture
def site(models: Path, tmp_path: Path) -> Iterator[Site]:
    """By one command, on SQLite, while an edition takes photos."""
    with platforms() as (meta, twilio):
        running = Stack(tmp_path / "var", models, meta.port, twilio_port=twilio.port)
        running.start()
        engine = connect(running.database_url)
        edition(engine, datetime.now(UTC))
        every = [*sides(running, meta, twilio).values()] * PEOPLE
        yield Site(running, engine, [Student(client, server, name()) for client, server, name in every])
        engine.dispose()
        running.stop()


def test_photos_survive_every_process(site: Site) -> None:
    second = {0, 1, 2}  # the first of each channel
    total = len(site.students) + len(second)

    def enter(place: int) -> None:
        for count in range(1 + (place in second)):
            site.students[place].enter(f"Dawn {place}.{count}", photo(seed=3 * place + count))

    chance, pause = random.Random(7), threading.Event()
    with ThreadPoolExecutor(len(site.students)) as pool:
        entering = [pool.submit(enter, place) for place in range(len(site.students))]
        for victim in VICTIMS:
            pause.wait(chance.uniform(0.5, 2.5))
            until(lambda victim=victim: bool(site.stack.pids(victim)), 30, f"{victim} does not run")
            site.stack.kill(victim)
        for each in entering:
            each.result()

    def fetched() -> bool:
        return all(each.photo is not None for each in entries.of_contest(site.engine, CONTEST))

    until(fetched, 150, "not every photo was fetched")
    found = entries.of_contest(site.engine, CONTEST)
    assert [each.number for each in found] == list(range(1, total + 1))
    assert len({each.title for each in found}) == total
    told = [re.findall(r"Your number is (\d+)", " ".join(each.said())) for each in site.students]
    numbers = [sorted(set(map(int, each))) for each in told]
    assert sorted(number for each in numbers for number in each) == list(range(1, total + 1))
    assert [len(each) for each in numbers] == [2 if place in second else 1 for place in range(len(site.students))]
    kept = [Path(site.stack.folder) / "contest" / key for key in entries.named_files(site.engine)]
    assert len({each.photo.original for each in found if each.photo}) == total
    assert not [word for word in GPS_WORDS for path in kept if word in path.read_bytes()]
