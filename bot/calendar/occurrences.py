"""Which events take place between two moments, repeats worked out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

import icalendar
import recurring_ical_events

from bot.calendar import ical
from bot.calendar.facts import Event, Occurrence

# How far ahead `next_occurrences` looks: nobody asks a library about the year after next.
HORIZON = timedelta(days=400)


def occurrences(events: Iterable[Event], starts: datetime, ends: datetime) -> tuple[Occurrence, ...]:
    """Return what overlaps [starts, ends), by start and then title; cancelled events left out."""
    found: list[Occurrence] = []
    for event in events:
        if event.cancelled or event.starts >= ends:
            continue
        if event.rrule:
            found += _repeats(event, starts, ends)
        elif event.ends > starts or event.starts == event.ends == starts:
            found.append(Occurrence(event, event.starts, event.ends))
    return tuple(sorted(found, key=lambda each: (each.starts, each.event.title, each.event.uid)))


def next_occurrences(events: Iterable[Event], after: datetime, count: int) -> tuple[Occurrence, ...]:
    """Return the first `count` that start at `after` or later, within HORIZON."""
    found = occurrences(events, after, after + HORIZON)
    return tuple(each for each in found if each.starts >= after)[:count]


def _repeats(event: Event, starts: datetime, ends: datetime) -> list[Occurrence]:
    calendar = icalendar.Calendar()
    calendar.add_component(ical.component(event))
    return [
        Occurrence(event, start, end)
        for each in recurring_ical_events.of(calendar).between(starts, ends)
        if (start := _moment(each["DTSTART"].dt, event)) < ends and (end := _moment(each["DTEND"].dt, event)) > starts
    ]


def _moment(value: date | datetime, event: Event) -> datetime:
    zone = event.starts.tzinfo
    if isinstance(value, datetime):
        return value.astimezone(zone)
    return datetime.combine(value, time(0), zone)
