"""Photos on their way: fetched from each platform, cleaned, kept; tried again, and never lost silently."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

import bot.store.content as content
from bot.contest.storage import FolderStorage
from bot.retraining.erasure import Erasure
from bot.settings import read_settings
from bot.simulator.fake_meta import FakeMeta
from bot.simulator.files import SentFile
from bot.store import awards, contest_photos, entries, forgetting, people
from bot.store.contest_tables import EntryRow
from bot.store.message_tables import OutboxRow
from bot.store.tables import metadata
from bot.wiring.channels import build_channels
from bot.workers.contest import LEASE_SECONDS, ContestWorker
from connectors.messages import Address, Media
from tests.bot.workers.house import QUIET, Clock
from tests.contest import CONTEST, GPS_WORDS, bomb, edition, photo
from tests.stores import ROOT

ENTRIES = EntryRow.__table__
ACCOUNT, TOKEN, NUMBER = "AC" + "0" * 32, "token-of-twilio", "whatsapp:+15550001111"


@dataclass
class Lab:
    """A contest worker with real channels and a platform's stand-in."""

    engine: Engine
    meta: FakeMeta
    clock: Clock
    worker: ContestWorker
    storage: FolderStorage
    woken: list[int]
    person: int
    entry: int

    def sent(self, body: bytes, name: str = "photo.jpg", channel: str = "messenger") -> None:
        file = self.meta.files.keep(SentFile(body, name))
        url = None if channel == "whatsapp" else f"{self.meta.url}/files/{file}"
        source = entries.source_of(channel, Media("image", url, file))
        entries.add_photo(self.engine, self.entry, f"m{file}:0", source, self.clock())

    def latest(self) -> entries.Photo:
        found = entries.by_id(self.engine, self.entry)
        assert found is not None
        assert found.latest is not None
        return found.latest

    def said(self) -> list[str]:
        with self.engine.connect() as connection:
            bodies = connection.execute(sa.select(OutboxRow.__table__.c.body)).scalars()
            return [str(each) for each in bodies]

    def files(self) -> set[str]:
        return {key for key, _ in self.storage.keys()}  # noqa: SIM118 - a storage is no dictionary


def environment(var: Path, meta: str, twilio: str) -> dict[str, str]:
    """Return the environment in which all channels are on, and call stand-ins at these addresses."""
    return {
        "CARREL_VAR": str(var),
        "GRAPH_API_URL": meta,
        "TWILIO_API_URL": twilio,
        "MESSENGER_PAGE_ID": "1",
        "MESSENGER_PAGE_ACCESS_TOKEN": "token",
        "MESSENGER_APP_SECRET": "secret",
        "MESSENGER_VERIFY_TOKEN": "word",
        "WHATSAPP_PHONE_NUMBER_ID": "2",
        "WHATSAPP_ACCESS_TOKEN": "token",
        "WHATSAPP_APP_SECRET": "secret",
        "WHATSAPP_VERIFY_TOKEN": "word",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_WHATSAPP_NUMBER": NUMBER,
    }


@pytest.fixture
def lab(engine: Engine, tmp_path: Path) -> Iterator[Lab]:
    """A student on Messenger with a draft, in an edition that takes photos of 1 MB."""
    clock = Clock(datetime(2026, 11, 24, 4, tzinfo=UTC))
    said = tmp_path / "content" / "answers"
    said.mkdir(parents=True)
    shutil.copy(ROOT / "content" / "answers" / "contest_entering.yml", said)
    content.apply(engine, content.plan(engine, content.read(said.parent)), now=clock())
    edition(engine, clock(), max_file_mb=1)
    meta = FakeMeta(access_token="token", page_id="1", phone_number_id="2")
    meta.start()
    with httpx.Client(timeout=5) as client:
        channels = build_channels(read_settings(environment(tmp_path, meta.url, meta.url), env_file=None), client)
        storage, woken = FolderStorage(tmp_path / "contest"), []
        worker = ContestWorker(engine, channels, client, storage, clock, woken.append, QUIET)
        with engine.begin() as connection:
            person = people.find_or_add(connection, Address("messenger", "7"), clock(), wrote_at=clock()).id
        entry = entries.begin(engine, person, CONTEST, "en", clock()).id
        yield Lab(engine, meta, clock, worker, storage, woken, person, entry)
    meta.stop()


@pytest.mark.parametrize("channel", ["messenger", "whatsapp", "twilio"])
def test_a_photo_of_each_platform_is_fetched_cleaned_and_kept(lab: Lab, channel: str) -> None:
    body = photo()
    lab.sent(body, channel=channel)
    assert lab.worker.fetch_one()
    assert not lab.worker.fetch_one()
    found = lab.latest()
    assert (found.state, found.mime, found.width, found.height) == ("ready", "image/jpeg", 320, 200)
    assert lab.files() == {found.original, found.web, found.thumb}
    stored = [lab.storage.open(key) for key in lab.files()]
    assert any(word in body for word in GPS_WORDS)
    assert not [word for word in GPS_WORDS if any(word in each for each in stored)]
    assert lab.said() == []


@pytest.mark.parametrize(
    ("body", "problem", "words"),
    [
        (bomb(), "pixels", "40 million"),
        (photo()[:3000], "broken", "can't be opened"),
        (b"%PDF-1.7", "type", "isn't one of the types"),
        (b"\xff\xd8\xff" + bytes(1024 * 1024), "large", "larger than its rules allow"),
    ],
)
def test_what_cannot_be_taken_is_told_at_once_and_leaves_no_file(
    lab: Lab, body: bytes, problem: str, words: str
) -> None:
    lab.sent(body)
    assert lab.worker.fetch_one()
    assert (lab.latest().state, lab.latest().problem) == ("failed", problem)
    [said] = lab.said()
    assert words in said.replace("\\'", "'")
    assert (lab.woken, lab.files()) == ([lab.person], set())
    assert not lab.worker.fetch_one()


def test_a_platform_in_trouble_is_tried_again_and_the_photo_comes_through(lab: Lab) -> None:
    lab.sent(photo())
    channels = dict(lab.worker.channels)
    away = replace(lab.worker, channels={})
    for _ in range(3):
        assert away.fetch_one()
        assert lab.latest().state == "fetching"
        assert not away.fetch_one()
        lab.clock.forward(minutes=10)
    assert replace(lab.worker, channels=channels).fetch_one()
    assert lab.latest().state == "ready"


def test_who_cannot_be_helped_within_the_window_is_asked_for_it_again(lab: Lab) -> None:
    lab.sent(photo())
    away = replace(lab.worker, channels={})
    lab.clock.forward(hours=21)
    assert away.fetch_one()
    assert (lab.latest().state, lab.latest().problem) == ("failed", "gone")
    lab.sent(photo(seed=3))
    lab.meta.files.kept.clear()
    assert lab.worker.fetch_one()
    assert lab.latest().problem == "gone"
    [said] = lab.said()
    assert "send it once more" in said


def test_a_killed_workers_photo_is_taken_up_by_another_and_kept_once(lab: Lab) -> None:
    lab.sent(photo())
    dead = contest_photos.take(lab.engine, lab.clock(), LEASE_SECONDS)
    assert dead is not None
    assert not lab.worker.fetch_one()
    lab.clock.forward(seconds=LEASE_SECONDS + 1)
    assert lab.worker.fetch_one()
    assert not contest_photos.ready(lab.engine, dead, {"original": "x"}, lab.clock())
    assert lab.latest().original != "x"


def test_a_draft_thrown_away_meanwhile_leaves_no_file(lab: Lab) -> None:
    lab.sent(photo())
    job = contest_photos.take(lab.engine, lab.clock(), LEASE_SECONDS)
    assert job is not None
    entries.discard(lab.engine, lab.entry)
    assert not contest_photos.ready(lab.engine, job, {}, lab.clock())
    assert not contest_photos.failed(lab.engine, job, "gone", (), lab.clock())
    assert not lab.worker.fetch_one()


def test_files_that_no_row_names_are_swept_and_those_that_one_names_stay(lab: Lab) -> None:
    lab.sent(photo())
    lab.worker.fetch_one()
    named = lab.files()
    lab.storage.put("A" * 24 + ".jpg", b"nobody's", "image/jpeg")
    lab.clock.moment = datetime.now(UTC)
    assert lab.worker.sweep() == 0
    lab.clock.forward(hours=2)
    assert lab.worker.sweep() == 1
    assert lab.files() == named
    lab.clock.forward(days=8)
    assert lab.worker.sweep() == 3
    assert entries.by_id(lab.engine, lab.entry) is None
    assert lab.files() == set()


def test_a_day_before_closing_who_has_begun_is_reminded_once_within_the_window(lab: Lab) -> None:
    assert lab.worker.remind() == 0
    lab.clock.forward(days=6, hours=1)
    assert lab.worker.remind() == 0  # the window is closed
    with lab.engine.begin() as connection:
        people.find_or_add(connection, Address("messenger", "7"), lab.clock(), wrote_at=lab.clock())
    assert [lab.worker.remind() for _ in range(3)] == [1, 0, 0]
    [said] = lab.said()
    assert "closes within a day" in said
    assert "/contest_join" in said


def test_nobody_is_reminded_at_night(lab: Lab) -> None:
    """Who has begun, and wrote late, is reminded in the morning, which is soon enough."""
    lab.clock.forward(days=6, hours=11)
    with lab.engine.begin() as connection:
        people.find_or_add(connection, Address("messenger", "7"), lab.clock(), wrote_at=lab.clock())
    assert lab.worker.remind() == 0
    lab.clock.forward(hours=9)
    assert lab.worker.remind() == 1


def test_nobody_is_reminded_after_closing_or_of_what_is_entered(lab: Lab) -> None:
    entries.enter(lab.engine, lab.entry, None, lab.clock())
    lab.clock.forward(days=6, hours=1)
    with lab.engine.begin() as connection:
        people.find_or_add(connection, Address("messenger", "7"), lab.clock(), wrote_at=lab.clock())
    assert lab.worker.remind() == 0
    entries.begin(lab.engine, lab.person, CONTEST, "en", lab.clock())
    lab.clock.forward(hours=23, seconds=1)
    assert lab.clock() - timedelta(days=7) > datetime(2026, 11, 24, 4, tzinfo=UTC)
    assert lab.worker.remind() == 0


SHOWN, LOSER = "Chan Siu Ming", "Wong Ka Yan"


def entered(lab: Lab, person: int, seed: int, **values: str) -> tuple[int, set[str]]:
    """Enter a photo, fetched and cleaned as it comes; return the entry's number and the names of its files."""
    before = lab.files()
    lab.entry = entries.begin(lab.engine, person, CONTEST, "en", lab.clock()).id
    lab.sent(photo(seed=seed))
    assert lab.worker.fetch_one()
    number = entries.enter(lab.engine, lab.entry, None, lab.clock())
    assert number
    with lab.engine.begin() as connection:
        mine = ENTRIES.c.id == lab.entry
        connection.execute(sa.update(ENTRIES).where(mine).values(state="accepted", **values))
    return lab.entry, lab.files() - before


def pieces(lab: Lab, names: set[str]) -> list[bytes]:
    """Return a piece from the middle of each file, which no other file has."""
    bodies = [lab.storage.open(name) for name in names]
    return [body[len(body) // 2 :][:48] for body in bodies]


def test_erasure_removes_every_size_of_a_photo_by_bytes(lab: Lab, tmp_path: Path) -> None:
    """Original, web size and thumbnail; a winner's name stays in the published results alone, a loser's nowhere."""
    clock = lab.clock
    with lab.engine.begin() as connection:
        other = people.find_or_add(connection, Address("messenger", "8"), clock(), wrote_at=clock()).id
    won, first = entered(lab, lab.person, 2, title="Dawn", shown_name=SHOWN, contact="ming@example.org")
    _, second = entered(lab, lab.person, 3, title="Dusk", shown_name=LOSER, description="Seen from my dormitory")
    _, theirs = entered(lab, other, 4, title="Noon", shown_name="Ben")
    given = entries.by_id(lab.engine, won)
    assert given
    assert given.number
    assert awards.give(lab.engine, CONTEST, "Winning entry", given.number, "")
    results = [{"award": "Winning entry", "title": "Dawn", "by": SHOWN}]
    awards.publish(lab.engine, CONTEST, results, "3 entries by 2 people.", by="ada", now=clock())
    gone, stays = pieces(lab, first | second), pieces(lab, theirs)
    assert (len(first), len(second), len(gone), len(theirs)) == (3, 3, 6, 3)
    assert all(holding(tmp_path, each) for each in (*gone, *stays))
    found = forgetting.traces(lab.engine, "messenger", "7")
    Erasure(lab.engine, tmp_path, "a key of the tests", clock, lab.storage).erase(found, "a request")

    assert [each for each in gone if holding(tmp_path, each)] == []
    assert all(holding(tmp_path, each) for each in stays)
    assert lab.files() == theirs
    left = rows_with(lab.engine, SHOWN)
    assert left <= {"contests", "audit"}
    assert "contests" in left
    for words in (LOSER, "ming@example.org", "dormitory", "Dusk"):
        assert rows_with(lab.engine, words) == set(), words
    assert awards.of_contest(lab.engine, CONTEST) == ()


def test_a_photo_on_its_way_while_its_person_is_erased_leaves_no_file(lab: Lab, tmp_path: Path) -> None:
    """The worker that has fetched it finds that it is nobody's any more, and removes what it has written."""
    lab.sent(photo(seed=5))
    keep = lab.storage.put

    def put(key: str, body: bytes, mime: str) -> None:
        keep(key, body, mime)
        if len(lab.files()) == 3:
            found = forgetting.traces(lab.engine, "messenger", "7")
            Erasure(lab.engine, tmp_path, "a key of the tests", lab.clock, lab.storage).erase(found, "a request")

    lab.storage.put = put  # type: ignore[method-assign]
    assert lab.worker.fetch_one()

    assert lab.files() == set()
    assert lab.said() == []


def holding(folder: Path, piece: bytes) -> list[str]:
    """Return the files of the photos' folder that hold some bytes."""
    return [path.name for path in folder.rglob("*") if path.is_file() and piece in path.read_bytes()]


def rows_with(engine: Engine, words: str) -> set[str]:
    """Return the tables that hold some words."""
    with engine.connect() as connection:
        return {
            table.name
            for table in metadata.sorted_tables
            if any(words in str(tuple(row)) for row in connection.execute(sa.select(table)))
        }
