"""One or more days named in a Chinese text, and what the modules that read them share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from bot.nlu.chinese_numbers import number
from bot.nlu.written import spoken, stretch

# What stands between the two ends of a range.
TO = r"\s*(?:至到|至|到|-+|~)\s*"
# How many years ahead each single character for a year means.
YEARS = {"今": 0, "明": 1, "出": 1, "下": 1, "后": 2, "去": -1, "旧": -1, "上": -1}


@dataclass(frozen=True)
class Named:
    """One or more days in a text: the position, the English words for it, and the day itself if it is a single one.

    `again` finds the day anew, not before another day: for the end of a range.
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
    """Return the year that "2027", 二零二七 or a character such as 明 means; None for no year."""
    if not said:
        return None
    if said in YEARS:
        return today.year + YEARS[said]
    return int("".join(str(number(each)) for each in said))
