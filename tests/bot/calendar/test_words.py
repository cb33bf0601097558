"""Hours and days as people say them."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calendar import words
from bot.calendar.facts import ALL_DAY, CLOSED, Facts, Period, Periods, Place, Week
from bot.calendar.hours import LibraryCalendar

HK = ZoneInfo("Asia/Hong_Kong")
TODAY = date(2026, 11, 23)  # a Monday


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (0, "midnight"),
        (720, "12 noon"),
        (1380, "11 pm"),
        (510, "8:30 am"),
        (30, "12:30 am"),
        (750, "12:30 pm"),
        (1440, "midnight"),
        (1560, "2 am"),
        (time(21, 5), "9:05 pm"),
        (datetime(2026, 11, 23, 7, tzinfo=HK), "7 am"),
    ],
)
def test_clock(at: int | time | datetime, said: str) -> None:
    """A twelve-hour clock, without zeros that nobody says."""
    assert words.clock(at) == said


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (CLOSED, "closed"),
        (ALL_DAY, "open 24 hours"),
        ((Period(480, 1380),), "8 am – 11 pm"),
        ((Period(480, 1440),), "8 am – midnight"),
        ((Period(480, 1560),), "8 am – 2 am (the next day)"),
        ((Period(480, 720), Period(840, 1080)), "8 am – 12 noon and 2 pm – 6 pm"),
        ((Period(480, 540), Period(600, 660), Period(720, 780)), "8 am – 9 am, 10 am – 11 am and 12 noon – 1 pm"),
    ],
)
def test_periods(found: Periods, said: str) -> None:
    """A day's hours in a line."""
    assert words.periods(found) == said


@pytest.mark.parametrize(
    ("on", "said"),
    [
        (date(2026, 11, 22), "yesterday"),
        (TODAY, "today"),
        (date(2026, 11, 24), "tomorrow"),
        (date(2026, 11, 29), "Sunday"),
        (date(2026, 11, 30), "Monday 30 November"),
        (date(2026, 11, 20), "Friday 20 November"),
        (date(2027, 1, 1), "Friday 1 January 2027"),
    ],
)
def test_day_name(on: date, said: str) -> None:
    """A near day by its name; a Monday in a week is not "Monday"."""
    assert words.day_name(on, TODAY) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-11-24T01:00", "1 am tomorrow"),
        ("2026-11-24T00:00", "midnight tonight"),
        ("2026-11-23T00:00", "midnight last night"),
        ("2026-11-25T00:00", "midnight at the end of tomorrow"),
        ("2026-11-29T00:00", "midnight at the end of Saturday"),
        ("2026-12-05T00:00", "midnight at the end of Friday 4 December"),
    ],
)
def test_midnight_is_the_end_of_a_day(at: str, said: str) -> None:
    """ "Midnight tomorrow" would be a day too late for some and right for others."""
    assert words.moment(datetime.fromisoformat(at).replace(tzinfo=HK), TODAY) == said


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2026-11-24T00:00", "midnight tonight, at the end of Monday 23 November"),
        ("2026-12-05T00:00", "midnight at the end of Friday 4 December"),
        ("2026-11-23T17:00", "5 pm today"),
    ],
)
def test_a_deadline_names_the_day_that_it_ends(at: str, said: str) -> None:
    """Whoever reads it late in the evening must not wait until tomorrow."""
    assert words.deadline(datetime.fromisoformat(at).replace(tzinfo=HK), TODAY) == said


@pytest.mark.parametrize(
    ("last", "said"),
    [(TODAY, "today"), (date(2026, 11, 24), "today and tomorrow"), (date(2026, 11, 25), "today – Wednesday")],
)
def test_a_stretch_of_days(last: date, said: str) -> None:
    """Two days need no dash."""
    assert words.days(TODAY, last, TODAY) == said


def test_a_week_joins_equal_days() -> None:
    """Five equal days are one line."""
    work, rest = (Period(480, 1380),), (Period(540, 1260),)
    place = Place("p", "P", week=Week((work,) * 5 + (rest,) * 2))
    calendar = LibraryCalendar(Facts(zone=HK, places=(place,)))

    assert words.week(calendar.week("p", TODAY)) == "Mon – Fri: 8 am – 11 pm\nSat – Sun: 9 am – 9 pm"


@pytest.mark.parametrize(
    ("starts", "ends", "all_day", "said"),
    [
        ("2026-11-23T14:00", "2026-11-23T16:00", False, "today, 2 pm – 4 pm"),
        ("2026-11-24T22:00", "2026-11-25T01:00", False, "tomorrow, 10 pm – 1 am"),
        ("2026-11-29T10:00", "2026-12-04T18:00", False, "Sunday, 10 am – Friday 4 December, 6 pm"),
        ("2026-12-01T00:00", "2026-12-02T00:00", True, "Tuesday 1 December, all day"),
        ("2026-12-01T00:00", "2026-12-04T00:00", True, "Tuesday 1 December – Thursday 3 December"),
    ],
)
def test_span(starts: str, ends: str, all_day: bool, said: str) -> None:
    """When an event is; the midnight that ends an all-day event is not a day of it."""
    first, last = (datetime.fromisoformat(each).replace(tzinfo=HK) for each in (starts, ends))

    assert words.span(first, last, TODAY, all_day=all_day) == said


@given(st.integers(0, 5000))
def test_no_time_is_without_words(minutes: int) -> None:
    """Whatever the minutes, something readable is said, the same a day later."""
    said = words.clock(minutes)

    assert said
    assert "0 am" not in said.split(":")[0].split() or said.startswith("10")
    assert said == words.clock(minutes + 1440)
