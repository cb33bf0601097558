"""The history of an entry in words, and an undo that says what it will undo."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from bot.store import audit
from bot.store.content import edit
from tests.console.conftest import NOW, Visitor


def change_of(engine: Engine, kind: str, key: str, number: int = 0) -> int:
    """Return the latest change of an entry, or one before it."""
    return int(audit.history(engine, kind, key)[number]["id"])


def save(engine: Engine, table: str, name: str, who: str = "lee", minutes: int = 1, **fields: object) -> None:
    """Change fields of an entry."""
    edit.save(engine, table, fields, was=name, actor=who, now=NOW + timedelta(minutes=minutes))


def words(page: str) -> str:
    """Return a page's words."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", page)).split())


@pytest.mark.parametrize(
    ("kind", "slug", "key", "fields", "said"),
    [
        ("places", "places", "library", {"week": ["10:00-16:00"] * 7}, "Every week Mon–Fri: 8 am – 11 pm Sat–Sun"),
        ("places", "places", "information-desk", {"parent": "learning-commons"}, "Part of Library Learning Commons"),
        (
            "exceptions",
            "closures",
            "holiday-2026-12-25",
            {"kind": "changed", "hours": "10:00-16:00", "places": ["library"]},
            "What happens Closed These hours instead of the usual ones Hours – 10 am – 4 pm Where – Library",
        ),
        ("answers", "answers", "wifi-overview/en", {"title": "Wi-Fi"}, "Title Getting online Wi-Fi"),
    ],
)
def test_a_change_is_told_by_the_names_on_the_form(
    engine: Engine, librarian: Visitor, kind: str, slug: str, key: str, fields: dict[str, object], said: str
) -> None:
    save(engine, kind, key, **fields)
    page = words(librarian.get(f"/console/{slug}/edit?name={key}").text)
    assert said in page
    assert "lee changed it" in page


def test_an_undo_says_what_goes_back_and_leaves_what_others_changed_since(engine: Engine, librarian: Visitor) -> None:
    save(engine, "places", "library", address="Somewhere else")
    save(engine, "places", "library", "kim", 2, note="Bring your card.")
    first = change_of(engine, "places", "library", 1)
    asked = words(librarian.get(f"/console/changes/{first}/undo").text)
    assert "Address Somewhere else Hong Kong University" in asked
    assert "Bring your card" not in asked
    assert librarian.post(f"/console/changes/{first}/undo").location == "/console/places/edit?name=library"
    stored = edit.entry(engine, "places", "library")
    assert stored
    assert stored["address"].startswith("Hong Kong University")
    assert stored["note"] == "Bring your card."


def test_an_undo_that_would_undo_later_work_is_refused_by_name(engine: Engine, librarian: Visitor) -> None:
    save(engine, "places", "library", address="Somewhere", note="First.")
    save(engine, "places", "library", "kim", 2, note="Second.")
    first = change_of(engine, "places", "library", 1)
    asked = words(librarian.get(f"/console/changes/{first}/undo").text)
    assert "kim has changed To be said besides again" in asked
    assert "Undo it" not in asked
    librarian.post(f"/console/changes/{first}/undo")
    stored = edit.entry(engine, "places", "library")
    assert stored
    assert (stored["address"], stored["note"]) == ("Somewhere", "Second.")


def test_another_languages_changes_are_not_this_ones(engine: Engine, librarian: Visitor) -> None:
    save(engine, "answers", "wifi-overview/en", title="Wi-Fi")
    save(engine, "answers", "wifi-overview/zh-Hant", "kim", 2, title="無線網絡")
    page = words(librarian.get("/console/answers/edit?name=wifi-overview/en").text)
    assert "lee changed it" in page
    assert "kim changed it" not in page


def test_what_was_removed_comes_back_with_its_history(engine: Engine, librarian: Visitor) -> None:
    librarian.post("/console/answers/remove", {"name": "wifi-overview/en"})
    history = words(librarian.get("/console/changes?table=answers&key=wifi-overview").text)
    assert "It is not there any more" in history
    removal = change_of(engine, "answers", "wifi-overview")
    assert "Undone, it is there again" in words(librarian.get(f"/console/changes/{removal}/undo").text)
    librarian.post(f"/console/changes/{removal}/undo")
    assert edit.entry(engine, "answers", "wifi-overview/en")


def test_a_change_to_what_was_removed_since_is_not_undone(engine: Engine, librarian: Visitor) -> None:
    save(engine, "exceptions", "holiday-2026-12-25", reason="Christmas")
    changed = change_of(engine, "exceptions", "holiday-2026-12-25")
    edit.remove(engine, "exceptions", "holiday-2026-12-25", actor="kim", now=NOW)
    assert "kim has removed it since" in words(librarian.get(f"/console/changes/{changed}/undo").text)
    said = librarian.post(f"/console/changes/{changed}/undo", follow_redirects=True).text
    assert "Undo the removal first" in said


def test_one_go_is_undone_whole_or_not_at_all(engine: Engine, librarian: Visitor) -> None:
    keys = ["holiday-2026-12-25", "holiday-2026-12-26"]
    moved = [({"reason": "Winter"}, key) for key in keys]
    edit.save_all(engine, "exceptions", moved, actor="lee", now=NOW, batch="b1")
    assert "Undo all that was done in this go" in librarian.get("/console/changes").text
    save(engine, "exceptions", keys[1], "kim", 2, reason="Winter holiday")
    assert "Undo all of it" not in librarian.get("/console/changes/together/b1/undo").text
    librarian.post("/console/changes/together/b1/undo")
    first, second = (edit.entry(engine, "exceptions", key) for key in keys)
    assert first
    assert second
    assert (first["reason"], second["reason"]) == ("Winter", "Winter holiday")


def test_nothing_to_undo_is_no_page(librarian: Visitor) -> None:
    assert librarian.get("/console/changes/987654/undo").status_code == 404
    assert librarian.get("/console/changes/together/none/undo").status_code == 404
