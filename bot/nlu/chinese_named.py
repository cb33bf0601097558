"""A day or several that a Chinese text names, and what its readers share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from bot.nlu.chinese_numbers import number
from bot.nlu.written import spoken, stretch

# Between the two ends of a stretch.
TO = r"\s*(?:至到|至|到|-+|~)\s*"
# How many years ahead a year is that is told by one letter.
YEARS = {"今": 0, "明": 1, "出": 1, "下": 1, "后": 2, "去": -1, "旧": -1, "上": -1}


@dataclass(frozen=True)
class Named:
    """A day or several in a text: where it stands, the English words for it, and the day itself where it is one.

    `again` finds the day anew, not before another one: the end of a stretch.
    """

    start: int
    end: int
    words: str
    day: date | None = None
    again: Callable[[date], date] | None = None


def single(match: re.Match[str], day: date, again: Callable[[date], date] | None = None) -> Named:
    return Named(*match.span(), spoken(day), day, again)


def several(match: re.Match[str], first: date, last: date) -> Named:
    return Named(
        *match.span(), stretch(first, last) if first < last else spoken(first), None if first < last else first
    )


Reader = tuple[re.Pattern[str], Callable[[re.Match[str], date], Named | None]]


def year_of(said: str | None, today: date) -> int | None:
    """Return the year that "2027", 二零二七 or a letter like 明 says; None for none."""
    if not said:
        return None
    if said in YEARS:
        return today.year + YEARS[said]
    return int("".join(str(number(each)) for each in said))
