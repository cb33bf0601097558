"""A topic that was renamed goes by its new label at once, whatever label the model was trained with."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from actions.library import Shelf
from bot.store import topics
from tests.stack import ROOT
from tests.stores import sqlite, taught

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)


def test_another_label_is_on_the_next_button(tmp_path: Path) -> None:
    engine = taught(sqlite(tmp_path / "store.db"), ROOT)
    shelf = Shelf(f"sqlite:///{tmp_path}/store.db", ZoneInfo("Asia/Hong_Kong"))
    domain = {"responses": {"part_topic_wifi": [{"text": "Wi-Fi"}], "utter_x": [{"text": "x"}]}}
    assert shelf.library("en", NOW).labelled(domain) == domain
    with engine.begin() as connection:
        topics.rename(connection, "wifi", "Network", by="lib", now=NOW)
        # One that the model has not learnt is not offered.
        topics.add(connection, "Parking", by="lib", now=NOW)
    told = shelf.library("en", NOW).labelled(domain)["responses"]
    assert told == {"part_topic_wifi": [{"text": "Network"}], "utter_x": [{"text": "x"}]}
