"""What is made of the library's facts follows their version: beside the messages, and by nothing else than a change."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from sqlalchemy.engine import Engine

from bot.nlu import places
from bot.nlu.following import Following
from bot.nlu.places import PlaceExtractor
from bot.store import audit, facts, topics
from bot.store.content import edit
from tests.stack import until
from tests.stores import sqlite

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    made = sqlite(tmp_path / "store.db")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/store.db")
    yield made
    made.dispose()


def called(engine: Engine, *aliases: str, was: str | None = None) -> None:
    """Store a place as the console does."""
    entry = edit.filled("places", {"key": "annexe", "name": "Annexe", "kind": "place", "aliases": list(aliases)})
    checked = edit.check(engine, "places", entry, was=was)
    assert not checked.problems, checked.problems
    edit.save(engine, "places", checked.record, was=was, actor="lib", now=NOW)


class Storage:
    """Stands for Rasa's storage of a model in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read_from(self, _resource: Any) -> Storage:
        """Return itself."""
        return self

    def __enter__(self) -> Path:
        return self.folder

    def __exit__(self, *_: object) -> None:
        pass


def test_an_alias_is_known_in_the_next_message_without_a_training(engine: Engine, tmp_path: Path) -> None:
    """What the model was trained with does only where there is no store."""
    (tmp_path / "places.json").write_text('{"library": ["library", "old shed"]}')
    load = PlaceExtractor.load
    extractor = load(PlaceExtractor.get_default_config(), Storage(tmp_path), None, None)  # type: ignore[arg-type]

    def found(text: str) -> list[str]:
        [message] = extractor.process([Message({TEXT: text})])  # type: ignore[attr-defined]
        return [each["value"] for each in message.get(ENTITIES)]

    assert found("is the old shed open") == ["library"]
    called(engine, "the den")
    assert (found("is the old shed open"), found("when does the den close")) == ([], ["annexe"])
    called(engine, "the lair", was="annexe")
    assert (found("when does the den close"), found("is the lair open")) == ([], ["annexe"])


def test_only_the_librarys_own_facts_are_made_anew(engine: Engine) -> None:
    """A conversation that a librarian opens, or an example that they add, is no fact of the library's."""
    made = list[int]()
    following = Following(lambda _engine: made.append(1) or len(made), 0, part="x")
    with engine.begin() as connection:
        audit.note(connection, "lib", "people", "7", None, {"opened": "a conversation"}, NOW)
    assert following.look() == 1
    called(engine, "the den")
    assert following.look() == following.look() == 2
    with engine.begin() as connection:
        topics.add(connection, "Parking", by="lib", now=NOW)
    assert following.look() == 3
    assert facts.version(engine) == 2


def test_the_old_one_answers_while_the_new_one_is_made(engine: Engine) -> None:
    """However long it takes: nobody waits for it."""
    begun, may = threading.Event(), threading.Event()
    made = iter(("old", "new"))

    def make(_engine: Any) -> str:
        name = next(made)
        if name == "new":
            begun.set()
            assert may.wait(10)
        return name

    following = Following(make, "nothing", part="x", beside=True)
    called(engine, "the den")
    assert begun.wait(10)
    started = time.monotonic()
    assert following.made == "old"
    assert time.monotonic() - started < 0.1
    may.set()
    until(lambda: following.made == "new", 10, "it was not made anew")


def test_a_model_that_was_replaced_follows_no_more(engine: Engine) -> None:
    before = {each.ident for each in threading.enumerate()}
    following = Following(lambda _engine: 1, 0, part="x", beside=True)
    [own] = [each for each in threading.enumerate() if each.name == "facts" and each.ident not in before]
    del following
    gc.collect()
    own.join(10)
    assert not own.is_alive()


def test_without_a_store_there_is_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/none.db")
    assert Following(lambda _engine: 1, 0, part="x").look() == 0


def test_names_are_made_anew_only_where_they_are_others(engine: Engine) -> None:
    stored = places.StoredPlaces()
    called(engine, "the den")
    first = stored(engine)
    called(engine, "the den", was="annexe")
    assert stored(engine) is first is not None
    called(engine, "the lair", was="annexe")
    assert stored(engine) is not first
