"""The door to the library's facts: read from the store once, and again only when the store has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from bot.calendar.facts import Answer, Place
from bot.calendar.hours import LibraryCalendar
from bot.settings import read_settings
from bot.store.engine import connect
from bot.store.library import changed_at, read_answers, read_facts

# The place that "you" means in "are you open?".
MAIN = "library"


@dataclass(frozen=True)
class Library:
    """The calendar and the answers, as they stood at one moment."""

    calendar: LibraryCalendar
    answers: tuple[Answer, ...]

    @property
    def main(self) -> Place | None:
        """The place that a question means when it names none; None where the store holds no place."""
        places = self.calendar.facts.places
        return next((place for place in places if place.key == MAIN), places[0] if places else None)


class Shelf:
    """Keeps the library that was read last from the database at `url`."""

    def __init__(self, url: str, zone: ZoneInfo) -> None:
        self._engine = connect(url)
        self._zone = zone
        self._marker: Any = None
        self._library: Library | None = None

    def library(self) -> Library:
        """Return the library as the store has it now. Raises what the database raises when it cannot be reached."""
        marker = changed_at(self._engine)
        if self._library is None or marker != self._marker:
            facts = read_facts(self._engine, self._zone)
            self._library = Library(LibraryCalendar(facts), read_answers(self._engine))
            self._marker = marker
        return self._library


@lru_cache(maxsize=4)
def _shelf(url: str, zone: ZoneInfo) -> Shelf:
    return Shelf(url, zone)


def open_library() -> Library:
    """Return the library of the settings in force. Raises SettingsError, or what the database raises."""
    settings = read_settings()
    return _shelf(settings.database_url, settings.timezone).library()


def moment_of(message: Mapping[str, Any], zone: ZoneInfo) -> datetime:
    """Return when `message` was sent, in `zone`: the platform's time in its metadata, or now where there is none."""
    sent = (message.get("metadata") or {}).get("time")
    try:
        moment = datetime.fromisoformat(sent) if isinstance(sent, str) else datetime.now(UTC)
    except ValueError:
        moment = datetime.now(UTC)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(zone)
