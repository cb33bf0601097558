"""Posters of events: anybody may see those of events that are told of, and no other file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from bot import public
from bot.contest.storage import FolderStorage
from bot.public.counter import Counter
from bot.store import posters
from bot.store.content import edit
from tests.stores import sqlite

NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
KEY, OTHER = f"{'p' * 24}.jpg", f"{'q' * 24}.jpg"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, 200),
        ({"draft": True}, 404),
        ({"live_from": NOW + timedelta(minutes=1)}, 404),
        ({"live_from": NOW}, 200),
    ],
)
def test_a_poster_is_there_while_its_event_is_told_of(tmp_path: Path, more: dict[str, object], code: int) -> None:
    engine, storage = sqlite(tmp_path / "store.db"), FolderStorage(tmp_path / "photos")
    for key in (KEY, OTHER):
        storage.put(key, b"picture", "image/jpeg")
    written = {"key": "x", "title": "X", "starts": NOW, "ends": NOW + timedelta(hours=1), "poster": KEY, **more}
    edit.save(engine, "events", edit.check(engine, "events", written).record, was=None, actor="lib", now=NOW)
    app = Flask("test")
    public.install(app, Counter(engine, lambda: NOW, {}, storage, zone=ZoneInfo("Asia/Hong_Kong")))
    got = app.test_client().get(f"/poster/{KEY}")
    assert got.status_code == code
    assert app.test_client().get(f"/poster/{OTHER}").status_code == 404
    if code == 200:
        assert (got.data, got.content_type) == (b"picture", "image/jpeg")


def test_a_file_that_an_undo_brings_back_is_not_swept(tmp_path: Path) -> None:
    engine = sqlite(tmp_path / "store.db")
    written = {"key": "x", "title": "X", "starts": NOW, "ends": NOW + timedelta(hours=1), "poster": KEY}
    edit.save(engine, "events", edit.check(engine, "events", written).record, was=None, actor="lib", now=NOW)
    edit.save(engine, "events", {"poster": OTHER}, was="x", actor="lib", now=NOW)
    assert posters.named(engine) == {KEY, OTHER}
