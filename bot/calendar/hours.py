"""Is a place open, until when, when next, and why not: pure functions of facts and a moment.

Which rule decides a date, from the strongest:

1. A condition that holds (a typhoon signal), for the instants from `since` to `until`.
2. A dated exception: one that names the place before one that names none; among those closed, then changed, then
   extended. "extended" adds its periods to the usual ones. One that names no place leaves a place alone whose week is
   open round the clock (a public holiday does not close a 24-hour room unless somebody says so) or that has no hours.
3. The week of a term that holds the date; of several, of the one that starts last.
4. The regular week.

A place with no week of its own keeps its parent's hours; what is said of the parent then holds for it too, unless the
rule names the child itself.

A period is wall-clock time. A time that a change of clocks skips is taken as the same instant as before the change
(02:30 becomes 03:30); one that comes twice is the first (PEP 495, fold 0). The 24 hours of a day are from its midnight
to the next, be that 23 or 25 hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
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

# As far as `state` looks: a place that does not close within two weeks is open round the clock for whoever asks.
CLOSES_WITHIN_DAYS = 14
OPENS_WITHIN_DAYS = 60

WhyKind = Literal["usual", "term", "closed", "changed", "extended", "condition"]
Interval = tuple[datetime, datetime]

_RANK = {"closed": 0, "changed": 1, "extended": 2}


@dataclass(frozen=True)
class Why:
    """Which rule decided: `reason` is its name (a holiday, a term, a signal), `note` what people are told besides."""

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
        """Whether the place does not open on this date at all."""
        return not self.periods

    @property
    def all_day(self) -> bool:
        """Whether the place is open from midnight to midnight."""
        return any(period.opens == 0 and period.closes >= DAY for period in self.periods)


@dataclass(frozen=True)
class OpenState:
    """A place at one moment.

    Open: `until` is when it closes; None, when it does not within CLOSES_WITHIN_DAYS. Closed: `opens` is when it opens
    next; None, when it does not within OPENS_WITHIN_DAYS. `day` is the moment's own date. Times: the library's.
    """

    place: Place
    moment: datetime
    is_open: bool
    until: datetime | None
    opens: datetime | None
    why: Why
    day: DayHours


class LibraryCalendar:
    """The facts of a library, ready to be asked. Immutable: new facts make a new calendar."""

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

    def place(self, key: str) -> Place:
        """Return the place of this key. Raises KeyError."""
        return self._places[key]

    def find_place(self, words: str) -> Place | None:
        """Return the place of this key, name or alias, whatever its case and spacing, or None."""
        return self._names.get(folded(words))

    def map_url(self, place_key: str) -> str:
        """Return where a place, or else the place that it is in, stands on a map; empty where nobody has said it."""
        place: Place | None = self._places[place_key]
        while place is not None and not place.map_url:
            place = self._places.get(place.parent) if place.parent else None
        return place.map_url if place else ""

    def conditions_at(self, moment: datetime) -> tuple[Condition, ...]:
        """Return the conditions that hold at `moment`, the latest first."""
        holding = [each for each in self.facts.conditions if _holds(each, moment)]
        return tuple(sorted(holding, key=lambda each: each.since or moment, reverse=True))

    def holds(self, condition_key: str, moment: datetime) -> bool:
        """Return whether the condition of this key holds at `moment`."""
        return any(each.key == condition_key for each in self.conditions_at(moment))

    def day(self, place_key: str, on: date) -> DayHours:
        """Return a place's hours on a date, conditions included. Raises KeyError."""
        place = self._places[place_key]
        periods, why = self._plan(place_key, on)
        windows = list(self._windows(place, *self._bounds(on)))
        if not windows:
            return DayHours(place, on, periods, why)
        midnight = self._instant(on, 0)
        spans = self._apply(on, [self._interval(on, period) for period in periods], windows)
        left = tuple(
            period
            for start, end in _merged(spans)
            if (period := _period(self._minutes(midnight, start), self._minutes(midnight, end))) is not None
        )
        if left == periods:
            return DayHours(place, on, periods, why)
        condition, effect, _ = windows[-1]
        return DayHours(place, on, left, Why("condition", condition.name, effect.note))

    def week(self, place_key: str, any_date: date) -> tuple[DayHours, ...]:
        """Return the seven days, Monday first, of the week that holds `any_date`. Raises KeyError."""
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
        # The condition of another hour of this day does not explain this moment.
        return day.why if day.why.kind != "condition" else self._plan(place.key, day.date)[1]

    def _week_source(self, place: Place) -> tuple[Place, ...]:
        """Return the place itself and, while they keep no hours of their own, its parents, nearest first."""
        line = [place]
        while line[-1].week is None and not line[-1].term_weeks and line[-1].parent in self._places:
            parent = self._places[line[-1].parent or ""]
            if parent in line:
                break
            line.append(parent)
        return tuple(line)

    def _plan_uncached(self, place_key: str, on: date) -> tuple[Periods, Why]:
        """Return the periods that start on a date and the rule that set them, conditions left out."""
        line = self._source[place_key]
        periods, why = self._usual(line[-1], on)
        exception = self._exception(line, on)
        if exception is None:
            return periods, why
        reason = Why(exception.kind, exception.reason)
        if exception.kind == "closed":
            return CLOSED, reason
        if exception.kind == "changed":
            return _joined(exception.periods), reason
        return _joined((*periods, *exception.periods)), reason

    def _usual(self, source: Place, on: date) -> tuple[Periods, Why]:
        terms = [self._terms[key] for key in source.term_weeks if key in self._terms]
        holding = [term for term in terms if term.starts <= on <= term.ends]
        if holding:
            term = max(holding, key=lambda each: (each.starts, each.key))
            return _joined(source.term_weeks[term.key].days[on.weekday()]), Why("term", term.name)
        return (_joined(source.week.days[on.weekday()]) if source.week else CLOSED), Why("usual")

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
        on: date,
        spans: list[Interval],
        windows: Iterable[tuple[Condition, ConditionEffect, Interval]],
    ) -> list[Interval]:
        """Return a day's intervals as conditions leave them."""
        usual = list(spans)
        for _, effect, window in windows:
            outside = _without(spans, window)
            if effect.does == "closed":
                spans = outside
            elif effect.does == "as_usual":
                spans = outside + _within(usual, window)
            else:
                changed = [self._interval(on, period) for period in effect.periods]
                spans = outside + _within(changed, window)
        return spans

    def _spans(self, place: Place, first: date, days: int) -> Iterator[Interval]:
        """Yield the intervals in which a place is open, in order, those that touch joined only by the reader."""
        pending: list[Interval] = []
        for number in range(days):
            on = first + timedelta(days=number)
            spans = [self._interval(on, period) for period in self._plan(place.key, on)[0]]
            # A day's periods may run through the next day, so a condition of that day reaches them too.
            windows = list(self._windows(place, self._instant(on, 0), self._instant(on + timedelta(days=2), 0)))
            if windows:
                spans = self._apply(on, spans, windows)
            pending = _merged([*pending, *spans])
            settled = self._instant(on + timedelta(days=1), 0)
            yield from (span for span in pending if span[1] < settled)
            pending = [span for span in pending if span[1] >= settled]
        yield from pending

    def _interval(self, on: date, period: Period) -> Interval:
        return self._instant(on, period.opens), self._instant(on, period.closes)

    def _bounds(self, on: date) -> Interval:
        return self._instant(on, 0), self._instant(on, 2 * DAY)

    def _instant(self, on: date, minutes: int) -> datetime:
        """Return the instant of a wall-clock time, UTC."""
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
    """Return a name as names are compared: without case, and with single spaces."""
    return " ".join(words.casefold().split())


def _round_the_clock(week: Week | None) -> bool:
    return week is not None and all(_joined(periods) == ALL_DAY for periods in week.days)


def _joined(periods: Iterable[Period]) -> Periods:
    """Return periods in order, those that overlap or touch made one; one of more than 24 hours is cut to 24."""
    found: list[Period] = []
    for period in sorted(periods):
        if found and period.opens <= found[-1].closes:
            opens = found[-1].opens
            found[-1] = Period(opens, min(max(found[-1].closes, period.closes), opens + DAY))
        else:
            found.append(period)
    return tuple(found)


def _period(opens: int, closes: int) -> Period | None:
    """Return a period of minutes, or None when nothing is left that starts on the day."""
    if not 0 <= opens < DAY or closes <= opens:
        return None
    return Period(opens, min(closes, opens + DAY))


def _merged(spans: Iterable[Interval]) -> list[Interval]:
    found: list[Interval] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _without(spans: Iterable[Interval], window: Interval) -> list[Interval]:
    cut = [(start, min(end, window[0])) for start, end in spans] + [
        (max(start, window[1]), end) for start, end in spans
    ]
    return [(start, end) for start, end in cut if start < end]


def _within(spans: Iterable[Interval], window: Interval) -> list[Interval]:
    cut = [(max(start, window[0]), min(end, window[1])) for start, end in spans]
    return [(start, end) for start, end in cut if start < end]
