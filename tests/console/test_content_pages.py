"""Changing what the bot says: forms, previews, problems beside the field, conflicts, undo, imports."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.engine import Engine

from bot.calendar.hours import LibraryCalendar
from bot.store import audit, library
from bot.store.content import edit
from bot.store.content.hours import DAYS
from bot.store.library_tables import EventRow
from tests.console.conftest import NOW, Clock, Visitor

ZONE = ZoneInfo("Asia/Hong_Kong")


def week(hours: str, field: str = "hours") -> dict[str, str]:
    """Return a form's week with the same hours every day."""
    return {f"{field}-{day}": hours for day in DAYS}


def form_of(engine: Engine, kind: str, name: str, **changes: str) -> dict[str, str]:
    """Return what the form of a stored place or answer would send, with changes."""
    stored = edit.entry(engine, kind, name)
    assert stored
    written = edit.filled(kind, edit.as_written(kind, stored))
    plain = {key: str(value) for key, value in written.items() if isinstance(value, str) and value}
    lines = {key: "\n".join(value) for key, value in written.items() if isinstance(value, list)}
    return {**plain, **lines, "seen": stored["changed_at"].isoformat(), **changes}


def test_hours_are_changed_and_the_calendar_knows(engine: Engine, librarian: Visitor) -> None:
    form = form_of(engine, "places", "library", own_hours="yes", **week("10:00-12:00, 14:00-18:00"))
    response = librarian.post("/console/places/edit?name=library", form)
    assert response.location == "/console/places/edit?name=library"
    calendar = LibraryCalendar(library.read_facts(engine, ZONE))
    assert [(each.opens, each.closes) for each in calendar.day("library", date(2026, 11, 30)).periods] == [
        (600, 720),
        (840, 1080),
    ]
    change = audit.history(engine, "places", "library")[0]
    assert change["who"] == "lib"


def test_wrong_hours_are_explained_beside_the_field_and_nothing_is_lost(engine: Engine, librarian: Visitor) -> None:
    before = audit.page(engine, limit=1)
    form = form_of(engine, "places", "library", own_hours="yes", **{**week("08:00-23:00"), "hours-mon": "8 to 11"})
    response = librarian.post("/console/places/edit?name=library", form)
    assert response.status_code == 422
    assert "8 to 11&#34; is no time range; write for example" in response.text
    assert 'value="8 to 11"' in response.text
    assert audit.page(engine, limit=1) == before


def test_the_preview_says_what_the_bot_would_say_and_stores_nothing(engine: Engine, librarian: Visitor) -> None:
    before = audit.page(engine, limit=1)
    form = form_of(engine, "places", "library", own_hours="yes", **week("11:00-13:00"))
    said = librarian.post("/console/places/preview?name=library", form).text
    assert "Open until 1 pm today" in said
    assert "Mon – Sun: 11 am – 1 pm" in said
    assert audit.page(engine, limit=1) == before


def test_a_term_with_its_own_week(engine: Engine, librarian: Visitor) -> None:
    term = {"name": "Winter break", "starts": "2026-12-28", "ends": "2027-01-10"}
    assert librarian.post("/console/terms/edit", term).location == "/console/terms/edit?name=winter-break"
    form = form_of(engine, "places", "library", own_hours="yes", **week("08:00-23:00"))
    form |= {"differs_winter-break": "yes", **week("10:00-16:00", "term_winter-break")}
    assert librarian.post("/console/places/edit?name=library", form).status_code == 302
    calendar = LibraryCalendar(library.read_facts(engine, ZONE))
    assert [(each.opens, each.closes) for each in calendar.day("library", date(2026, 12, 29)).periods] == [(600, 960)]
    gone = librarian.post("/console/terms/remove", {"name": "winter-break"}, follow_redirects=True)
    assert "Others refer to it" in gone.text


def test_a_closure_is_added_previewed_and_undone(engine: Engine, librarian: Visitor) -> None:
    form = {"reason": "Stocktaking", "starts": "2026-11-25", "ends": "2026-11-25", "kind": "closed", "hours": ""}
    preview = librarian.post("/console/closures/preview", form).text
    assert "closed (otherwise 8 am – 11 pm)" in preview
    assert librarian.post("/console/closures/edit", form).location == "/console/closures/edit?name=stocktaking"
    assert LibraryCalendar(library.read_facts(engine, ZONE)).day("library", date(2026, 11, 25)).closed
    change = audit.history(engine, "exceptions", "stocktaking")[0]
    assert librarian.post(f"/console/changes/{change['id']}/undo").status_code == 302
    assert not LibraryCalendar(library.read_facts(engine, ZONE)).day("library", date(2026, 11, 25)).closed
    again = audit.history(engine, "exceptions", "stocktaking")[0]
    librarian.post(f"/console/changes/{again['id']}/undo")
    assert LibraryCalendar(library.read_facts(engine, ZONE)).day("library", date(2026, 11, 25)).closed


def test_an_older_change_is_not_undone_over_a_later_one(engine: Engine, librarian: Visitor) -> None:
    for until in ("2026-11-25", "2026-11-26"):
        form = {"reason": "Works", "starts": "2026-11-25", "ends": until, "kind": "closed"}
        stored = edit.entry(engine, "exceptions", "works")
        seen = {"seen": stored["changed_at"].isoformat()} if stored else {}
        librarian.post(f"/console/closures/edit{'?name=works' if stored else ''}", {**form, **seen})
    first = audit.history(engine, "exceptions", "works")[-1]
    said = librarian.post(f"/console/changes/{first['id']}/undo", follow_redirects=True)
    assert "Undo the latest change first" in said.text
    stored = edit.entry(engine, "exceptions", "works")
    assert stored
    assert stored["ends"] == date(2026, 11, 26)


def test_two_people_at_once_do_not_overwrite_each_other_unseen(
    engine: Engine, clock: Clock, signed_in: Callable[[str], Visitor]
) -> None:
    first, second = signed_in("librarian"), signed_in("administrator")
    form = form_of(engine, "answers", "wifi-overview/en", text="The first one's text.")
    clock.now = NOW + timedelta(minutes=1)
    assert first.post("/console/answers/edit?name=wifi-overview/en", form).status_code == 302
    refused = second.post("/console/answers/edit?name=wifi-overview/en", {**form, "text": "The second one's text."})
    assert refused.status_code == 422
    assert "lib has changed this since you opened it" in refused.text
    assert "The second one&#39;s text." in refused.text
    stored = edit.entry(engine, "answers", "wifi-overview/en")
    assert stored
    assert stored["text"] == "The first one's text."


def test_holidays_are_taken_over_in_one_go(engine: Engine, librarian: Visitor) -> None:
    for each in edit.entries(engine, "exceptions"):
        edit.remove(engine, "exceptions", each["key"], actor="lib", now=NOW)
    assert "public holidays of the coming year are not decided" in librarian.get("/console/closures").text
    librarian.post("/console/closures/holidays")
    reasons = {each["reason"] for each in edit.entries(engine, "exceptions")}
    assert "Christmas Day" in reasons
    assert "public holidays of the coming year are not decided" not in librarian.get("/console/closures").text


def test_a_condition_is_switched_on_for_some_hours_and_off(engine: Engine, clock: Clock, librarian: Visitor) -> None:
    librarian.post("/console/conditions/switch", {"name": "typhoon-8", "does": "on", "hours": "3"})
    state = LibraryCalendar(library.read_facts(engine, ZONE)).state("library", clock().astimezone(ZONE))
    assert not state.is_open
    assert state.why.reason == "Typhoon signal no. 8"
    page = librarian.get("/console/conditions").text
    assert "Switched on by <strong>lib</strong>" in page
    assert "Typhoon signal no. 8 is on" in librarian.get("/console/").text
    librarian.post("/console/conditions/switch", {"name": "typhoon-8", "does": "off"})
    assert LibraryCalendar(library.read_facts(engine, ZONE)).state("library", clock().astimezone(ZONE)).is_open


def test_what_a_condition_does_is_edited_in_rows(engine: Engine, librarian: Visitor) -> None:
    form = {
        "name": "Power cut",
        "effects-0-place": "library",
        "effects-0-does": "changed",
        "effects-0-hours": "10:00-16:00",
        "effects-1-place": "",
        "effects-1-does": "closed",
    }
    assert librarian.post("/console/conditions/edit", form).location == "/console/conditions/edit?name=power-cut"
    stored = edit.entry(engine, "conditions", "power-cut")
    assert stored
    assert [(each["place"], each["hours"]) for each in stored["effects"]] == [("library", "10:00-16:00")]


CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//EN
BEGIN:VEVENT
UID:tour-1
SUMMARY:Library tour
DTSTART:20261201T100000
DTEND:20261201T110000
END:VEVENT
END:VCALENDAR
"""


def test_events_are_imported_after_a_look(engine: Engine, librarian: Visitor) -> None:
    file = {"file": (io.BytesIO(CALENDAR.replace("\n", "\r\n").encode()), "events.ics")}
    looked = librarian.post("/console/events/import", file, content_type="multipart/form-data")
    assert "Library tour" in looked.text
    assert "is added" in looked.text
    assert edit.entry(engine, "events", "tour-1") is None
    assert librarian.post("/console/events/import", {"text": CALENDAR, "does": "import"}).status_code == 302
    assert edit.entry(engine, "events", "tour-1")
    again = librarian.post("/console/events/import", {"text": CALENDAR})
    assert "stays as it is" in again.text
    assert "SUMMARY:Library tour" in librarian.get("/console/events/calendar.ics").text


def test_a_file_that_is_no_calendar_is_refused(engine: Engine, librarian: Visitor) -> None:
    for content in (b"hello", b"\xff\xfe\x00", b"", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"):
        file = {"file": (io.BytesIO(content), "events.ics")}
        response = librarian.post("/console/events/import", file, content_type="multipart/form-data")
        assert response.status_code == 422, content
        assert "Nothing was imported" in response.text


def test_an_event_is_shown_as_each_platform_would(librarian: Visitor) -> None:
    form = {"title": "Talk", "starts": "2026-12-01T14:00", "ends": "2026-12-01T15:00", "place": "LG1"}
    said = librarian.post("/console/events/preview", form).text
    assert "Tuesday 1 December, 2 pm – 3 pm" in said
    assert "screen-messenger" in said
    assert "screen-whatsapp" in said


def test_a_contest_says_what_it_does_not_know(engine: Engine, librarian: Visitor) -> None:
    form = {"title": "Photo contest", "edition": "2027", "awards-0-name": "First", "awards-0-prize": "HK$2,000"}
    form["voting"] = "none"  # a choice always says one
    said = librarian.post("/console/contests/preview", form).text
    assert "Closes: not known: the bot says so" in said
    assert "First: HK$2,000" in said
    assert librarian.post("/console/contests/edit", form).status_code == 302
    wrong = librarian.post(
        "/console/contests/edit", {**form, "opens": "2027-02-01T00:00", "closes": "2027-01-01T00:00"}
    )
    assert wrong.status_code == 422
    assert "is before opens" in wrong.text


def test_answers_are_found_marked_and_checked(engine: Engine, librarian: Visitor) -> None:
    form = form_of(engine, "answers", "wifi-overview/en", expires="2026-12-10", overview="yes")
    librarian.post("/console/answers/edit?name=wifi-overview/en", form)
    page = librarian.get("/console/answers?state=expires").text
    assert '<span class="badge bg-yellow-lt">expires Thu' in page
    librarian.post("/console/answers/several", {"does": "checked", "chosen": ["wifi-overview/en"]})
    stored = edit.entry(engine, "answers", "wifi-overview/en")
    assert stored
    assert stored["last_checked"] == date(2026, 11, 24)
    assert "No answer is like that" in librarian.get("/console/answers?q=zzzz").text


def test_markup_in_content_is_shown_as_text(engine: Engine, librarian: Visitor) -> None:
    evil = "<script>alert(1)</script>"
    form = form_of(engine, "answers", "wifi-overview/en", text=evil, title=f"{evil}<b>", overview="yes")
    asked = librarian.post("/console/answers/edit?name=wifi-overview/en", form).text
    sure = re.search(r'name="sure" value="([^"]+)"', asked)
    assert sure
    librarian.post("/console/answers/edit?name=wifi-overview/en", {**form, "sure": html.unescape(sure[1])})
    pages = ("/console/answers?topic=wifi", "/console/answers/edit?name=wifi-overview/en", "/console/changes")
    for page in (*pages, "/console/answers?q=" + evil):
        text = librarian.get(page).text
        assert evil not in text
        assert "&lt;script&gt;" in text or "script" not in text
    assert evil not in librarian.post("/console/answers/preview?name=wifi-overview/en", form).text


def test_an_entry_that_somebody_removed_is_not_brought_back_by_mistake(engine: Engine, librarian: Visitor) -> None:
    form = form_of(engine, "answers", "wifi-overview/en", overview="yes")
    librarian.post("/console/answers/remove", {"name": "wifi-overview/en"})
    response = librarian.post("/console/answers/edit?name=wifi-overview/en", form, follow_redirects=True)
    assert "is not there any more" in response.text
    assert edit.entry(engine, "answers", "wifi-overview/en") is None


def stored_event(engine: Engine, librarian: Visitor, title: str, starts: str, ends: str, **more: str) -> None:
    """Add an event by the form."""
    form = {"title": title, "starts": starts, "ends": ends, **more}
    assert librarian.post("/console/events/edit", form).status_code == 302, title


def day_of(page: str, on: str) -> str:
    """Return what a month's calendar shows on a day, which is known by its link to a new event."""
    return page.split(f"on={on}")[1].split("</td>")[0]


def test_a_month_shows_each_day_with_what_is_on(engine: Engine, librarian: Visitor) -> None:
    stored_event(engine, librarian, "Zine making", "2027-03-10T14:00", "2027-03-10T15:00")
    stored_event(engine, librarian, "Maps shown", "2027-03-16T00:00", "2027-03-18T00:00", all_day="yes")
    stored_event(engine, librarian, "Night read", "2027-03-31T22:00", "2027-04-01T02:00", repeats="daily", times="2")
    stored_event(engine, librarian, "Rained off", "2027-03-20T10:00", "2027-03-20T11:00", cancelled="yes")
    page = librarian.get("/console/events?view=month&month=2027-03").text
    assert "March 2027" in page
    assert "2 pm Zine making" in day_of(page, "2027-03-10")
    assert ["Maps shown" in day_of(page, f"2027-03-{day}") for day in (15, 16, 17, 18)] == [False, True, True, False]
    assert "10 pm Night read" in day_of(page, "2027-03-31")
    assert day_of(page, "2027-04-01").count("Night read") == 2, "the end of one and the beginning of the next"
    assert "Rained off (cancelled)" in day_of(page, "2027-03-20")
    assert "month=2027-02" in page
    assert "month=2027-04" in page
    only = librarian.get("/console/events?view=month&month=2027-03&q=zine").text
    assert "Zine making" in only
    assert "Maps shown" not in only
    assert re.search(r'href="[^"]*month=2027-04[^"]*q=zine', only), "what was looked for goes with it"


def test_an_event_is_begun_on_the_day_that_was_chosen(librarian: Visitor) -> None:
    assert 'value="2027-03-17T14:00"' in librarian.get("/console/events/edit?on=2027-03-17").text
    assert librarian.get("/console/events/edit?on=soon").status_code == 200


@pytest.mark.parametrize("month", ["", "soon", "2027-13", "0001-01", "9999-12"])
def test_a_month_that_is_none_is_shown_all_the_same(librarian: Visitor, month: str) -> None:
    for page in ("events?view=month&", "closures?"):
        assert librarian.get(f"/console/{page}month={month}").status_code == 200


def test_a_viewer_adds_no_event_from_the_calendar(signed_in: Callable[[str], Visitor]) -> None:
    page = signed_in("viewer").get("/console/events?view=month").text
    assert "New event" not in page
    assert "month-day" in page


def test_what_is_cancelled_is_found_in_the_list(engine: Engine, librarian: Visitor) -> None:
    stored_event(engine, librarian, "Rained off", "2026-12-20T10:00", "2026-12-20T11:00", cancelled="yes")
    assert "cancelled</span>" in librarian.get("/console/events?q=rained").text


def test_hours_that_are_hardly_ever_meant_are_saved_once_somebody_means_them(
    engine: Engine, librarian: Visitor
) -> None:
    form = form_of(engine, "places", "library", own_hours="yes", **{**week("08:00-23:00"), "hours-mon": "22:00-20:00"})
    asked = librarian.post("/console/places/edit?name=library", form)
    assert asked.status_code == 422
    assert "is &#34;20:00-22:00&#34; meant?" in asked.text
    assert 'value="22:00-20:00"' in asked.text
    sure = re.search(r'name="sure" value="([^"]+)"', asked.text)
    assert sure
    meant = {**form, "sure": html.unescape(sure[1])}
    other = librarian.post("/console/places/edit?name=library", {**meant, "hours-tue": "08:00-08:00"})
    assert other.status_code == 302, "the same doubt is not asked about twice"
    stored = edit.entry(engine, "places", "library")
    assert stored
    assert stored["week"][0] == "22:00-20:00"


@pytest.mark.parametrize(
    ("chosen", "field", "said"),
    [
        ({"repeats": "weekly", "every": "0"}, "repeats", "from 1 to 999"),
        ({"repeats": "weekly", "every": "two"}, "every", "whole number"),
        ({"repeats": "weekly", "last_day": "2026-12-01"}, "last_day", "before it begins"),
        ({"repeats": "daily", "ends": "2026-12-05T16:00"}, "repeats", "lasts longer"),
        ({"repeats": "daily", "times": "3", "last_day": "2026-12-09"}, "times", "Choose one"),
    ],
)
def test_what_is_wrong_with_a_repeat_stands_beside_it_and_what_was_typed_stays(
    engine: Engine, librarian: Visitor, chosen: dict[str, str], field: str, said: str
) -> None:
    form = {"title": "Clinic", "starts": "2026-12-02T15:00", "ends": "2026-12-02T16:00", **chosen}
    response = librarian.post("/console/events/edit", form)
    assert response.status_code == 422
    assert said in response.text.split(f'id="h-{field}"')[1].split("</div>")[0]
    assert edit.entry(engine, "events", "clinic") is None


def test_a_spoilt_rule_leaves_the_pages_standing(engine: Engine, librarian: Visitor) -> None:
    stored_event(engine, librarian, "Clinic", "2026-12-02T15:00", "2026-12-02T16:00", repeats="weekly")
    with engine.begin() as connection:
        table = EventRow.__table__
        connection.execute(table.update().where(table.c.key == "clinic").values(rrule="FREQ=WEEKLY;INTERVAL=0"))
    pages = ("", "?view=month&month=2026-12", "?past=yes", "/edit?name=clinic", "/calendar.ics")
    assert [librarian.get(f"/console/events{page}").status_code for page in pages] == [200] * len(pages)
    assert "how it repeats cannot be read" in librarian.get("/console/events").text
    assert "Lunchtime concert" in librarian.get("/console/events").text


def test_a_term_with_wrong_hours_says_so(engine: Engine, librarian: Visitor) -> None:
    librarian.post("/console/terms/edit", {"name": "Exams", "starts": "2026-12-01", "ends": "2026-12-10"})
    form = form_of(engine, "places", "library", own_hours="yes", differs_exams="yes")
    response = librarian.post(
        "/console/places/edit?name=library", {**form, **week("24h"), **week("8-11", "term_exams")}
    )
    assert response.status_code == 422
    assert "exams, mon: &#34;8-11&#34; is no time range" in response.text


def test_answers_are_paged_filtered_and_changed_several_at_once(engine: Engine, librarian: Visitor) -> None:
    """No page of hundreds of rows; what is typed exchanges the list alone; ticked answers change together."""
    page = librarian.get("/console/answers")
    assert len(page.data) < 200_000
    assert "1 to 50 of" in page.text
    assert "51 to 100 of" in librarian.get("/console/answers?from=50").text
    found = librarian.get("/console/answers?q=WIFI+password", headers={"HX-Request": "true", "HX-Target": "answers"})
    assert "<html" not in found.text
    names = ["wifi-overview/en", "renew-overview/en"]
    there = [name for name in names if edit.entry(engine, "answers", name)]
    form = {"does": "owner", "owner": "Made-up team", "chosen": [*there, "nothing/en"]}
    told = librarian.post("/console/answers/several", form, follow_redirects=True).text
    assert f"{len(there)} of {len(there) + 1} answers are changed" in told
    assert "wifi-overview/en" in librarian.get("/console/answers?owner=Made-up+team").text
    assert (
        "Tick the answers first"
        in librarian.post("/console/answers/several", {"does": "checked"}, follow_redirects=True).text
    )


def test_hours_are_understood_in_forms_as_people_type_them_and_errors_stand_beside_their_day(
    engine: Engine, librarian: Visitor
) -> None:
    stored = edit.entry(engine, "places", "library")
    assert stored
    days = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "10am – 6 pm")
    form = {"name": "Library", "kind": "place", "own_hours": "yes", "seen": stored["changed_at"].isoformat()}
    form |= {f"hours-{day}": text for day, text in days.items()} | {"hours-tue": "10-6", "hours-wed": "10-6pm"}
    wrong = librarian.post("/console/places/edit?name=library", {**form, "hours-thu": "8-11"})
    assert wrong.status_code == 422
    assert 'id="w-hours-thu"' in wrong.text
    assert 'id="w-hours-fri"' not in wrong.text
    assert librarian.post("/console/places/edit?name=library", form).status_code == 302
    saved = edit.entry(engine, "places", "library")
    assert saved
    assert edit.as_written("places", saved)["hours"] == {"mon-sun": "10:00-18:00"}
