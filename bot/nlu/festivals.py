"""What Duckling does not know: students' short forms, and festivals by the lunar calendar, as dates that it does."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

_SHORT = {
    r"tmrw?|tmw|tomoz|2moro|2mrw?|tmr+w*|tomorow|tommorow|tommorrow|tomorro": "tomorrow",
    r"2nite|tonite|2night|tonigh|tonght": "tonight",
    r"2day|tdy|todayy+": "today",
    r"wkends?|weekned": "weekend",
    r"xmas|x'mas": "christmas",
    r"morn(?=\b)": "morning",
    r"thurs|thur": "thursday",
    r"wknd": "weekend",
    r"midnite": "midnight",
}
# Festivals, as a word that their English names in the package holidays hold.
_FESTIVALS = {
    r"cny|chinese new year|lunar new year|lny": "Chinese New Year",
    r"mid[- ]?autumn(?: festival)?|moon ?cake festival": "Mid-Autumn Festival",
    r"ching ming|qing ?ming|tomb[- ]sweeping day": "Tomb-Sweeping Day",
    r"ch(?:u|e)ung yeung": "Double Ninth Festival",
    r"dragon boat(?: festival)?|tuen ng": "Dragon Boat Festival",
    r"buddha'?s? birthday": "The Buddha's Birthday",
}


@lru_cache(maxsize=64)
def festival(name: str, year: int, country: str = "HK") -> date | None:
    """Return the first day of a year whose holiday's name holds `name`, or the eve of one "following" it."""
    found = holidays.country_holidays(country, years=year, language="en_US", categories=("public", "optional"))
    days = [day for day, title in sorted(found.items()) if name.lower() in title.lower()]
    if not days:
        return None
    return days[0] - timedelta(days=1) if "following" in found[days[0]].lower() else days[0]


def spelled_out(text: str, moment: datetime, zone: str) -> tuple[str, Callable[[int], int]]:
    """Return `text` in words that Duckling knows, and a function from places in them back to places in `text`."""
    today = moment.astimezone(ZoneInfo(zone)).date()
    found = [(match.span(), words) for pattern, words in _patterns() for match in pattern.finditer(text)]
    edits: list[tuple[int, int, str]] = []
    for (start, end), words in sorted(found):
        if edits and start < edits[-1][1]:
            continue
        edits.append((start, end, _date_of(words, today) if words in _FESTIVALS.values() else words))
    if not edits:
        return text, lambda place: place
    return _replaced(text, edits)


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    known = {**_FESTIVALS, **_SHORT}
    return [(re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE), meaning) for words, meaning in known.items()]


def _date_of(name: str, today: date) -> str:
    for year in (today.year, today.year + 1):
        day = festival(name, year)
        if day is not None and day >= today - timedelta(days=3):
            return day.isoformat()
    return name


def _replaced(text: str, edits: list[tuple[int, int, str]]) -> tuple[str, Callable[[int], int]]:
    parts: list[str] = []
    # For each character of the new text, and its end, the place in the old one.
    places: list[int] = []
    last = 0
    for start, end, words in edits:
        parts += [text[last:start], words]
        places += range(last, start)
        places += [start] + [end] * (len(words) - 1)
        last = end
    parts.append(text[last:])
    places += range(last, len(text) + 1)
    return "".join(parts), lambda place: places[min(place, len(places) - 1)]
