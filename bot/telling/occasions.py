"""What falls due for somebody who asked to be told: computed from the facts, and from what was seen of them before.

Each occasion has a key that is unique within its subscription, so that finding it twice leads to one message.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from bot.calendar.facts import Contest, Event, Place
from bot.calendar.hours import DayHours, LibraryCalendar
from bot.calendar.occurrences import next_occurrences, occurrences
from bot.telling.words import KINDS, Topic
from connectors.reach import Category

# How far ahead occasions are stored. What falls due on one day goes as one message, so it must be known that morning.
AHEAD = timedelta(hours=36)
# Changed hours are announced on the day before, at this hour of the library's day, but none more than a week ahead.
HOURS_BEFORE, DAYS_AHEAD = 10, 7
A_DAY, TWO_HOURS, A_WEEK = timedelta(days=1), timedelta(hours=2), timedelta(days=7)
# How long news of which nothing expires is still news.
STALE = timedelta(days=7)

Seen = Mapping[str, Any]


@dataclass(frozen=True)
class Occasion:
    """Something to tell. `sentence`: the response's name; `what`: which fact it is about, for bot.telling.said.

    `planned`: it follows from the facts alone, so that it is found again and again until it is over, and is void as
    soon as it isn't. Other occasions are changes, found once.
    """

    key: str
    sentence: str
    what: Mapping[str, Any]
    due_at: datetime
    expires_at: datetime
    category: Category = Category.UTILITY
    planned: bool = False


@dataclass(frozen=True)
class Found:
    """What falls due, and what has now been seen. `over`: there will be nothing more to tell."""

    occasions: tuple[Occasion, ...] = ()
    seen: Seen = field(default_factory=dict)
    over: bool = False


def first_seen(topic: str, subject: str, calendar: LibraryCalendar, now: datetime) -> Seen | None:
    """Return what there is to see when somebody subscribes; None if there is nothing to wait for."""
    since = {"since": now.isoformat(), "changes": 0}
    if topic == Topic.EVENT:
        event = event_of(calendar, subject)
        coming = next_occurrences([event], now, 1) if event and not event.cancelled else ()
        return {**since, **_as_seen(coming[0].starts, coming[0].event)} if coming else None
    if topic == Topic.HOURS:
        return {**since, "week": _week(calendar, subject)} if any(_chain(calendar, subject)) else None
    if topic == Topic.CONTEST:
        return {**since, "results": [each.key for each in _contests(calendar, subject) if each.results]}
    return {**since, "known": [each.uid for each in of_kind(calendar, subject)]}


def look(topic: str, subject: str, seen: Seen, calendar: LibraryCalendar, now: datetime) -> Found:
    """Return what falls due until AHEAD from now."""
    found = {
        Topic.EVENT.value: _event,
        Topic.HOURS.value: _hours,
        Topic.CONTEST.value: _contest,
        Topic.EVENTS.value: _events,
    }[str(topic)](subject, seen, calendar, now)
    soon = tuple(each for each in found.occasions if each.due_at <= now + AHEAD and each.expires_at > now)
    return replace(found, occasions=soon)


def event_of(calendar: LibraryCalendar, uid: str) -> Event | None:
    """Return an event by its uid."""
    return next((each for each in calendar.facts.events if each.uid == uid), None)


def of_kind(calendar: LibraryCalendar, kind: str) -> list[Event]:
    """Return the events of a kind of bot.telling.words.KINDS, all of them for ""."""
    words = KINDS.get(kind, ())
    return [
        each
        for each in calendar.facts.events
        if not kind or any(word in f"{each.type} {each.title}".casefold() for word in words)
    ]


def _event(uid: str, seen: Seen, calendar: LibraryCalendar, now: datetime) -> Found:
    event, starts = event_of(calendar, uid), datetime.fromisoformat(seen["starts"])
    takes_place = _takes_place(event, starts)
    changes = int(seen["changes"]) + 1
    if event is not None and takes_place is not None and takes_place > now:
        what = {"uid": uid, "starts": takes_place.isoformat()}
        kept = {**seen, **_as_seen(takes_place, event)}
        if not seen.get("off") and kept == {**seen, "title": event.title}:
            return Found(_reminders(what, takes_place, datetime.fromisoformat(seen["since"])), seen)
        moved = Occasion(f"moved {changes}", "utter_told_event_moved", what, now, takes_place)
        return Found((moved,), {**kept, "off": False, "changes": changes})
    if takes_place is None and starts > now and not seen.get("off"):
        what = {"uid": uid, "title": seen["title"], "starts": seen["starts"]}
        off = Occasion(f"off {changes}", "utter_told_event_cancelled", what, now, starts)
        return Found((off,), {**seen, "off": True, "changes": changes})
    return Found((), seen, over=max(starts, takes_place or starts) <= now)


def _takes_place(event: Event | None, starts: datetime) -> datetime | None:
    """Return when the event that somebody waits for begins now, None if it will not take place."""
    if event is None or event.cancelled:
        return None
    if not event.rrule:
        return event.starts
    same = [each for each in occurrences([event], starts, starts + timedelta(minutes=1)) if each.starts == starts]
    if same:
        return starts
    # Of a repeating event, only one date was asked for: at another hour of that day it has moved, else it is off.
    day = starts.astimezone(event.starts.tzinfo).date()
    others = occurrences([event], starts - A_DAY, starts + A_DAY)
    return next((each.starts for each in others if each.starts.date() == day), None)


def _as_seen(starts: datetime, event: Event) -> dict[str, Any]:
    return {"starts": starts.isoformat(), "place": event.place, "title": event.title}


def _reminders(what: Mapping[str, Any], starts: datetime, since: datetime) -> tuple[Occasion, ...]:
    begin, starts = starts.isoformat(), starts.astimezone(UTC)  # hours that pass, whatever the clocks are put to
    day = Occasion(f"day {begin}", "utter_told_event_soon", what, starts - A_DAY, starts - TWO_HOURS, planned=True)
    hours = Occasion(f"hours {begin}", "utter_told_event_soon", what, starts - TWO_HOURS, starts, planned=True)
    return tuple(each for each in (day, hours) if each.due_at > since)


def _hours(place: str, seen: Seen, calendar: LibraryCalendar, now: datetime) -> Found:
    if not any(_chain(calendar, place)):
        return Found((), seen, over=True)
    today = now.astimezone(calendar.zone).date()
    found = [*_exceptions(place, calendar, today)]
    week, changes = _week(calendar, place), int(seen["changes"])
    if week != seen["week"]:
        changes += 1
        what = {"place": place}
        found.append(Occasion(f"week {changes}", "utter_told_week", what, now, now + STALE))
    state = calendar.state(place, now)
    holding = state.why.reason if state.why.kind == "condition" else ""
    if holding != seen.get("condition", ""):
        changes += 1
        sentence = "utter_told_condition" if holding else "utter_told_condition_over"
        what = {"place": place, "condition": holding}
        found.append(Occasion(f"condition {changes}", sentence, what, now, now + timedelta(hours=12)))
    return Found(tuple(found), {**seen, "week": week, "condition": holding, "changes": changes})


def _exceptions(place: str, calendar: LibraryCalendar, today: date) -> list[Occasion]:
    """Return each run of days with the same unusual hours that begins soon; conditions are looked at on their own."""
    planned = LibraryCalendar(replace(calendar.facts, conditions=()))
    found, on = [], today
    while on <= today + timedelta(days=DAYS_AHEAD):
        day = planned.day(place, on)
        if not _unusual(planned, day):
            on += A_DAY
            continue
        first, last = _run(planned, day)
        key = f"days {first} {last} {_digest(repr(day.periods))}"
        what = {"place": place, "first": first.isoformat(), "last": last.isoformat()}
        due = datetime.combine(first - A_DAY, time(HOURS_BEFORE), calendar.zone)
        ends = datetime.combine(last + A_DAY, time(0), calendar.zone)
        found.append(Occasion(key, "utter_told_hours", what, due, ends, planned=True))
        on = last + A_DAY
    return found


def _unusual(planned: LibraryCalendar, day: DayHours) -> bool:
    return day.periods != planned.usual.day(day.place.key, day.date).periods


def _run(planned: LibraryCalendar, day: DayHours) -> tuple[date, date]:
    """Return the first and the last of the neighbouring days with the same unusual hours for the same reason."""

    def same(on: date) -> bool:
        other = planned.day(day.place.key, on)
        return other.periods == day.periods and other.why == day.why and _unusual(planned, other)

    first = last = day.date
    while (day.date - first).days < 60 and same(first - A_DAY):
        first -= A_DAY
    while (last - day.date).days < 60 and same(last + A_DAY):
        last += A_DAY
    return first, last


def _chain(calendar: LibraryCalendar, place: str) -> list[Place]:
    """Return a place and those that it is in, as far as they have hours of their own."""
    places = {each.key: each for each in calendar.facts.places}
    found: list[Place] = []
    while (each := places.get(place)) is not None and each not in found:
        found.append(each)
        place = each.parent or ""
    return [each for each in found if each.week is not None or each.term_weeks]


def _week(calendar: LibraryCalendar, place: str) -> str:
    return _digest(repr([(each.week, sorted(each.term_weeks.items())) for each in _chain(calendar, place)]))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _contests(calendar: LibraryCalendar, subject: str) -> list[Contest]:
    return [each for each in calendar.facts.contests if not subject or each.key == subject]


def _contest(subject: str, seen: Seen, calendar: LibraryCalendar, now: datetime) -> Found:
    since, told = datetime.fromisoformat(seen["since"]), list(seen["results"])
    found: list[Occasion] = []
    for each in _contests(calendar, subject):
        what = {"contest": each.key}
        if each.opens:
            until = each.closes or each.opens + STALE
            found.append(
                Occasion(f"opens {_at(each, each.opens)}", "utter_told_contest_opens", what, each.opens, until)
            )
        if each.closes:
            for name, before in (("week", A_WEEK), ("day", A_DAY)):
                due, key = each.closes - before, f"{name} {_at(each, each.closes)}"
                found.append(Occasion(key, "utter_told_contest_closes", what, due, each.closes, planned=True))
        if each.results and each.key not in told:
            told.append(each.key)
            found.append(Occasion(f"results {each.key}", "utter_told_contest_results", what, now, now + STALE))
    return Found(tuple(each for each in found if each.due_at > since), {**seen, "results": told})


def _at(contest: Contest, moment: datetime) -> str:
    return f"{contest.key} {moment.isoformat()}"


def _events(kind: str, seen: Seen, calendar: LibraryCalendar, now: datetime) -> Found:
    every = of_kind(calendar, kind)
    new = [each for each in every if each.uid not in seen["known"] and next_occurrences([each], now, 1)]
    if not new:
        return Found((), seen)
    changes = int(seen["changes"]) + 1
    what = {"uids": [each.uid for each in new]}
    news = Occasion(f"new {changes}", "utter_told_events", what, now, now + STALE, Category.MARKETING)
    return Found((news,), {**seen, "known": [each.uid for each in every], "changes": changes})
