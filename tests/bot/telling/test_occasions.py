"""What falls due, and what does not: over simulated days, in zones with and without summer time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.calendar.facts import (
    Condition,
    ConditionEffect,
    Contest,
    DatedException,
    Event,
    Facts,
    Period,
    Place,
    Result,
    Week,
)
from bot.calendar.hours import LibraryCalendar
from bot.telling.occasions import Occasion, first_seen, look

HONG_KONG, BERLIN = ZoneInfo("Asia/Hong_Kong"), ZoneInfo("Europe/Berlin")
DAY = (Period(9 * 60, 21 * 60),)
LIBRARY = Place("library", "Library", week=Week((DAY,) * 7))
NOW = datetime(2026, 11, 23, 12, tzinfo=HONG_KONG)


def of(zone: ZoneInfo = HONG_KONG, **facts: object) -> LibraryCalendar:
    return LibraryCalendar(replace(Facts(zone=zone, places=(LIBRARY,)), **facts))  # type: ignore[arg-type]


def talk(starts: datetime, **more: object) -> Event:
    return Event("talk", "Talk", starts, starts + timedelta(hours=1), **more)  # type: ignore[arg-type]


def lived(
    topic: str,
    subject: str,
    calendar: LibraryCalendar,
    since: datetime,
    days: int,
    every: timedelta = timedelta(hours=1),
) -> dict[str, Occasion]:
    """Return what falls due within days of a subscription, by its key: a key found again is the same."""
    seen, found, now = first_seen(topic, subject, calendar, since), {}, since
    assert seen is not None
    while now < since + timedelta(days=days):
        step = look(topic, subject, seen, calendar, now)
        found |= {each.key: each for each in step.occasions}
        seen, now = step.seen, now + every
    return found


MOMENTS = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(2027, 12, 31),  # noqa: DTZ001
    timezones=st.sampled_from([HONG_KONG, BERLIN]),
)


@given(MOMENTS, st.timedeltas(timedelta(minutes=1), timedelta(days=9)))
def test_an_event_has_two_reminders_at_most_both_before_it(starts: datetime, ahead: timedelta) -> None:
    """A day and two hours before, as clocks and not calendars count; none for a moment before the yes."""
    starts = starts.astimezone(UTC).astimezone(starts.tzinfo)  # a wall-clock time that exists
    since = (starts.astimezone(UTC) - ahead).astimezone(UTC)
    calendar = of(events=(talk(starts),))
    found = lived("event", "talk", calendar, since, 1, timedelta(hours=6)) | lived(
        "event", "talk", calendar, max(since, starts.astimezone(UTC) - timedelta(hours=30)), 2, timedelta(hours=6)
    )
    befores = {starts.astimezone(UTC) - each.due_at.astimezone(UTC) for each in found.values()}

    assert befores <= {timedelta(days=1), timedelta(hours=2)}
    assert all(each.due_at > since and each.expires_at <= starts for each in found.values())
    assert (timedelta(hours=2) in befores) == (ahead > timedelta(hours=2))


def test_of_a_repeating_event_one_date_is_told() -> None:
    """And it is over after that date, not with the series."""
    weekly = talk(datetime(2026, 11, 18, 15, tzinfo=HONG_KONG), rrule="FREQ=WEEKLY")
    calendar = of(events=(weekly,))
    found = lived("event", "talk", calendar, NOW, 20)
    seen = first_seen("event", "talk", calendar, NOW)
    assert seen is not None

    assert [each.due_at.astimezone(HONG_KONG).day for each in found.values()] == [24, 25]
    assert look("event", "talk", seen, calendar, NOW + timedelta(days=2, hours=3, minutes=1)).over


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"exdates": (datetime(2026, 11, 25, 15, tzinfo=HONG_KONG),)}, "utter_told_event_cancelled"),
        ({"cancelled": True}, "utter_told_event_cancelled"),
        ({"place": "Hall"}, "utter_told_event_moved"),
        ({"description": "other words"}, ""),
    ],
)
def test_a_date_that_is_left_out_of_a_series_is_told(change: dict[str, object], sentence: str) -> None:
    """Other words about it are not."""
    weekly = talk(datetime(2026, 11, 18, 15, tzinfo=HONG_KONG), rrule="FREQ=WEEKLY")
    seen = first_seen("event", "talk", of(events=(weekly,)), NOW)
    assert seen is not None
    found = look("event", "talk", seen, of(events=(replace(weekly, **change),)), NOW)  # type: ignore[arg-type]
    again = look("event", "talk", found.seen, of(events=(replace(weekly, **change),)), NOW)  # type: ignore[arg-type]

    assert [each.sentence for each in found.occasions if not each.planned] == ([sentence] if sentence else [])
    assert [each for each in again.occasions if not each.planned] == []


def test_what_is_cancelled_and_takes_place_after_all_is_told_again() -> None:
    """Each change has a key of its own."""
    event = talk(datetime(2026, 11, 26, 15, tzinfo=HONG_KONG))
    on, off = of(events=(event,)), of(events=(replace(event, cancelled=True),))
    seen, keys = first_seen("event", "talk", on, NOW), []
    for calendar in (off, on, off):
        assert seen is not None
        step = look("event", "talk", seen, calendar, NOW)
        keys += [each.key for each in step.occasions if not each.planned]
        seen = step.seen

    assert keys == ["off 1", "moved 2", "off 3"]


def exceptions() -> Iterator[DatedException]:
    yield DatedException("x", date(2026, 12, 24), date(2026, 12, 31), "closed", "Christmas")
    yield DatedException("y", date(2027, 1, 4), date(2027, 1, 4), "extended", "Exams", (Period(21 * 60, 24 * 60),))


def test_a_run_of_closed_days_is_told_once_on_the_day_before() -> None:
    """However often the workers look, and while the days pass."""
    found = lived("hours", "library", of(exceptions=tuple(exceptions())), NOW, 60, timedelta(hours=7))
    due = [each.due_at.astimezone(HONG_KONG) for each in found.values()]

    assert [(each.month, each.day, each.hour) for each in due] == [(12, 23, 10), (1, 3, 10)]


def test_a_closure_that_is_called_off_is_no_longer_found() -> None:
    """So that its notice is void."""
    seen = first_seen("hours", "library", of(), NOW)
    assert seen is not None
    eve = datetime(2026, 12, 23, 11, tzinfo=HONG_KONG)
    before = look("hours", "library", seen, of(exceptions=tuple(exceptions())), eve)
    after = look("hours", "library", before.seen, of(), eve)

    assert [each.planned for each in before.occasions] == [True]
    assert after.occasions == ()


def test_a_signal_and_its_end_are_told_at_once_each() -> None:
    """The typhoon of a place that stays open is not."""
    shuts = Condition("t8", "Signal 8", (ConditionEffect("library", "closed"),), since=NOW)
    found, seen = [], first_seen("hours", "library", of(), NOW)
    for condition in (replace(shuts, since=None), shuts, shuts, replace(shuts, until=NOW)):
        assert seen is not None
        step = look("hours", "library", seen, of(conditions=(condition,)), NOW + timedelta(minutes=1))
        found += [each.sentence for each in step.occasions]
        seen = step.seen

    assert found == ["utter_told_condition", "utter_told_condition_over"]


def test_a_contest_is_told_at_its_turns_and_its_results_once() -> None:
    """Results that were there before the yes are no news."""
    closes = NOW + timedelta(days=20)
    old = Contest("old", "Old", results=(Result("First", "Dawn"),))
    new = Contest("new", "New", opens=NOW + timedelta(days=1), closes=closes)
    found = lived("contest", "", of(contests=(old, new)), NOW, 25, timedelta(hours=5))
    seen = first_seen("contest", "", of(contests=(old, new)), NOW)
    assert seen is not None
    told = look("contest", "", seen, of(contests=(old, replace(new, results=old.results))), closes)

    assert [closes - each.due_at for each in found.values()] == [timedelta(days=each) for each in (19, 7, 1)]
    assert [each.key for each in told.occasions] == ["results new"]
