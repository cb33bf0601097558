"""Opening hours: cases worked out by hand, and properties that hold whatever a library writes down."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.calendar import words
from bot.calendar.facts import (
    ALL_DAY,
    CLOSED,
    DAY,
    Condition,
    ConditionEffect,
    DatedException,
    Facts,
    Period,
    Place,
    Term,
    Week,
)
from bot.calendar.hours import LibraryCalendar

HK = ZoneInfo("Asia/Hong_Kong")


def hm(text: str) -> int:
    """Return minutes after midnight of "23:00"; "26:00" is 2 am of the next day."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def periods(*texts: str) -> tuple[Period, ...]:
    return tuple(Period(*(hm(end) for end in text.split("-"))) for text in texts)


def week(weekdays: tuple[Period, ...], weekend: tuple[Period, ...]) -> Week:
    return Week((weekdays, weekdays, weekdays, weekdays, weekdays, weekend, weekend))


FACTS = Facts(
    zone=HK,
    places=(
        Place(
            "library",
            "Library",
            aliases=("lib",),
            week=week(periods("08:00-23:00"), periods("09:00-21:00")),
            term_weeks={"exams": week(periods("08:00-26:00"), periods("09:00-26:00"))},
        ),
        Place("commons", "Learning Commons", parent="library", week=Week((ALL_DAY,) * 7)),
        Place("desk", "Desk", kind="service", parent="library"),
        Place(
            "counter",
            "Counter",
            kind="service",
            parent="library",
            week=week(periods("09:00-12:00", "14:00-18:00"), CLOSED),
        ),
        Place("cafe", "Café", week=week(periods("10:00-16:00", "15:00-20:00"), periods("10:00-12:00", "12:00-14:00"))),
        Place("store", "Store"),
    ),
    terms=(
        Term("exams", "Exam weeks", date(2026, 12, 7), date(2026, 12, 20)),
        Term("finals", "Finals", date(2026, 12, 14), date(2026, 12, 20)),
    ),
    exceptions=(
        DatedException("christmas", date(2026, 12, 25), date(2026, 12, 26), "closed", "Christmas"),
        DatedException(
            "eve", date(2026, 12, 24), date(2026, 12, 24), "changed", "Christmas Eve", periods("09:00-17:00")
        ),
        DatedException(
            "clean", date(2026, 11, 30), date(2026, 11, 30), "changed", "Cleaning", periods("12:00-24:00"), ("commons",)
        ),
        DatedException(
            "late",
            date(2026, 11, 27),
            date(2026, 11, 27),
            "extended",
            "Late night",
            periods("23:00-25:00"),
            ("library",),
        ),
        DatedException("shut", date(2026, 12, 12), date(2026, 12, 12), "closed", "Power cut"),
        DatedException(
            "shut-but",
            date(2026, 12, 12),
            date(2026, 12, 12),
            "changed",
            "Open day",
            periods("10:00-16:00"),
            ("library",),
        ),
        DatedException("both-a", date(2027, 1, 5), date(2027, 1, 5), "changed", "Short day", periods("10:00-12:00")),
        DatedException("both-b", date(2027, 1, 5), date(2027, 1, 5), "closed", "Closed day"),
    ),
    conditions=(
        Condition(
            "typhoon",
            "Typhoon signal no. 8",
            (ConditionEffect("library", "closed", note="Stay safe."), ConditionEffect("commons", "as_usual")),
            since=datetime(2026, 12, 2, 14, tzinfo=HK),
            until=datetime(2026, 12, 3, 10, tzinfo=HK),
        ),
        Condition(
            "rain",
            "Black rainstorm",
            (ConditionEffect("library", "changed", periods("10:00-15:00")),),
            since=datetime(2026, 12, 4, 0, tzinfo=HK),
            until=datetime(2026, 12, 5, 0, tzinfo=HK),
        ),
        Condition("off", "Never", (ConditionEffect("library", "closed"),)),
    ),
)
CALENDAR = LibraryCalendar(FACTS)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HK)


# place, moment, open?, until (when open) or opens (when closed), why. 2026-11-23 is a Monday.
CASES = [
    ("library", "2026-11-23T08:00", True, "2026-11-23T23:00", "usual"),
    ("library", "2026-11-23T07:59", False, "2026-11-23T08:00", "usual"),
    ("library", "2026-11-23T22:59", True, "2026-11-23T23:00", "usual"),
    ("library", "2026-11-23T23:00", False, "2026-11-24T08:00", "usual"),
    ("library", "2026-11-23T00:00", False, "2026-11-23T08:00", "usual"),
    ("library", "2026-11-28T08:30", False, "2026-11-28T09:00", "usual"),
    ("library", "2026-11-28T20:59", True, "2026-11-28T21:00", "usual"),
    ("library", "2026-11-29T21:00", False, "2026-11-30T08:00", "usual"),
    # an extension that touches the usual hours makes one stretch, past midnight
    ("library", "2026-11-27T22:00", True, "2026-11-28T01:00", "extended"),
    ("library", "2026-11-28T00:30", True, "2026-11-28T01:00", "usual"),
    ("library", "2026-11-28T01:00", False, "2026-11-28T09:00", "usual"),
    # a term past midnight: yesterday's hours still count
    ("library", "2026-12-07T01:00", False, "2026-12-07T08:00", "term"),
    ("library", "2026-12-08T01:59", True, "2026-12-08T02:00", "term"),
    ("library", "2026-12-08T02:00", False, "2026-12-08T08:00", "term"),
    ("library", "2026-12-21T01:00", True, "2026-12-21T02:00", "usual"),
    ("library", "2026-12-20T23:30", True, "2026-12-21T02:00", "term"),
    ("library", "2026-12-21T23:30", False, "2026-12-22T08:00", "usual"),
    # an exception over a term; one that names the place over one that names none
    ("library", "2026-12-12T09:30", False, "2026-12-12T10:00", "changed"),
    ("library", "2026-12-12T15:59", True, "2026-12-12T16:00", "changed"),
    ("library", "2026-12-12T01:00", True, "2026-12-12T02:00", "changed"),  # Friday's term hours run on
    ("library", "2026-12-13T01:00", False, "2026-12-13T09:00", "term"),
    ("cafe", "2026-12-12T11:00", False, "2026-12-13T10:00", "closed"),
    # closed over changed on one day
    ("library", "2027-01-05T11:00", False, "2027-01-06T08:00", "closed"),
    # holidays, and the way over them
    ("library", "2026-12-24T17:30", False, "2026-12-27T09:00", "changed"),
    ("library", "2026-12-24T16:30", True, "2026-12-24T17:00", "changed"),
    ("library", "2026-12-25T12:00", False, "2026-12-27T09:00", "closed"),
    ("library", "2026-12-26T23:59", False, "2026-12-27T09:00", "closed"),
    # round the clock: no general holiday, but one that names the place
    ("commons", "2026-12-25T03:00", True, None, "usual"),
    ("commons", "2026-11-20T12:00", True, "2026-11-30T00:00", "usual"),
    ("commons", "2026-11-30T11:59", False, "2026-11-30T12:00", "changed"),
    ("commons", "2026-11-30T12:00", True, None, "changed"),
    # a service without hours of its own, and one with two periods a day
    ("desk", "2026-11-23T22:30", True, "2026-11-23T23:00", "usual"),
    ("desk", "2026-12-25T12:00", False, "2026-12-27T09:00", "closed"),
    ("counter", "2026-11-23T11:59", True, "2026-11-23T12:00", "usual"),
    ("counter", "2026-11-23T12:30", False, "2026-11-23T14:00", "usual"),
    ("counter", "2026-11-27T18:00", False, "2026-11-30T09:00", "usual"),
    # periods that overlap or touch are one
    ("cafe", "2026-11-23T15:30", True, "2026-11-23T20:00", "usual"),
    ("cafe", "2026-11-28T11:59", True, "2026-11-28T14:00", "usual"),
    # a condition cuts the day, and gives it back
    ("library", "2026-12-02T13:59", True, "2026-12-02T14:00", "usual"),
    ("library", "2026-12-02T14:00", False, "2026-12-03T10:00", "condition"),
    ("library", "2026-12-03T09:59", False, "2026-12-03T10:00", "condition"),
    ("library", "2026-12-03T10:00", True, "2026-12-03T23:00", "usual"),
    ("desk", "2026-12-02T15:00", False, "2026-12-03T10:00", "condition"),
    ("commons", "2026-12-02T15:00", True, None, "usual"),
    ("library", "2026-12-04T09:00", False, "2026-12-04T10:00", "condition"),
    ("library", "2026-12-04T14:00", True, "2026-12-04T15:00", "condition"),
    # no hours at all
    ("store", "2026-11-23T12:00", False, None, "usual"),
]


@pytest.mark.parametrize(("place", "moment", "is_open", "turns", "why"), CASES, ids=str)
def test_by_hand(place: str, moment: str, is_open: bool, turns: str | None, why: str) -> None:
    """Each case was worked out with a pencil."""
    state = CALENDAR.state(place, at(moment))

    assert state.is_open is is_open
    assert (state.until if is_open else state.opens) == (at(turns) if turns else None)
    assert (state.opens if is_open else state.until) is None
    assert state.why.kind == why


def test_why_names_the_reason_and_what_people_are_told() -> None:
    """A holiday has its name, a signal its name and the note."""
    assert CALENDAR.state("library", at("2026-12-25T12:00")).why.reason == "Christmas"
    condition = CALENDAR.state("library", at("2026-12-02T15:00")).why

    assert (condition.reason, condition.note) == ("Typhoon signal no. 8", "Stay safe.")


def test_the_day_of_a_condition_shows_what_is_left_of_it() -> None:
    """From 2 pm the signal closes the library."""
    assert CALENDAR.day("library", date(2026, 12, 2)).periods == periods("08:00-14:00")
    assert CALENDAR.day("library", date(2026, 12, 3)).periods == periods("10:00-23:00")


def test_places_are_found_by_key_name_and_alias_whatever_their_case() -> None:
    """Students do not write as catalogues do."""
    assert CALENDAR.find_place("  LIB ") == CALENDAR.place("library")
    assert CALENDAR.find_place("learning  commons") == CALENDAR.place("commons")
    assert CALENDAR.find_place("gym") is None


def test_a_wrong_key_is_an_error() -> None:
    """Nobody gets hours of a place that does not exist."""
    with pytest.raises(KeyError):
        CALENDAR.state("gym", at("2026-11-23T12:00"))


@pytest.mark.parametrize(
    ("zone", "on", "hours"),
    [
        ("America/New_York", date(2027, 3, 14), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Europe/London", date(2027, 3, 28), 23),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Asia/Hong_Kong", date(2026, 11, 1), 24),
    ],
)
def test_a_day_is_as_long_as_its_clock_makes_it(zone: str, on: date, hours: float) -> None:
    """A place open from midnight to midnight is open 23 hours on the day that loses one."""
    only = Facts(
        zone=ZoneInfo(zone),
        places=(Place("p", "P", week=Week((CLOSED,) * 7)),),
        exceptions=(DatedException("x", on, on, "changed", "Open day", ALL_DAY),),
    )
    start = datetime.combine(on, time(), ZoneInfo(zone))
    state = LibraryCalendar(only).state("p", start)

    assert state.until is not None
    assert state.until.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=hours)


def test_a_time_that_the_clock_skips_is_the_instant_after_it() -> None:
    """02:30 does not exist on this night in New York: the place opens at 03:30."""
    zone = ZoneInfo("America/New_York")
    only = Facts(zone=zone, places=(Place("p", "P", week=Week((periods("02:30-05:00"),) * 7)),))
    state = LibraryCalendar(only).state("p", datetime(2027, 3, 14, 0, 0, tzinfo=zone))

    assert state.opens == datetime(2027, 3, 14, 3, 30, tzinfo=zone)


# --- Properties ---------------------------------------------------------------------------------------------------

ZONES = ["Asia/Hong_Kong", "America/New_York", "Europe/London", "Australia/Lord_Howe", "Pacific/Apia"]
FIRST = date(2026, 9, 1)

period = st.builds(lambda opens, length: Period(opens, opens + length), st.integers(0, DAY - 1), st.integers(1, DAY))
some_periods = st.lists(period, max_size=3).map(tuple)
some_dates = st.integers(0, 200).map(lambda days: FIRST + timedelta(days=days))


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    weeks = st.builds(lambda days: Week(tuple(days)), st.lists(some_periods, min_size=7, max_size=7))
    starts = draw(st.lists(some_dates, max_size=3))
    exceptions = tuple(
        DatedException(
            f"e{number}",
            start,
            start + timedelta(days=draw(st.integers(0, 5))),
            draw(st.sampled_from(["closed", "changed", "extended"])),
            "why",
            draw(some_periods),
            draw(st.sampled_from([(), ("a",), ("b",)])),
        )
        for number, start in enumerate(starts)
    )
    since = datetime.combine(draw(some_dates), time(draw(st.integers(0, 23))), UTC)
    effect = ConditionEffect("a", draw(st.sampled_from(["closed", "as_usual", "changed"])), draw(some_periods))
    until = draw(st.sampled_from([None, since + timedelta(hours=7), since + timedelta(days=3)]))
    return Facts(
        zone=zone,
        places=(Place("a", "A", week=draw(weeks)), Place("b", "B", parent="a", week=draw(st.none() | weeks))),
        exceptions=exceptions,
        conditions=(Condition("c", "C", (effect,), since, until),),
    )


moments = st.integers(0, 200 * DAY).map(lambda minutes: datetime(2026, 9, 1, tzinfo=UTC) + timedelta(minutes=minutes))


@given(facts(), st.sampled_from("ab"), moments)
@settings(max_examples=150, deadline=None)
def test_a_state_agrees_with_the_states_around_its_turn(known: Facts, place: str, moment: datetime) -> None:
    """Open until just before `until` and closed at it; closed until just before `opens` and open at it."""
    calendar = LibraryCalendar(known)
    state = calendar.state(place, moment)
    turn = state.until if state.is_open else state.opens
    if turn is None:
        return
    before, after = calendar.state(place, turn - timedelta(seconds=1)), calendar.state(place, turn)

    assert turn.astimezone(UTC) > moment
    assert before.is_open is state.is_open
    assert after.is_open is not state.is_open


@given(facts(), st.sampled_from("ab"), moments, st.integers(1, 59))
@settings(max_examples=100, deadline=None)
def test_nothing_turns_before_its_time(known: Facts, place: str, moment: datetime, share: int) -> None:
    """Any moment between now and the turn is in the same state, and names the same turn."""
    calendar = LibraryCalendar(known)
    state = calendar.state(place, moment)
    turn = state.until if state.is_open else state.opens
    if turn is None:
        return
    between = moment + (turn - moment) * share / 60

    later = calendar.state(place, between)

    assert later.is_open is state.is_open
    assert (later.until if later.is_open else later.opens) == turn


@given(facts(), st.sampled_from("ab"), some_dates)
@settings(max_examples=100, deadline=None)
def test_a_week_is_its_seven_days_and_has_words(known: Facts, place: str, on: date) -> None:
    """week() says what day() says, Monday first, and can always be said."""
    calendar = LibraryCalendar(known)
    days = calendar.week(place, on)

    assert [day.date.weekday() for day in days] == list(range(7))
    assert days == tuple(calendar.day(place, day.date) for day in days)
    assert words.week(days).strip()
    assert all(words.periods(day.periods).strip() for day in days)


@given(facts(), st.sampled_from("ab"), moments)
@settings(max_examples=100, deadline=None)
def test_an_open_moment_lies_in_a_period_of_its_day_or_the_day_before(
    known: Facts, place: str, moment: datetime
) -> None:
    """What day() shows is what state() means, where no condition rules and the clock does not change."""
    plain = Facts(zone=HK, places=known.places, exceptions=known.exceptions)
    calendar = LibraryCalendar(plain)
    local = moment.astimezone(HK)
    minutes = local.hour * 60 + local.minute
    today, yesterday = calendar.day(place, local.date()), calendar.day(place, local.date() - timedelta(days=1))
    shown = any(each.opens <= minutes < each.closes for each in today.periods) or any(
        each.opens <= minutes + DAY < each.closes for each in yesterday.periods
    )

    assert calendar.state(place, moment).is_open is shown


def in_a_house(*exceptions: DatedException, conditions: tuple[Condition, ...] = ()) -> LibraryCalendar:
    """A house with a desk and a counter in it, the latter with hours of its own, and a room that never closes."""
    work = periods("09:00-21:00")
    return LibraryCalendar(
        Facts(
            zone=HK,
            places=(
                Place("house", "House", week=week(periods("08:00-23:00"), periods("09:00-21:00"))),
                Place("desk", "Desk", kind="service", parent="house"),
                Place("counter", "Counter", kind="service", parent="house", week=week(work, work)),
                Place("room", "Room", parent="house", week=Week((ALL_DAY,) * 7)),
            ),
            exceptions=exceptions,
            conditions=conditions,
        )
    )


SOME_DAY = date(2026, 12, 1)


@pytest.mark.parametrize(
    ("kind", "hours", "counter"),
    [
        ("closed", (), ()),
        ("changed", ("10:00-17:00",), ("10:00-17:00",)),
        ("changed", ("07:00-10:00", "20:00-24:00"), ("09:00-10:00", "20:00-21:00")),
        ("extended", ("23:00-24:00",), ("09:00-21:00",)),
    ],
)
def test_a_service_is_open_only_while_its_house_is(
    kind: Literal["closed", "changed", "extended"], hours: tuple[str, ...], counter: tuple[str, ...]
) -> None:
    """Nobody stands at the counter of a house whose doors are shut; longer hours of the house are not the counter's."""
    calendar = in_a_house(DatedException("x", SOME_DAY, SOME_DAY, kind, "Works", periods(*hours), ("house",)))

    assert calendar.day("counter", SOME_DAY).periods == periods(*counter)
    assert calendar.day("room", SOME_DAY).all_day
    if kind != "extended":
        assert calendar.day("counter", SOME_DAY).why.reason == "Works"


def test_a_service_that_is_named_itself_keeps_what_is_said_of_it() -> None:
    """Staff who write that the counter is open at the back door mean it."""
    calendar = in_a_house(
        DatedException("x", SOME_DAY, SOME_DAY, "closed", "Works", (), ("house",)),
        DatedException("y", SOME_DAY, SOME_DAY, "changed", "Back door", periods("10:00-12:00"), ("counter",)),
    )

    assert calendar.day("counter", SOME_DAY).periods == periods("10:00-12:00")


def test_a_condition_of_the_house_is_its_services_too() -> None:
    """A typhoon that closes the house closes the counter; shorter hours cut the counter's."""
    since = datetime(2026, 12, 1, 8, tzinfo=HK)
    closed = Condition("t", "Typhoon", (ConditionEffect("house", "closed", note="Stay."),), since=since)
    short = Condition("r", "Rain", (ConditionEffect("house", "changed", periods("08:00-12:00")),), since=since)
    noon = datetime(2026, 12, 1, 12, 30, tzinfo=HK)

    assert not in_a_house(conditions=(closed,)).state("counter", noon).is_open
    assert in_a_house(conditions=(closed,)).state("counter", noon).why.reason == "Typhoon"
    assert in_a_house(conditions=(short,)).day("counter", SOME_DAY).periods == periods("09:00-12:00")
    assert in_a_house(conditions=(closed,)).state("room", noon).is_open


def test_a_condition_without_an_end_is_lifted_for_what_is_asked_of_later_days() -> None:
    """Nobody knows how long a signal will be up; one with an end has it."""
    since = datetime(2026, 12, 1, 8, tzinfo=HK)
    typhoon = Condition("t", "Typhoon", (ConditionEffect("house", "closed"),), since=since)
    ending = Condition("e", "Works", (ConditionEffect("house", "closed"),), since=since, until=since.replace(hour=20))
    later = date(2026, 12, 10)
    calendar = in_a_house(conditions=(typhoon, ending))

    assert calendar.day("house", later).closed
    assert calendar.lifted.day("house", later).periods == periods("08:00-23:00")
    assert calendar.lifted.state("house", since.replace(hour=19)).why.reason == "Works"
    assert in_a_house(conditions=(ending,)).lifted.facts.conditions == (ending,)


def test_the_usual_hours_know_no_closures() -> None:
    """A year whose holidays nobody has entered has only usual hours."""
    calendar = in_a_house(DatedException("x", SOME_DAY, SOME_DAY, "closed", "Works"))

    assert calendar.day("house", SOME_DAY).closed
    assert calendar.usual.day("house", SOME_DAY).periods == periods("08:00-23:00")
