"""Hours, days and moments in words. A language is one table: `English` is the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.calendar.facts import DAY, Periods
from bot.calendar.hours import DayHours


@dataclass(frozen=True)
class Words:
    """What a language needs to say hours and days."""

    am: str
    pm: str
    noon: str
    midnight: str
    next_day: str
    open_24_hours: str
    closed: str
    and_: str
    today: str
    tomorrow: str
    yesterday: str
    all_day: str
    weekdays: tuple[str, str, str, str, str, str, str]
    short_weekdays: tuple[str, str, str, str, str, str, str]
    months: tuple[str, ...]


English = Words(
    am="am",
    pm="pm",
    noon="12 noon",
    midnight="midnight",
    next_day="the next day",
    open_24_hours="open 24 hours",
    closed="closed",
    and_="and",
    today="today",
    tomorrow="tomorrow",
    yesterday="yesterday",
    all_day="all day",
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    short_weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
)

# Every language that the bot can say hours in, by its code.
LANGUAGES: dict[str, Words] = {"en": English}


def clock(at: int | time | datetime, words: Words = English) -> str:
    """Return a time of day: "11 pm", "8:30 am", "midnight", "12 noon". An `int` is minutes after midnight."""
    minutes = at if isinstance(at, int) else at.hour * 60 + at.minute
    hour, minute = divmod(minutes % DAY, 60)
    if minute == 0 and hour in {0, 12}:
        return words.noon if hour else words.midnight
    shown = f"{hour % 12 or 12}" + (f":{minute:02}" if minute else "")
    return f"{shown} {words.am if hour < 12 else words.pm}"


def periods(found: Periods, words: Words = English) -> str:
    """Return a day's periods: "8 am – 11 pm", "8 am – 12 noon and 2 pm – 6 pm", "open 24 hours", "closed"."""
    if not found:
        return words.closed
    if any(period.opens == 0 and period.closes >= DAY for period in found):
        return words.open_24_hours
    shown = []
    for period in found:
        later = f" ({words.next_day})" if period.closes > DAY else ""
        shown.append(f"{clock(period.opens, words)} – {clock(period.closes, words)}{later}")
    return f" {words.and_} ".join(shown) if len(shown) < 3 else f"{', '.join(shown[:-1])} {words.and_} {shown[-1]}"


def full_date(on: date, today: date, words: Words = English) -> str:
    """Return "Sunday 29 November", with the year when it is not this year."""
    shown = f"{words.weekdays[on.weekday()]} {on.day} {words.months[on.month - 1]}"
    return shown if on.year == today.year else f"{shown} {on.year}"


def day_name(on: date, today: date, words: Words = English) -> str:
    """Return the name that people give a day: "today", "tomorrow", "Sunday" within six days, else the date."""
    distance = (on - today).days
    near = {-1: words.yesterday, 0: words.today, 1: words.tomorrow}
    if distance in near:
        return near[distance]
    return words.weekdays[on.weekday()] if 1 < distance < 7 else full_date(on, today, words)


def days(first: date, last: date, today: date, words: Words = English) -> str:
    """Return a stretch of days by its ends: "today", "today – Sunday"."""
    starts, ends = day_name(first, today, words), day_name(last, today, words)
    return starts if starts == ends else f"{starts} – {ends}"


def moment(at: datetime, today: date, words: Words = English) -> str:
    """Return a time and its day: "11 pm today", "8 am Sunday"."""
    return f"{clock(at, words)} {day_name(at.date(), today, words)}"


def week(days: Sequence[DayHours], words: Words = English) -> str:
    """Return a line for each run of equal days: "Mon – Fri: 8 am – 11 pm"."""
    runs: list[list[DayHours]] = []
    for day in days:
        if runs and runs[-1][0].periods == day.periods and _reason(runs[-1][0]) == _reason(day):
            runs[-1].append(day)
        else:
            runs.append([day])
    return "\n".join(_line(run, words) for run in runs)


def _reason(day: DayHours) -> str:
    return "" if day.why.kind in {"usual", "term"} else day.why.reason


def _line(run: Sequence[DayHours], words: Words) -> str:
    first, last = (words.short_weekdays[day.date.weekday()] for day in (run[0], run[-1]))
    name = first if len(run) == 1 else f"{first} – {last}"
    reason = _reason(run[0])
    return f"{name}: {periods(run[0].periods, words)}" + (f" ({reason})" if reason else "")


def span(starts: datetime, ends: datetime, today: date, words: Words = English, *, all_day: bool = False) -> str:
    """Return when an event is: "today, 2 pm – 4 pm", "Sunday 29 November, 10 am – Friday 4 December, 6 pm"."""
    first, last = starts.date(), ends.date()
    if all_day and ends.time() == time(0):
        last -= timedelta(days=1)  # an all-day event ends at the midnight after its last day
    if all_day:
        if first >= last:
            return f"{day_name(first, today, words)}, {words.all_day}"
        return f"{day_name(first, today, words)} – {day_name(last, today, words)}"
    if first == last or ends - starts <= timedelta(hours=12):
        return f"{day_name(first, today, words)}, {clock(starts, words)} – {clock(ends, words)}"
    begin = f"{day_name(first, today, words)}, {clock(starts, words)}"
    return f"{begin} – {day_name(last, today, words)}, {clock(ends, words)}"


def duration(span: timedelta) -> str:
    """Return how long something took, in its largest unit: "less than a minute", "40 minutes", "3 hours", "2 days"."""
    minutes = int(span.total_seconds() // 60)
    for size, name in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= (2 * size if size > 1 else 1):
            count = minutes // size
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "less than a minute"
