"""Rewrites dates as people type them (25/12, 12/25, 2026.12.25, 20261225, 24-26 dec, 27th) as "25 December 2026".

The day comes first, as in Hong Kong; the month comes first only if day first is impossible. A date without a year is
the next such date, or the last one in a question about the past.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from bot.nlu.no_times import FOLLOWS, MONTH, MONTHS, NEAR, WEEKDAY, just_before
from bot.plain import Edit

_DAY = timedelta(days=1)
_TH = r"(?:\s?(?:st|nd|rd|th))"
_YEAR = r"(?:,?\s*(?P<year>20\d\d)(?!\d)(?!:))?"
# What stands between the two ends of a range, and between the days of a list.
_TO, _AND = r"\.?\s*(?:-+|to|till?|until|thru|through)\s*", r"\s*(?:,|and|&|\+|or|n)\s*(?:the\s+)?"
_NO_CLOCK = r"(?!\s*[:.]\d|\s*[ap]\.?m\b|\d|\s*o'?clock)"
_BEFORE = r"(?<![\d/.:$-])(?<!\d )"
# The second of two days joined by a dash.
_AGAIN = r"(?<![\d/:$])(?<![^\d.]-)(?<!\d )(?<!\d\.)"
PAST = re.compile(r"\b(?:was|were|did|had|weren't|wasn't|didn't)\b", re.IGNORECASE)
_LEADS = re.compile(r"(?:\b(?:from|between|over|during|throughout|for|in)\s+(?:the\s+)?)$", re.IGNORECASE)
_WEEKDAY_BEFORE = re.compile(rf"\b(?:on\s+)?(?:next\s+|this\s+)?{WEEKDAY}[\s,(]+(?:the\s+)?$", re.IGNORECASE)
_WEEKDAY_AFTER = re.compile(rf"(?:\s*,?\s*\(\s*{WEEKDAY}\s*\)|,?\s+{WEEKDAY}(?!\w)(?!\s*-))", re.IGNORECASE)
# "10.10" alone may be a date or a time; "25.12" cannot be a time; and "on" goes with a date.
_CLOCK_BEFORE = re.compile(r"\b(?:at|@|till?|until|by|before|after|from|to|past|around|about|-)\s*$", re.IGNORECASE)
_ON_BEFORE = re.compile(r"\b(?:on|for|date)\s+(?:the\s+)?$", re.IGNORECASE)


@dataclass(frozen=True)
class _Found:
    start: int
    end: int
    days: tuple[date, ...]
    stretch: bool = False
    # If the year was written, it must not be guessed from the preceding date.
    dated: bool = False


def spoken(day: date) -> str:
    """Return a date in words that Duckling cannot misread: a date in numbers after "in" is read as a year."""
    return f"{day.day} {MONTHS[day.month - 1].title()} {day.year}"


def written(text: str, today: date) -> list[Edit]:
    """Return the edits that spell out every date in `text`."""
    past = bool(PAST.search(text))
    found: list[_Found] = []
    for pattern, read in _READERS:
        for match in pattern.finditer(text):
            known = read(match, today, past)
            if known and all(known.end <= each.start or known.start >= each.end for each in found):
                found.append(known)
    return [_edit(text, each) for each in _joined(text, sorted(found, key=lambda each: each.start))]


def coming(day: int, month: int, today: date, past: bool = False) -> date | None:
    """Return the next, or the last, date with this day and month; None if no year has it."""
    years = range(today.year, today.year - 9, -1) if past else range(today.year, today.year + 9)
    found = [date(year, month, day) for year in years if _is(year, month, day)]
    return next((each for each in found if (each <= today if past else each >= today)), None)


def _is(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _full(match: re.Match[str], _today: date, _past: bool) -> _Found | None:
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    year += 2000 if year < 100 else 0
    year_last = match.start("year") > match.start("day")
    if year_last and not _is(year, month, day) and _is(year, day, month):
        day, month = month, day
    return _Found(*match.span(), (date(year, month, day),), dated=True) if _is(year, month, day) else None


def _short(match: re.Match[str], today: date, past: bool) -> _Found | None:
    day, month = int(match["day"]), int(match["month"])
    meant = None
    if 1 <= month <= 12:
        meant = coming(day, month, today, past) if 1 <= day <= 31 else None
    elif 1 <= day <= 12 < month <= 31:
        meant = coming(month, day, today, past)
    return _Found(*match.span(), (meant,)) if meant else None


def _dotted(match: re.Match[str], today: date, past: bool) -> _Found | None:
    first, second, text = int(match["day"]), int(match["month"]), match.string
    words = just_before(text, match.start())
    clock = first < 24 and second < 60 and len(match["month"]) == 2
    if match["mark"] == "-":
        # "9-5" means hours.
        return _short(match, today, past) if first > 24 or _ON_BEFORE.search(words) else None
    if clock and (_CLOCK_BEFORE.search(words) or (not _ON_BEFORE.search(words) and second % 5 == 0)):
        return None
    return _short(match, today, past)


def _named(match: re.Match[str], today: date, past: bool) -> _Found | None:
    days, month = [int(each) for each in re.findall(r"\d{1,2}", match["days"])], _month(match["month"])
    if match["year"]:
        found = [date(int(match["year"]), month, day) for day in days if _is(int(match["year"]), month, day)]
    else:
        found = [each for day in days if 1 <= day <= 31 and (each := coming(day, month, today, past))]
        found = _in_order(found)
    if len(found) != len(days) or not found:
        return None
    stretch = len(found) == 2 and not re.search(r",|and|&|\+|\bor\b|\bn\b", match["days"], re.IGNORECASE)
    between = re.search(r"\bbetween\s+(?:the\s+)?$", just_before(match.string, match.start()), re.IGNORECASE)
    return _Found(*match.span(), tuple(found), stretch or bool(between), dated=bool(match["year"]))


def _ordinal(match: re.Match[str], today: date, past: bool) -> _Found | None:
    days = [int(each) for each in re.findall(r"\d{1,2}", match["days"])]
    found: list[date] = []
    for day in days:
        meant = _of_month(day, found[-1] if found else today, past)
        if meant is None:
            return None
        found.append(meant)
    stretch = len(found) == 2 and not re.search(r",|and|&|\+|\bor\b|\bn\b", match["days"], re.IGNORECASE)
    return _Found(*match.span(), tuple(found), stretch)


def _of_month(day: int, today: date, past: bool) -> date | None:
    """Return the next date, today included, that falls on that day of the month."""
    if not 1 <= day <= 31:
        return None
    each = today
    for _ in range(70):
        if each.day == day:
            return each
        each += -_DAY if past else _DAY
    return None


def _month(name: str) -> int:
    return next(number for number, month in enumerate(MONTHS, start=1) if month.startswith(name[:3].lower()))


def _in_order(days: list[date]) -> list[date]:
    """Return the days in ascending order: on the 25th, both days of "24 and 26" are next year's."""
    return [each if each >= days[0] else each.replace(year=days[0].year) for each in days]


# The most days read as one list or range: nobody asks for more, and the search through a row of numbers must end.
_MORE_DAYS = 9
_DAYS = rf"\d{{1,2}}{_TH}?(?:(?:{_TO}|{_AND})\d{{1,2}}{_TH}?){{0,{_MORE_DAYS}}}"
_READERS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date, bool], _Found | None]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), read)
    for pattern, read in (
        (rf"{_BEFORE}(?P<year>20\d\d)(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<day>\d{{1,2}})(?![\d/-])", _full),
        (rf"{_BEFORE}(?P<year>20[2-4]\d)(?P<month>[01]\d)(?P<day>[0-3]\d)(?![\d/.-])", _full),
        (
            rf"{_BEFORE}(?P<day>\d{{1,2}})(?P<mark>[-/.])(?P<month>\d{{1,2}})(?P=mark)(?P<year>(?:20)?\d\d)(?![\d/-])",
            _full,
        ),
        (rf"{_BEFORE}(?P<days>{_DAYS})\s*(?:of\s+)?-?{MONTH.replace('(?:', '(?P<month>', 1)}(?!\w){_YEAR}", _named),
        (
            rf"(?<!\w){MONTH.replace('(?:', '(?P<month>', 1)}\.?[\s-]*(?:the\s+)?(?P<days>{_DAYS}){_NO_CLOCK}"
            rf"(?:{_YEAR[:-1]}|(?!\s+20\d\d)){FOLLOWS}",
            _named,
        ),
        (r"(?<!\d)(?P<month>\d{1,2})月(?P<day>\d{1,2})[日號号]?", _short),
        (rf"{_AGAIN}(?P<day>\d{{1,2}})/(?P<month>\d{{1,2}})(?![\d/])(?!\s*(?:f|floor)\b)", _short),
        (
            rf"{_AGAIN}(?P<day>\d{{1,2}})(?P<mark>[.-])(?P<month>\d{{1,2}})(?![\d/:])(?!-\d{{1,2}}(?!\.))(?!\.\d)(?!\s*[ap]m\b)",
            _dotted,
        ),
        (
            rf"{_BEFORE}(?<!\w)(?:(?:on|for|the)\s+)*(?P<days>\d{{1,2}}{_TH}(?:(?:{_TO}|{_AND})\d{{1,2}}{_TH})?){FOLLOWS}",
            _ordinal,
        ),
        # "24-26" cannot be hours.
        (rf"{_BEFORE}(?<!\w)(?P<days>\d{{1,2}}\s*-\s*(?:2[5-9]|3[01])){FOLLOWS}", _ordinal),
        (rf"\bon\s+(?:the\s+)?(?P<days>\d{{1,2}}){_NO_CLOCK}(?![/-]){FOLLOWS}", _ordinal),
    )
)


def _joined(text: str, found: list[_Found]) -> list[_Found]:
    """Return the dates, with two joined by "to" or a dash made into a range, and with the weekdays next to them."""
    kept: list[_Found] = []
    for each in (_with_weekday(text, one) for one in found):
        last = kept[-1] if kept else None
        if last and len(last.days) == len(each.days) == 1:
            glue = text[last.end : each.start]
            between = re.search(r"\bbetween\s+(?:the\s+)?$", just_before(text, last.start), re.IGNORECASE)
            if re.fullmatch(_TO, glue, re.IGNORECASE) or (between and glue.strip().lower() in {"and", "&"}):
                ends = each.days[0]
                if ends < last.days[0] and not each.dated:
                    ends = coming(ends.day, ends.month, last.days[0]) or ends
                kept[-1] = _Found(last.start, each.end, (last.days[0], ends), True)
                continue
        kept.append(each)
    return kept


def _with_weekday(text: str, found: _Found) -> _Found:
    """Return a date extended over the weekday beside it ("25 dec (fri)"), which adds nothing or is wrong."""
    beside = just_before(text, found.start)
    before, after = _WEEKDAY_BEFORE.search(beside), _WEEKDAY_AFTER.match(text[found.end : found.end + NEAR])
    start = found.start - len(beside) + before.start() if before else found.start
    return _Found(start, found.end + (after.end() if after else 0), found.days, found.stretch, found.dated)


def _edit(text: str, found: _Found) -> Edit:
    if found.stretch and found.days[0] < found.days[-1]:
        beside = just_before(text, found.start)
        lead = _LEADS.search(beside)
        start = found.start - len(beside) + lead.start() if lead else found.start
        return start, found.end, stretch(found.days[0], found.days[-1])
    space = "" if text[found.start - 1 : found.start].isspace() or not found.start else " "
    # Keep a lone "on": "on 25 December".
    on = "on " if re.match(r"on\b", text[found.start : found.end], re.IGNORECASE) else ""
    return found.start, found.end, space + on + " and ".join(map(spoken, found.days))


def stretch(first: date, last: date) -> str:
    """Return a range of days in words that Duckling cannot misread."""
    return f"from {spoken(first)} to {spoken(last)}"
