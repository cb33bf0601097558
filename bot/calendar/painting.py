"""Other hours for several places on several days: which exceptions must be added, changed or removed. Pure functions.

For each place and day that are named, the outcome replaces whatever exceptions named that place on that day; exceptions
of other places and days stay as they are. Conditions are ignored: they come and go by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from bot.calendar.facts import DatedException, Facts, Periods, Place
from bot.calendar.hours import LibraryCalendar
from bot.calendar.intervals import joined, period

Does = Literal["closed", "changed", "extended", "cut", "usual"]
Kind = Literal["closed", "changed", "extended"]
Cell = tuple[str, date]
ONE_DAY = timedelta(days=1)
AS_USUAL = "open as usual"
# Kinds of rules whose reason is told to people.
_SAID = ("closed", "changed", "extended")


@dataclass(frozen=True)
class Stroke:
    """What is to hold at `places` from `starts` to `ends`, both inclusive.

    closed: all day. changed: `periods` instead of the usual ones. extended: `periods` besides. cut: closed from
    `begins` to `until`, in minutes after midnight; `until` None: to the end of the period that is running at `begins`
    or else begins next. What opens later stays. usual: the hours of the week again. `keep`: places that keep their
    hours though the place around them closes.
    """

    does: Does
    places: tuple[str, ...]
    starts: date
    ends: date
    reason: str = ""
    periods: Periods = ()
    begins: int = 0
    until: int | None = None
    keep: tuple[str, ...] = ()

    @property
    def days(self) -> tuple[date, ...]:
        """Each day, in order."""
        return tuple(self.starts + timedelta(days=number) for number in range((self.ends - self.starts).days + 1))


@dataclass(frozen=True)
class Painted:
    """The exceptions after a stroke: those stored before, some changed, by key; new ones; and keys of removed ones."""

    kept: tuple[DatedException, ...]
    changed: tuple[DatedException, ...]
    added: tuple[DatedException, ...]
    removed: tuple[str, ...]

    @property
    def every(self) -> tuple[DatedException, ...]:
        """All exceptions that hold afterwards."""
        return (*self.kept, *self.changed, *self.added)


@dataclass(frozen=True)
class _Value:
    """What holds at a place on a day."""

    kind: Kind
    periods: Periods
    reason: str


def painted(facts: Facts, stroke: Stroke) -> Painted:
    """Return the exceptions after a stroke. New ones have no key yet."""
    plain = replace(facts, conditions=())
    before = LibraryCalendar(plain)
    if stroke.does == "usual":
        values = _usual(plain, stroke)
    else:
        found = {(place, on): _value(before, stroke, place, on) for place in stroke.places for on in stroke.days}
        # Where nothing changes (no hours to cut), what is stored stays untouched.
        values = {cell: value for cell, value in found.items() if value is not None}
    if stroke.keep:
        after = LibraryCalendar(replace(plain, exceptions=_painted(facts, values).every))
        values |= {
            (place, on): _of(day.periods, day.why.reason if day.why.kind in _SAID else AS_USUAL)
            for place in stroke.keep
            for on in stroke.days
            if (day := before.day(place, on)).periods != after.day(place, on).periods
        }
    return _painted(facts, values)


def _painted(facts: Facts, values: Mapping[Cell, _Value | None]) -> Painted:
    """Return the exceptions after setting some places' days; None: no exception names the place on this day."""
    carved = [(each, _carved(each, {*values})) for each in facts.exceptions]
    parts = [(each, number, part) for each, left in carved for number, part in enumerate(left)]
    return Painted(
        kept=tuple(part for each, _, part in parts if part == each),
        changed=tuple(part for each, number, part in parts if number == 0 and part != each),
        added=(
            *(part for _, number, part in parts if number),
            *_exceptions({cell: value for cell, value in values.items() if value is not None}),
        ),
        removed=tuple(each.key for each, left in carved if not left),
    )


def inside(places: Iterable[Place], chosen: Iterable[str]) -> tuple[Place, ...]:
    """Return the places inside those chosen, at any depth, that are not chosen themselves, the outer ones first."""
    known, around = tuple(places), {*chosen}
    found: list[Place] = []
    while True:
        names = around | {each.key for each in found}
        more = [each for each in known if each.parent in names and each.key not in names]
        if not more:
            return tuple(found)
        found += more


def _value(calendar: LibraryCalendar, stroke: Stroke, place: str, on: date) -> _Value | None:
    """Return what a stroke makes of a place's day; None: nothing changes."""
    day = calendar.day(place, on)
    if stroke.does == "closed":
        return _Value("closed", (), stroke.reason)
    if stroke.does == "changed":
        return _of(stroke.periods, stroke.reason)
    if stroke.does == "extended":
        if day.why.kind in {"usual", "term"}:
            return _Value("extended", stroke.periods, stroke.reason)
        return _of(joined((*day.periods, *stroke.periods)), stroke.reason)
    if stroke.does == "cut":
        left = cut(day.periods, stroke.begins, stroke.until)
        return None if left == joined(day.periods) else _of(left, stroke.reason)
    return None


def cut(periods: Periods, begins: int, until: int | None) -> Periods:
    """Return a day's periods without the time from `begins` to `until`, as in `Stroke`."""
    if until is None:
        until = next((each.closes for each in sorted(periods) if each.closes > begins), begins)
    parts = ((each.opens, min(each.closes, begins)) for each in periods)
    later = ((max(each.opens, until), each.closes) for each in periods)
    return joined(found for opens, closes in (*parts, *later) if (found := period(opens, closes)) is not None)


def _of(periods: Periods, reason: str) -> _Value:
    return _Value("changed", periods, reason) if periods else _Value("closed", (), reason)


def _usual(plain: Facts, stroke: Stroke) -> dict[Cell, _Value | None]:
    """Return what the usual hours need: an exception where one for every place, or for one around, is in the way."""
    cells = dict.fromkeys((place, on) for place in stroke.places for on in stroke.days)
    left = LibraryCalendar(replace(plain, exceptions=_painted(plain, cells).every))
    found: dict[Cell, _Value | None] = {}
    for place, on in cells:
        usual = left.usual.day(place, on).periods
        same = left.day(place, on).periods == usual
        found[place, on] = None if same else _of(usual, stroke.reason or AS_USUAL)
    return found


def _carved(each: DatedException, cells: set[Cell]) -> tuple[DatedException, ...]:
    """Return what is left of an exception outside of some places' days. The first part keeps its key."""
    days = [each.starts + timedelta(days=number) for number in range((each.ends - each.starts).days + 1)]
    if not any((place, on) in cells for place in each.places for on in days):
        return (each,)
    value = _Value(each.kind, each.periods, each.reason)
    left = {(place, on): value for place in each.places for on in days if (place, on) not in cells}
    parts = sorted(_exceptions(left), key=lambda part: part.starts)
    return tuple(replace(part, key=each.key if number == 0 else "") for number, part in enumerate(parts))


def _exceptions(values: Mapping[Cell, _Value]) -> Iterator[DatedException]:
    """Yield the fewest exceptions that say all values: equal days in a row, and equal places, are one."""
    runs: dict[tuple[date, date, _Value], list[str]] = {}
    for place in dict.fromkeys(place for place, _ in values):
        start: date | None = None
        for on in sorted(on for at, on in values if at == place):
            value = values[place, on]
            start = start or on
            if values.get((place, on + ONE_DAY)) != value:
                runs.setdefault((start, on, value), []).append(place)
                start = None
    for (starts, ends, value), places in runs.items():
        yield DatedException("", starts, ends, value.kind, value.reason, value.periods, tuple(places))
