"""What Duckling does not know: students' short forms, and festivals with their holidays, as dates that it does."""

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
    r"nites?": "night",
    r"2day|tdy|todayy+": "today",
    r"wkends?|weekned": "weekend",
    r"morn(?=\b)": "morning",
    r"thurs|thur": "thursday",
    r"wknd": "weekend",
    r"midnite": "midnight",
    r"xmas|x'mas|x-mas": "christmas",
    # The end of a day, not its beginning; and Duckling reads 2400 as a year.
    r"24:00|(?<=till )2400|(?<=til )2400|(?<=until )2400|(?<=at )2400": "11:59pm",
}
# Festivals, as a word that their English names in the package holidays hold.
_FESTIVALS = {
    r"cny|chinese new year|lunar new year|lny": "Chinese New Year",
    r"easter": "Easter Monday",
    r"christmas|xmas|x'mas|x-mas": "Christmas Day",
    r"mid[- ]?autumn(?: festival)?|moon ?cake festival": "Mid-Autumn Festival",
    r"ching ming|qing ?ming|tomb[- ]sweeping day": "Tomb-Sweeping Day",
    r"ch(?:u|e)ung yeung": "Double Ninth Festival",
    r"dragon boat(?: festival)?|tuen ng": "Dragon Boat Festival",
    r"buddha'?s? birthday": "The Buddha's Birthday",
    r"national day": "National Day",
    r"labou?r day": "Labor Day",
}
# Those of several days, which "over" or no word at all means together; "on" means the first, or the one that it has in
# English.
_LONG = {"Chinese New Year", "Easter Monday", "Christmas Day"}
_NAMED_DAY = r"(?!'?s?\s+(?:day|sunday|monday|sat\b|sun\b|mon\b|saturday)\b)"
_FESTIVAL = (
    r"(?<!\w)(?:(?P<lead>on|in|during|over|at|for|throughout|thru|through|around|after|before)\s+(?:the\s+)?)?"
    r"(?:%s)(?!\w)"
    r"(?:\s+(?P<year>20\d\d)\b)?(?P<eve>'?s?\s+eve\b)?(?:\s+(?:holidays?|break|period|vacation|time)\b)?"
    r"(?:\s+(?P<later>20\d\d)\b)?"
)
# Before a festival, these make its first day a point from which to reckon.
_RECKONS = re.compile(r"\b(?:days?|weeks?|from|between|until|till?|to|since|of|by)\s*$", re.IGNORECASE)
_CLOCK = re.compile(r"\b\d{1,2}\s*(?:[:.]\d\d|[ap]\.?m\b)|\bnoon\b|\bnight\b|\bmorning\b|\bevening\b", re.IGNORECASE)
_DAY = timedelta(days=1)
_SUNDAY = 6


@lru_cache(maxsize=16)
def _holidays(year: int, country: str) -> dict[date, str]:
    return dict(holidays.country_holidays(country, years=year, language="en_US", categories=("public", "optional")))


@lru_cache(maxsize=64)
def festival(name: str, year: int, country: str = "HK") -> date | None:
    """Return the first day of a year whose holiday's name holds `name`, or the eve of one "following" it."""
    found = _holidays(year, country)
    days = [day for day, title in sorted(found.items()) if name.lower() in title.lower()]
    if not days:
        return None
    return days[0] - _DAY if "following" in found[days[0]].lower() else days[0]


def run(day: date, country: str = "HK") -> tuple[date, date]:
    """Return the first and the last of the holidays that stand in a row with `day`; a Sunday among them parts none."""
    off = _holidays(day.year, country)
    ends = []
    for step in (-_DAY, _DAY):
        last = each = day
        while each in off or each == day or each.weekday() == _SUNDAY:
            last = each if each in off else last
            each += step
        ends.append(last)
    return ends[0], ends[1]


def spelled_out(text: str, moment: datetime, zone: str) -> tuple[str, Callable[[int], int]]:
    """Return `text` in words that Duckling knows, and a function from places in them back to places in `text`."""
    today = moment.astimezone(ZoneInfo(zone)).date()
    days = [(match, _told(match, name, today)) for pattern, name in _festivals() for match in pattern.finditer(text)]
    found = [(match.span(), told) for match, told in days if told]
    found += [(match.span(), words) for pattern, words in _patterns() for match in pattern.finditer(text)]
    edits: list[tuple[int, int, str]] = []
    # Of two that begin together the longer one is meant, and a festival before its name spelled out.
    for (start, end), words in sorted(found, key=lambda each: (each[0][0], -each[0][1])):
        if edits and start < edits[-1][1]:
            continue
        edits.append((start, end, words))
    if not edits:
        return text, lambda place: place
    return _replaced(text, edits)


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE), meaning) for words, meaning in _SHORT.items()]


@lru_cache(maxsize=1)
def _festivals() -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(_FESTIVAL % words + (_NAMED_DAY if name in _LONG else ""), re.IGNORECASE), name)
        for words, name in _FESTIVALS.items()
    ]


def _told(match: re.Match[str], name: str, today: date) -> str:
    """Return the days that a festival's name means where it stands, or "" if Duckling knows better."""
    day = _next(name, int(match["year"] or match["later"] or 0), today)
    if day is None:
        return ""
    lead = (match["lead"] or "").lower()
    reckons = _RECKONS.search(match.string[: match.start()])
    first, last = run(day) if name in _LONG else (day, day)
    if match["eve"]:
        return _spoken(day - _DAY) if name == "Chinese New Year" else ""
    if lead in {"after", "before"}:
        return f"{lead} {_spoken(day)}" if reckons else _spoken(last + _DAY if lead == "after" else first - _DAY)
    if name == "Easter Monday":
        day -= _DAY
    if lead == "on" or reckons or first == last or _CLOCK.search(match.string):
        return f"on {_spoken(day)}" if lead == "on" else _spoken(day)
    return f"from {_spoken(first)} to {_spoken(last)}"


def _next(name: str, year: int, today: date) -> date | None:
    """Return the festival's day in `year`, or for 0 the next one; one that has just begun is still meant."""
    for each in (year,) if year else (today.year, today.year + 1):
        day = festival(name, each)
        if day is not None and (year or day >= today - timedelta(days=3)):
            return day
    return None


def _spoken(day: date) -> str:
    # An ISO date after "in" or "during" is read as a year.
    return f"{day.day} {day:%B} {day.year}"


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
