"""Hours, days and moments in words. A language is one table of bot.calendar.tongues: `English` is the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from bot.calendar.facts import DAY, Periods
from bot.calendar.hours import DayHours
from bot.calendar.tongues import LANGUAGES, English, Words, of

__all__ = [
    "LANGUAGES",
    "English",
    "Words",
    "clock",
    "day_name",
    "days",
    "deadline",
    "duration",
    "full_date",
    "hours",
    "listed",
    "moment",
    "of",
    "periods",
    "span",
    "week",
]


def clock(at: int | time | datetime, words: Words = English, *, after: int | None = None) -> str:
    """Return a time of day: "11 pm", "8:30 am", "midnight", "12 noon". An `int` is minutes after midnight.

    `after`: the minutes of the time that was said just before it, in the same phrase.
    """
    minutes = at if isinstance(at, int) else at.hour * 60 + at.minute
    hour, minute = divmod(minutes % DAY, 60)
    if minute == 0 and hour in {0, 12}:
        return words.noon if hour else words.midnight
    part = _part(hour, words)
    again = after is not None and 0 < minutes - after < DAY // 2 and _part(after % DAY // 60, words) == part
    if minute:
        said = words.time_minutes_again if again else words.time_minutes
    else:
        said = words.time_again if again else words.time
    return said.format(hour=hour % 12 or 12, minute=minute, part=part)


def _part(hour: int, words: Words) -> str:
    return next(name for ends, name in words.parts if hour < ends)


def hours(opens: int, closes: int, words: Words = English) -> str:
    """Return a time range, given in minutes after midnight: "8 am – 11 pm", "10 pm – 2 am (the next day)"."""
    said = words.from_to_next_day if closes > DAY else words.from_to
    after = None if closes > DAY else opens
    return said.format(opens=clock(opens, words), closes=clock(closes, words, after=after))


def listed(named: Sequence[str], words: Words = English) -> str:
    """Return a list within a sentence: "a", "a and b", "a, b and c"."""
    if len(named) < 2:
        return "".join(named)
    return f"{words.comma.join(named[:-1])}{words.and_}{named[-1]}"


def periods(found: Periods, words: Words = English) -> str:
    """Return a day's periods: "8 am – 11 pm", "8 am – 12 noon and 2 pm – 6 pm", "open 24 hours", "closed"."""
    if not found:
        return words.closed
    if any(period.opens == 0 and period.closes >= DAY for period in found):
        return words.open_24_hours
    return listed([hours(period.opens, period.closes, words) for period in found], words)


def full_date(on: date, today: date, words: Words = English) -> str:
    """Return "Sunday 29 November", with the year if it is not this year."""
    said = words.date if on.year == today.year else words.date_with_year
    weekday, month = words.weekdays[on.weekday()], words.months[on.month - 1]
    return said.format(weekday=weekday, day=on.day, month=month, year=on.year)


def day_name(on: date, today: date, words: Words = English) -> str:
    """Return what people call a day: "today", "tomorrow", "Sunday" within six days, else the date."""
    distance = (on - today).days
    near = {-1: words.yesterday, 0: words.today, 1: words.tomorrow}
    if distance in near:
        return near[distance]
    return words.weekdays[on.weekday()] if 1 < distance < 7 else full_date(on, today, words)


def days(first: date, last: date, today: date, words: Words = English) -> str:
    """Return a range of days: "today", "today and tomorrow", "today – Wednesday"."""
    starts, ends = day_name(first, today, words), day_name(last, today, words)
    if starts == ends:
        return starts
    if last - first == timedelta(days=1):
        return listed([starts, ends], words)
    return words.days.format(first=starts, last=ends)


def moment(at: datetime, today: date, words: Words = English) -> str:
    """Return a time and its day: "11 pm today", "8 am Sunday". Midnight is the end of a day: "midnight tonight"."""
    if (at.hour, at.minute) != (0, 0):
        return words.moment.format(time=clock(at, words), day=day_name(at.date(), today, words))
    ending = at.date() - timedelta(days=1)
    if ending == today:
        return words.tonight
    if ending == today - timedelta(days=1):
        return words.last_night
    return words.end_of.format(day=day_name(ending, today, words))


def deadline(at: datetime, today: date, words: Words = English) -> str:
    """Return when something ends, with the date if at midnight: "midnight tonight, at the end of Friday 4 December"."""
    ending = at - timedelta(minutes=1)
    if (at.hour, at.minute) != (0, 0) or ending.date() != today:
        return moment(at, today, words)
    return words.tonight_of.format(day=full_date(ending.date(), today, words))


def week(days: Sequence[DayHours], words: Words = English, said: Callable[[str], str] = str) -> str:
    """Return a line for each run of equal days: "Mon – Fri: 8 am – 11 pm". `said` translates a reason."""
    runs: list[list[DayHours]] = []
    for day in days:
        if runs and runs[-1][0].periods == day.periods and _reason(runs[-1][0]) == _reason(day):
            runs[-1].append(day)
        else:
            runs.append([day])
    return "\n".join(_line(run, words, said) for run in runs)


def _reason(day: DayHours) -> str:
    return "" if day.why.kind in {"usual", "term"} else day.why.reason


def _line(run: Sequence[DayHours], words: Words, say: Callable[[str], str]) -> str:
    first, last = (words.short_weekdays[day.date.weekday()] for day in (run[0], run[-1]))
    name = words.week_day.format(day=first) if len(run) == 1 else words.week_days.format(first=first, last=last)
    reason = _reason(run[0])
    said = words.line_why if reason else words.line
    return said.format(days=name, hours=periods(run[0].periods, words), reason=say(reason))


def span(starts: datetime, ends: datetime, today: date, words: Words = English, *, all_day: bool = False) -> str:
    """Return when an event is: "today, 2 pm – 4 pm", "Sunday 29 November, 10 am – Friday 4 December, 6 pm"."""
    first, last = starts.date(), ends.date()
    if all_day and ends.time() == time(0):
        last -= timedelta(days=1)  # an all-day event ends at the midnight after its last day
    starting, ending = day_name(first, today, words), day_name(last, today, words)
    if all_day:
        if first >= last:
            return words.all_day.format(day=starting)
        return words.days.format(first=starting, last=ending)
    opens, closes = (each.hour * 60 + each.minute for each in (starts, ends))
    if first == last or ends - starts <= timedelta(hours=12):
        said = words.from_to.format(opens=clock(opens, words), closes=clock(closes, words, after=opens))
        return words.day_from_to.format(day=starting, hours=said)
    return words.long.format(first=starting, starts=clock(opens, words), last=ending, ends=clock(closes, words))


def duration(span: timedelta) -> str:
    """Return how long something took, in its largest unit: "less than a minute", "40 minutes", "3 hours", "2 days"."""
    minutes = int(span.total_seconds() // 60)
    for size, name in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= (2 * size if size > 1 else 1):
            count = minutes // size
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "less than a minute"
