"""57 people enter 92 photos at once over three channels while workers die in between: each has one row, file, receipt.

Everything is real but the dialogue, and the death: a worker stops between any two steps, and its leases stay.
"""

from __future__ import annotations

import json
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from bot.contest.storage import FolderStorage
from bot.dialogue import Reading, Turn, files
from bot.settings import read_settings
from bot.simulator.fake_meta import FakeMeta, FakeTwilio
from bot.simulator.files import SentFile
from bot.simulator.messenger_client import MessengerClient
from bot.simulator.whatsapp_clients import TwilioClient, WhatsAppClient
from bot.store import entries, inbox, outbox, people
from bot.wiring.channels import build_channels
from bot.workers.answer import LEASE_SECONDS, AnswerWorker
from bot.workers.contest import LEASE_SECONDS as PHOTO_SECONDS
from bot.workers.contest import ContestWorker
from bot.workers.courtesy import Courtesies
from bot.workers.send import SendWorker
from connectors.channel import WebhookRequest
from connectors.messages import IncomingMessage, Reply
from tests.bot.workers.house import QUIET, Clock
from tests.bot.workers.test_contest_photos import ACCOUNT, NUMBER, TOKEN, environment
from tests.contest import CONTEST, GPS_WORDS, edition, photo

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
PEOPLE, PHOTOS = 57, 92
RECEIPT = re.compile(r"Your number is (\d+)")


class KilledError(BaseException):
    """The process was killed: nothing that would handle an error handles this."""


@dataclass
class Fate:
    """Kills whoever comes by at a random step, as often as it is told."""

    left: int
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def strike(self) -> None:
        with self.lock:
            if not self.left or self.chance.random() > 0.2:
                return
            self.left -= 1
        raise KilledError


@dataclass
class Mortal:
    """Something of a worker's; the worker may die before or after each of the calls that `deadly` names."""

    inner: Any
    fate: Fate
    deadly: tuple[str, ...]
    after: bool = True

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        if name not in self.deadly:
            return found

        def called(*args: Any, **more: Any) -> Any:
            self.fate.strike()
            done = found(*args, **more)
            if self.after:
                self.fate.strike()
            return done

        return called


@dataclass
class Receipts:
    """A dialogue that enters every photo of a message, and gives its receipt again if it is asked again."""

    engine: Engine
    now: Callable[[], datetime]

    def reply_to(self, message: IncomingMessage, conversation: str, request_id: str = "") -> Turn:
        who = entries.entrant(self.engine, conversation)
        assert who
        said = []
        for each in files(message):
            entered = {entry.title: entry for entry in entries.of_person(self.engine, who.id, CONTEST)}
            entry = entered.get(each["at"])
            if entry is None or entry.state == "draft":
                draft = entries.begin(self.engine, who.id, CONTEST, "en", self.now())
                sent, _, place = each["at"].rpartition("#")
                assert entries.add_sent(self.engine, draft.id, who, sent, int(place), self.now())
                entries.change(self.engine, draft.id, self.now(), title=each["at"])
                entry = entries.enter(self.engine, draft.id, 2, self.now())
            assert entry
            said.append(f"Your number is {entry.number}.")
        return Turn((Reply(text="\n".join(said)),))

    def reply_if_sure(self, message: IncomingMessage, conversation: str, request_id: str = "") -> Turn:
        return self.reply_to(message, conversation, request_id)

    def read(self, message: IncomingMessage, conversation: str) -> Reading:
        return Reading(sure=True)


@dataclass
class Crowd:
    """Carrel's workers without processes, the platforms' stand-ins, and who writes on them."""

    engine: Engine
    clock: Clock
    fate: Fate
    answer: AnswerWorker
    send: SendWorker
    photos: ContestWorker
    storage: FolderStorage
    meta: FakeMeta
    twilio: FakeTwilio
    clients: list[Any]
    deaths: int = 0

    def live(self, person: int, kind: str, works: Callable[[int], None]) -> None:
        """Let a worker work for somebody; if it dies, its lease stays."""
        try:
            works(person)
        except OperationalError:
            return  # SQLite was busy: the sweep comes again
        except KilledError:
            self.deaths += 1
            people.lease(self.engine, person, kind, "dead", self.clock(), LEASE_SECONDS)  # type: ignore[arg-type]

    def fetch(self) -> None:
        """Let a worker fetch photos until there are none, or it dies."""
        try:
            while self.photos.fetch_one():
                pass
        except OperationalError:
            return
        except KilledError:
            self.deaths += 1

    def work(self) -> None:
        """Do what the sweep finds, by several workers at once."""
        at = self.clock()
        with ThreadPoolExecutor(8) as pool:
            for person in inbox.people_due(self.engine, at):
                pool.submit(self.live, person, "answer", self.answer.run)
            for person in outbox.people_due(self.engine, at):
                pool.submit(self.live, person, "send", self.send.run)
            for _ in range(2):
                pool.submit(self.fetch)

    def receipts(self) -> Counter[int]:
        """Return how often each number was told, by what the platforms took."""
        told = json.dumps([each.body for server in (self.meta, self.twilio) for each in server.taken])
        return Counter(map(int, RECEIPT.findall(told)))

    def ready(self) -> int:
        """Return how many entries have their photo."""
        return sum(each.photo is not None for each in entries.of_contest(self.engine, CONTEST))


@pytest.fixture
def crowd(engine: Engine, tmp_path: Path) -> Iterator[Crowd]:
    clock, fate = Clock(NOW), Fate(40)
    edition(engine, NOW)
    meta = FakeMeta(access_token="token", page_id="1", phone_number_id="2")
    twilio = FakeTwilio(access_token=f"{ACCOUNT}:{TOKEN}")
    meta.start()
    twilio.start()
    with httpx.Client(timeout=5) as client:
        settings = read_settings(environment(tmp_path, meta.url, twilio.url), env_file=None)
        channels: dict[str, Any] = dict(build_channels(settings, client))

        def deliver(request: httpx.Request) -> httpx.Response:
            """Do what the web process does with a webhook."""
            channel = channels[request.url.path.rpartition("/")[2]]
            headers = {name.lower(): value for name, value in request.headers.items()}
            asked = WebhookRequest("POST", str(request.url), {}, headers, request.content)
            channel.verify(asked)
            inbox.add(engine, channel.name, channel.parse(asked), now=clock(), stale_after_seconds=3600)
            return httpx.Response(200)

        # A platform has taken a message or it has not: dying in between sends it again, which is counted elsewhere.
        mortal = {name: Mortal(each, fate, ("send",), after=False) for name, each in channels.items()}
        storage = FolderStorage(tmp_path / "contest")
        courtesies = Courtesies(1)
        send = SendWorker(engine, mortal, courtesies, clock)
        crowd = Crowd(
            engine=engine,
            clock=clock,
            fate=fate,
            answer=AnswerWorker(
                engine=engine,
                channels=mortal,
                dialogue=Mortal(Receipts(engine, clock), fate, ("reply_to",)),
                wake_send=lambda _person: None,
                courtesies=courtesies,
                holding=lambda _language: (Reply("please hold"),),
                now=clock,
            ),
            send=send,
            photos=ContestWorker(
                engine, mortal, client, Mortal(storage, fate, ("put",)), clock, lambda _person: None, QUIET
            ),
            storage=storage,
            meta=meta,
            twilio=twilio,
            clients=[
                MessengerClient("http://127.0.0.1:8000/webhooks/messenger", "1", "secret", "word", _by(deliver), _at),
                WhatsAppClient("http://127.0.0.1:8000/webhooks/whatsapp", "2", "secret", "word", _by(deliver), _at),
                TwilioClient("http://127.0.0.1:8000/webhooks/twilio", ACCOUNT, TOKEN, NUMBER, _by(deliver)),
            ],
        )
        yield crowd
    meta.stop()
    twilio.stop()


def _by(deliver: Callable[[httpx.Request], httpx.Response]) -> httpx.Client:
    return httpx.Client(transport=httpx.MockTransport(deliver))


def _at() -> float:
    return NOW.timestamp()


def test_92_photos_of_57_people_each_have_one_row_one_file_and_one_receipt(crowd: Crowd) -> None:
    body = [photo(seed=seed) for seed in range(8)]
    assert all(any(word in each for word in GPS_WORDS) for each in body)

    def enter(place: int) -> None:
        """Send one photo, or two at once."""
        client, server = crowd.clients[place % 3], (crowd.meta, crowd.meta, crowd.twilio)[place % 3]
        person = (
            f"8525550{place:04}" if place % 3 == 1 else f"whatsapp:+8525550{place:04}" if place % 3 else f"p{place}"
        )
        sent = [SentFile(body[(place + each) % 8], "photo.jpg") for each in range(2 if place < PHOTOS - PEOPLE else 1)]
        client.files(person, sent, server.files, server.url)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(enter, range(PEOPLE)))
    for _ in range(60):
        crowd.work()
        if sum(crowd.receipts().values()) >= PHOTOS and crowd.ready() == PHOTOS and not crowd.fate.left:
            break
        crowd.clock.forward(seconds=max(LEASE_SECONDS, PHOTO_SECONDS) / 4)

    found = entries.of_contest(crowd.engine, CONTEST)
    assert crowd.deaths >= 20, "hardly anybody died"
    assert [each.number for each in found] == list(range(1, PHOTOS + 1))
    assert len({each.person_id for each in found}) == PEOPLE
    assert crowd.receipts() == dict.fromkeys(range(1, PHOTOS + 1), 1)
    assert len({each.latest.id for each in found if each.latest}) == PHOTOS
    crowd.clock.moment = datetime.now(UTC) + timedelta(hours=2)
    crowd.photos.sweep()
    kept = {key for key, _ in crowd.storage.keys()}  # noqa: SIM118 - a storage is no dictionary
    assert kept == entries.named_files(crowd.engine)
    assert len({each.photo.original for each in found if each.photo}) == PHOTOS
    assert len(kept) == 3 * PHOTOS
    stored = [crowd.storage.open(key) for key in kept]
    assert not [word for word in GPS_WORDS if any(word in each for each in stored)]
