"""What is kept of a conversation: every event once, whoever reads and saves it, as Rasa's own store would."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from rasa.core.lock_store import RedisLockStore
from rasa.core.tracker_store import FailSafeTrackerStore, SQLTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from redis import Redis

from bot.nlu.trackers import ConversationsAway, Trackers
from bot.retraining.erasure import Erasure
from bot.store.engine import connect, upgrade
from tests import needed
from tests.wire import Wire, wired


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "conversations.db"


@pytest.fixture
def store(file: Path) -> Trackers:
    return Trackers(db=str(file), domain=Domain.empty())


@pytest.fixture
def wire() -> Iterator[Wire]:
    with wired() as made:
        yield made


@pytest.fixture
def over_postgresql(wire: Wire, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trackers]:
    """Conversations in PostgreSQL, in the schema that Carrel gives to Rasa."""
    engine = connect(postgres_url)
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(sa.text("DROP TABLE IF EXISTS rasa.events"))
    engine.dispose()
    monkeypatch.setenv("POSTGRESQL_SCHEMA", "rasa")
    address = engine.url
    usual = {"host": "127.0.0.1", "port": wire.port, "db": str(address.database), "username": address.username}
    made = Trackers(dialect="postgresql", domain=Domain.empty(), **usual)
    yield made
    made.engine.dispose()


def rows(file: Path) -> list[str]:
    """Return the kept events: what was said, or what happened."""
    with sqlite3.connect(file) as connection:
        found = [json.loads(row[0]) for row in connection.execute("SELECT data FROM events ORDER BY id")]
    return [each.get("text") or each.get("name") or each["event"] for each in found]


def say(store: SQLTrackerStore, tracker: DialogueStateTracker, *words: str) -> None:
    for each in words:
        tracker.update(UserUttered(each, parse_data={"intent": {"name": "wifi"}}))
    asyncio.run(store.save(tracker))


def read(store: SQLTrackerStore) -> DialogueStateTracker:
    return asyncio.run(store.get_or_create_tracker("ada", append_action_listen=False))


def test_each_event_is_kept_once_however_often_it_is_saved(store: Trackers, file: Path) -> None:
    tracker = read(store)
    say(store, tracker, "hi")
    say(store, tracker)
    say(store, tracker, "wifi", "how")
    again = read(store)
    say(store, again, "thx")
    assert rows(file) == ["hi", "wifi", "how", "thx"]


def test_a_conversation_that_begins_anew_is_kept_on(store: Trackers, file: Path) -> None:
    say(store, read(store), "hi")
    tracker = read(store)
    tracker.update(ActionExecuted("action_session_start"))
    tracker.update(SessionStarted())
    say(store, tracker, "wifi")
    say(store, tracker, "how")
    assert rows(file) == ["hi", "action_session_start", "session_started", "wifi", "how"]
    assert [event.type_name for event in read(store).events] == ["session_started", "user", "user"]
    say(store, read(store), "thx")
    assert rows(file)[-2:] == ["how", "thx"]


def test_rasas_own_store_reads_and_goes_on_with_it(store: Trackers, file: Path) -> None:
    say(store, read(store), "hi")
    own = SQLTrackerStore(db=str(file), domain=Domain.empty())
    say(own, read(own), "wifi")
    say(store, read(store), "how")
    assert rows(file) == ["hi", "wifi", "how"]


def test_a_tracker_that_was_made_elsewhere_adds_only_what_is_new(store: Trackers, file: Path) -> None:
    say(store, read(store), "hi", "wifi")
    say(store, read(store).copy(), "how")
    assert rows(file) == ["hi", "wifi", "how"]


def test_what_could_not_be_saved_is_saved_the_next_time(store: Trackers, file: Path) -> None:
    tracker = read(store)
    say(store, tracker, "hi")
    lock = sqlite3.connect(file, isolation_level=None)
    store.engine.dispose()
    lock.execute("ALTER TABLE events RENAME TO away")
    with pytest.raises(Exception, match="no such table"):
        say(store, tracker, "wifi")
    lock.execute("ALTER TABLE away RENAME TO events")
    lock.close()
    say(store, tracker)
    assert rows(file) == ["hi", "wifi"]


def test_a_connection_that_postgresql_has_ended_is_no_matter(postgres_url: str, over_postgresql: Trackers) -> None:
    """The next turn opens another, and knows what was said before."""
    say(over_postgresql, read(over_postgresql), "hi")
    ending = sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                     " AND pid <> pg_backend_pid()")  # fmt: skip
    other = connect(postgres_url)
    with other.connect() as connection:
        connection.execute(ending)
    other.dispose()

    assert [event.type_name for event in read(over_postgresql).events] == ["user"]


def test_a_store_that_is_away_is_told_without_a_word_of_what_was_said(wire: Wire, over_postgresql: Trackers) -> None:
    """Nobody is answered as if nothing had been said before, and nothing is kept in memory alone."""
    safe = FailSafeTrackerStore(over_postgresql)
    tracker = read(over_postgresql)
    tracker.update(UserUttered("my secret question"))
    wire.close()

    with pytest.raises(ConversationsAway) as saving:
        asyncio.run(safe.save(tracker))
    with pytest.raises(ConversationsAway):
        asyncio.run(safe.retrieve("ada"))
    told = "".join(traceback.format_exception(saving.value))
    assert "my secret question" not in told
    wire.open()
    asyncio.run(safe.save(tracker))
    kept = asyncio.run(safe.retrieve("ada"))
    assert kept is not None
    assert [event.text for event in kept.events if isinstance(event, UserUttered)] == ["my secret question"]


SECRET = "the banyan beside the lake"


def talk(store: Trackers, *names: str) -> None:
    """Save a conversation under each name, as Rasa does after a turn."""
    for name in names:
        tracker = store.init_tracker(name)
        tracker.update(UserUttered(f"{SECRET} {name}"))
        asyncio.run(store.save(tracker))


def test_an_erasure_leaves_no_byte_of_a_conversation_in_postgresql(
    over_postgresql: Trackers, postgres_url: str, tmp_path: Path
) -> None:
    """Neither of the person's own conversation nor of the one made for staff; another's stays."""
    talk(over_postgresql, "3f9a0c", "aside-3f9a0c", "b7d2")
    engine = connect(postgres_url)
    erasure = Erasure(engine, tmp_path, "a key of the tests", lambda: datetime.now(UTC))
    dump = ["pg_dump", "--data-only", "--schema=rasa", engine.url.render_as_string(hide_password=False)]
    before = subprocess.run(dump, capture_output=True, check=True).stdout
    assert erasure.forget_conversations(["3f9a0c", "aside-3f9a0c"]) == 2
    after = subprocess.run(dump, capture_output=True, check=True).stdout
    engine.dispose()

    assert before.count(b"3f9a0c") >= 2
    assert b"3f9a0c" not in after
    assert after.count(SECRET.encode()) == before.count(SECRET.encode()) / 3
    assert asyncio.run(over_postgresql.retrieve("3f9a0c")) is None
    assert asyncio.run(over_postgresql.retrieve("b7d2")) is not None


def test_an_erasure_leaves_no_byte_of_a_conversation_in_its_file(store: Trackers, file: Path, tmp_path: Path) -> None:
    talk(store, "3f9a0c", "aside-3f9a0c", "b7d2")
    engine = connect(f"sqlite:///{tmp_path}/carrel.db")
    erasure = Erasure(engine, tmp_path, "a key of the tests", lambda: datetime.now(UTC))
    assert erasure.forget_conversations(["3f9a0c", "aside-3f9a0c"]) == 2
    store.engine.dispose()
    held = b"".join(path.read_bytes() for path in tmp_path.glob("conversations.db*"))

    assert b"3f9a0c" not in held
    assert held.count(SECRET.encode()) >= 1


def test_rasas_locks_leave_nothing_in_redis() -> None:
    """The key of a conversation's lock names it, and goes with the turn."""
    needed.redis()
    there = Redis(db=15)
    locks = RedisLockStore(db=15, key_prefix="carrelerasure")

    async def turn() -> list[bytes]:
        async with locks.lock("3f9a0c"):
            return list(there.keys("*3f9a0c*"))

    held = asyncio.run(turn())

    assert held
    assert list(there.keys("*3f9a0c*")) == []
    there.close()
