"""Hours as people write them: "08:00-23:00", "10am-6pm", "09:00-12:00, 14:00-18:00", "22:00-02:00", "24h", "closed"."""

from __future__ import annotations

import re
import unicodedata

from bot.calendar.facts import ALL_DAY, CLOSED, DAY, Period, Periods, Week

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXAMPLE = 'write for example "08:00-23:00", "10am-6pm", "09:00-12:00, 14:00-18:00", "24h" or "closed"'
LONGEST = 200
# If a time is followed by one in the next day's afternoon, or by a span longer than this, the ends were swapped.
NOON, MOST_OVERNIGHT = 720, 20 * 60

_DASHES = re.compile(r"\s*(?:[-‐‑‒–—―−~〜→]+|\b(?:to|until|till?|through|thru)\b)\s*")
_AND = re.compile(r"\s*(?:[,;&+/、]|\band\b)\s*")
_CLOCK = re.compile(
    r"(\d{1,2})[:.]([0-5]\d)(?::00)? ?([ap]m)?|(\d{1,2}) ?([ap]m)|(\d{2})([0-5]\d)(?: ?h(?:rs|ours)?)?", re.ASCII
)
_BARE = re.compile(r"(\d{1,2}) ?([ap]m)?", re.ASCII)
_WORDS = {"noon": 720, "midday": 720, "12 noon": 720, "12noon": 720, "midnight": DAY, "12 midnight": DAY}
_WHOLE_DAY = {
    "24h",
    "24 h",
    "24 hours",
    "24 hrs",
    "24hours",
    "24/7",
    "open 24 hours",
    "24 hours a day",
    "round the clock",
}
_NAMES = {
    name + plural: number
    for number, names in enumerate(
        (
            ("mon", "monday"),
            ("tue", "tues", "tuesday"),
            ("wed", "weds", "wednesday"),
            ("thu", "thur", "thurs", "thursday"),
            ("fri", "friday"),
            ("sat", "saturday"),
            ("sun", "sunday"),
        )
    )
    for name in names
    for plural in ("", "s" if name.endswith("day") else ".")
}
_GROUPS = {
    **dict.fromkeys(("weekday", "weekdays", "working days", "workdays"), range(5)),
    **dict.fromkeys(("weekend", "weekends"), range(5, 7)),
    **dict.fromkeys(("daily", "every day", "everyday", "all days", "all week"), range(7)),
}


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def spelt_out(text: str) -> str:
    """Return hours as somebody types them in a form with am and pm filled in where only one reading makes sense.

    "10-6" is 10:00-18:00, "9-17" is 09:00-17:00, "10-6pm" and "10am-6" are 10:00-18:00. "8-11" may mean either half of
    the day: it is returned as it is, and `read_periods` says what would be right.
    """
    parts = _AND.split(re.sub(r"\b([ap])\.? ?m\b\.?", r"\1m", _folded(text[:LONGEST])))
    spelt = [_spelt_out(part) for part in parts]
    return ", ".join(each or part for each, part in zip(spelt, parts, strict=True)) if any(spelt) else text


def _spelt_out(part: str) -> str:
    """Return a range with a bare hour, spelt out; "" if it has none, or may mean several things."""
    found = [_BARE.fullmatch(end) for end in _DASHES.split(part)]
    if len(found) != 2 or not all(found):
        return ""
    (opens, half), (closes, other) = ((int(each[1]), each[2]) for each in found if each)
    if (half and other) or opens > 24 or closes > 24 or not (opens and closes):
        return ""
    if not half and not other and closes > 12:
        return f"{opens:02}:00-{closes:02}:00" if opens < closes else ""
    if opens > 12 or closes > 12 or closes >= opens or (half == "pm" or other == "am"):
        return ""
    return f"{opens:02}:00-{closes + 12:02}:00"


def read_periods(text: str) -> Periods:
    """Return the periods that `text` means. Raises ValueError, which says what would be right."""
    folded = _folded(text[: LONGEST + 1])
    if len(text) > LONGEST:
        raise ValueError(f"{len(text)} letters are no time range; {EXAMPLE}")
    if folded == "closed":
        return CLOSED
    if folded in _WHOLE_DAY:
        return ALL_DAY
    found = []
    for part in _AND.split(re.sub(r"\b([ap])\.? ?m\b\.?", r"\1m", folded)):
        ends = _DASHES.split(part)
        if len(ends) != 2:
            raise ValueError(f'"{text}" is no time range; {EXAMPLE}')
        opens, closes = (_minutes(text, end, ends) for end in ends)
        if ends[0] in _WORDS:
            opens %= DAY
        if closes > DAY or opens >= DAY:
            raise ValueError(f'"{text}" is no time of a day; {EXAMPLE}')
        if opens == closes == 0:
            raise ValueError(f'"{text}" may mean closed or open all day; write for example "closed" or "24h"')
        found.append(Period(opens, closes if closes > opens else closes + DAY))
    return tuple(sorted(found))


def _minutes(text: str, end: str, ends: list[str]) -> int:
    """Return the minutes after midnight of one end of a range. A bare hour is rejected as ambiguous."""
    if end in _WORDS:
        return _WORDS[end]
    matched = _CLOCK.fullmatch(end)
    if not matched:
        bare = '; say am or pm with bare hours, "8am-11pm"' if re.fullmatch(r"\d{1,2}", end, re.ASCII) else ""
        raise ValueError(f'"{text}" is no time range; {EXAMPLE}{bare}')
    hour, minute = int(matched[1] or matched[4] or matched[6]), int(matched[2] or matched[7] or 0)
    half = matched[3] or matched[5]
    halves = [each for each in ends if each not in _WORDS]
    if half is None and any(each.endswith("m") for each in halves):
        raise ValueError(f'"{text}" is no time range: am or pm is said at one end alone; {EXAMPLE}')
    if half is None:
        return hour * 60 + minute if hour < 24 or (hour, minute) == (24, 0) else 2 * DAY
    return (hour % 12 + (12 if half == "pm" else 0)) * 60 + minute if 1 <= hour <= 12 else 2 * DAY


def doubt(periods: Periods) -> str:
    """Return a question about periods that are valid but hardly ever meant; "" for none."""
    for number, period in enumerate(periods):
        shown, next_day = write_periods((period,)), period.closes - DAY
        length = period.closes - period.opens
        if length == DAY and period.opens:
            return f'"{shown}" is read as open for 24 hours from {_clock(period.opens)} on; write 24h, or other times'
        if next_day > NOON or (next_day > 0 and length > MOST_OVERNIGHT):
            other = write_periods((Period(next_day, period.opens),)) if next_day > NOON else ""
            other = other or write_periods((Period(period.opens, max(next_day + NOON, period.opens + 1)),))
            return f'"{shown}" is read as open until {_clock(next_day)} of the next day; is "{other}" meant?'
        if number and period.opens < periods[number - 1].closes:
            return f'"{write_periods(periods)}" overlaps itself; write each stretch once'
    return ""


def write_periods(periods: Periods) -> str:
    """Return periods in the form that `read_periods` reads."""
    if not periods:
        return "closed"
    if periods == ALL_DAY:
        return "24h"
    return ", ".join(f"{_clock(period.opens)}-{_clock(_end(period))}" for period in periods)


def _end(period: Period) -> int:
    # 24:00 only if the period ends with its day; past it, the clock starts again.
    return period.closes if period.closes <= DAY else period.closes - DAY


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def read_days(name: str) -> tuple[int, ...]:
    """Return the days that "mon", "mon-fri", "Monday to Friday", "weekdays" or "sat, sun" names, Monday 0.

    Raises ValueError.
    """
    folded = _folded(name[:LONGEST])
    found: list[int] = []
    for part in [folded] if folded in _GROUPS else _AND.split(folded):
        ends = _DASHES.split(part)
        if part in _GROUPS:
            found += _GROUPS[part]
        elif len(ends) <= 2 and all(end in _NAMES for end in ends):
            first, last = _NAMES[ends[0]], _NAMES[ends[-1]]
            found += range(first, last + 1) if first <= last else [*range(first, 7), *range(last + 1)]
        else:
            closures = (
                "; days of one year stand in exceptions.yml" if re.search("holi|month|year|ph\\b", folded) else ""
            )
            raise ValueError(f'"{name}" names no days; write for example mon, mon-fri, or sat-sun{closures}')
    return tuple(found)


def read_week(hours: dict[str, str]) -> list[str]:
    """Return seven days, Monday first, from {"mon-fri": "08:00-23:00"}; a day that is not named is closed.

    Raises ValueError when a day is named twice or a range is invalid.
    """
    days: dict[int, str] = {}
    for name, text in hours.items():
        for day in read_days(name):
            if day in days:
                raise ValueError(f"{DAYS[day]} is named twice; give each day its hours once")
            try:
                days[day] = write_periods(read_periods(text))
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from error
    return [days.get(day, "closed") for day in range(7)]


def write_week(week: list[str]) -> dict[str, str]:
    """Return a week as people write it, with consecutive equal days joined."""
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
