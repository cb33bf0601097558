"""Is a place open, until when, when next, and why not: pure functions of facts and a moment.

Rules that decide a date, in order of precedence:

1. A condition that holds (a typhoon signal), for the instants from `since` to `until`.
2. A dated exception: one that names the place before one that names none; among those closed, then changed, then
   extended. "extended" adds its periods to the usual ones. One that names no place doesn't affect a place whose week is
   open round the clock (a public holiday does not close a 24-hour room unless somebody says so) or that has no hours.
3. The week of a term that contains the date; of several, of the one that starts last.
4. The regular week.

A place with no week of its own keeps its parent's hours; rules for the parent then apply to it too, unless the rule
names the child itself. A service is never open while the place that it is in is closed by an exception or a condition,
and has no hours beyond that place's changed ones.

A period is wall-clock time. A time skipped by a clock change is taken as the same instant as before the change (02:30
becomes 03:30); for one that occurs twice, the first counts (PEP 495, fold 0). The 24 hours of a day are from its
midnight to the next, be that 23 or 25 hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from bot.calendar.facts import (
    ALL_DAY,
    CLOSED,
    DAY,
    Condition,
    ConditionEffect,
    DatedException,
    Facts,
    Period,
    Periods,
    Place,
    Week,
)
from bot.calendar.intervals import Interval, common, joined, merged, period, within, without

# How far `state` looks ahead: a place that doesn't close within two weeks counts as open round the clock.
CLOSES_WITHIN_DAYS = 14
OPENS_WITHIN_DAYS = 60

WhyKind = Literal["usual", "term", "closed", "changed", "extended", "condition"]

_RANK = {"closed": 0, "changed": 1, "extended": 2}


@dataclass(frozen=True)
class Why:
    """Which rule decided: `reason` is its name (a holiday, a term, a signal), `note` what else people are told."""

    kind: WhyKind
    reason: str = ""
    note: str = ""


@dataclass(frozen=True)
class DayHours:
    """The hours of a place on one date. `periods` start on that date and may run past midnight."""

    place: Place
    date: date
    periods: Periods
    why: Why

    @property
    def closed(self) -> bool:
        """Whether the place doesn't open on this date at all."""
        return not self.periods

    @property
    def all_day(self) -> bool:
        """Whether the place is open from midnight to midnight."""
        return any(period.opens == 0 and period.closes >= DAY for period in self.periods)


@dataclass(frozen=True)
class OpenState:
    """A place at one moment.

    Open: `until` is when it closes; None if it doesn't within CLOSES_WITHIN_DAYS. Closed: `opens` is when it opens
    next; None if it doesn't within OPENS_WITHIN_DAYS. `day` is the moment's own date. Times: the library's.
    """

    place: Place
    moment: datetime
    is_open: bool
    until: datetime | None
    opens: datetime | None
    why: Why
    day: DayHours


class LibraryCalendar:
    """Answers questions about a library's facts. Immutable: new facts make a new calendar."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.zone: ZoneInfo = facts.zone
        self._places = {place.key: place for place in facts.places}
        self._terms = {term.key: term for term in facts.terms}
        self._names: dict[str, Place] = {}
        for place in facts.places:
            for words in (place.key, place.name, *place.aliases):
                self._names.setdefault(folded(words), place)
        self._source = {key: self._week_source(place) for key, place in self._places.items()}
        self._plan = lru_cache(maxsize=4096)(self._plan_uncached)

    @cached_property
    def lifted(self) -> LibraryCalendar:
        """The calendar without the conditions that hold until somebody switches them off."""
        lasting = [each for each in self.facts.conditions if each.since is not None and each.until is None]
        if not lasting:
            return self
        left = tuple(each for each in self.facts.conditions if each not in lasting)
        return LibraryCalendar(replace(self.facts, conditions=left))

    @cached_property
    def usual(self) -> LibraryCalendar:
        """The calendar without exceptions and conditions: only term weeks and regular ones."""
        return LibraryCalendar(replace(self.facts, exceptions=(), conditions=()))

    def place(self, key: str) -> Place:
        """Return the place with this key. Raises KeyError."""
        return self._places[key]

    def find_place(self, words: str) -> Place | None:
        """Return the place with this key, name or alias, ignoring case and spacing, or None."""
        return self._names.get(folded(words))

    def map_url(self, place_key: str) -> str:
        """Return the map URL of a place, or else of the place that it is in; empty if unknown."""
        place: Place | None = self._places[place_key]
        while place is not None and not place.map_url:
            place = self._places.get(place.parent) if place.parent else None
        return place.map_url if place else ""

    def conditions_at(self, moment: datetime) -> tuple[Condition, ...]:
        """Return the conditions that hold at `moment`, the latest first."""
        holding = [each for each in self.facts.conditions if _holds(each, moment)]
        return tuple(sorted(holding, key=lambda each: each.since or moment, reverse=True))

    def holds(self, condition_key: str, moment: datetime) -> bool:
        """Return whether the condition with this key holds at `moment`."""
        return any(each.key == condition_key for each in self.conditions_at(moment))

    def day(self, place_key: str, on: date) -> DayHours:
        """Return a place's hours on a date, conditions included. Raises KeyError."""
        place = self._places[place_key]
        periods, why = self._plan(place_key, on)
        windows = list(self._windows(place, *self._bounds(on)))
        if not windows:
            return DayHours(place, on, periods, why)
        midnight = self._instant(on, 0)
        spans = self._apply(place, on, [self._interval(on, each) for each in periods], windows)
        left = tuple(
            found
            for start, end in merged(spans)
            if (found := period(self._minutes(midnight, start), self._minutes(midnight, end))) is not None
        )
        if left == periods:
            return DayHours(place, on, periods, why)
        condition, effect, _ = windows[-1]
        return DayHours(place, on, left, Why("condition", condition.name, effect.note))

    def week(self, place_key: str, any_date: date) -> tuple[DayHours, ...]:
        """Return the seven days, Monday first, of the week that contains `any_date`. Raises KeyError."""
        monday = any_date - timedelta(days=any_date.weekday())
        return tuple(self.day(place_key, monday + timedelta(days=number)) for number in range(7))

    def state(self, place_key: str, moment: datetime) -> OpenState:
        """Return whether a place is open at an aware `moment`, until when, or when it opens next. Raises KeyError."""
        place = self._places[place_key]
        moment = moment.astimezone(self.zone)
        today = moment.date()
        horizon = moment + timedelta(days=CLOSES_WITHIN_DAYS)
        until: datetime | None = None
        opens: datetime | None = None
        is_open = False
        for start, end in self._spans(place, today - timedelta(days=1), OPENS_WITHIN_DAYS + 2):
            if end <= moment:
                continue
            if start <= moment:
                is_open = True
                until = end
                continue
            if is_open and until is not None and start <= until:
                until = max(until, end)
            elif not is_open:
                opens = start
                break
            else:
                break
            if until > horizon:
                break
        if until is not None and until > horizon:
            until = None
        day = self.day(place_key, today)
        return OpenState(
            place=place,
            moment=moment,
            is_open=is_open,
            until=until.astimezone(self.zone) if until else None,
            opens=opens.astimezone(self.zone) if opens else None,
            why=self._why_at(place, moment, day),
            day=day,
        )

    def _why_at(self, place: Place, moment: datetime, day: DayHours) -> Why:
        for condition, effect, (start, end) in reversed(list(self._windows(place, moment, moment))):
            if start <= moment < end and effect.does != "as_usual":
                return Why("condition", condition.name, effect.note)
        # A condition at another hour of this day doesn't explain this moment.
        return day.why if day.why.kind != "condition" else self._plan(place.key, day.date)[1]

    def _week_source(self, place: Place) -> tuple[Place, ...]:
        """Return the place and, as long as they have no hours of their own, its parents, nearest first."""
        line = [place]
        while line[-1].week is None and not line[-1].term_weeks and line[-1].parent in self._places:
            parent = self._places[line[-1].parent or ""]
            if parent in line:
                break
            line.append(parent)
        return tuple(line)

    def _plan_uncached(self, place_key: str, on: date) -> tuple[Periods, Why]:
        """Return the periods that start on a date and the rule that set them, ignoring conditions."""
        line = self._source[place_key]
        periods, why = self._usual(line[-1], on)
        exception = self._exception(line, on)
        around = self._around(line[0])
        if around and not (exception and line[0].key in exception.places):
            house, because = self._plan(around.key, on)
            if because.kind in {"closed", "changed"}:
                ours = joined(exception.periods) if exception and exception.kind == "changed" else periods
                return (common(ours, house) if because.kind == "changed" else CLOSED), because
        if exception is None:
            return periods, why
        reason = Why(exception.kind, exception.reason)
        if exception.kind == "closed":
            return CLOSED, reason
        if exception.kind == "changed":
            return joined(exception.periods), reason
        return joined((*periods, *exception.periods)), reason

    def _around(self, place: Place) -> Place | None:
        """Return the place that contains a service with hours of its own."""
        own = place.week is not None or bool(place.term_weeks)
        return self._places.get(place.parent or "") if place.kind == "service" and own else None

    def _usual(self, source: Place, on: date) -> tuple[Periods, Why]:
        terms = [self._terms[key] for key in source.term_weeks if key in self._terms]
        holding = [term for term in terms if term.starts <= on <= term.ends]
        if holding:
            term = max(holding, key=lambda each: (each.starts, each.key))
            return joined(source.term_weeks[term.key].days[on.weekday()]), Why("term", term.name)
        return (joined(source.week.days[on.weekday()]) if source.week else CLOSED), Why("usual")

    def _exception(self, line: tuple[Place, ...], on: date) -> DatedException | None:
        holding = [each for each in self.facts.exceptions if each.starts <= on <= each.ends]
        for place in line:
            naming = [each for each in holding if place.key in each.places]
            if naming:
                return min(naming, key=lambda each: (_RANK[each.kind], each.key))
        source = line[-1]
        if _round_the_clock(source.week) or (source.week is None and not source.term_weeks):
            return None
        general = [each for each in holding if not each.places]
        return min(general, key=lambda each: (_RANK[each.kind], each.key), default=None)

    def _windows(
        self, place: Place, starts: datetime, ends: datetime
    ) -> Iterator[tuple[Condition, ConditionEffect, Interval]]:
        """Yield what conditions do to a place between two instants, the latest condition last, which wins."""
        line = [each.key for each in self._source[place.key]]
        around = self._around(place)
        while around is not None:
            line += [each.key for each in self._source[around.key]]
            around = self._around(around)
        for condition in sorted(self.facts.conditions, key=lambda each: each.since or datetime.max.replace(tzinfo=UTC)):
            if condition.since is None:
                continue
            until = condition.until or datetime.max.replace(tzinfo=UTC)
            if condition.since <= ends and until > starts:
                for key in line:
                    effect = next((each for each in condition.effects if each.place == key), None)
                    if effect is not None:
                        yield condition, effect, (condition.since, until)
                        break

    def _apply(
        self,
        place: Place,
        on: date,
        spans: list[Interval],
        windows: Iterable[tuple[Condition, ConditionEffect, Interval]],
    ) -> list[Interval]:
        """Return a day's intervals after applying conditions."""
        usual = list(spans)
        own = {each.key for each in self._source[place.key]}
        for _, effect, window in windows:
            outside = without(spans, window)
            if effect.does == "closed":
                spans = outside
            elif effect.does == "as_usual":
                spans = outside + within(usual, window)
            else:
                changed = [self._interval(on, each) for each in effect.periods]
                if effect.place not in own:  # those of the place around it
                    changed = [part for each in changed for part in within(usual, each)]
                spans = outside + within(changed, window)
        return spans

    def _spans(self, place: Place, first: date, days: int) -> Iterator[Interval]:
        """Yield the intervals in which a place is open, in order; joining adjacent ones is left to the reader."""
        pending: list[Interval] = []
        for number in range(days):
            on = first + timedelta(days=number)
            spans = [self._interval(on, each) for each in self._plan(place.key, on)[0]]
            # A day's periods may extend into the next day, so that day's conditions affect them too.
            windows = list(self._windows(place, self._instant(on, 0), self._instant(on + timedelta(days=2), 0)))
            if windows:
                spans = self._apply(place, on, spans, windows)
            pending = merged([*pending, *spans])
            settled = self._instant(on + timedelta(days=1), 0)
            yield from (span for span in pending if span[1] < settled)
            pending = [span for span in pending if span[1] >= settled]
        yield from pending

    def _interval(self, on: date, period: Period) -> Interval:
        return self._instant(on, period.opens), self._instant(on, period.closes)

    def _bounds(self, on: date) -> Interval:
        return self._instant(on, 0), self._instant(on, 2 * DAY)

    def _instant(self, on: date, minutes: int) -> datetime:
        """Return the instant of a wall-clock time, in UTC."""
        days, minute = divmod(minutes, DAY)
        wall = datetime.combine(on + timedelta(days=days), time(minute // 60, minute % 60), self.zone)
        return wall.astimezone(UTC)

    def _minutes(self, midnight: datetime, instant: datetime) -> int:
        """Return the wall-clock minutes from the midnight of a date to an instant."""
        wall = instant.astimezone(self.zone).replace(tzinfo=None)
        start = midnight.astimezone(self.zone).replace(tzinfo=None)
        return int((wall - start).total_seconds() // 60)


def _holds(condition: Condition, moment: datetime) -> bool:
    return (
        condition.since is not None
        and condition.since <= moment
        and (condition.until is None or moment < condition.until)
    )


def folded(words: str) -> str:
    """Return a name in the form used for comparison: case-folded, with single spaces."""
    return " ".join(words.casefold().split())


def _round_the_clock(week: Week | None) -> bool:
    return week is not None and all(joined(periods) == ALL_DAY for periods in week.days)
