"""The public gallery: off until it is switched on, accepted photos alone, links into the chats while people vote."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine

from bot import public
from bot.contest.storage import FolderStorage, new_key
from bot.public.counter import Counter
from bot.store import awards, entries_shown
from bot.store.contest_tables import EntryRow, PhotoRow
from tests.contest import CONTEST, edition
from tests.contest_entries import many
from tests.stores import sqlite

NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
DAY = timedelta(days=1)
ENTRIES = EntryRow.__table__


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    """A store of this test's own."""
    made = sqlite(tmp_path / "store.db")
    yield made
    made.dispose()


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    """Where the photos are kept."""
    return FolderStorage(tmp_path / "photos")


@pytest.fixture
def visitor(engine: Engine, storage: FolderStorage) -> FlaskClient:
    """Anybody."""
    app = Flask("test")
    met = {"zone": ZoneInfo("Asia/Hong_Kong"), "page": "library-page", "number": "85255500123"}
    public.install(app, Counter(engine, lambda: NOW, {}, storage, **met))
    return app.test_client()


def shown(engine: Engine, storage: FolderStorage, **other: Any) -> None:
    """Add a published edition on which people vote, with two accepted photos of three."""
    voting = {"voting": "chat", "voting_opens": NOW - DAY, "voting_closes": NOW + DAY}
    edition(engine, NOW, **{"published": True, "closes": NOW - DAY, **voting, **other})
    many(engine, 3, NOW, storage, state="accepted")
    with engine.begin() as connection:
        connection.execute(sa.update(ENTRIES).where(ENTRIES.c.number == 3).values(state="entered", title="Not yet"))


def test_accepted_photos_are_shown_with_words_for_who_cannot_see_them(
    visitor: FlaskClient, engine: Engine, storage: FolderStorage
) -> None:
    shown(engine, storage)
    got = visitor.get(f"/contest/{CONTEST}")
    assert (got.status_code, got.headers["Cache-Control"]) == (200, "public, max-age=60")
    assert got.text.count("<img") == 2
    assert 'alt="What photo 1 shows"' in got.text
    assert "Entrant 2" in got.text
    assert "Not yet" not in got.text
    assert "<script" not in got.text
    assert "default-src 'none'" in got.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in got.headers


@pytest.mark.parametrize("other", [{"published": False}, {"opens": None, "closes": None}])
def test_what_is_not_published_or_a_draft_is_not_there(
    visitor: FlaskClient, engine: Engine, storage: FolderStorage, other: dict[str, Any]
) -> None:
    shown(engine, storage, **other)
    assert visitor.get(f"/contest/{CONTEST}").status_code == 404
    assert visitor.get("/contest/no-such").status_code == 404


def test_a_photo_is_served_as_long_as_it_is_accepted_and_its_original_never(
    visitor: FlaskClient, engine: Engine, storage: FolderStorage
) -> None:
    shown(engine, storage)
    one = entries_shown.one(engine, CONTEST, 1)
    waiting = entries_shown.one(engine, CONTEST, 3)
    assert one
    assert waiting
    got = visitor.get(f"/contest/-/{one.thumb}")
    assert (got.status_code, got.content_type, got.headers["Cache-Control"]) == (
        200,
        "image/jpeg",
        "public, max-age=3600",
    )
    again = visitor.get(f"/contest/-/{one.thumb}", headers={"If-None-Match": got.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    for name in (one.original, waiting.thumb, waiting.web, "x", "..%2Fstore.db", ""):
        assert visitor.get(f"/contest/-/{name}").status_code == 404
    with engine.begin() as connection:
        connection.execute(sa.update(ENTRIES).where(ENTRIES.c.number == 1).values(state="withdrawn"))
    assert visitor.get(f"/contest/-/{one.thumb}").status_code == 404


def test_a_photo_of_an_edition_that_is_switched_off_again_is_gone(
    visitor: FlaskClient, engine: Engine, storage: FolderStorage
) -> None:
    shown(engine, storage, published=False)
    one = entries_shown.one(engine, CONTEST, 1)
    assert one
    assert visitor.get(f"/contest/-/{one.web}").status_code == 404


def test_each_photo_leads_into_the_chats_while_people_vote(
    visitor: FlaskClient, engine: Engine, storage: FolderStorage
) -> None:
    shown(engine, storage)
    assert "https://m.me/library-page?text=vote%202" in visitor.get(f"/contest/{CONTEST}").text
    chinese = visitor.get(f"/contest/{CONTEST}?lang=zh-Hant").text
    assert "https://wa.me/85255500123?text=%E6%8A%95%202" in chinese
    assert 'lang="zh-Hant"' in chinese


@pytest.mark.parametrize("other", [{"voting": "none"}, {"voting": "likes"}, {"voting_closes": NOW}])
def test_outside_the_vote_nothing_leads_to_it(
    visitor: FlaskClient, engine: Engine, storage: FolderStorage, other: dict[str, Any]
) -> None:
    shown(engine, storage, **other)
    assert "m.me" not in visitor.get(f"/contest/{CONTEST}").text


def test_awards_are_shown_once_they_are_published(visitor: FlaskClient, engine: Engine, storage: FolderStorage) -> None:
    shown(engine, storage)
    awards.give(engine, CONTEST, "Winning entry", 2, "")
    assert "Winning entry" not in visitor.get(f"/contest/{CONTEST}").text
    awards.publish(engine, CONTEST, [{"award": "Winning entry", "title": "Photo 2"}], "", by="lib", now=NOW)
    text = visitor.get(f"/contest/{CONTEST}").text
    assert text.index("Winning entry") < text.index('id="photo-1"')


def test_an_edition_without_photos_says_so(visitor: FlaskClient, engine: Engine) -> None:
    edition(engine, NOW, published=True)
    assert "No photo is shown yet." in visitor.get(f"/contest/{CONTEST}").text


def test_titles_and_descriptions_are_escaped(visitor: FlaskClient, engine: Engine, storage: FolderStorage) -> None:
    shown(engine, storage)
    with engine.begin() as connection:
        connection.execute(sa.update(ENTRIES).values(title="<script>x", description='"><img src=x>'))
    text = visitor.get(f"/contest/{CONTEST}").text
    assert "<script" not in text
    assert text.count("<img") == 2


def test_many_photos_are_paged_with_the_winners_on_the_first_page(
    visitor: FlaskClient, engine: Engine, storage: FolderStorage
) -> None:
    edition(engine, NOW, published=True, closes=NOW - DAY)
    many(engine, 70, NOW, state="accepted")
    awards.give(engine, CONTEST, "Winning entry", 65, "")
    awards.publish(engine, CONTEST, [{"award": "Winning entry", "title": "Photo 65"}], "", by="lib", now=NOW)
    first = visitor.get(f"/contest/{CONTEST}").text
    second = visitor.get(f"/contest/{CONTEST}?page=2&lang=zh-Hant").text
    assert (first.count("<figure"), second.count("<figure")) == (61, 9)
    assert "Page 1 of 2" in first
    assert 'rel="next"' in first
    assert "第 2 頁，共 2 頁" in second
    assert 'id="photo-65"' in first
    assert 'id="photo-65"' not in second
    shown = re.findall(r'id="photo-(\d+)"', first + second)
    assert sorted(map(int, shown)) == list(range(1, 71))
    assert visitor.get(f"/contest/{CONTEST}?page=9").status_code == 200


def test_a_photo_that_was_replaced_is_not_served_any_more(
    visitor: FlaskClient, engine: Engine, storage: FolderStorage
) -> None:
    shown(engine, storage)
    one = entries_shown.one(engine, CONTEST, 1)
    assert one
    with engine.begin() as connection:
        photos = PhotoRow.__table__
        first = connection.execute(sa.select(photos).where(photos.c.entry_id == one.id)).one()
        newer = {**first._mapping, "id": 99, "sent_as": "again", "web": new_key("jpg"), "thumb": new_key("jpg")}
        connection.execute(sa.insert(photos).values(newer))
    assert visitor.get(f"/contest/-/{one.thumb}").status_code == 404
