"""Photos on the library's page: published once whatever happens, taken down with their entries, their likes read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy.engine import Engine

from bot.contest.storage import FolderStorage
from bot.simulator.fake_meta import Failure, FakeMeta
from bot.store import entries, posts
from bot.store.forgetting import forget, traces
from bot.workers.posting import MOST_TRIES, OPERATOR_WAIT, READ_EVERY, Posting
from connectors.messenger.page import Page, page_of
from tests.bot.workers.house import HONG_KONG, START, Clock
from tests.contest import CONTEST, edition
from tests.contest_entries import many

DAY = timedelta(days=1)


@dataclass
class Wall:
    """A page's stand-in, what publishes there, and three accepted entries."""

    engine: Engine
    meta: FakeMeta
    clock: Clock
    posting: Posting
    entries: list[int]

    def ask(self) -> int:
        captions = {each: f"Photo of {each}" for each in self.entries}
        return posts.ask(self.engine, CONTEST, captions, "lib", self.clock())

    def work(self, steps: int = 20) -> None:
        """Do what is due now."""
        for _ in range(steps):
            if not self.posting.step():
                return

    def there(self) -> list[str]:
        return sorted(each.caption for each in self.meta.photos.kept.values())

    def states(self) -> list[str]:
        return [each.state for each in posts.of_contest(self.engine, CONTEST)]

    def problems(self) -> str:
        return " ".join(each.problem for each in posts.of_contest(self.engine, CONTEST))


def page(meta: FakeMeta, client: httpx.Client, clock: Clock, album: str = "") -> Page:
    app = {"app_secret": "secret", "api_url": meta.url, "api_version": "v26.0"}
    return page_of(page_id="1", album=album, access_token=meta.access_token, client=client, now=clock, **app)


@pytest.fixture
def wall(engine: Engine, tmp_path: Path) -> Iterator[Wall]:
    clock, meta = Clock(), FakeMeta(access_token="token", page_id="1")
    meta.start()
    edition(engine, START, voting="likes", closes=START - DAY, voting_closes=START + 30 * DAY)
    storage = FolderStorage(tmp_path / "photos")
    added = many(engine, 3, START, storage, state="accepted")
    with httpx.Client(timeout=5) as client:
        posting = Posting(engine, page(meta, client, clock), storage, clock, HONG_KONG)
        yield Wall(engine, meta, clock, posting, added)
    meta.stop()


def test_accepted_photos_are_published_once_with_their_words(wall: Wall) -> None:
    assert wall.ask() == 3
    assert wall.ask() == 0
    wall.work()
    assert wall.there() == [f"Photo of {each}" for each in wall.entries]
    assert wall.states() == ["posted"] * 3
    first = wall.meta.photos.kept["9001"]
    assert first.picture.startswith(b"\xff\xd8\xff")
    assert first.alternative == "What photo 1 shows"
    assert not wall.posting.step()


def test_only_accepted_entries_of_the_edition_are_published(wall: Wall) -> None:
    entries.move(wall.engine, wall.entries[0], "refused", wall.clock(), before={"accepted"})
    assert posts.ask(wall.engine, "another", {wall.entries[1]: "x"}, "lib", wall.clock()) == 0
    assert wall.ask() == 2


@pytest.mark.parametrize("failure", [Failure("lost"), Failure("http", 500, 2), Failure("reset")])
def test_a_call_that_ends_without_a_word_publishes_no_photo_twice(wall: Wall, failure: Failure) -> None:
    wall.ask()
    wall.meta.failures.append(failure)
    wall.work()
    assert sorted(wall.states()) == ["posted", "posted", "waiting"]
    assert "Meta" in wall.problems()
    wall.clock.forward(hours=1)
    wall.work()
    assert wall.states() == ["posted"] * 3
    assert wall.there() == [f"Photo of {each}" for each in wall.entries]


def test_a_killed_worker_leaves_nothing_undone_and_nothing_done_twice(wall: Wall) -> None:
    wall.ask()
    dead = posts.take(wall.engine, wall.clock(), 90)
    assert dead
    number = wall.posting.page.publish(b"\xff\xd8\xff", dead.caption, "")  # and then it was killed
    wall.work()
    assert wall.states().count("posted") == 2
    wall.clock.forward(seconds=91)
    wall.work()
    assert wall.states() == ["posted"] * 3
    assert len(wall.there()) == 3
    assert number in {each.platform_id for each in posts.of_contest(wall.engine, CONTEST)}
    assert not posts.published(wall.engine, dead, "77", wall.clock())


def test_a_missing_permission_is_told_in_words_and_tried_again_later(wall: Wall) -> None:
    wall.ask()
    wall.meta.photos.allowed = False
    wall.work()
    assert wall.states() == ["waiting"] * 3
    assert "lacks a permission" in wall.problems() or "does not let the app publish" in wall.problems()
    wall.meta.photos.allowed = True
    wall.clock.forward(seconds=OPERATOR_WAIT.total_seconds())
    wall.work()
    assert wall.states() == ["posted"] * 3


def test_what_fails_again_and_again_is_given_up_and_asked_for_anew(wall: Wall) -> None:
    wall.ask()
    wall.meta.failures.extend(Failure("http", 500, 2) for _ in range(100))
    for _ in range(MOST_TRIES + 1):
        wall.work()
        wall.clock.forward(hours=2)
    assert wall.states() == ["failed"] * 3
    assert f"Given up after {MOST_TRIES} tries" in wall.problems()
    wall.meta.failures.clear()
    assert wall.ask() == 3
    wall.work()
    assert wall.states() == ["posted"] * 3


def test_a_photo_whose_entry_is_withdrawn_or_erased_is_taken_down(wall: Wall) -> None:
    wall.ask()
    wall.work()
    entries.withdraw(wall.engine, wall.entries[0], wall.clock())
    forget(wall.engine, traces(wall.engine, "messenger", "person-2"), actor="tests", now=wall.clock())
    wall.meta.failures.append(Failure("http", 500, 2))
    wall.work()
    wall.clock.forward(hours=1)
    wall.work()
    assert wall.there() == [f"Photo of {wall.entries[2]}"]
    assert wall.states() == ["posted"]


def test_a_photo_is_taken_down_on_request_even_if_it_is_gone_already(wall: Wall) -> None:
    wall.ask()
    wall.work()
    first, second, _ = posts.of_contest(wall.engine, CONTEST)
    del wall.meta.photos.kept[second.platform_id]
    assert posts.take_down(wall.engine, CONTEST, first.id, wall.clock())
    assert posts.take_down(wall.engine, CONTEST, second.id, wall.clock())
    assert not posts.take_down(wall.engine, "another", first.id, wall.clock())
    wall.work()
    assert wall.states() == ["posted"]
    assert len(wall.there()) == 1
    assert wall.ask() == 2


def test_likes_are_read_hourly_with_the_time_of_reading(wall: Wall) -> None:
    wall.ask()
    wall.work()
    for likes, photo in enumerate(wall.meta.photos.kept.values()):
        photo.likes = likes
    assert wall.posting.read() == 3
    assert [each.likes for each in posts.of_contest(wall.engine, CONTEST)] == [0, 1, 2]
    assert {each.read_at for each in posts.of_contest(wall.engine, CONTEST)} == {wall.clock()}
    assert wall.posting.read() == 0
    wall.clock.forward(seconds=READ_EVERY.total_seconds())
    wall.meta.failures.append(Failure("http", 400, 190))
    assert wall.posting.read() == 0
    assert "access token" in wall.problems()
    assert [each.likes for each in posts.of_contest(wall.engine, CONTEST)] == [0, 1, 2]


def test_one_photo_deleted_on_the_page_spoils_no_others_likes(wall: Wall) -> None:
    wall.ask()
    wall.work()
    del wall.meta.photos.kept["9002"]
    wall.posting.read()
    assert wall.states() == ["posted", "failed", "posted"]
    assert "somebody has deleted it" in wall.problems()
    assert wall.ask() == 1


def test_an_album_is_published_into(wall: Wall) -> None:
    wall.meta.photos.albums.add("555")
    with httpx.Client(timeout=5) as client:
        album = page(wall.meta, client, wall.clock, album="555")
        number = album.publish(b"\xff\xd8\xff", "In the album", "")
        assert album.find("In the album") == number
        assert album.find("Nowhere") is None
        for each in range(120):
            album.publish(b"\xff\xd8\xff", f"Another {each}", "")
        assert album.find("In the album") == number
