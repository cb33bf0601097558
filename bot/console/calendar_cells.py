"""What is on each day: hours, terms, closures, conditions and events, for a calendar of a week, a month or a year."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.calendar import words
from bot.calendar.facts import DatedException, Facts, Occurrence, Place
from bot.calendar.hours import LibraryCalendar
from bot.calendar.occurrences import occurrences

DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)  # an event that begins and ends at midnight is on that day
TOLD = ("closed", "changed", "extended", "condition")


@dataclass(frozen=True)
class Entry:
    """One line of a day. `kind`: term, closure, condition or event; `name`: the entry's key; `off`: it closes."""

    kind: str
    name: str
    text: str
    off: bool = False


@dataclass(frozen=True)
class Cell:
    """A day. `hours`: of the place that is looked at, "" for all; `why`: the reason where they are not the usual ones.

    `state`: closed or changed where something differs, else "".
    """

    date: date
    entries: tuple[Entry, ...] = ()
    hours: str = ""
    why: str = ""
    state: str = ""
    outside: bool = False

    @property
    def said(self) -> str:
        """The day in words, for those who can't see its colours."""
        return "; ".join(filter(None, (self.hours, self.why, *(each.text for each in self.entries))))


@dataclass(frozen=True)
class Row:
    """A place's week."""

    place: Place
    cells: tuple[Cell, ...]


def cells(facts: Facts, days: Sequence[date], place: str = "", *, month: date | None = None) -> tuple[Cell, ...]:
    """Return a cell for each of some days in order, of one place or all. Days outside of `month` are marked so."""
    calendar = LibraryCalendar(facts)
    around = _line(calendar, place) if place else set()
    found = occurrences(facts.events, _midnight(facts, days[0]), _midnight(facts, days[-1] + DAY))
    return tuple(
        _cell(calendar, on, place, around, found, outside=month is not None and on.month != month.month) for on in days
    )


def week_rows(facts: Facts, days: Sequence[date], place: str = "") -> tuple[Row, ...]:
    """Return the hours of each place, or of one and what is inside of it, on some days."""
    calendar = LibraryCalendar(facts)
    shown = [each for each in facts.places if not place or place in _line(calendar, each.key)]
    return tuple(Row(each, tuple(_hours(calendar, on, each.key) for on in days)) for each in shown)


def _line(calendar: LibraryCalendar, key: str) -> set[str]:
    """Return a place and what it is in."""
    line: set[str] = set()
    at: str | None = key
    while at and at not in line:
        line.add(at)
        at = calendar.place(at).parent
    return line


def _hours(calendar: LibraryCalendar, on: date, place: str) -> Cell:
    day = calendar.day(place, on)
    differs = day.why.kind in TOLD
    state = ("closed" if day.closed else "changed") if differs else ""
    return Cell(on, hours=words.periods(day.periods), why=day.why.reason if differs else "", state=state)


def _cell(
    calendar: LibraryCalendar, on: date, place: str, around: set[str], events: Iterable[Occurrence], *, outside: bool
) -> Cell:
    facts, base = calendar.facts, _hours(calendar, on, place) if place else Cell(on)
    terms = [Entry("term", each.key, each.name) for each in facts.terms if each.starts <= on <= each.ends]
    closed = [each for each in facts.exceptions if each.starts <= on <= each.ends]
    closed = [each for each in closed if not place or not each.places or around & {*each.places}]
    starts, ends = _midnight(facts, on), _midnight(facts, on + DAY)
    holding = [each for each in facts.conditions if each.since and each.since < ends]
    holding = [each for each in holding if each.until is None or each.until > starts]
    conditions = [Entry("condition", each.key, f"{each.name} is on", True) for each in holding]
    told = [each for each in events if each.starts.date() <= on and max(each.ends, each.starts + MOMENT) > starts]
    state = base.state
    if not place and closed:
        state = "closed" if any(each.kind == "closed" for each in closed) else "changed"
    entries = (*terms, *(_closure(each, facts) for each in closed), *conditions, *(_event(each, on) for each in told))
    return Cell(on, entries, base.hours, base.why, state, outside)


def _closure(each: DatedException, facts: Facts) -> Entry:
    names = {place.key: place.name for place in facts.places}
    what = words.periods(each.periods) if each.kind != "closed" else "closed"
    more = "also " if each.kind == "extended" else ""
    where = words.listed([names.get(key, key) for key in each.places])
    return Entry(
        "closure", each.key, f"{each.reason}: {f'{where} ' if where else ''}{more}{what}", each.kind == "closed"
    )


def _event(each: Occurrence, on: date) -> Entry:
    begins = "" if each.event.all_day or each.starts.date() < on else f"{words.clock(each.starts)} "
    draft = " (draft)" if each.event.draft else ""
    return Entry("event", each.event.uid, f"{begins}{each.event.title}{draft}")


def _midnight(facts: Facts, on: date) -> datetime:
    return datetime.combine(on, time(0), facts.zone)
