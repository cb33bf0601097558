"""Librarians publish accepted photos on the library's Facebook page, see how far it is, and take them down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from bot.console.desk import Desk
from bot.store import entries, posts
from tests.console.conftest import NOW, Visitor, installed
from tests.contest import CONTEST, edition
from tests.contest_entries import many

PAGE, RESULTS = f"/console/contests/facebook?name={CONTEST}", f"/console/contests/results?name={CONTEST}"
PUBLISH = "/console/contests/facebook/publish"


@pytest.fixture
def at(at: Desk) -> Desk:
    """A console of a library that has switched publishing on."""
    return replace(at, facebook=True)


@pytest.fixture
def accepted(engine: Engine, at: Desk) -> list[int]:
    """An edition decided by likes with three accepted entries and one that waits."""
    edition(engine, NOW, voting="likes")
    found = many(engine, 4, NOW, at.photos, state="accepted")
    entries.move(engine, found[3], "entered", NOW, before={"accepted"})
    return found[:3]


def publish(librarian: Visitor, **more: str) -> str:
    return librarian.post(PUBLISH, {"name": CONTEST, **more}, follow_redirects=True).text


def on_page(engine: Engine, likes: dict[int, int]) -> None:
    """Let every photo be published, and its likes be read."""
    for number in range(1, 10):
        if post := posts.take(engine, NOW, 90):
            posts.published(engine, post, f"90{number}", NOW)
    found = {each.entry_id: each.id for each in posts.of_contest(engine, CONTEST)}
    posts.read(engine, [(found[entry], count) for entry, count in likes.items()], NOW + timedelta(hours=1))


def test_one_click_publishes_what_is_accepted_and_the_page_shows_how_far(
    librarian: Visitor, accepted: list[int], engine: Engine
) -> None:
    assert "Publish 3 photos" in librarian.get(PAGE).text
    text = publish(librarian)
    assert "3 photos are on the way to the page" in text
    assert text.count("is published next") == 3
    assert "Publish 3 photos" not in text
    [first, *_] = posts.of_contest(engine, CONTEST)
    assert first.caption.startswith("Light in the Library (2026), #1: “Photo 1” – Entrant 1")
    assert first.caption.endswith("#lightinthelibrary")
    assert "no accepted photo is missing" in publish(librarian)


def test_a_failure_is_told_and_tried_again(librarian: Visitor, accepted: list[int], engine: Engine) -> None:
    publish(librarian)
    post = posts.take(engine, NOW, 90)
    assert post
    posts.failed(engine, post, "The page's access token lacks a permission.")
    text = librarian.get(PAGE).text
    assert "lacks a permission" in text
    assert "Try again" in text
    assert "1 photo is on the way" in publish(librarian, entry=str(post.entry_id))


def test_a_photo_is_taken_down(librarian: Visitor, accepted: list[int], engine: Engine) -> None:
    publish(librarian)
    on_page(engine, {})
    first = posts.of_contest(engine, CONTEST)[0].id
    address = f"/console/contests/facebook/{first}/down"
    assert "taken down in a moment" in librarian.post(address, {"name": CONTEST}, follow_redirects=True).text
    assert "is being taken down" in librarian.get(PAGE).text
    assert "not on the page any more" in librarian.post(address, {"name": CONTEST}, follow_redirects=True).text


def test_likes_decide_with_the_time_of_their_reading(librarian: Visitor, accepted: list[int], engine: Engine) -> None:
    assert "None have been read yet" in librarian.get(RESULTS).text
    publish(librarian)
    on_page(engine, {accepted[0]: 12, accepted[1]: 207, accepted[2]: 12})
    text = librarian.get(RESULTS).text
    table = text[text.index("People’s choice: likes") :]
    assert table.index("Photo 2") < table.index("Photo 1") < table.index("Photo 3")
    assert "207" in table
    assert "Read from the page" in table
    assert "1 pm" in table.replace("\u00a0", " ") or "13:00" in table


def test_where_it_is_off_nothing_is_published(engine: Engine, at: Desk, accepted: list[int]) -> None:
    librarian = Visitor(installed(replace(at, facebook=False)).test_client())
    assert librarian.sign_in("lib").status_code == 302
    assert "On Facebook" not in librarian.get(RESULTS).text
    assert "CONTEST_FACEBOOK" in librarian.get(PAGE).text
    assert librarian.post(PUBLISH, {"name": CONTEST}).status_code == 404
    assert posts.of_contest(engine, CONTEST) == ()
