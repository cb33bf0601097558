"""The calendar: what it shows, other hours on several days with the result beforehand, last year's closures, undo."""

from __future__ import annotations

import re
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.engine import Engine

from bot.calendar.hours import LibraryCalendar
from bot.store import audit, library
from bot.store.content import edit
from tests.console.conftest import NOW, Visitor

ZONE = ZoneInfo("Asia/Hong_Kong")
CHRISTMAS = {
    "starts": "2026-12-24",
    "ends": "2026-12-26",
    "places": ["library", "circulation-counter", "learning-commons"],
    "does": "changed",
    "hours": "10-4",
    "reason": "Christmas",
}


def hours(engine: Engine, place: str, on: date) -> list[tuple[int, int]]:
    """Return a place's hours on a day, in minutes."""
    day = LibraryCalendar(library.read_facts(engine, ZONE)).day(place, on)
    return [(each.opens, each.closes) for each in day.periods]


def seen(page: str) -> str:
    """Return what stands for the result that a page shows."""
    found = re.search(r'name="seen" value="([0-9a-f]+)"', page)
    assert found, page
    return found[1]


@pytest.mark.parametrize("view", ["week", "month", "year"])
@pytest.mark.parametrize("place", ["", "library"])
def test_closures_events_and_terms_are_in_every_view(engine: Engine, librarian: Visitor, view: str, place: str) -> None:
    term = {"name": "Winter break", "starts": "2026-12-20", "ends": "2027-01-10"}
    librarian.post("/console/terms/edit", term)
    event = {"title": "Carols", "starts": "2026-12-22T18:00", "ends": "2026-12-22T19:00"}
    librarian.post("/console/events/edit", event)
    page = librarian.get(f"/console/calendar?view={view}&on=2026-12-25&place={place}").text
    assert "Christmas Day" in page
    assert "Carols" in page
    assert "Winter break" in page
    assert "<h2" in page
    assert 'scope="col"' in page


def test_one_places_hours_stand_on_each_day(librarian: Visitor) -> None:
    page = librarian.get("/console/calendar?view=week&on=2026-11-24&place=circulation-counter").text
    assert "9 am – 9 pm" in page
    assert "Information Desk" not in page.split("<tbody>")[1]


def test_a_day_leads_to_its_changes(librarian: Visitor) -> None:
    page = librarian.get("/console/calendar/day?on=2026-12-25").text
    assert "Christmas Day" in page
    assert "Friday 25 December" in page
    assert "/console/calendar/change?on=2026-12-25&amp;place=library&amp;does=cut" in page


def test_christmas_hours_for_three_places_are_shown_saved_and_undone_in_one_go(
    engine: Engine, librarian: Visitor
) -> None:
    before = {place: hours(engine, place, date(2026, 12, 24)) for place in CHRISTMAS["places"]}
    shown = librarian.post("/console/calendar/result", CHRISTMAS).text
    assert "10 am – 4 pm" in shown
    assert "8 am – 11 pm" in shown
    assert audit.page(engine, table="exceptions", who="lib") == []
    saved = librarian.post("/console/calendar/change", {**CHRISTMAS, "seen": seen(shown)})
    assert saved.status_code == 302
    for place in CHRISTMAS["places"]:
        for day in (24, 25, 26):
            assert hours(engine, place, date(2026, 12, day)) == [(600, 960)]
    page = librarian.get(saved.location).text
    undo = re.search(r'action="(/console/changes/together/[0-9a-f]+/undo)"', page)
    assert undo
    librarian.post(undo[1])
    assert {place: hours(engine, place, date(2026, 12, 24)) for place in CHRISTMAS["places"]} == before
    assert hours(engine, "library", date(2026, 12, 25)) == []


def test_nothing_is_saved_of_which_the_result_was_not_shown(engine: Engine, librarian: Visitor) -> None:
    shown = librarian.post("/console/calendar/result", CHRISTMAS).text
    other = {**CHRISTMAS, "hours": "11-3", "seen": seen(shown)}
    assert "The result is another one now" in librarian.post("/console/calendar/change", other).text
    assert "11 am – 3 pm" in librarian.post("/console/calendar/change", {**CHRISTMAS, "hours": "11-3"}).text
    assert hours(engine, "library", date(2026, 12, 24)) == [(480, 1380)]


def test_services_inside_a_closed_building_are_asked_about(engine: Engine, librarian: Visitor) -> None:
    form = {"starts": "2026-12-02", "does": "closed", "reason": "works", "places": "library"}
    shown = librarian.post("/console/calendar/result", form).text
    assert 'name="inside-circulation-counter"' in shown
    kept = {**form, "inside-circulation-counter": "stays", "inside-learning-commons": "follows"}
    shown = librarian.post("/console/calendar/result", kept).text
    assert librarian.post("/console/calendar/change", {**kept, "seen": seen(shown)}).status_code == 302
    on = date(2026, 12, 2)
    assert hours(engine, "circulation-counter", on) == [(540, 1260)]
    for place in ("library", "learning-commons", "information-desk", "printing"):
        assert hours(engine, place, on) == []


def test_an_afternoon_is_closed_for_one_place(engine: Engine, librarian: Visitor) -> None:
    form = {
        "starts": "2026-11-24",
        "does": "cut",
        "begins": "13:00",
        "reason": "training",
        "places": "information-desk",
    }
    shown = librarian.post("/console/calendar/result", form).text
    librarian.post("/console/calendar/change", {**form, "seen": seen(shown)})
    assert hours(engine, "information-desk", date(2026, 11, 24)) == [(540, 780)]
    assert hours(engine, "information-desk", date(2026, 11, 25)) == [(540, 1140)]
    assert hours(engine, "circulation-counter", date(2026, 11, 24)) == [(540, 1260)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"starts": ""}, "Which day?"),
        ({"ends": "2026-12-01"}, "before the first"),
        ({"ends": "2027-12-01"}, "62 days at most"),
        ({"places": []}, "Tick at least one place"),
        ({"hours": "8-11"}, "say am or pm"),
        ({"hours": ""}, "Which hours?"),
        ({"reason": ""}, "Say why"),
        ({"does": "cut", "begins": "late"}, "no time of the day"),
        ({"does": "cut", "begins": "13:00", "until": "12:00"}, "ends before it begins"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(librarian: Visitor, wrong: dict[str, str], said: str) -> None:
    page = librarian.post("/console/calendar/change", {**CHRISTMAS, **wrong})
    assert page.status_code == 422
    assert said in page.text
    assert "Christmas" in page.text


def test_last_years_closures_are_moved_corrected_and_saved_in_one_go(engine: Engine, librarian: Visitor) -> None:
    for each in edit.entries(engine, "exceptions"):
        if each["starts"].year != 2026:
            edit.remove(engine, "exceptions", each["key"], actor="ada", now=NOW)
    works = {"reason": "Works", "starts": "2026-03-02", "ends": "2026-03-04", "kind": "changed", "hours": "10:00-12:00"}
    librarian.post("/console/closures/edit", {**works, "places": "library"})
    easter = {"reason": "Good Friday", "starts": "2026-04-03", "ends": "2026-04-03", "kind": "closed"}
    librarian.post("/console/closures/edit", easter)
    page = librarian.get("/console/calendar/copy?year=2027").text
    assert 'value="2027-03-26"' in page  # Good Friday moves
    fields = dict(re.findall(r'name="([a-z]+-\d+)" value="([^"]*)"', page))
    number = next(name.split("-")[1] for name, value in fields.items() if value == "Works")
    fields = {name: value for name, value in fields.items() if not name.startswith("take-") or name == f"take-{number}"}
    wrong = librarian.post("/console/calendar/copy?year=2027", {**fields, f"ends-{number}": "2027-02-28"})
    assert wrong.status_code == 422
    assert "2027-02-28 is before" in wrong.text
    fields |= {f"starts-{number}": "2027-03-01", f"ends-{number}": "2027-03-03", f"hours-{number}": "11-2"}
    saved = librarian.post("/console/calendar/copy?year=2027", fields)
    assert saved.status_code == 302
    assert hours(engine, "library", date(2027, 3, 3)) == [(660, 840)]
    assert hours(engine, "library", date(2027, 3, 4)) == [(480, 1380)]
    again = librarian.get("/console/calendar/copy?year=2027").text
    assert "2027 has it already" in again


def test_a_viewer_looks_and_does_not_change(signed_in: object) -> None:
    visitor = signed_in("viewer")  # type: ignore[operator]
    assert "Change days" not in visitor.get("/console/calendar").text
    assert visitor.get("/console/calendar/change").status_code == 403
