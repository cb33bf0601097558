"""Events: repeats, windows, calendar files in and out, holidays."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calendar import ical
from bot.calendar.facts import Event
from bot.calendar.holidays import suggestions
from bot.calendar.occurrences import next_occurrences, occurrences

HK = ZoneInfo("Asia/Hong_Kong")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HK)


CLINIC = Event(
    "clinic", "Clinic", at("2026-09-02T15:00"), at("2026-09-02T16:00"), rrule="FREQ=WEEKLY;BYDAY=WE;COUNT=20"
)
SHOW = Event("show", "Show", at("2026-11-16T00:00"), at("2026-12-01T00:00"), all_day=True)
TALK = Event("talk", "Talk", at("2026-11-25T15:30"), at("2026-11-25T17:00"))
GONE = Event("gone", "Gone", at("2026-11-25T10:00"), at("2026-11-25T11:00"), cancelled=True)
ALL = (TALK, GONE, SHOW, CLINIC)


def titles(starts: str, ends: str) -> list[str]:
    return [each.event.title for each in occurrences(ALL, at(starts), at(ends))]


def test_what_is_on_in_a_week() -> None:
    """One-off, long and repeating events, by their start; a cancelled one is not on."""
    assert titles("2026-11-23T00:00", "2026-11-30T00:00") == ["Show", "Clinic", "Talk"]


@pytest.mark.parametrize(
    ("starts", "ends", "found"),
    [
        ("2026-11-25T16:00", "2026-11-25T17:00", ["Show", "Talk"]),  # the clinic has just ended
        ("2026-11-25T15:59", "2026-11-25T16:00", ["Show", "Clinic", "Talk"]),
        ("2026-11-25T14:00", "2026-11-25T15:00", ["Show"]),  # it has not begun
        ("2026-12-01T00:00", "2026-12-01T23:00", []),  # the show's last day was the day before
    ],
)
def test_a_window_is_open_at_its_end(starts: str, ends: str, found: list[str]) -> None:
    """What ends as the window begins, or begins as it ends, is not in it."""
    assert titles(starts, ends) == found


def test_a_date_that_is_left_out_is_left_out() -> None:
    """The week of an exdate has no clinic."""
    without = Event(**{**CLINIC.__dict__, "exdates": (at("2026-11-25T15:00"),)})

    assert [each.starts.date() for each in occurrences([without], at("2026-11-16T00:00"), at("2026-12-07T00:00"))] == [
        date(2026, 11, 18),
        date(2026, 12, 2),
    ]


def test_a_repeat_keeps_its_wall_clock_over_a_change_of_clocks() -> None:
    """Three o'clock stays three o'clock in New York, before and after the change."""
    zone = ZoneInfo("America/New_York")
    start = datetime(2026, 10, 28, 15, tzinfo=zone)
    event = Event("x", "X", start, start + timedelta(hours=1), rrule="FREQ=WEEKLY;COUNT=3")
    found = occurrences([event], start - timedelta(days=1), start + timedelta(days=30))

    assert [each.starts.hour for each in found] == [15, 15, 15]


def test_what_is_next() -> None:
    """The next ones from a moment on, not what runs already."""
    found = next_occurrences(ALL, at("2026-11-23T09:00"), 3)

    assert [each.starts for each in found] == [at("2026-11-25T15:00"), at("2026-11-25T15:30"), at("2026-12-02T15:00")]


def test_the_public_holidays_of_hong_kong() -> None:
    """Good Friday is one, though not a statutory one."""
    found = {each.starts: each.reason for each in suggestions(2026)}

    assert found[date(2026, 4, 3)] == "Good Friday"
    assert found[date(2026, 12, 25)] == "Christmas Day"
    assert len(found) > 15
    with pytest.raises(ValueError, match="ISO 3166"):
        suggestions(2026, "XX")


def calendar(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *lines, "END:VCALENDAR", ""])


def event(*lines: str) -> str:
    return calendar("BEGIN:VEVENT", *lines, "END:VEVENT")


def test_a_calendar_of_elsewhere_is_read() -> None:
    """No UID, no end, a floating time, a folded line."""
    (found,) = ical.read(event("SUMMARY:A very", "  long title", "DTSTART:20261130T140000"), HK)

    assert (found.title, found.starts, found.ends) == (
        "A very long title",
        at("2026-11-30T14:00"),
        at("2026-11-30T15:00"),
    )
    assert found.uid


def test_a_whole_day_and_a_time_zone_are_read() -> None:
    """A date alone is all day; another zone's time is the same instant."""
    (day,) = ical.read(event("SUMMARY:Day", "DTSTART;VALUE=DATE:20261130"), HK)
    (utc,) = ical.read(event("UID:1", "SUMMARY:Utc", "DTSTART:20261130T060000Z", "DTEND:20261130T070000Z"), HK)

    assert (day.all_day, day.starts, day.ends) == (True, at("2026-11-30T00:00"), at("2026-12-01T00:00"))
    assert utc.starts == at("2026-11-30T14:00")


def test_a_moved_occurrence_replaces_the_one_of_its_series() -> None:
    """RECURRENCE-ID: the series leaves the date out, the moved one stands for itself."""
    text = calendar(
        *("BEGIN:VEVENT", "UID:s", "SUMMARY:S", "DTSTART:20261104T150000", "DTEND:20261104T160000"),
        *("RRULE:FREQ=WEEKLY;COUNT=3", "END:VEVENT"),
        *("BEGIN:VEVENT", "UID:s", "SUMMARY:S moved", "RECURRENCE-ID:20261111T150000"),
        *("DTSTART:20261112T170000", "DTEND:20261112T180000", "END:VEVENT"),
    )
    found = occurrences(ical.read(text, HK), at("2026-11-01T00:00"), at("2026-12-01T00:00"))

    assert [(each.event.title, each.starts) for each in found] == [
        ("S", at("2026-11-04T15:00")),
        ("S moved", at("2026-11-12T17:00")),
        ("S", at("2026-11-18T15:00")),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello", "BEGIN:VCALENDAR"),
        (event("DTSTART:20261130T140000"), "SUMMARY is missing"),
        (event("SUMMARY:Talk"), r"VEVENT 1 \(Talk\): DTSTART is missing"),
        (event("SUMMARY:Talk", "DTSTART:yesterday"), "VEVENT 1"),
        (event("SUMMARY:Talk", "DTSTART:20261130T140000", "DTEND:20261129T140000"), "DTEND is before DTSTART"),
        (event("SUMMARY:Talk", "DTSTART:20261130T140000", "X-CARREL-CAPACITY:many"), "number of people"),
    ],
)
def test_a_bad_calendar_is_refused_with_what_would_be_right(text: str, says: str) -> None:
    """The error names the event and the property."""
    with pytest.raises(ical.ICalError, match=says):
        ical.read(text, HK)


line = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=40).map(str.strip)


@given(
    title=line.filter(bool),
    description=line,
    place=line,
    capacity=st.none() | st.integers(1, 5000),
    start=st.integers(0, 500_000),
    length=st.integers(0, 5000),
    all_day=st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_an_event_comes_back_as_it_went(
    title: str, description: str, place: str, capacity: int | None, start: int, length: int, all_day: bool
) -> None:
    """Every field of an event survives a calendar file."""
    starts = at("2026-01-01T00:00") + timedelta(minutes=start)
    if all_day:
        starts = starts.replace(hour=0, minute=0)
        length = 1440 * (1 + length // 1440)
    made = Event(
        uid="u-1",
        title=title,
        starts=starts,
        ends=starts + timedelta(minutes=length),
        description=description,
        place=place,
        type="talk",
        registration_url="https://library.example/r",
        capacity=capacity,
        image_url="https://library.example/i.jpg",
        audience="students",
        rrule="FREQ=WEEKLY;COUNT=3",
        exdates=(starts + timedelta(days=7),),
        all_day=all_day,
        cancelled=True,
        url="https://library.example/e",
    )

    assert ical.read(ical.write((made,)), HK) == (made,)
