"""Rules of repetition: refused in words, or the days that they name, whoever reckons them."""

# ruff: noqa: DTZ001 - on the clock of a wall, which has no zone
from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.calendar import ical, repeats
from bot.calendar.facts import Event
from bot.calendar.occurrences import occurrences, problem

HK, LONDON = ZoneInfo("Asia/Hong_Kong"), ZoneInfo("Europe/London")
START = datetime(2026, 12, 1, 10, tzinfo=HK)


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("FREQ=WEEKLY;BYDAY=WED", "write WE"),
        ("FREQ=WEEKLY;BYDAY=XX", "the days are MO, TU"),
        ("FREQ=WEEKLY;BYDAY=", "BYDAY"),
        ("FREQ=WEEKLY;BYDAY=1MO", "FREQ=MONTHLY or FREQ=YEARLY"),
        ("FREQ=MONTHLY;BYDAY=6MO", "1 to 5"),
        ("FREQ=MONTHLY;BYDAY=0MO", "1 to 5"),
        ("FREQ=WEEKLY;INTERVAL=0", "from 1 to 999"),
        ("FREQ=WEEKLY;INTERVAL=-2", "from 1 to 999"),
        ("FREQ=WEEKLY;INTERVAL=1.5", "from 1 to 999"),
        ("FREQ=WEEKLY;COUNT=ten", "from 1 to 1000"),
        ("FREQ=WEEKLY;COUNT=0", "from 1 to 1000"),
        ("FREQ=DAILY;COUNT=99999999999999999999", "from 1 to 1000"),
        ("FREQ=WEEKLY;COUNT=٣", "from 1 to 1000"),
        ("FREQ=WEEKLY;UNTIL=2027-06-30", "UNTIL=20270630"),
        ("FREQ=WEEKLY;UNTIL=20271332", "UNTIL=20270630"),
        ("FREQ=WEEKLY;UNTIL=20270630T250000Z", "UNTIL=20270630"),
        ("FREQ=WEEKLY;UNTIL=", "UNTIL"),
        ("FREQ=WEEKLY;UNTIL=20260101", "before it begins"),
        ("FREQ=WEEKLY;COUNT=3;UNTIL=20270101", "exclude each other"),
        ("FREQ=SECONDLY", "DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=HOURLY;COUNT=3", "DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=", "FREQ"),
        ("BYDAY=MO", "FREQ"),
        ("weekly", "FREQ=WEEKLY"),
        (";;;", "FREQ=WEEKLY"),
        ("FREQ=WEEKLY;FREQ=DAILY", "twice"),
        ("FREQ=WEEKLY;COLOUR=RED", "no part of a rule"),
        ("FREQ=DAILY;BYHOUR=9,10", "an entry for each time of day"),
        ("FREQ=YEARLY;BYWEEKNO=20", "BYMONTH and BYDAY"),
        ("FREQ=DAILY;BYSETPOS=1", "BYSETPOS=-1"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "from 1 to 366"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=9999", "from 1 to 366"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "from 1 to 31"),
        ("FREQ=YEARLY;BYMONTH=-1", "from 1 to 12"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "FREQ=MONTHLY"),
        ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=2FR", "without numbers"),
        ("FREQ=WEEKLY;WKST=8", "is no day"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "names no day that there is"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "names no day that there is"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=-30", "names no day that there is"),
        ("FREQ=MONTHLY;BYDAY=1MO;BYSETPOS=200", "names no day that there is"),
        ("FREQ=DAILY;BYMONTH=" + ",".join(["1"] * 400), "too long"),
    ],
)
def test_a_rule_that_is_not_right_is_refused_with_what_would_be(rule: str, says: str) -> None:
    """Whatever is wrong in it, and however much work it would make."""
    with pytest.raises(ValueError, match=says):
        repeats.check(rule, START)


@pytest.mark.parametrize(
    ("rule", "kept"),
    [
        ("freq=weekly;byday=we", "FREQ=WEEKLY;BYDAY=WE"),
        ("RRULE:FREQ=WEEKLY", "FREQ=WEEKLY"),
        ("FREQ=WEEKLY;", "FREQ=WEEKLY"),
        (" FREQ=MONTHLY ; BYDAY=-1FR", "FREQ=MONTHLY;BYDAY=-1FR"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;INTERVAL=3", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;INTERVAL=3"),
    ],
)
def test_a_rule_is_kept_as_calendars_write_it(rule: str, kept: str) -> None:
    """In capitals, without the property's name; and what is kept is kept as it is."""
    assert repeats.check(rule, START) == kept
    assert repeats.check(kept, START) == kept


WEEKDAYS = st.sampled_from(repeats.WEEKDAYS)
LASTS = ("COUNT=1", "COUNT=7", "COUNT=30", "UNTIL=20270630T120000", "UNTIL=20280131T235959")


def joined(values: st.SearchStrategy[list[object]]) -> st.SearchStrategy[str]:
    return values.map(lambda found: ",".join(map(str, found)))


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Any rule that is right in form, most of them with several parts."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}"]

    def sometimes(name: str, values: st.SearchStrategy[str]) -> bool:
        if not draw(st.booleans()):
            return False
        parts.append(f"{name}={draw(values)}")
        return True

    sometimes("INTERVAL", st.integers(1, 5).map(str))
    days = st.integers(1, 31) | st.integers(-31, -1)
    dated = frequency != "WEEKLY" and sometimes("BYMONTHDAY", joined(st.lists(days, min_size=1, max_size=3)))
    counted = st.tuples(st.sampled_from([1, 2, 3, 4, 5, -1, -2]), WEEKDAYS).map(lambda each: f"{each[0]}{each[1]}")
    numbered = frequency in {"MONTHLY", "YEARLY"} and not dated and draw(st.booleans())
    sometimes("BYDAY", joined(st.lists(counted if numbered else WEEKDAYS, min_size=1, max_size=3, unique=True)))
    sometimes("BYMONTH", joined(st.lists(st.integers(1, 12), min_size=1, max_size=4)))
    # dateutil chooses in the first week among its later days alone, RFC 5545 among all of a week's.
    if frequency != "WEEKLY" and any(each.startswith("BY") for each in parts):
        sometimes("BYSETPOS", joined(st.lists(st.integers(1, 4) | st.integers(-4, -1), min_size=1, max_size=2)))
    sometimes("WKST", WEEKDAYS)
    last = draw(st.sampled_from(["", *LASTS]))
    return ";".join([*parts, *([last] if last else [])])


@given(rules(), st.integers(0, 400), st.integers(-200, 700))
@settings(max_examples=400, deadline=None)
def test_a_rule_names_the_days_that_dateutil_finds(text: str, day: int, later: int) -> None:
    """In any window, long after the series began too; the first time counts whether the rule names it or not."""
    starts = datetime(2026, 1, 1, 10) + timedelta(days=day)
    after, before = starts + timedelta(days=later), starts + timedelta(days=later + 500)
    rule = repeats.read(text)
    assert repeats.read(str(rule)) == rule
    try:
        repeats.check(text.split(";UNTIL")[0], starts.replace(tzinfo=HK))
    except ValueError:
        return  # it names no day: dateutil would look for one until the year 9999
    theirs = list(takewhile(lambda each: each < before, islice(rrulestr(text, dtstart=starts), 3000)))
    if starts not in theirs[:1]:
        theirs = [starts, *theirs][: rule.count]

    assert list(repeats.walls(rule, starts, after, before, HK)) == [each for each in theirs if each >= after]


@given(rules(), st.integers(0, 400), st.sampled_from([HK, LONDON]), st.booleans())
@settings(max_examples=100, deadline=None)
def test_a_series_is_told_as_the_calendar_that_wrote_it_tells_it(
    text: str, day: int, zone: ZoneInfo, all_day: bool
) -> None:
    """What is written as iCalendar, recurring_ical_events tells at the same local times, over changes of clocks too."""
    starts = datetime(2026, 1, 1, 0 if all_day else 12, tzinfo=zone) + timedelta(days=day)
    event = Event("u", "T", starts, starts + timedelta(days=1 if all_day else 0, hours=0 if all_day else 2), rrule=text)
    event = Event(**{**event.__dict__, "all_day": all_day})
    assume(repeats.names(repeats.read(text), starts.date()))  # of others every calendar makes its own
    calendar = icalendar.Calendar.from_ical(ical.write((event,)))
    window = starts - timedelta(days=3), starts + timedelta(days=400)
    theirs = [each["DTSTART"].dt for each in recurring_ical_events.of(calendar).between(*window)]
    ours = [each.starts.date() if all_day else each.starts for each in occurrences([event], *window)]

    assert sorted(theirs) == ours


def test_a_date_at_the_end_of_a_timed_series_is_a_day_of_it() -> None:
    """UNTIL=20261223: the 23rd too; in the file that other calendars read its last second stands in UTC."""
    event = Event("u", "T", START, START + timedelta(hours=1), rrule="FREQ=DAILY;UNTIL=20261223")
    found = occurrences([event], START, START + timedelta(days=60))

    assert found[-1].starts.date() == date(2026, 12, 23)
    assert "UNTIL=20261223T155959Z" in ical.write((event,))


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=WEEKLY;BYDAY=WED",
        "INTERVAL=0",
        "FREQ=WEEKLY;COUNT=ten",
        "FREQ=SECONDLY",
        "FREQ=WEEKLY;BYDAY=",
        "\x00",
        "x" * 9999,
    ],
)
def test_an_event_that_cannot_be_read_takes_none_of_the_others_down(rule: str) -> None:
    """Its own first time is told, and so are all of the others; the file for other calendars has them all."""
    spoilt = Event("bad", "Bad", START, START + timedelta(hours=1), rrule=rule)
    good = Event("good", "Good", START, START + timedelta(hours=1), rrule="FREQ=WEEKLY;COUNT=2")
    found = occurrences([spoilt, good], START - timedelta(days=1), START + timedelta(days=30))

    assert [each.event.title for each in found] == ["Bad", "Good", "Good"]
    assert (bool(problem(spoilt)), problem(good)) == (True, "")
    assert [each.uid for each in ical.read(ical.write((spoilt, good)), HK)] == ["bad", "good"]


def test_a_series_of_a_century_costs_no_more_than_one_of_a_year() -> None:
    """Days that are long gone are not counted through: the days before the window are skipped, not made."""
    old = datetime(1901, 1, 1, 10)
    window = datetime(2026, 12, 1), datetime(2026, 12, 8)
    rule = repeats.read("FREQ=DAILY;INTERVAL=2")

    assert len(list(repeats._periods(rule, old.date(), window[0].date(), window[1].date()))) <= 5
    assert len(list(repeats.walls(rule, old, *window, HK))) in {3, 4}
