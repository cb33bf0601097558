"""Dates and times that do not exist: "feb 30", "31/4", "25:00". Duckling would read them as something else."""

from __future__ import annotations

import re
from calendar import isleap
from typing import List, Sequence, Tuple

# The most days each month can have.
_DAYS = {
    "jan": 31, "feb": 29, "mar": 31, "apr": 30, "may": 31, "jun": 30,
    "jul": 31, "aug": 31, "sep": 30, "oct": 31, "nov": 30, "dec": 31,
}  # fmt: skip
_NUMBERED = dict(enumerate(_DAYS, start=1))
# Without May: "may 40 people come in" is no date.
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?)"
)
_NO_CLOCK = r"(?!\s*[:.]\d|\s*[ap]\.?m)"
_YEAR = r"(?:,?\s+(?P<year>20\d\d)\b(?!:))?"
_NAMED = (
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?[\s-]+(?P<month>{_MONTH})\b{_YEAR}", re.IGNORECASE),
    re.compile(rf"\b(?P<month>{_MONTH})[\s-]+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b{_NO_CLOCK}{_YEAR}", re.IGNORECASE),
)
_NUMBERS = re.compile(r"(?<![\d/.:-])(?P<day>\d{1,2})/(?P<month>\d{1,2})(?:/(?P<year>(?:20)?\d{2}))?(?![\d/])")
_ISO = re.compile(r"(?<![\d/.:-])(?P<year>20\d\d)([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})(?![\d/-])")
# With a colon it is always a clock time; without one, only with "am" or "pm". "0:30" is after midnight, "24:00" is
# midnight.
_CLOCK = re.compile(
    r"(?<![\d:./])(?:(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?\s*[ap]\.?m\b\.?|(?P<h>\d{1,2}):(?P<m>\d{2})(?![\d:]))",
    re.IGNORECASE,
)


def impossible_dates(text: str) -> List[Tuple[int, int]]:
    """Return the spans in `text` of dates and clock times that do not exist.

    Numbers are read day first, as in Hong Kong: 31/4. "24/7" is no date; neither is a month beyond 12 with a day up to
    12, which somebody wrote month first. 29 February is possible unless it comes with a year that does not have one.
    """
    found = []
    for pattern in _NAMED:
        for match in pattern.finditer(text):
            if not _possible(int(match["day"]), match["month"][:3].lower(), match["year"]):
                found.append(match.span())
    for match in _ISO.finditer(text):
        if not _possible(int(match["day"]), _NUMBERED.get(int(match["month"]), ""), match["year"]):
            found.append(match.span())
    for match in _NUMBERS.finditer(text):
        day, month = int(match["day"]), int(match["month"])
        month_first = month > 12 >= day >= 1 and month <= 31
        possible = _possible(day, _NUMBERED.get(month, ""), match["year"])
        if not possible and not month_first and match.group() != "24/7":
            found.append(match.span())
    found += [match.span() for match in _CLOCK.finditer(text) if not _on_the_clock(match)]
    return _longest(found)


def _possible(day: int, month: str, year: str | None) -> bool:
    if not 1 <= day <= _DAYS.get(month, 0):
        return False
    return (month, day) != ("feb", 29) or not year or isleap(2000 + int(year) % 100)


def _on_the_clock(match: re.Match[str]) -> bool:
    hour, minute = int(match["hour"] or match["h"]), int(match["minute"] or match["m"] or 0)
    return minute < 60 and (hour < 24 or (hour, minute) == (24, 0))


def _longest(spans: List[Tuple[int, int]]) -> List[Tuple[int, int]]:
    """Return the spans in order; if some overlap, the longest."""
    kept: List[Tuple[int, int]] = []
    for start, end in sorted(set(spans), key=lambda each: each[0] - each[1]):
        if all(end <= other[0] or start >= other[1] for other in kept):
            kept.append((start, end))
    return sorted(kept)


# Text that looks like a date and was not read. A number alone does not look like one: "is it ok for 12".
_UNREAD = (
    re.compile(r"(?<![\w/.:$#-])\d{1,4}(?P<mark>[./-])\d{1,2}(?:(?P=mark)\d{1,4})?(?![\w/.:%-]*\w)"),
    re.compile(r"(?<![\w/.:-])20[2-3]\d[01]\d[0-3]\d(?!\w)"),
    re.compile(
        r"\b(?:on|until|till|til|since)\s+(?:the\s+)?\d{1,3}\s?(?:st|nd|rd|th)(?=\s*(?:$|[?!.,]))", re.IGNORECASE
    ),
    re.compile(r"\d{1,2}\s*月|\d{1,2}\s*[日號号]|星期[一二三四五六日天]|[今明後昨]日|[今明后昨]天"),
)


def unread(text: str, read: Sequence[Tuple[int, int, object]]) -> List[Tuple[int, int]]:
    """Return the spans in `text` that look like a date and are not among the times in `read`."""
    found = [match.span() for pattern in _UNREAD for match in pattern.finditer(text)]
    return _longest([(a, b) for a, b in found if all(b <= start or a >= end for start, end, _ in read)])
