"""Events: repeats, windows, calendar files in and out, holidays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calendar import ical
from bot.calendar.facts import Event
from bot.calendar.holidays import called, suggestions
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


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("The first weekday after Christmas Day", "day after Christmas"),
        ("Tomb-Sweeping Day", "Ching Ming Festival"),
        ("Labor Day", "Labour Day"),
        ("Hong Kong S.A.R. Establishment Day", "HKSAR Establishment Day"),
        ("Easter Monday; The day following Tomb-Sweeping Day", "Easter Monday"),
        ("The Day following Mid-Autumn Festival", "day after the Mid-Autumn Festival"),
        ("The Second Day following Mid-Autumn Festival", "second day after the Mid-Autumn Festival"),
        ("Labor Day (observed); The day following Labor Day", "day after Labour Day"),
        ("National Day (observed)", "holiday for National Day"),
        ("The third day of Chinese New Year", "third day of Chinese New Year"),
    ],
)
def test_a_holiday_is_called_what_people_call_it(name: str, said: str) -> None:
    """Not what the government's table calls it."""
    assert called(name) == said


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


TALKS = ("SUMMARY:Talk", "DTSTART:20261130T140000")


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


def test_times_that_are_added_to_an_event_are_read() -> None:
    """RDATE: each is an event of its own, but those that are left out again; a change of one stands for it."""
    text = calendar(
        *("BEGIN:VEVENT", "UID:s", "SUMMARY:S", "DTSTART:20261104T150000", "DTEND:20261104T160000"),
        *("RDATE:20261106T150000,20261109T150000,20261110T150000", "RDATE;VALUE=PERIOD:20261112T010000Z/PT2H"),
        *("EXDATE:20261109T150000", "END:VEVENT"),
        *("BEGIN:VEVENT", "UID:s", "SUMMARY:S moved", "RECURRENCE-ID:20261110T150000"),
        *("DTSTART:20261111T170000", "DTEND:20261111T180000", "END:VEVENT"),
    )
    read = ical.read(text, HK)
    found = occurrences(read, at("2026-11-01T00:00"), at("2026-12-01T00:00"))

    assert [(each.event.title, each.starts, each.ends) for each in found] == [
        ("S", at("2026-11-04T15:00"), at("2026-11-04T16:00")),
        ("S", at("2026-11-06T15:00"), at("2026-11-06T16:00")),
        ("S moved", at("2026-11-11T17:00"), at("2026-11-11T18:00")),
        ("S", at("2026-11-12T09:00"), at("2026-11-12T11:00")),
    ]
    assert set(ical.read(ical.write(read), HK)) == set(read)


def test_a_description_in_parts_is_read_as_one() -> None:
    """Some calendars write one for each language; none of it is lost, and no list is shown to students."""
    (found,) = ical.read(event(*TALKS, "DESCRIPTION:On maps.", "DESCRIPTION:And globes."), HK)

    assert found.description == "On maps.\nAnd globes."


def test_a_calendar_file_tells_the_zones_that_it_names() -> None:
    """Another calendar cannot know what TZID=Asia/Hong_Kong stands for; times in UTC need no zone."""
    written = ical.write((TALK,))

    assert "TZID:Asia/Hong_Kong" in written
    assert written.index("BEGIN:VTIMEZONE") < written.index("BEGIN:VEVENT")
    assert "VTIMEZONE" not in ical.write(
        (replace(TALK, starts=TALK.starts.astimezone(UTC), ends=TALK.ends.astimezone(UTC)),)
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello", "BEGIN:VCALENDAR"),
        (event("DTSTART:20261130T140000"), "SUMMARY is missing"),
        (event("SUMMARY:Talk"), r"VEVENT 1 \(Talk\): DTSTART is missing"),
        (event("SUMMARY:Talk", "DTSTART:yesterday"), "VEVENT 1"),
        (event("SUMMARY:Talk", "DTSTART:20261130T140000", "DTEND:20261129T140000"), "DTEND is before DTSTART"),
        (event("SUMMARY:Talk", "DTSTART:20261130T140000", "X-CARREL-CAPACITY:many"), "number of people"),
        (
            event(*TALKS, "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"),
            r"VEVENT 1 \(Talk\): RRULE stands there more than once",
        ),
        (event(*TALKS, "DTSTART:20261201T140000"), "DTSTART stands there more than once"),
        (event(*TALKS, "RRULE:weekly"), "FREQ=WEEKLY"),
        (event(*TALKS, "EXRULE:FREQ=DAILY"), "EXDATE"),
        (event(*TALKS, "RDATE:soon"), r"VEVENT 1 \(Talk\): RDATE"),
        (event(*TALKS, "RDATE;VALUE=PERIOD:20261201T140000Z/20261130T140000Z"), r"VEVENT 1 \(Talk\)"),
        (event(*TALKS, "RECURRENCE-ID;RANGE=THISANDFUTURE:20261201T140000"), "all later times"),
        (event("SUMMARY:Talk", "DTSTART;VALUE=PERIOD:20261201T140000Z/PT1H"), "neither a date nor a time"),
        (event(*TALKS, "DTEND;VALUE=PERIOD:20261201T140000Z/PT1H"), r"VEVENT 1 \(Talk\)"),
        (calendar("BEGIN:VEVENT", "TZID:x", "END:VTIMEZONE"), "BEGIN:VCALENDAR"),
    ],
)
def test_a_bad_calendar_is_refused_with_what_would_be_right(text: str, says: str) -> None:
    """The error names the event and the property."""
    with pytest.raises(ical.ICalError, match=says):
        ical.read(text, HK)


LINES = st.sampled_from(
    [
        *("UID:1", "SUMMARY:T", "SUMMARY:", "DTSTART:20261104T150000", "DTSTART;VALUE=DATE:20261104", "DTSTART:PT1H"),
        *(
            "DTEND:20261105T150000",
            "DTEND;VALUE=DATE:20261101",
            "DURATION:PT1H",
            "DURATION:-P1D",
            "DTSTART:20261104T1500Z",
        ),
        *("RRULE:FREQ=DAILY;COUNT=3", "RRULE:", "RRULE:FREQ=SOMETIMES", "EXDATE;VALUE=DATE:20261110", "EXDATE:"),
        *("RDATE:20261110T150000", "RDATE;VALUE=PERIOD:20261110T150000Z/20261109T150000Z", "RDATE:99999999"),
        *("RECURRENCE-ID:20261110T150000", "STATUS:CANCELLED", "X-CARREL-CAPACITY:5", "LOCATION", "BEGIN:VEVENT"),
        *(
            "END:VEVENT",
            "BEGIN:VTIMEZONE",
            "TZID:Foo",
            "END:VTIMEZONE",
            "END:VCALENDAR",
            ";;;:",
            "DTEND;TZID=Foo:20261104T160000",
        ),
    ]
)


@given(st.lists(LINES, max_size=8), st.booleans())
def test_whatever_stands_in_a_calendar_file_is_read_or_refused_in_words(lines: list[str], inside: bool) -> None:
    """No file ends in an error that is not ours."""
    try:
        found, refused = ical.read(event("SUMMARY:T", *lines) if inside else calendar(*lines), HK), ""
    except ical.ICalError as error:
        found, refused = (), str(error)

    assert refused or all(each.title and each.starts <= each.ends for each in found)


line = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=40).map(str.strip)
texts = st.lists(line, max_size=3).map(lambda lines: "\n".join(lines).strip())
rules = st.builds(
    lambda frequency, interval, count: f"FREQ={frequency};COUNT={count};INTERVAL={interval}",
    *(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]), st.integers(1, 9), st.integers(1, 99)),
)


@st.composite
def events(draw: st.DrawFn, uid: str = "u-1", zone: ZoneInfo = HK) -> Event:
    """Any event of one time zone; it begins after 4 am, when no clock is set back."""
    day = datetime(2026, 1, 1, tzinfo=zone) + timedelta(days=draw(st.integers(0, 700)))
    all_day = draw(st.booleans())
    starts = day if all_day else day.replace(hour=draw(st.integers(4, 22)), minute=draw(st.integers(0, 59)))
    ends = starts + (timedelta(days=draw(st.integers(1, 9))) if all_day else timedelta(hours=draw(st.integers(0, 1))))
    return Event(
        uid=uid,
        title=draw(line.filter(bool)),
        starts=starts,
        ends=ends,
        description=draw(texts),
        place=draw(texts),
        type=draw(st.sampled_from(["", "talk"])),
        registration_url=draw(st.sampled_from(["", "https://library.example/r?a=1,2;3"])),
        capacity=draw(st.none() | st.integers(1, 5000)),
        image_url=draw(st.sampled_from(["", "https://library.example/i.jpg"])),
        audience=draw(line),
        price=draw(st.sampled_from(["", "free", "HK$ 20, students 10"])),
        rrule=draw(st.just("") | rules),
        exdates=tuple(sorted(starts + timedelta(days=each) for each in draw(st.sets(st.integers(1, 90), max_size=3)))),
        all_day=all_day,
        cancelled=draw(st.booleans()),
        url=draw(st.sampled_from(["", "https://library.example/e"])),
    )


@pytest.mark.parametrize("zone", [HK, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu")], ids=str)
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_events_come_back_as_they_went(zone: ZoneInfo, data: st.DataObject) -> None:
    """Every field of every event survives a calendar file, in any zone."""
    made = (data.draw(events("u-1", zone)), data.draw(events("u-2", zone)))

    assert ical.read(ical.write(made), zone) == made
