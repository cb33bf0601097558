"""Rewrites weekdays, and ranges of days counted from a month or a day, as dates.

Today's weekday means today: "are you open on monday", asked on a Monday.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

from bot.nlu.no_times import MONTH, MONTHS, WEEKDAY, WEEKDAYS
from bot.nlu.written import PAST, coming, spoken, stretch
from bot.plain import Edit

_NUMBERS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10}
_COUNT = rf"(?P<count>\d{{1,2}}|{'|'.join(_NUMBERS)})"
_NAMED = rf"(?P<day>{WEEKDAY}|today|tomorrow)"
_WEEKS_FROM = re.compile(
    rf"\b{_COUNT}\s+weeks?\s+(?:from|on|after|later\s+than)?\s*(?:next\s+|this\s+)?{_NAMED}\b", re.I
)
_IN_WEEKS = re.compile(rf"\b(?:on\s+)?{_NAMED}\s+in\s+{_COUNT}\s+weeks?(?:'?\s+time)?\b", re.IGNORECASE)
_WEEK = re.compile(rf"\b(?:on\s+)?{_NAMED}\s+week(?!\w)", re.IGNORECASE)
_RANGE = re.compile(
    rf"\b(?:(?:from|between)\s+)?(?P<first>{WEEKDAY})s?\s*(?:-+|to|till?|until|thru|through)\s*(?P<last>{WEEKDAY})s?\b",
    re.IGNORECASE,
)
_ON_WEEKDAY = re.compile(rf"\b(?<!next )(?<!last )(?:on\s+)?(?P<day>{WEEKDAY})\b", re.IGNORECASE)
_WEEKDAYS = re.compile(
    r"\b(?:(?:on|during)\s+)?(?:the\s+)?(?:normal\s+)?(?:week\s?days|working\s+days|weekdays?(?=\s))", re.I
)
_TODAYS = "".join(
    rf"(?<!\b{word} )"
    for word in ("next", "last", "every", "each", "previous", "past", "following", "after", "easter", "black", "cyber")
)
_ENDS = re.compile(
    rf"\b(?:(?:in|on|for|over|during)\s+)?(?:the\s+)?(?P<which>first|last)\s+(?:{_COUNT}\s+)?(?P<unit>days?|weeks?)\s+"
    rf"(?:of|in)\s+(?P<month>{MONTH}|(?:the\s+)?year)(?!\w)(?:\s+(?P<year>20\d\d))?",
    re.IGNORECASE,
)


def weekdays(text: str, today: date) -> list[Edit]:
    """Return the edits that turn the weekdays in `text` that need calculating into dates."""
    edits: list[Edit] = []
    for pattern in (_WEEKS_FROM, _IN_WEEKS):
        for match in pattern.finditer(text):
            day = _named(match["day"], today) + timedelta(weeks=_count(match["count"]))
            edits.append((*match.span(), spoken(day)))
    edits += [(*each.span(), spoken(_named(each["day"], today) + timedelta(weeks=1))) for each in _WEEK.finditer(text)]
    edits += [(*each.span(), _range(each, today)) for each in _RANGE.finditer(text)]
    edits += [(*each.span(), told) for each in _ENDS.finditer(text) if (told := _of_month(each, today))]
    edits += [(*each.span(), _working_days(today)) for each in _WEEKDAYS.finditer(text)]
    if PAST.search(text):
        edits += [(*each.span(), spoken(_last(each["day"], today))) for each in _ON_WEEKDAY.finditer(text)]
    return edits


def todays_weekday(text: str, today: date) -> list[Edit]:
    """Return the edits that make today's own weekday mean today; "next friday" does not mean today."""
    name = WEEKDAYS[today.weekday()]
    short = {"tue": "tues?", "wed": "wed", "thu": "thu(?:rs?)?"}.get(name[:3], name[:3])
    pattern = re.compile(
        rf"\b{_TODAYS}(?:(?:this|coming)\s+)?(?:{name}|{short})\b(?!\s+week\b)(?!\s*-\s*{WEEKDAY})", re.I
    )
    return [(*each.span(), spoken(today)) for each in pattern.finditer(text)]


def _count(words: str) -> int:
    return int(words) if words.isdigit() else _NUMBERS[words.lower()]


def _named(name: str, today: date) -> date:
    if name.lower() in {"today", "tomorrow"}:
        return today + timedelta(days=name.lower() == "tomorrow")
    return _next(name, today)


def _next(name: str, today: date) -> date:
    """Return the next day with that name, today included."""
    wanted = next(number for number, each in enumerate(WEEKDAYS) if each.startswith(name[:3].lower()))
    return today + timedelta(days=(wanted - today.weekday()) % 7)


def _last(name: str, today: date) -> date:
    """Return the last day with that name before today."""
    return _next(name, today - timedelta(days=7))


def _range(match: re.Match[str], today: date) -> str:
    first = _next(match["first"], today)
    last = _next(match["last"], first)
    return stretch(first, last) if first < last else spoken(first)


def _working_days(today: date) -> str:
    """Return Monday to Friday: of this week on a Monday, and of next week on any other day."""
    monday = today + timedelta(days=-today.weekday() % 7)
    return stretch(monday, monday + timedelta(days=4))


def _of_month(match: re.Match[str], today: date) -> str:
    if not match["count"] and match["unit"].lower() == "day":
        days = 1
    else:
        days = _count(match["count"] or "1") * (7 if match["unit"].lower().startswith("week") else 1)
    name = match["month"][:3].lower()
    if match["month"].lower().endswith("year"):
        name = "jan" if match["which"].lower() == "first" else "dec"
    month = next(number for number, each in enumerate(MONTHS, start=1) if each.startswith(name))
    ahead = coming(1, month, today.replace(day=1))
    if ahead is None:
        return ""
    year = int(match["year"] or ahead.year)
    length = monthrange(year, month)[1]
    days = min(days, length)
    starts = date(year, month, 1 if match["which"].lower() == "first" else length - days + 1)
    return stretch(starts, starts + timedelta(days=days - 1)) if days > 1 else f"on {spoken(starts)}"
