"""Access to the library's facts. They are read from the store once, and again only when the store has changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from bot.calendar.facts import Answer, Event, Facts, Place, Translation
from bot.calendar.hours import LibraryCalendar
from bot.calendar.occurrences import live
from bot.calendar.posters import pictured
from bot.calendar.texts import Spoken
from bot.calendar.texts import spoken as texts_in
from bot.language import FIRST
from bot.settings import read_settings
from bot.store.engine import connect
from bot.store.library import changed_at, read_answers, read_facts, read_translations, spoken
from bot.store.topics import every, label_responses

# The place that "you" means in "are you open?".
MAIN = "library"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Library:
    """The calendar and one language's answers as of one moment."""

    calendar: LibraryCalendar
    answers: tuple[Answer, ...]
    texts: Spoken = field(default_factory=Spoken)
    labels: Mapping[str, str] = field(default_factory=dict)

    def labelled(self, domain: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a model's domain with the current labels of its topics, keyed by response name."""
        now = {name: [{"text": label}] for name, label in self.labels.items() if name in domain["responses"]}
        return {**domain, "responses": {**domain["responses"], **now}}

    @property
    def main(self) -> Place | None:
        """The place that a question means if it names none; None if the store has no places."""
        places = self.calendar.facts.places
        return next((place for place in places if place.key == MAIN), places[0] if places else None)

    def pretending(self, conditions: Sequence[str]) -> Library:
        """Return the library as if these special conditions were in force, for staff who are testing the bot."""
        if not conditions:
            return self
        facts = self.calendar.facts
        changed = tuple(
            replace(each, since=LONG_AGO, until=None) if each.key in conditions else each for each in facts.conditions
        )
        return replace(self, calendar=LibraryCalendar(replace(facts, conditions=changed)))


class Shelf:
    """Caches the library last read from the database at `url`."""

    def __init__(self, url: str, zone: ZoneInfo, public_url: str = "") -> None:
        self.engine = connect(url)
        self._public_url = public_url
        self._zone = zone
        self._marker: Any = None
        self._facts: Facts | None = None
        self._calendar = LibraryCalendar(Facts(zone))
        self._told: tuple[Event, ...] | None = None
        self._every: tuple[Answer, ...] = ()
        self._translations: tuple[Translation, ...] = ()
        self._spoken: dict[str, tuple[tuple[Answer, ...], Spoken]] = {}
        self._labels: Mapping[str, str] = {}

    def library(self, language: str, now: datetime) -> Library:
        """Return the library as the store has it `now`. Raises the database's error if it cannot be reached."""
        marker = changed_at(self.engine)
        if self._facts is None or marker != self._marker:
            self._facts, self._told = read_facts(self.engine, self._zone), None
            self._every, self._spoken = read_answers(self.engine, language=None), {}
            self._translations = read_translations(self.engine)
            self._labels = label_responses(every(self.engine).values())
            self._marker = marker
        told = live(self._facts.events, now)
        if told != self._told:  # an event that goes live changes nothing in the store
            events = tuple(pictured(each, self._public_url) for each in told)
            self._calendar = LibraryCalendar(replace(self._facts, events=events))
            self._told, self._spoken = told, {}
        if language not in self._spoken:
            texts = texts_in(self._calendar.facts, self._translations, language)
            self._spoken[language] = spoken(self._every, language), texts
        return Library(self._calendar, *self._spoken[language], self._labels)


@lru_cache(maxsize=4)
def _shelf(url: str, zone: ZoneInfo, public_url: str) -> Shelf:
    return Shelf(url, zone, public_url)


def open_store() -> Any:
    """Return the engine of the store that the library is read from, for actions that keep something.

    Raises SettingsError.
    """
    settings = read_settings()
    return _shelf(settings.database_url, settings.timezone, settings.public_url).engine


def open_library(language: str = FIRST) -> Library:
    """Return the library for the current settings, with its answers in a language.

    Raises SettingsError, or the database's error.
    """
    settings = read_settings()
    return _shelf(settings.database_url, settings.timezone, settings.public_url).library(language, datetime.now(UTC))


def moment_of(message: Mapping[str, Any], zone: ZoneInfo) -> datetime:
    """Return when `message` was sent, in `zone`: the time in the platform's metadata, or now if it is missing."""
    sent = (message.get("metadata") or {}).get("time")
    try:
        moment = datetime.fromisoformat(sent) if isinstance(sent, str) else datetime.now(UTC)
    except ValueError:
        moment = datetime.now(UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone)
