"""The values of a calendar's properties: moments with their zones, durations, lists of times, texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from icalendar import vDuration

from bot.calendar import ical_zones
from bot.calendar.ical_lines import LONGEST_VALUE, Component, Line, text_of

MOST_ADDED, MOST_LEFT_OUT = 366, 500
EXAMPLE = "write for example 20261130T140000"
_TIME = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?", re.ASCII)


@dataclass(frozen=True)
class File:
    """Settings for all of one VCALENDAR: the library's time zone, those that it defines, how texts are read."""

    zone: ZoneInfo
    zones: Mapping[str, tzinfo]
    clean: Callable[[str], str]
    cancelled: bool = False


def words(component: Component, name: str) -> str:
    """Return a text's value, each of its parts on a line of its own. Raises ValueError if it is too long."""
    found = "\n".join(text_of(each.value) for each in component.all(name)).replace("\r\n", "\n").strip()
    if len(found) > LONGEST_VALUE:
        raise ValueError(f"{name} has {len(found):,} letters; {LONGEST_VALUE:,} at most")
    return found


def place(text: str, at: File) -> str:
    """Return an event's location on one line."""
    return text if at.clean is str.strip else ", ".join(filter(None, text.split("\n")))


def moment(line: Line, value: str, at: File) -> date | datetime:
    """Return a date, or a moment in the line's time zone. Raises ValueError."""
    matched = _TIME.fullmatch(value.strip())
    try:
        on = date.fromisoformat(matched[1]) if matched else None
        of_day = time.fromisoformat(matched[2]) if matched and matched[2] else None
    except ValueError:
        on = None
    if matched is None or on is None:
        raise ValueError(f'{line.name} "{value.strip()[:40]}" is neither a date nor a time; {EXAMPLE}')
    if of_day is None:
        return on
    if matched[3]:
        return datetime.combine(on, of_day, UTC)
    name = line.parameters.get("TZID", "").strip()
    zone = (ical_zones.named(name) or at.zones.get(name)) if name else at.zone
    if zone is None:
        raise ValueError(
            f'{line.name} names the time zone "{name[:60]}", which is not known; write for example {at.zone}'
        )
    return datetime.combine(on, of_day, zone)


def at_midnight(value: date | datetime, zone: tzinfo) -> datetime:
    """Return a moment; for a date, its beginning."""
    return value if isinstance(value, datetime) else datetime.combine(value, time(0), zone)


def _span(text: str) -> timedelta:
    try:
        found = vDuration.from_ical(text.strip()[:40])
    except (ValueError, TypeError, AttributeError, OverflowError):
        found = None
    if not isinstance(found, timedelta) or found < timedelta():
        raise ValueError(f'"{text.strip()[:40]}" is no length of time; write for example PT1H30M')
    return found


def end(component: Component, start: date | datetime, at: File) -> date | datetime:
    """Return when an event ends, in whichever form it is given. Raises ValueError."""
    given, length = component.all("DTEND"), component.value("DURATION")
    if given:
        last = moment(given[0], given[0].value, at)
        if isinstance(last, datetime) != isinstance(start, datetime):
            raise ValueError("one of DTSTART and DTEND is a date, the other a time; write both in one way")
        # Some calendars end an all-day event on its own start date.
        return start + timedelta(days=1) if last == start and not isinstance(start, datetime) else last
    if length:
        return _later(start, _span(length))
    return start + (timedelta(hours=1) if isinstance(start, datetime) else timedelta(days=1))


def _later(start: date | datetime, span: timedelta) -> date | datetime:
    if isinstance(start, datetime):
        return (start.astimezone(UTC) + span).astimezone(start.tzinfo)
    return start + max(timedelta(days=span.days + bool(span.seconds)), timedelta(days=1))


def whole_days(
    component: Component, start: date | datetime, end: date | datetime, at: File
) -> tuple[date | datetime, date | datetime]:
    """Return dates if Exchange has marked an event as all-day, from midnight to midnight."""
    marks = ("X-MICROSOFT-CDO-ALLDAYEVENT", "X-MICROSOFT-MSNCALENDAR-ALLDAYEVENT")
    marked = any(component.value(each).upper() == "TRUE" for each in marks)
    if not marked or not isinstance(start, datetime) or not isinstance(end, datetime):
        return start, end
    for first, last in ((start, end), (start.astimezone(at.zone), end.astimezone(at.zone))):
        if first.time() == last.time() == time(0):
            return first.date(), max(last.date(), first.date() + timedelta(days=1))
    return start, end


def _values(component: Component, name: str, most: int) -> Iterator[tuple[Line, str]]:
    lines = component.all(name)
    count = sum(each.value.count(",") + 1 for each in lines)
    if count > most:
        raise ValueError(f"{name} names {count:,} times; {most} at most: write a rule (RRULE), or several events")
    return ((line, value) for line in lines for value in line.value.split(",") if value.strip())


def many(component: Component, name: str, most: int, at: File) -> Iterator[date | datetime]:
    """Yield the times of a list. Raises ValueError."""
    return (moment(line, value, at) for line, value in _values(component, name, most))


def periods(component: Component, at: File) -> Iterator[tuple[date | datetime, date | datetime | timedelta | None]]:
    """Yield the times added to an event, each with its own end or length if it has one."""
    for line, value in _values(component, "RDATE", MOST_ADDED):
        start, slash, end = value.partition("/")
        begins = moment(line, start, at)
        if not slash:
            yield begins, None
        else:
            yield begins, _span(end) if end.strip().upper().startswith(("P", "-P", "+P")) else moment(line, end, at)
