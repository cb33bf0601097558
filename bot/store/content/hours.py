"""Hours as people write them: "08:00-23:00", "09:00-12:00, 14:00-18:00", "22:00-02:00", "24h", "closed"."""

from __future__ import annotations

import re

from bot.calendar.facts import ALL_DAY, CLOSED, DAY, Period, Periods, Week

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXAMPLE = 'write for example "08:00-23:00", "09:00-12:00, 14:00-18:00", "24h" or "closed"'

_RANGE = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-4]):([0-5]\d)")


def read_periods(text: str) -> Periods:
    """Return the periods that `text` means. Raises ValueError, which says what would be right."""
    folded = text.strip().lower()
    if folded == "closed":
        return CLOSED
    if folded in {"24h", "24 hours"}:
        return ALL_DAY
    found = []
    for part in folded.split(","):
        matched = _RANGE.fullmatch(part.strip())
        if not matched:
            raise ValueError(f'"{text}" is no time range; {EXAMPLE}')
        hours = [int(each) for each in matched.groups()]
        opens, closes = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
        if closes > DAY or opens >= DAY:
            raise ValueError(f'"{text}" is no time of a day; {EXAMPLE}')
        found.append(Period(opens, closes if closes > opens else closes + DAY))
    return tuple(sorted(found))


def write_periods(periods: Periods) -> str:
    """Return periods as `read_periods` reads them."""
    if not periods:
        return "closed"
    if periods == ALL_DAY:
        return "24h"
    return ", ".join(f"{_clock(period.opens)}-{_clock(_end(period))}" for period in periods)


def _end(period: Period) -> int:
    # 24:00 only where the period ends with its day; past it, the clock starts anew.
    return period.closes if period.closes <= DAY else period.closes - DAY


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def read_days(name: str) -> tuple[int, ...]:
    """Return the days that "mon", "mon-fri" or "sat, sun" names, Monday 0. Raises ValueError."""
    found: list[int] = []
    for part in name.lower().split(","):
        ends = [each.strip()[:3] for each in part.split("-")]
        if not 1 <= len(ends) <= 2 or any(end not in DAYS for end in ends):
            raise ValueError(f'"{name}" names no days; write for example mon, mon-fri, or sat-sun')
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        found += range(first, last + 1) if first <= last else [*range(first, 7), *range(last + 1)]
    return tuple(found)


def read_week(hours: dict[str, str]) -> list[str]:
    """Return seven days, Monday first, from {"mon-fri": "08:00-23:00"}; a day that is not named is closed.

    Raises ValueError when a day is named twice or a range is not right.
    """
    days: dict[int, str] = {}
    for name, text in hours.items():
        for day in read_days(name):
            if day in days:
                raise ValueError(f"{DAYS[day]} is named twice; give each day its hours once")
            days[day] = write_periods(read_periods(text))
    return [days.get(day, "closed") for day in range(7)]


def write_week(week: list[str]) -> dict[str, str]:
    """Return a week as people write it, equal days side by side joined."""
    found: dict[str, str] = {}
    start = 0
    for day in range(1, 8):
        if day == 7 or week[day] != week[start]:
            name = DAYS[start] if day == start + 1 else f"{DAYS[start]}-{DAYS[day - 1]}"
            found[name] = week[start]
            start = day
    return found


def as_week(week: list[str]) -> Week:
    """Return seven days' texts as a Week."""
    mon, tue, wed, thu, fri, sat, sun = (read_periods(text) for text in week)
    return Week((mon, tue, wed, thu, fri, sat, sun))
