"""Other hours on several days for several places: what is stored, and that nothing else moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.calendar.facts import ALL_DAY, DatedException, Facts, Period, Periods, Place, Week
from bot.calendar.hours import LibraryCalendar
from bot.calendar.painting import Stroke, cut, inside, painted

MON, TUE, WED, THU = (date(2026, 12, number) for number in (21, 22, 23, 24))
MORNING, AFTERNOON, EVENING = Period(540, 720), Period(840, 1080), Period(1140, 1320)


def week(*periods: Period) -> Week:
    """Return the same hours every day."""
    return Week((periods,) * 7)


PLACES = (
    Place("library", "Library", week=week(MORNING, AFTERNOON, EVENING)),
    Place("desk", "Desk", "service", "library", week=week(AFTERNOON)),
    Place("room", "Room", parent="library", week=Week((ALL_DAY,) * 7)),
    Place("printing", "Printing", "service", "room"),
    Place("annex", "Annex", week=week(MORNING)),
)
FACTS = Facts(zone=ZoneInfo("Asia/Hong_Kong"), places=PLACES)


def hours(
    facts: Facts, stroke: Stroke, days: tuple[date, ...] = (MON, TUE, WED, THU)
) -> dict[tuple[str, date], Periods]:
    """Return every place's hours after a stroke, as the bot would compute them."""
    calendar = LibraryCalendar(replace(facts, exceptions=_named(painted(facts, stroke).every)))
    return {(place.key, on): calendar.day(place.key, on).periods for place in PLACES for on in days}


def _named(exceptions: tuple[DatedException, ...]) -> tuple[DatedException, ...]:
    return tuple(replace(each, key=each.key or f"new-{number}") for number, each in enumerate(exceptions))


def test_an_afternoon_is_closed_for_one_place_and_what_opens_later_stays() -> None:
    after = hours(FACTS, Stroke("cut", ("library",), TUE, TUE, "works", begins=900))
    assert after["library", TUE] == (MORNING, Period(840, 900), EVENING)
    assert after["library", WED] == (MORNING, AFTERNOON, EVENING)
    assert after["annex", TUE] == (MORNING,)
    assert after["desk", TUE] == (Period(840, 900),)  # a service is not open longer than what is around it


@pytest.mark.parametrize(
    ("begins", "until", "left"),
    [
        (780, None, (MORNING, EVENING)),
        (780, 1200, (MORNING, Period(1200, 1320))),
        (0, 1440, ()),
        (1400, None, (MORNING, AFTERNOON, EVENING)),
    ],
)
def test_part_of_a_day_is_cut_out(begins: int, until: int | None, left: Periods) -> None:
    assert cut((MORNING, AFTERNOON, EVENING), begins, until) == left


def test_several_places_and_days_are_one_entry() -> None:
    found = painted(FACTS, Stroke("changed", ("library", "annex"), MON, THU, "Christmas", (MORNING,)))
    assert [(each.starts, each.ends, each.places) for each in found.added] == [(MON, THU, ("library", "annex"))]
    assert found.changed == ()
    assert found.removed == ()


def test_what_was_there_is_replaced_for_these_days_and_places_alone() -> None:
    old = DatedException("works", MON, THU, "closed", "works", places=("library", "annex"))
    facts = replace(FACTS, exceptions=(old,))
    stroke = Stroke("changed", ("library",), TUE, WED, "open after all", (MORNING,))
    after = hours(facts, stroke)
    assert [after["library", on] for on in (MON, TUE, WED, THU)] == [(), (MORNING,), (MORNING,), ()]
    assert [after["annex", on] for on in (MON, TUE, WED, THU)] == [(), (), (), ()]
    assert [each.key for each in painted(facts, stroke).changed] == ["works"]


def test_an_entry_of_which_nothing_is_left_is_removed() -> None:
    old = DatedException("works", TUE, TUE, "closed", "works", places=("library",))
    found = painted(replace(FACTS, exceptions=(old,)), Stroke("usual", ("library",), MON, THU))
    assert found.removed == ("works",)
    assert found.every == ()


def test_the_usual_hours_again_on_a_holiday_for_everybody() -> None:
    holiday = DatedException("holiday", TUE, TUE, "closed", "Christmas Day")
    facts = replace(FACTS, exceptions=(holiday,))
    after = hours(facts, Stroke("usual", ("library",), MON, THU))
    assert after["library", TUE] == (MORNING, AFTERNOON, EVENING)
    assert after["annex", TUE] == ()
    assert len(painted(facts, Stroke("usual", ("library",), MON, THU)).added) == 1


def test_a_service_that_is_to_stay_open_does() -> None:
    closes = hours(FACTS, Stroke("closed", ("library",), TUE, TUE, "works"))
    stays = hours(FACTS, Stroke("closed", ("library",), TUE, TUE, "works", keep=("desk",)))
    assert closes["desk", TUE] == ()
    assert stays["desk", TUE] == (AFTERNOON,)
    assert stays["library", TUE] == ()
    assert stays["desk", WED] == (AFTERNOON,)


def test_longer_hours_come_besides_the_usual_ones_of_each_day() -> None:
    late = (Period(1320, 1380),)
    after = hours(FACTS, Stroke("extended", ("annex",), TUE, TUE, "examinations", late))
    assert after["annex", TUE] == (MORNING, *late)
    changed = replace(FACTS, exceptions=(DatedException("x", TUE, TUE, "changed", "x", (AFTERNOON,), ("annex",)),))
    assert hours(changed, Stroke("extended", ("annex",), TUE, TUE, "examinations", late))["annex", TUE] == (
        AFTERNOON,
        *late,
    )


def test_what_is_inside_is_found_at_any_depth() -> None:
    assert [each.key for each in inside(PLACES, ["library"])] == ["desk", "room", "printing"]
    assert inside(PLACES, ["annex"]) == ()


def test_a_day_without_hours_to_cut_leaves_what_is_stored() -> None:
    old = DatedException("works", MON, THU, "closed", "works", places=("library",))
    found = painted(replace(FACTS, exceptions=(old,)), Stroke("cut", ("library",), TUE, TUE, "training", begins=780))
    assert found.kept == (old,)
    assert found.added == ()


def test_days_of_a_stroke() -> None:
    assert Stroke("closed", (), MON, THU).days == tuple(MON + timedelta(days=number) for number in range(4))
