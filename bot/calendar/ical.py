"""Events as iCalendar (RFC 5545), in and out, for whatever calendar a library has already."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from bot.calendar.facts import Event

_OURS = {
    "type": "X-CARREL-TYPE",
    "audience": "X-CARREL-AUDIENCE",
    "price": "X-CARREL-PRICE",
    "registration_url": "X-CARREL-REGISTRATION",
    "image_url": "X-CARREL-IMAGE",
}
_CAPACITY = "X-CARREL-CAPACITY"
# What an event may say once. Some calendars write a description in several parts: those are read as one.
_ONCE: tuple[str, ...] = (
    "UID",
    "SUMMARY",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RRULE",
    "RECURRENCE-ID",
    "LOCATION",
    "STATUS",
    "URL",
)
_ONCE += (*_OURS.values(), _CAPACITY)


class ICalError(Exception):
    """A calendar file is not right; the text says which component, what is wrong, and what would be right."""


def read(text: str, zone: ZoneInfo) -> tuple[Event, ...]:
    """Return the events of a calendar file. A time without a zone is taken as the library's. Raises ICalError.

    A changed occurrence of a repeating event (RECURRENCE-ID) becomes an event of its own, and the original
    occurrence an exception of the series. So does each time that is added to one (RDATE).
    """
    try:
        calendar = icalendar.Calendar.from_ical(text)
    except (ValueError, IndexError, KeyError, AttributeError, TypeError) as error:  # what icalendar lets through
        raise ICalError(f"This is no calendar file ({error}). It should begin with BEGIN:VCALENDAR.") from error
    found: dict[str, Event] = {}
    moved: dict[str, list[datetime]] = {}
    added: list[Event] = []
    for number, component in enumerate(calendar.walk("VEVENT"), 1):
        try:
            event, replaces = _event(component, number, zone)
            added += _added(component, event, number, zone)
        except (ValueError, OverflowError) as error:
            raise ICalError(f"{_where(component, number)}: {error}.") from error
        if replaces is not None:
            moved.setdefault(_value(component, "UID"), []).append(replaces)
        if event.uid in found:
            raise ICalError(f"VEVENT {number}: UID {event.uid!r} stands for another event too; each needs its own.")
        found[event.uid] = event
    for uid, moments in moved.items():
        if uid in found:
            series = found[uid]
            found[uid] = replace(series, exdates=tuple(sorted({*series.exdates, *moments})))
    for event in added:
        found.setdefault(event.uid, event)  # where an added time was changed, the change stands
    return tuple(found.values())


def _event(component: Any, number: int, zone: ZoneInfo) -> tuple[Event, datetime | None]:
    where = _where(component, number)
    for name in _ONCE:
        if isinstance(component.get(name), list):
            raise ICalError(f"{where}: {name} stands there more than once; an event has one.")
    title = _value(component, "SUMMARY")
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
    if replaced is not None and "RANGE" in replaced.params:
        raise ICalError(f"{where}: RECURRENCE-ID changes all later times too; write an event of its own for those.")
    if "EXRULE" in component:
        raise ICalError(f"{where}: EXRULE is not read; name the times that are left out with EXDATE.")
    replaces = _moment(replaced.dt, zone) if replaced is not None else None
    uid = _value(component, "UID") or hashlib.sha256(f"{title}{starts.isoformat()}".encode()).hexdigest()[:32]
    if replaces is not None:
        uid = f"{uid}/{replaces.isoformat()}"
    rule = component.get("RRULE")
    if rule is not None and "FREQ" not in rule:
        raise ICalError(f"{where}: RRULE says no FREQ; write for example RRULE:FREQ=WEEKLY;COUNT=10.")
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


def _where(component: Any, number: int) -> str:
    title = _value(component, "SUMMARY")
    return f"VEVENT {number}" + (f" ({title})" if title else "")


def _exdates(component: Any, zone: ZoneInfo) -> tuple[datetime, ...]:
    return tuple(sorted({_moment(each, zone) for each in _dates(component, "EXDATE")}))


def _added(component: Any, event: Event, number: int, zone: ZoneInfo) -> list[Event]:
    """Return the times that an event takes place besides, each as an event of its own."""
    found = []
    for given in _dates(component, "RDATE"):
        start, end = given if isinstance(given, tuple) else (given, None)
        starts = _moment(start, zone)
        ends = starts + (event.ends - event.starts)
        if end is not None:
            ends = starts + end if isinstance(end, timedelta) else _moment(end, zone)
        if ends < starts:
            raise ICalError(f"{_where(component, number)}: a time of RDATE ends before it begins.")
        if starts != event.starts and starts not in event.exdates:
            uid = f"{event.uid}/{starts.isoformat()}"
            found.append(replace(event, uid=uid, starts=starts, ends=ends, rrule="", exdates=()))
    return found


def _dates(component: Any, name: str) -> list[Any]:
    given = component.get(name) or []
    return [each.dt for dates in (given if isinstance(given, list) else [given]) for each in dates.dts]


def _value(component: Any, name: str) -> str:
    given = component.get(name) or ""
    return "\n".join(str(each) for each in (given if isinstance(given, list) else [given])).strip()


def _moment(value: date | datetime, zone: ZoneInfo) -> datetime:
    if not isinstance(value, date):
        raise ValueError(f"{value} is neither a date nor a time; write for example 20261130T140000")
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
    """Return events as a calendar file, with the time zones that they name."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Carrel//Library events//EN")
    calendar.add("version", "2.0")
    for event in events:
        calendar.add_component(component(event))
    calendar.add_missing_timezones()
    return str(calendar.to_ical().decode())
