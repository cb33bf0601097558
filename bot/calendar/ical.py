"""Events as iCalendar (RFC 5545), imported and exported, for any calendar a library already has."""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import icalendar

from bot.calendar import ical_reading, repeats
from bot.calendar.facts import Event
from bot.calendar.ical_lines import ICalError, decoded
from bot.calendar.ical_reading import CAPACITY, OURS, PRODUCT, Left, Reading, look

__all__ = ["ICalError", "Left", "Reading", "component", "decoded", "look", "read", "write"]


def read(text: str, zone: ZoneInfo) -> tuple[Event, ...]:
    """Return a calendar file's usable events. Raises ICalError if there are events, but none is usable.

    For what is left out, and why, use `look`.
    """
    found = ical_reading.look(text, zone)
    if found.left and not found.events:
        raise ICalError(" ".join(f"{each}." for each in found.left))
    return found.events


def component(event: Event) -> icalendar.Event:
    """Return an event as a VEVENT."""
    made = icalendar.Event()
    made.add("uid", event.uid)
    made.add("summary", event.title)
    made.add("dtstamp", event.starts)
    made.add("dtstart", event.starts.date() if event.all_day else event.starts)
    made.add("dtend", event.ends.date() if event.all_day else event.ends)
    for name, value in (("description", event.description), ("location", event.place), ("url", event.url)):
        if value:
            made.add(name, value)
    rule = _rule(event)
    if rule:
        made.add("rrule", icalendar.vRecur.from_ical(rule))
    for moment in event.exdates:
        made.add("exdate", moment.date() if event.all_day else moment)
    if event.cancelled:
        made.add("status", "CANCELLED")
    for field, name in OURS.items():
        if getattr(event, field):
            made.add(name, icalendar.vText(getattr(event, field)))
    if event.capacity is not None:
        made.add(CAPACITY, str(event.capacity))
    return made


def _rule(event: Event) -> str:
    """Return an event's rule in RFC 5545's form: the end in UTC, or a date if the event has dates.

    An unreadable rule is omitted, so that at least the event's first time is included.
    """
    try:
        rule = repeats.read(event.rrule)
    except ValueError:
        return ""
    zone = event.starts.tzinfo
    until = rule.until(zone) if isinstance(zone, ZoneInfo) else None
    if until is None:
        return str(rule)
    last = f"{until:%Y%m%d}" if event.all_day else f"{until.replace(tzinfo=zone).astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return str(repeats.Rule({**rule.parts, "UNTIL": last}))


def write(events: tuple[Event, ...]) -> str:
    """Return events as a calendar file, with the time zones that they refer to."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    for event in events:
        calendar.add_component(component(event))
    calendar.add_missing_timezones()
    return str(calendar.to_ical().decode())
