"""Staff look through a contest's entries and decide: the gallery, one by one, duplicates, who sees which file."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy.engine import Engine

from bot.console.desk import Desk
from bot.store import entries_shown, verdicts
from tests.console.conftest import NOW, Visitor
from tests.contest import CONTEST, edition
from tests.contest_entries import entry, many, somebody

GALLERY, ENTRY = f"/console/contests/entries?name={CONTEST}", f"/console/contests/entry?name={CONTEST}"


@pytest.fixture
def entries(engine: Engine, at: Desk) -> list[int]:
    """An edition with five entries to decide."""
    edition(engine, NOW)
    return many(engine, 5, NOW, at.photos)


def state(engine: Engine, number: int) -> str:
    """Return the state of an entry."""
    found = entries_shown.one(engine, CONTEST, number)
    assert found
    return found.state


def test_the_gallery_shows_what_waits_and_finds_by_number_title_and_name(
    librarian: Visitor, entries: list[int], engine: Engine
) -> None:
    text = librarian.get(GALLERY).text
    assert text.count('class="entry"') == 5
    assert "Entries and people by day" in text
    assert librarian.get(f"{GALLERY}&q=%233").text.count('class="entry"') == 1
    assert librarian.get(f"{GALLERY}&q=entrant+4").text.count('class="entry"') == 1
    assert "No entry is found" in librarian.get(f"{GALLERY}&q=100%25").text
    assert "No entry is in this state" in librarian.get(f"{GALLERY}&state=refused").text


def test_a_decision_leads_to_the_next_and_can_be_taken_back(
    librarian: Visitor, entries: list[int], engine: Engine
) -> None:
    sent = librarian.post(
        f"/console/contests/entry/{entries[0]}/decide", {"does": "accepted", "seen": "entered", "state": "entered"}
    )
    assert "number=2" in sent.location
    assert state(engine, 1) == "accepted"
    page = librarian.get(sent.location).text
    assert "Take the last decision back" in page
    undo = re.search(r"/console/contests/decisions/\d+/undo", page)
    assert undo
    back = librarian.post(undo[0], {"contest": CONTEST, "number": "1"}, follow_redirects=True).text
    assert "The entrant was told nothing" in back
    assert state(engine, 1) == "entered"


def test_a_refusal_needs_a_reason_and_lists_those_of_the_store(
    librarian: Visitor, entries: list[int], engine: Engine
) -> None:
    address = f"/console/contests/entry/{entries[1]}/decide"
    bare = librarian.post(address, {"does": "refused", "seen": "entered"}, follow_redirects=True).text
    assert "choose a reason" in bare
    assert state(engine, 2) == "entered"
    assert "Somebody can be recognised" in bare
    librarian.post(address, {"does": "refused", "seen": "entered", "reason": "contest-reason-person"})
    assert state(engine, 2) == "refused"
    text = librarian.get(f"{ENTRY}&number=2&state=refused").text
    assert "the entrant is told in a moment" in text


def test_what_a_colleague_decided_meanwhile_is_not_overwritten(
    librarian: Visitor, entries: list[int], engine: Engine
) -> None:
    verdicts.decide(engine, entries[2], "accepted", seen="entered", by="kim", now=NOW)
    form = {"does": "refused", "seen": "entered", "reason": "contest-reason-place"}
    text = librarian.post(f"/console/contests/entry/{entries[2]}/decide", form, follow_redirects=True).text
    assert "has changed since you opened it" in text
    assert state(engine, 3) == "accepted"


def test_photos_that_look_alike_stand_side_by_side(librarian: Visitor, entries: list[int], engine: Engine) -> None:
    entry(engine, 6, somebody(engine, "six", NOW), NOW, phash="00000000000000ff")
    entry(engine, 7, somebody(engine, "seven", NOW), NOW, phash="00000000000000fe")
    assert librarian.get(GALLERY).text.count("looks like another") == 2
    text = librarian.get(f"{GALLERY}&show=alike").text
    assert text.count('class="entry"') == 2
    assert "Looks like" in librarian.get(f"{ENTRY}&number=6").text
    assert "Looks like" not in librarian.get(f"{ENTRY}&number=1").text


def test_a_note_is_kept_for_staff(librarian: Visitor, entries: list[int]) -> None:
    librarian.post(f"/console/contests/entry/{entries[0]}/note", {"text": "<b>Ask</b> the photographer"})
    assert "&lt;b&gt;Ask&lt;/b&gt; the photographer" in librarian.get(f"{ENTRY}&number=1").text


def test_a_file_is_served_to_staff_alone_and_unaccepted_ones_to_librarians(
    librarian: Visitor, signed_in: Callable[[str], Visitor], visitor: Visitor, entries: list[int], engine: Engine
) -> None:
    shown = entries_shown.one(engine, CONTEST, 1)
    assert shown
    thumb = f"/console/contests/photo/{shown.photo_id}/thumb"
    got = librarian.get(thumb)
    assert (got.status_code, got.content_type, got.data[:2]) == (200, "image/jpeg", b"\xff\xd8")
    assert got.headers["Cache-Control"] == "no-store"
    viewer = signed_in("viewer")
    assert viewer.get(thumb).status_code == 403
    verdicts.decide(engine, entries[0], "accepted", seen="entered", by="lib", now=NOW)
    assert viewer.get(thumb).status_code == 200
    assert viewer.get(thumb.replace("thumb", "original")).status_code == 403
    assert visitor.get(thumb).status_code == 302
    assert librarian.get(f"/console/contests/photo/{shown.photo_id}/other").status_code == 404
    assert librarian.get("/console/contests/photo/999/thumb").status_code == 404


def test_a_file_that_is_gone_is_not_found(librarian: Visitor, entries: list[int], engine: Engine, at: Desk) -> None:
    shown = entries_shown.one(engine, CONTEST, 1)
    assert shown
    at.photos.delete(shown.thumb)
    assert librarian.get(f"/console/contests/photo/{shown.photo_id}/thumb").status_code == 404


def test_an_edition_without_entries_says_so(librarian: Visitor, engine: Engine) -> None:
    edition(engine, NOW)
    assert "No entries" in librarian.get(GALLERY).text
    assert librarian.get(f"{ENTRY}&number=1").status_code == 404
