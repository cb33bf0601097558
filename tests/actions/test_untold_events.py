"""A draft, or an event that goes live later, is told to nobody; a poster is sent by its public address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Engine

from actions.library import Shelf
from bot.store import library
from bot.store.content import edit
from tests.stores import sqlite

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Hong_Kong")
POSTER = f"{'p' * 24}.jpg"


def event(engine: Engine, key: str, **more: object) -> None:
    """Store an event."""
    times = {"starts": NOW + timedelta(days=9), "ends": NOW + timedelta(days=9, hours=1)}
    checked = edit.check(engine, "events", {"key": key, "title": key, **times, **more})
    assert not checked.problems
    edit.save(engine, "events", checked.record, was=None, actor="lib", now=NOW)


def test_drafts_and_later_events_are_told_to_nobody_until_their_time(tmp_path: Path) -> None:
    engine = sqlite(tmp_path / "store.db")
    live = NOW + timedelta(hours=2)
    event(engine, "open")
    event(engine, "draft", draft=True)
    event(engine, "later", live_from=live)
    shelf = Shelf(f"sqlite:///{tmp_path}/store.db", ZONE)

    def told(now: datetime) -> list[list[str]]:
        known = shelf.library("en", now).calendar.facts, library.told_facts(engine, ZONE, now)
        return [[each.uid for each in facts.events] for facts in known]

    assert told(NOW) == [["open"]] * 2
    assert told(live - timedelta(seconds=1)) == [["open"]] * 2
    assert told(live) == [["open", "later"]] * 2
    edit.save(engine, "events", {"draft": False}, was="draft", actor="lib", now=NOW)
    assert told(live) == [["open", "draft", "later"]] * 2


def test_a_poster_is_sent_by_its_address_in_place_of_the_written_one(tmp_path: Path) -> None:
    engine = sqlite(tmp_path / "store.db")
    event(engine, "open", poster=POSTER, image_url="https://elsewhere.example/x.jpg")
    shelf = Shelf(f"sqlite:///{tmp_path}/store.db", ZONE, "https://bot.example")
    [found] = shelf.library("en", NOW).calendar.facts.events
    assert found.image_url == f"https://bot.example/poster/{POSTER}"
