"""The events of a calendar file: the usable ones, and those that are left out, each with the reason."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from bot.calendar import ical_lines, ical_zones, repeats, series
from bot.calendar import ical_values as values
from bot.calendar.facts import Event
from bot.calendar.ical_lines import Component, ICalError, text_of
from bot.calendar.ical_values import File
from bot.calendar.ical_words import plain

OURS = {
    "type": "X-CARREL-TYPE",
    "audience": "X-CARREL-AUDIENCE",
    "price": "X-CARREL-PRICE",
    "registration_url": "X-CARREL-REGISTRATION",
    "image_url": "X-CARREL-IMAGE",
}
CAPACITY = "X-CARREL-CAPACITY"
PRODUCT = "-//Carrel//Library events//EN"
LONGEST_KEY = 128
MOST_WRONG = 200
# Properties that an event may have once. Some calendars split a description into several: those are joined.
_ONCE = ("UID", "SUMMARY", "DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID", "LOCATION", "STATUS", "URL")
_ASKED = {
    "PRIVATE": "is marked as private",
    "CONFIDENTIAL": "is marked as confidential",
    "TENTATIVE": "is not settled yet (STATUS:TENTATIVE)",
}
_NO_ANSWER = {"REPLY", "COUNTER", "DECLINECOUNTER", "REFRESH"}

Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Left:
    """An event that is left out: where it is, and why. `event`: it can still be taken if staff say so."""

    number: int
    line: int
    title: str
    why: str
    event: Event | None = None

    def __str__(self) -> str:
        title = f" ({self.title})" if self.title else ""
        return f"Line {self.line}, VEVENT {self.number}{title}: {self.why}"


@dataclass(frozen=True)
class Reading:
    """The content of a calendar file."""

    events: tuple[Event, ...] = ()
    left: tuple[Left, ...] = ()


@dataclass(frozen=True)
class _Raw:
    """A VEVENT as read, on its own clock. `replaces`: the occurrence of its series that it replaces."""

    number: int
    component: Component
    event: Event
    starts: datetime
    clock: str
    rule: repeats.Rule | None
    asked: str
    replaces: date | datetime | None
    sequence: int
    left_out: tuple[date | datetime, ...] = ()
    added: tuple[tuple[date | datetime, date | datetime | timedelta | None], ...] = ()


def look(text: str, zone: ZoneInfo, tell: Tell = lambda _done, _of: None) -> Reading:
    """Return the content of a calendar file. A time without a zone is taken as the library's. Raises ICalError.

    A changed occurrence of a repeating event (RECURRENCE-ID) becomes an event of its own, and the original occurrence
    an exception of the series. So does each additional time (RDATE). `tell` receives the progress.
    """
    found = ical_lines.calendars(text)
    total = sum(each.kind == "VEVENT" for calendar in found for each in calendar.parts)
    raws: list[_Raw] = []
    left: list[Left] = []
    number = 0
    for calendar in found:
        at = _file(calendar, zone)
        for component in (each for each in calendar.parts if each.kind == "VEVENT"):
            number += 1
            tell(number, total)
            try:
                raws.append(_raw(component, number, at))
            except (ValueError, OverflowError) as error:
                left.append(Left(number, component.number, _title(component), _sentence(error)))
                _enough(left)
    kept, dropped = _once_each(raws)
    moved: dict[str, list[_Raw]] = {}
    for raw in kept:
        if raw.replaces is not None:
            moved.setdefault(raw.event.uid, []).append(raw)
    events: dict[str, Event] = {}
    for raw in kept:
        try:
            told = list(_told(raw, moved.get(raw.event.uid, ()), zone))
            if raw.asked:
                left += [Left(raw.number, raw.component.number, each.title, raw.asked, each) for each in told]
                continue
            for each in told:
                changed = raw.replaces is not None
                if changed or each.uid not in events:  # if an added time was changed, the change wins
                    events[each.uid] = each
        except (ValueError, OverflowError) as error:
            left.append(Left(raw.number, raw.component.number, raw.event.title, _sentence(error)))
            _enough(left)
    if len(events) > ical_lines.MOST_EVENTS:
        raise ICalError(
            f"The file has {len(events):,} events with the times added; {ical_lines.MOST_EVENTS:,} at most."
        )
    return Reading(tuple(events.values()), tuple(sorted([*left, *dropped], key=lambda each: each.number)))


def _enough(left: list[Left]) -> None:
    """Raise ICalError if a file has more errors than anybody would read or wait for."""
    wrong = [each for each in left if each.event is None]
    if len(wrong) > MOST_WRONG:
        shown = " ".join(f"{each}." for each in wrong[:3])
        raise ICalError(f"More than {MOST_WRONG} events cannot be read. The first: {shown}")


def _sentence(error: Exception) -> str:
    return str(error)[:300] or "a time in it lies too far away"


def _title(component: Component) -> str:
    return plain(text_of(component.value("SUMMARY"))[:200])


def _file(calendar: Component, zone: ZoneInfo) -> File:
    method = calendar.value("METHOD").upper()
    if method in _NO_ANSWER:
        raise ICalError(
            f"This is an answer to an invitation (METHOD:{method}), no calendar. Export the calendar itself."
        )
    zones = {}
    for part in calendar.parts:
        if part.kind == "VTIMEZONE" and ical_zones.named(part.value("TZID")) is None:
            found = ical_zones.defined(part)
            if found is not None:
                zones[part.value("TZID")] = found
    ours = calendar.value("PRODID") == PRODUCT
    return File(zone, zones, str.strip if ours else plain, cancelled=method == "CANCEL")


def _once_each(raws: list[_Raw]) -> tuple[list[_Raw], list[Left]]:
    """Return each event once, in its newest version, and the others that share its UID."""
    best: dict[tuple[str, str], _Raw] = {}
    dropped = []
    for raw in raws:
        key = raw.event.uid, str(raw.replaces or "")
        other = best.get(key)
        if other is None or raw.sequence > other.sequence:
            best[key] = raw
        loser = None if other is None else other if best[key] is raw else raw
        if loser is not None and loser.event != best[key].event:
            why = "its UID stands for another event too, or for a newer version of it; each event needs its own"
            dropped.append(Left(loser.number, loser.component.number, loser.event.title, why))
    return sorted(best.values(), key=lambda each: each.number), dropped


def _raw(component: Component, number: int, at: File) -> _Raw:
    if component.problem:
        raise ValueError(component.problem)
    for name in (*_ONCE, *OURS.values(), CAPACITY):
        if len(component.all(name)) > 1:
            raise ValueError(f"{name} stands there more than once; an event has one")
    title = " ".join(at.clean(values.words(component, "SUMMARY")).split("\n"))
    if not title:
        raise ValueError("SUMMARY is missing; it should hold the event's title")
    begin = component.all("DTSTART")
    if not begin:
        raise ValueError("DTSTART is missing; write for example DTSTART:20261130T140000")
    start = values.moment(begin[0], begin[0].value, at)
    end = values.end(component, start, at)
    start, end = values.whole_days(component, start, end, at)
    all_day = not isinstance(start, datetime)
    starts, ends = values.at_midnight(start, at.zone), values.at_midnight(end, at.zone)
    if ends < starts:
        raise ValueError("DTEND is before DTSTART")
    if component.all("EXRULE"):
        raise ValueError("EXRULE is not read; name the times that are left out with EXDATE")
    rule = component.value("RRULE")
    changed = component.all("RECURRENCE-ID")
    if changed and "RANGE" in changed[0].parameters:
        raise ValueError("RECURRENCE-ID changes all later times too; write an event of its own for those")
    capacity = component.value(CAPACITY)
    if capacity and not re.fullmatch(r"\d{1,6}", capacity, re.ASCII):
        raise ValueError(f"{CAPACITY} should be a number of people, not {capacity[:20]!r}")
    status = component.value("STATUS").upper()
    local = starts.astimezone(at.zone), ends.astimezone(at.zone)
    given = text_of(component.value("UID"))
    uid = given or hashlib.sha256(f"{title}{local[0].isoformat()}".encode()).hexdigest()[:32]
    ours: dict[str, Any] = {name: values.words(component, of) for name, of in OURS.items()}
    event = Event(
        uid=uid,
        title=title,
        starts=local[0],
        ends=local[1],
        description=at.clean(values.words(component, "DESCRIPTION")),
        place=values.place(at.clean(values.words(component, "LOCATION")), at),
        capacity=int(capacity) if capacity else None,
        all_day=all_day,
        cancelled=at.cancelled or status == "CANCELLED",
        url=component.value("URL"),
        **ours,
    )
    asked = [_ASKED[each] for each in (component.value("CLASS").upper(), status) if each in _ASKED]
    sequence = component.value("SEQUENCE")
    return _Raw(
        number=number,
        component=component,
        event=event,
        starts=starts,
        clock=begin[0].parameters.get("TZID", "UTC"),
        rule=repeats.read(rule) if rule else None,
        asked=" and ".join(asked),
        replaces=values.moment(changed[0], changed[0].value, at) if changed else None,
        sequence=int(sequence) if re.fullmatch(r"\d{1,9}", sequence, re.ASCII) else 0,
        left_out=tuple(values.many(component, "EXDATE", values.MOST_LEFT_OUT, at)),
        added=tuple(values.periods(component, at)),
    )


def _told(raw: _Raw, changes: list[_Raw] | tuple[_Raw, ...], zone: ZoneInfo) -> Iterator[Event]:
    """Yield the events that a VEVENT results in. Raises ValueError."""

    def on_its_clock(value: date | datetime) -> datetime:
        """Return the moment; for a bare date, when the series takes place on that day."""
        if not isinstance(value, datetime):
            value = datetime.combine(value, raw.starts.timetz())
        return value.astimezone(zone)

    event = raw.event
    if raw.replaces is not None:
        yield replace(event, uid=key(f"{event.uid}/{_replaced(raw, zone)}"))
        return
    left_out = {
        on_its_clock(each) for each in chain(raw.left_out, (each.replaces for each in changes if each.replaces))
    }
    event = replace(event, uid=key(event.uid), exdates=tuple(sorted(left_out)))
    rule = raw.rule
    if rule is not None and not event.all_day:
        local = series.localised(rule, raw.starts, zone)
        if local is None:
            for moment in series.apart(rule, raw.starts, raw.clock):
                if moment.astimezone(zone) not in left_out:
                    yield _single(event, moment.astimezone(zone))
            rule = None
        else:
            rule = local
            yield replace(event, rrule=repeats.check(str(rule), event.starts))
    elif rule is not None:
        yield replace(event, rrule=repeats.check(str(rule), event.starts))
    else:
        yield event
    for begins, end in raw.added:
        starts = on_its_clock(begins)
        ends = starts + (event.ends - event.starts)
        if end is not None:
            ends = starts + end if isinstance(end, timedelta) else on_its_clock(end)
        if ends < starts:
            raise ValueError("a time of RDATE ends before it begins")
        if starts != event.starts and starts not in left_out:
            yield replace(_single(event, starts), ends=ends)


def _single(event: Event, starts: datetime) -> Event:
    uid = key(f"{event.uid}/{starts.isoformat()}")
    return replace(event, uid=uid, starts=starts, ends=starts + (event.ends - event.starts), rrule="", exdates=())


def _replaced(raw: _Raw, zone: ZoneInfo) -> str:
    value = raw.replaces
    return (
        value.astimezone(zone).isoformat()
        if isinstance(value, datetime)
        else str(values.at_midnight(value or date.min, zone).isoformat())
    )


def key(uid: str) -> str:
    """Return the key that an event is stored under: its UID, or a derived one if that is too long or has spaces."""
    if re.fullmatch(rf"[!-~]{{1,{LONGEST_KEY}}}", uid):
        return uid
    readable = re.sub(r"[^!-~]", "", uid)[: LONGEST_KEY - 21]
    return f"{readable}~{hashlib.sha256(uid.encode('utf-8', 'surrogatepass')).hexdigest()[:20]}"
