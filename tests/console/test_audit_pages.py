"""The audit in words and as a file, a student found by number, and the doctor's findings as a page."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from bot.console import happened
from bot.console.desk import Desk
from bot.store import audit
from bot.store.content import edit
from connectors.messages import Address
from tests.console.conftest import NOW, Visitor, installed
from tests.console.test_inbox_pages import writes


@pytest.mark.parametrize(
    ("who", "table", "key", "before", "after", "said"),
    [
        ("vic", "users", "vic", None, {"password": "changed"}, "changed their own password"),
        ("ada", "users", "vic", None, {"password": "changed"}, "gave vic a new password"),
        ("ada", "users", "bo", None, {"role": "librarian"}, "let bo sign in, as librarian"),
        ("ada", "users", "bo", {"active": True}, {"active": False}, "closed the door to bo"),
        ("ada", "users", "bo", {"role": "viewer"}, {"role": "librarian"}, "made bo librarian"),
        ("lib", "places", "main", {"name": "Library"}, {"name": "Library"}, "changed the place “Library”"),
        ("lib", "exceptions", "x", None, {"reason": "Stocktaking"}, "added the closure “Stocktaking”"),
        ("lib", "events", "x", {"title": "Zine making"}, None, "removed the event “Zine making”"),
        ("lib", "people", "Student 3F9A0C", None, {"identity": "looked at"}, "looked at who Student 3F9A0C is"),
        ("lib", "people", "forgotten", {"messages": 3}, None, "forgot a student who asked for it"),
        ("lib", "threads", "4", {"holder": "lib"}, {"holder": "ada"}, "gave a conversation to ada"),
        ("ada", "threads", "4", {"holder": "lib"}, {"holder": "ada"}, "took a conversation over from lib"),
        ("lib", "threads", "4", {"holder": "lib"}, {"holder": ""}, "let a conversation wait for somebody else"),
        ("lib", "exports", "csv", None, {"looked for": "everything"}, "exported messages as CSV"),
        ("ada", "models", "m2", {"active": "m1"}, {"active": "m2"}, "switched the model m2 on"),
        ("ada", "models", "m2", {"active": "m2"}, {"active": "m1"}, "went back from the model m2 to m1"),
        ("lib", "new_things", "a_key", None, {}, "added an entry of new things “a key”"),
    ],
)
def test_a_change_is_told_as_people_tell_it(
    who: str, table: str, key: str, before: object, after: object, said: str
) -> None:
    change = {"who": who, "table": table, "key": key, "before": before, "after": after}

    assert happened.sentence(change) == said


def told(visitor: Visitor, asked: str = "") -> list[str]:
    """Return what the file of changes says was done."""
    text = visitor.get(f"/console/changes.csv{asked}").text.lstrip("\ufeff")
    return [row["what"] for row in csv.DictReader(io.StringIO(text))]


def test_changes_are_narrowed_and_are_a_file(engine: Engine, signed_in: Callable[[str], Visitor]) -> None:
    """By person, kind and day; without sign-ins for whoever is no administrator."""
    librarian = signed_in("librarian")
    edit.save(engine, "places", {"name": "=The library"}, was="library", actor="bo", now=NOW + timedelta(days=2))
    page = librarian.get("/console/changes?who=bo&table=places").text
    assert page.count('<div class="list-group-item">') == 1
    assert "changed the place" in page
    assert "Nothing has been changed" in librarian.get("/console/changes?who=bo&until=2026-11-25").text
    assert "changed the place" in librarian.get("/console/changes?who=bo&since=2026-11-26&until=2026-11-26").text
    assert told(librarian, "?who=bo") == ["changed the place “=The library”"]
    assert not any(each.startswith("signed in") for each in told(librarian))
    assert any(each.startswith("signed in") for each in told(signed_in("administrator")))


@pytest.mark.parametrize("typed", ["85291234567", "+852 9123 4567", "9123 4567", "9123-4567"])
def test_a_student_is_found_by_number_however_it_is_written(engine: Engine, librarian: Visitor, typed: str) -> None:
    """The number stays out of addresses and out of the audit; who looked is in it."""
    person_id = writes(engine, "hello", who=Address("whatsapp", "85291234567"))
    writes(engine, "hello", who=Address("whatsapp", "85291230000"))
    found = librarian.post("/console/conversations/find", {"number": typed})
    noted = audit.page(engine, table="people")

    assert found.location == f"/console/conversations/{person_id}"
    assert [(each["who"], each["after"]) for each in noted] == [("lib", {"number": "looked for"})]
    assert "9123" not in str(noted)


def test_a_student_is_found_by_what_staff_call_them(engine: Engine, librarian: Visitor) -> None:
    """Too few digits, or a number that nobody has, find nobody, and say what a number is."""
    person_id = writes(engine, "hello", who=Address("messenger", "7788001122"))
    name = re.search(r"Student \w{6}", librarian.get(f"/console/conversations/{person_id}").text)
    assert name
    for typed in (name[0], name[0][-6:].lower(), "7788001122"):
        found = librarian.post("/console/conversations/find", {"number": typed})
        assert found.location == f"/console/conversations/{person_id}"
    for typed in ("7788", "99999999", "%", "________"):
        assert "Nobody of this number" in librarian.post("/console/conversations/find", {"number": typed}).text


def test_the_doctors_findings_are_a_page(at: Desk, engine: Engine) -> None:
    """The worst first, each with what to do; for administrators, since it tells of the machine."""
    found = [("database", "ok", "It answers.", ""), ("messenger", "wrong", "The token has expired.", "Make a new one.")]
    administrator = Visitor(installed(replace(at, examine=lambda: found)).test_client())
    administrator.sign_in("ada")
    page = administrator.get("/console/doctor/findings").text

    assert "Looking" in administrator.get("/console/doctor").text
    assert page.index("The token has expired.") < page.index("It answers.")
    assert "Make a new one." in page
