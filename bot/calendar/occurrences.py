"""Which events take place between two moments, with repetitions expanded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import cast
from zoneinfo import ZoneInfo

from bot.calendar import repeats
from bot.calendar.facts import Event, Occurrence

# How far ahead `next_occurrences` looks: nobody asks a library about the year after next.
HORIZON = timedelta(days=400)
# Per event between two moments: no page and no answer shows more.
MOST = 2000


def live(events: Iterable[Event], now: datetime) -> tuple[Event, ...]:
    """Return the events that anybody may be told of at an aware moment: no drafts, and none that goes live later."""
    return tuple(each for each in events if not each.draft and (each.live_from is None or each.live_from <= now))


def occurrences(events: Iterable[Event], starts: datetime, ends: datetime) -> tuple[Occurrence, ...]:
    """Return what overlaps [starts, ends), by start and then title, without cancelled events.

    If an event's recurrence rule can't be read, only its first time is included; the others are unaffected.
    """
    found: list[Occurrence] = []
    for event in events:
        if event.cancelled or event.starts >= ends:
            continue
        if event.rrule and not problem(event):
            found += _repeats(event, starts, ends)
        elif event.ends > starts or event.starts == event.ends == starts:
            found.append(Occurrence(event, event.starts, event.ends))
    return tuple(sorted(found, key=lambda each: (each.starts, each.event.title, each.event.uid)))


def next_occurrences(events: Iterable[Event], after: datetime, count: int) -> tuple[Occurrence, ...]:
    """Return the first `count` that start at `after` or later, within HORIZON."""
    found = occurrences(events, after, after + HORIZON)
    return tuple(each for each in found if each.starts >= after)[:count]


def problem(event: Event) -> str:
    """Return why an event's recurrence rule can't be read, "" if it can be."""
    if not event.rrule:
        return ""
    try:
        repeats.read(event.rrule)
    except ValueError as error:
        return str(error)
    return ""


def _repeats(event: Event, starts: datetime, ends: datetime) -> list[Occurrence]:
    zone = cast(ZoneInfo, event.starts.tzinfo)
    length = event.ends - event.starts
    after, before = (each.astimezone(zone).replace(tzinfo=None) for each in (starts, ends))
    first = event.starts.replace(tzinfo=None)
    left_out = {each.timestamp() for each in event.exdates}
    found = []
    # An hour more at each end, since the clocks may change in between.
    hour = timedelta(hours=1)
    walls = repeats.walls(repeats.read(event.rrule), first, after - length - hour, before + hour, zone)
    for wall in islice(walls, MOST):
        start = wall.replace(tzinfo=zone)
        end = start + length
        if (left_out and start.timestamp() in left_out) or start >= ends or end < starts:
            continue
        if end > starts or start == end == starts:
            found.append(Occurrence(event, start, end))
    return found
