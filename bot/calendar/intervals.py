"""Periods of a day, and intervals between instants: joined, intersected, subtracted. Domain-independent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bot.calendar.facts import DAY, Period, Periods

Interval = tuple[datetime, datetime]


def joined(periods: Iterable[Period]) -> Periods:
    """Return periods in order, overlapping or adjacent ones merged; one of more than 24 hours is cut to 24."""
    found: list[Period] = []
    for each in sorted(periods):
        if found and each.opens <= found[-1].closes:
            opens = found[-1].opens
            found[-1] = Period(opens, min(max(found[-1].closes, each.closes), opens + DAY))
        else:
            found.append(each)
    return tuple(found)


def period(opens: int, closes: int) -> Period | None:
    """Return a period of minutes, or None when nothing is left that starts on the day."""
    if not 0 <= opens < DAY or closes <= opens:
        return None
    return Period(opens, min(closes, opens + DAY))


def merged(spans: Iterable[Interval]) -> list[Interval]:
    found: list[Interval] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def without(spans: Iterable[Interval], window: Interval) -> list[Interval]:
    cut = [(start, min(end, window[0])) for start, end in spans] + [
        (max(start, window[1]), end) for start, end in spans
    ]
    return [(start, end) for start, end in cut if start < end]


def within(spans: Iterable[Interval], window: Interval) -> list[Interval]:
    cut = [(max(start, window[0]), min(end, window[1])) for start, end in spans]
    return [(start, end) for start, end in cut if start < end]


def common(one: Periods, other: Periods) -> Periods:
    """Return the intersection of two days' periods."""
    cut = ((max(a.opens, b.opens), min(a.closes, b.closes)) for a in one for b in other)
    return joined(found for opens, closes in cut if (found := period(opens, closes)) is not None)
