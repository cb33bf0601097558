"""How what people asked to be told is said, in their language; the sentences are those of domain.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.calendar import words
from bot.calendar.facts import Event
from bot.calendar.hours import LibraryCalendar
from bot.calendar.occurrences import next_occurrences
from bot.calendar.texts import Spoken
from bot.language import FIRST
from bot.sentences import sentence
from bot.telling.occasions import event_of
from bot.telling.words import Topic

# How many new events one message lists.
MOST_LISTED = 5


@dataclass(frozen=True)
class Sayer:
    """Says things in one language. `text` translates the facts' own texts."""

    calendar: LibraryCalendar
    text: Spoken
    language: str = FIRST

    def say(self, name: str, **values: str) -> str:
        """Return a sentence of domain.yml, filled."""
        return sentence(self.language, name, **values)

    def told(self, name: str, what: Mapping[str, Any], now: datetime) -> str | None:
        """Return what to tell of an occasion; None if its fact is no longer there."""
        if "text" in what:
            return str(what["text"].get(self.language) or what["text"].get(FIRST) or "") or None
        values = self._values(what, now)
        return None if values is None else self.say(name, **values)

    def subject(self, topic: str, subject: str) -> str:
        """Return what a subscription is about: "the opening hours of the Library", an event's title."""
        if topic == Topic.HOURS:
            return self.say("part_subscription_hours", place=self.place(subject))
        if topic == Topic.EVENT:
            event = event_of(self.calendar, subject)
            return self.text(event.title) if event else self.say("part_subscription_event_gone")
        if topic == Topic.CONTEST:
            return self.say("part_subscription_contest")
        return self.say(f"part_subscription_events_{subject}" if subject else "part_subscription_events_any")

    def place(self, key: str) -> str:
        """Return a place's name."""
        found = next((each for each in self.calendar.facts.places if each.key == key), None)
        return self.text(found.name) if found else key

    def when(self, event: Event, starts: datetime, now: datetime) -> str:
        """Return when and where an event is: "tomorrow, 3 pm – 4 pm, Information Desk"."""
        zone = self.calendar.zone
        begin, end = starts.astimezone(zone), (starts + (event.ends - event.starts)).astimezone(zone)
        tongue = words.of(self.language)
        said = words.span(begin, end, self._today(now), tongue, all_day=event.all_day)
        place = self.text(event.place)
        return self.say("part_told_at_place", at=said, place=place) if place else said

    def _today(self, now: datetime) -> date:
        return now.astimezone(self.calendar.zone).date()

    def _values(self, what: Mapping[str, Any], now: datetime) -> dict[str, str] | None:
        if "uids" in what:
            return self._new_events(what["uids"], now)
        if "contest" in what:
            return self._contest(str(what["contest"]), now)
        if "uid" in what:
            return self._event(what, now)
        return self._hours(what, now)

    def _event(self, what: Mapping[str, Any], now: datetime) -> dict[str, str] | None:
        event = event_of(self.calendar, str(what["uid"]))
        if "title" in what:  # it is off: the event may be gone from the store
            return {"title": self.text(str(what["title"]))}
        if event is None or event.cancelled:
            return None
        return {
            "title": self.text(event.title),
            "at": self.when(event, datetime.fromisoformat(str(what["starts"])), now),
        }

    def _new_events(self, uids: list[str], now: datetime) -> dict[str, str] | None:
        found = [each for uid in uids if (each := event_of(self.calendar, uid)) and not each.cancelled]
        coming = next_occurrences(found, now, 200)
        first = {each.event.uid: each for each in reversed(coming)}
        lines = [
            self.say("part_told_event", title=self.text(each.event.title), at=self.when(each.event, each.starts, now))
            for each in sorted(first.values(), key=lambda each: (each.starts, each.event.title))[:MOST_LISTED]
        ]
        return {"events": "\n".join(lines)} if lines else None

    def _contest(self, key: str, now: datetime) -> dict[str, str] | None:
        contest = next((each for each in self.calendar.facts.contests if each.key == key), None)
        if contest is None:
            return None
        closes, tongue = contest.closes, words.of(self.language)
        at = words.deadline(closes.astimezone(self.calendar.zone), self._today(now), tongue) if closes else ""
        return {"title": self.text(contest.title), "at": at}

    def _hours(self, what: Mapping[str, Any], now: datetime) -> dict[str, str] | None:
        place, tongue, today = str(what["place"]), words.of(self.language), self._today(now)
        if all(each.key != place for each in self.calendar.facts.places):
            return None
        name = self.place(place)
        if "first" in what:
            first, last = (date.fromisoformat(str(what[each])) for each in ("first", "last"))
            day = self.calendar.day(place, max(first, today))
            days = words.days(max(first, today), last, today, tongue)
        elif "condition" in what:
            day, days = self.calendar.day(place, today), words.day_name(today, today, tongue)
        else:
            week = words.week(self.calendar.usual.week(place, today), tongue, self.text)
            return {"place": name, "week": week}
        reason = day.why.reason if day.why.kind not in {"usual", "term"} else ""
        said = words.periods(day.periods, tongue)
        why = self.say("part_told_why", hours=said, reason=self.text(reason)) if reason else said
        return {"place": name, "days": days, "hours": why, "condition": self.text(str(what.get("condition", "")))}
