"""Dates that there are not: "feb 30", "31/4". Duckling makes something else of them; a guess is worse than a no."""

from __future__ import annotations

import re
from typing import List, Tuple

# The most days that a month ever has.
_DAYS = {
    "jan": 31, "feb": 29, "mar": 31, "apr": 30, "may": 31, "jun": 30,
    "jul": 31, "aug": 31, "sep": 30, "oct": 31, "nov": 30, "dec": 31,
}  # fmt: skip
# Without May: "may 40 people come in" is no date.
_MONTH = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?)"
)
_NO_CLOCK = r"(?!\s*[:.]\d|\s*[ap]\.?m)"
_NAMED = (
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?[\s-]+(?P<month>{_MONTH})\b", re.IGNORECASE),
    re.compile(rf"\b(?P<month>{_MONTH})[\s-]+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b{_NO_CLOCK}", re.IGNORECASE),
)
_NUMBERS = re.compile(r"(?<![\d/.:-])(?P<day>\d{1,2})/(?P<month>\d{1,2})(?:/(?:20)?\d{2})?(?![\d/])")


def impossible_dates(text: str) -> List[Tuple[int, int]]:
    """Return where dates that there are not stand in `text`. Numbers are read day first, as in Hong Kong: 31/4.

    "24/7" is no date; neither is a month beyond 12 with a day up to 12, which somebody wrote month first.
    """
    found = []
    for pattern in _NAMED:
        for match in pattern.finditer(text):
            if not 1 <= int(match["day"]) <= _DAYS[match["month"][:3].lower()]:
                found.append(match.span())
    days = list(_DAYS.values())
    for match in _NUMBERS.finditer(text):
        day, month = int(match["day"]), int(match["month"])
        month_first = month > 12 >= day >= 1 and month <= 31
        possible = 1 <= month <= 12 and 1 <= day <= days[month - 1]
        if not possible and not month_first and match.group() != "24/7":
            found.append(match.span())
    return sorted(set(found))
