"""Events as iCalendar (RFC 5545), in and out, for whatever calendar a library has already."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from bot.calendar.facts import Event

_OURS = {
    "type": "X-CARREL-TYPE",
    "audience": "X-CARREL-AUDIENCE",
    "registration_url": "X-CARREL-REGISTRATION",
    "image_url": "X-CARREL-IMAGE",
}
_CAPACITY = "X-CARREL-CAPACITY"


class ICalError(Exception):
    """A calendar file is not right; the text says which component, what is wrong, and what would be right."""


def read(text: str, zone: ZoneInfo) -> tuple[Event, ...]:
    """Return the events of a calendar file. A time without a zone is taken as the library's. Raises ICalError.

    A changed occurrence of a repeating event (RECURRENCE-ID) becomes an event of its own, and the original
    occurrence an exception of the series.
    """
    try:
        calendar = icalendar.Calendar.from_ical(text)
    except (ValueError, IndexError, KeyError) as error:
        raise ICalError(f"This is no calendar file ({error}). It should begin with BEGIN:VCALENDAR.") from error
    found: dict[str, Event] = {}
    moved: dict[str, list[datetime]] = {}
    for number, component in enumerate(calendar.walk("VEVENT"), 1):
        event, replaces = _event(component, number, zone)
        if replaces is not None:
            moved.setdefault(_value(component, "UID"), []).append(replaces)
        if event.uid in found:
            raise ICalError(f"VEVENT {number}: UID {event.uid!r} stands for another event too; each needs its own.")
        found[event.uid] = event
    for uid, moments in moved.items():
        if uid in found:
            series = found[uid]
            found[uid] = Event(**{**series.__dict__, "exdates": tuple(sorted({*series.exdates, *moments}))})
    return tuple(found.values())


def _event(component: Any, number: int, zone: ZoneInfo) -> tuple[Event, datetime | None]:
    title = _value(component, "SUMMARY")
    where = f"VEVENT {number}" + (f" ({title})" if title else "")
    if not title:
        raise ICalError(f"{where}: SUMMARY is missing; it should hold the event's title.")
    if component.errors:
        name, problem = component.errors[0]
        raise ICalError(f"{where}: {name} is not right ({problem}).")
    start = component.get("DTSTART")
    if start is None:
        raise ICalError(f"{where}: DTSTART is missing; write for example DTSTART:20261130T140000.")
    all_day = not isinstance(start.dt, datetime)
    starts = _moment(start.dt, zone)
    end, duration = component.get("DTEND"), component.get("DURATION")
    if end is not None:
        ends = _moment(end.dt, zone)
    elif duration is not None:
        ends = starts + duration.dt
    else:
        ends = starts + (timedelta(days=1) if all_day else timedelta(hours=1))
    if ends < starts:
        raise ICalError(f"{where}: DTEND is before DTSTART.")
    replaced = component.get("RECURRENCE-ID")
    replaces = _moment(replaced.dt, zone) if replaced is not None else None
    uid = _value(component, "UID") or hashlib.sha256(f"{title}{starts.isoformat()}".encode()).hexdigest()[:32]
    if replaces is not None:
        uid = f"{uid}/{replaces.isoformat()}"
    rule = component.get("RRULE")
    capacity = _value(component, _CAPACITY)
    if capacity and not capacity.isdigit():
        raise ICalError(f"{where}: {_CAPACITY} should be a number of people, not {capacity!r}.")
    return Event(
        uid=uid,
        title=title,
        starts=starts,
        ends=ends,
        description=_value(component, "DESCRIPTION"),
        place=_value(component, "LOCATION"),
        capacity=int(capacity) if capacity else None,
        rrule=rule.to_ical().decode() if rule is not None else "",
        exdates=_exdates(component, zone),
        all_day=all_day,
        cancelled=_value(component, "STATUS").upper() == "CANCELLED",
        url=_value(component, "URL"),
        **{field: _value(component, name) for field, name in _OURS.items()},
    ), replaces


def _exdates(component: Any, zone: ZoneInfo) -> tuple[datetime, ...]:
    given = component.get("EXDATE") or []
    given = given if isinstance(given, list) else [given]
    return tuple(sorted(_moment(each.dt, zone) for dates in given for each in dates.dts))


def _value(component: Any, name: str) -> str:
    return str(component.get(name) or "").strip()


def _moment(value: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(value, datetime):
        return datetime.combine(value, time(0), zone)
    return value.replace(tzinfo=zone) if value.tzinfo is None else value.astimezone(zone)


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
    if event.rrule:
        made.add("rrule", icalendar.vRecur.from_ical(event.rrule))
    for moment in event.exdates:
        made.add("exdate", moment.date() if event.all_day else moment)
    if event.cancelled:
        made.add("status", "CANCELLED")
    for field, name in _OURS.items():
        if getattr(event, field):
            made.add(name, getattr(event, field))
    if event.capacity is not None:
        made.add(_CAPACITY, str(event.capacity))
    return made


def write(events: tuple[Event, ...]) -> str:
    """Return events as a calendar file."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Carrel//Library events//EN")
    calendar.add("version", "2.0")
    for event in events:
        calendar.add_component(component(event))
    return str(calendar.to_ical().decode())
