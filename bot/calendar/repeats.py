"""Recurrence rules (RFC 5545, RRULE): parsed, or rejected with an explanation, and the times that they generate."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property, lru_cache
from itertools import chain, islice

EXAMPLE = "write for example FREQ=WEEKLY;BYDAY=WE;COUNT=10 or FREQ=WEEKLY;UNTIL=20270630"
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_COUNT, MOST_INTERVAL, LONGEST = 1000, 999, 500
# A rule that generates no day within this time, and this many days, weeks, months or years of its frequency, generates
# none: 29 February comes every third year only each 12 years, and each day is asked for more than four.
NAMES_A_DAY_WITHIN, TRIED = timedelta(days=366 * 41), 1500
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_NUMBERS = {"BYMONTHDAY": 31, "BYSETPOS": 366, "BYMONTH": 12}
_NOT_READ = {
    "BYYEARDAY": "write BYMONTH and BYMONTHDAY",
    "BYWEEKNO": "write BYMONTH and BYDAY",
    **dict.fromkeys(
        ("BYHOUR", "BYMINUTE", "BYSECOND"),
        "an event begins when it begins, so write an entry for each time of day",
    ),
}
_KNOWN = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", *_NUMBERS, "WKST")
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")


@dataclass(frozen=True)
class Rule:
    """A parsed rule: its parts, each once, in their original order."""

    parts: Mapping[str, str]

    def __str__(self) -> str:
        return ";".join(f"{name}={value}" for name, value in self.parts.items())

    @property
    def count(self) -> int | None:
        """How often it happens; None if unspecified."""
        return int(self.parts["COUNT"]) if "COUNT" in self.parts else None

    @cached_property
    def numbers(self) -> Mapping[str, tuple[int, ...]]:
        """The values of each numeric part, nothing if the rule doesn't have it."""
        return {name: tuple(int(each) for each in self.parts.get(name, "").split(",") if each) for name in _NUMBERS}

    @cached_property
    def days(self) -> tuple[tuple[int, int], ...]:
        """The days of BYDAY, Monday 0, each with its ordinal: 0 is every one, -1 the last."""
        listed = [_DAY.fullmatch(each.strip()) for each in self.parts.get("BYDAY", "").split(",")]
        return tuple((int(each[1] or 0), WEEKDAYS.index(each[2])) for each in listed if each)

    def until(self, zone: tzinfo) -> datetime | None:
        """Return the last moment at which it may begin, in `zone`'s time; for a bare date, the end of the day."""
        matched = _UNTIL.fullmatch(self.parts.get("UNTIL", ""))
        if not matched:
            return None
        on, at, utc = matched.groups()
        if at is None:
            return datetime.combine(date.fromisoformat(on), time(23, 59, 59))
        moment = datetime.strptime(f"{on}{at}", "%Y%m%d%H%M%S")  # noqa: DTZ007 - on the clock of `zone`, or UTC
        return moment.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) if utc else moment


@lru_cache(maxsize=4096)
def read(text: str) -> Rule:
    """Return the rule that `text` means. Raises ValueError, which says what would be right."""
    plain = text.strip().upper().removeprefix("RRULE:").rstrip(";")
    if len(plain) > LONGEST:
        raise ValueError(f"the rule of repetition is too long: {len(plain)} letters; {LONGEST} at most")
    parts: dict[str, str] = {}
    for part in plain.split(";"):
        name, equals, value = (each.strip() for each in part.partition("="))
        if not equals or name not in _KNOWN:
            raise ValueError(_unknown(text, part, name if equals else ""))
        if name in parts:
            raise ValueError(f'"{text}" says {name} twice; leave one out')
        parts[name] = value
    if "FREQ" not in parts:
        raise ValueError(f'"{text}" says no FREQ, how often it repeats; {EXAMPLE}')
    for name, value in parts.items():
        problem = _problem(name, value, parts["FREQ"])
        if problem:
            raise ValueError(f'{name}="{value}" {problem}')
    if "COUNT" in parts and "UNTIL" in parts:
        raise ValueError("COUNT and UNTIL exclude each other; leave one out")
    if "BYMONTHDAY" in parts and any(number for number, _ in Rule(parts).days):
        raise ValueError("BYMONTHDAY names the day already; write BYDAY without numbers, or leave one of them out")
    if "BYSETPOS" in parts and not any(name in parts for name in ("BYDAY", *_NUMBERS) if name != "BYSETPOS"):
        raise ValueError("BYSETPOS chooses among other parts; write for example BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1")
    return Rule(parts)


def _unknown(text: str, part: str, name: str) -> str:
    if name in _NOT_READ:
        return f"{name} is not read; {_NOT_READ[name]}"
    if name:
        return f'"{name}" is no part of a rule; the parts are {", ".join(_KNOWN)}'
    return f'"{part.strip() or text}" is no rule of repetition; {EXAMPLE}'


def _problem(name: str, value: str, frequency: str) -> str:
    """Return what is wrong with a part, "" if nothing."""
    if not value:
        return f"is empty; write what it should be, or leave {name} out"
    if name == "FREQ":
        return "" if value in _FREQUENCIES else f"is not one of {', '.join(_FREQUENCIES)}; {EXAMPLE}"
    if name in {"INTERVAL", "COUNT"}:
        most = MOST_INTERVAL if name == "INTERVAL" else MOST_COUNT
        fits = re.fullmatch(r"\d{1,6}", value, re.ASCII) and 1 <= int(value) <= most
        return "" if fits else f"should be a whole number from 1 to {most}"
    if name == "UNTIL":
        return _until_problem(value)
    if name == "WKST":
        return "" if value in WEEKDAYS else f"is no day; the days are {', '.join(WEEKDAYS)}"
    if name == "BYDAY":
        return _days_problem(value, frequency)
    if name == "BYMONTHDAY" and frequency == "WEEKLY":
        return "does not go with FREQ=WEEKLY; write FREQ=MONTHLY"
    lowest = "" if name == "BYMONTH" else "-?"
    for each in value.split(","):
        number = each.strip().removeprefix("+")
        if not re.fullmatch(rf"{lowest}\d{{1,3}}", number, re.ASCII) or not 1 <= abs(int(number)) <= _NUMBERS[name]:
            signed = "" if name == "BYMONTH" else f", or from -{_NUMBERS[name]} to -1 counted from the end"
            return f"should be whole numbers from 1 to {_NUMBERS[name]}{signed}"
    return ""


def _until_problem(value: str) -> str:
    matched = _UNTIL.fullmatch(value)
    try:
        if matched:
            date.fromisoformat(matched[1])
            time.fromisoformat(matched[2] or "000000")
            return ""
    except ValueError:
        pass
    digits = re.sub(r"\D", "", value)
    wanted = digits if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) else "20270630"
    return f"is no date as a rule writes it; write for example UNTIL={wanted}"


def _days_problem(value: str, frequency: str) -> str:
    most = {"MONTHLY": 5, "YEARLY": 53}.get(frequency, 0)
    for each in value.split(","):
        matched = _DAY.fullmatch(each.strip())
        if not matched:
            near = each.strip()[:2]
            hint = f"write {near}" if near in WEEKDAYS else f"the days are {', '.join(WEEKDAYS)}"
            return f'names no day with "{each.strip()}"; {hint}'
        if matched[1] and not 1 <= abs(int(matched[1])) <= most:
            if not most:
                return f'counts days with "{each.strip()}", which goes with FREQ=MONTHLY or FREQ=YEARLY alone'
            return f'counts too far with "{each.strip()}"; 1 to {most}, or -1 to -{most} from the end'
    return ""


@lru_cache(maxsize=4096)
def check(text: str, starts: datetime) -> str:
    """Return the rule as it is stored, for something that first happens at `starts`. Raises ValueError."""
    rule = read(text)
    until = rule.until(UTC)
    if until is not None and until.date() < (starts - timedelta(days=1)).date():
        raise ValueError(f"UNTIL={rule.parts['UNTIL']} is before it begins, {starts:%Y-%m-%d}; nothing repeats")
    begin = starts.date()
    tried = islice(_periods(rule, begin, begin, begin + NAMES_A_DAY_WITHIN), TRIED)
    if not any(each >= begin for period in tried for each in _named(rule, period, begin)):
        raise ValueError(f'"{text}" names no day that there is; {EXAMPLE}')
    return str(rule)


def names(rule: Rule, first: date) -> bool:
    """Return whether a rule generates the first day of what it repeats."""
    return next(_days(rule, first, first, first), None) is not None


def walls(rule: Rule, starts: datetime, after: datetime, before: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Yield when something that first happens at `starts` happens in [after, before), in `zone`'s time.

    All are naive times. The first time counts even if the rule doesn't generate it, as RFC 5545 requires.
    """
    until, left = rule.until(zone), rule.count
    last = before if until is None else min(until + timedelta(microseconds=1), before)
    if left is None and starts < after:
        days = _days(rule, starts.date(), after.date(), last.date())
    else:
        days = _days(rule, starts.date(), starts.date(), last.date())
        if not names(rule, starts.date()):
            days = chain([starts.date()], days)
    for on in islice(days, left):
        wall = datetime.combine(on, starts.time())
        if wall >= last:
            return
        if wall >= after:
            yield wall


def _days(rule: Rule, first: date, after: date, last: date) -> Iterator[date]:
    """Yield the days that a rule generates from the later of `first` and `after` to `last`, in order."""
    begin = max(first, after)
    for begins in _periods(rule, first, begin, last):
        yield from (each for each in _named(rule, begins, first) if begin <= each <= last)


def _named(rule: Rule, begins: date, first: date) -> list[date]:
    """Return the days that a rule generates in the period that starts at `begins`, in order."""
    found = sorted(set(_of_period(rule, begins, first)))
    places = rule.numbers["BYSETPOS"]
    if places:
        found = sorted({found[each - (each > 0)] for each in places if -len(found) <= each <= len(found)})
    return found


def _periods(rule: Rule, first: date, after: date, last: date) -> Iterator[date]:
    """Yield the first day of each day, week, month or year in which a rule may generate something, from `first`."""
    step = int(rule.parts.get("INTERVAL", 1))
    frequency = rule.parts["FREQ"]
    if frequency in {"DAILY", "WEEKLY"}:
        size = step * (7 if frequency == "WEEKLY" else 1)
        back = (first.weekday() - WEEKDAYS.index(rule.parts.get("WKST", "MO"))) % 7 if frequency == "WEEKLY" else 0
        number = first.toordinal() - back
        number += max(0, (after.toordinal() - number) // size) * size
        while number <= last.toordinal():
            yield date.fromordinal(max(number, 1))
            number += size
        return
    size = step * (12 if frequency == "YEARLY" else 1)
    month = first.year * 12 + (first.month - 1 if frequency == "MONTHLY" else 0)
    month += max(0, (after.year * 12 + after.month - 1 - month) // size) * size
    while month <= last.year * 12 + last.month - 1:
        yield date(month // 12, month % 12 + 1, 1)
        month += size


def _of_period(rule: Rule, begins: date, first: date) -> Iterator[date]:
    """Yield the days that a rule generates in the period that starts at `begins`, by the table in RFC 5545, 3.3.10."""
    months, in_month = rule.numbers["BYMONTH"], rule.numbers["BYMONTHDAY"]
    days = rule.days
    frequency = rule.parts["FREQ"]
    if frequency in {"DAILY", "WEEKLY"}:
        wanted = {day for _, day in days} or ({first.weekday()} if frequency == "WEEKLY" else set())
        for each in (begins + timedelta(days=number) for number in range(7 if frequency == "WEEKLY" else 1)):
            named = not in_month or any(each.day == _counted(number, _length(each)) for number in in_month)
            if named and (not wanted or each.weekday() in wanted) and (not months or each.month in months):
                yield each
        return
    if frequency == "YEARLY" and days and not months and not in_month:
        yield from _weekdays(days, begins, date(begins.year, 12, 31))
        return
    if frequency == "MONTHLY":
        wanted_months = [begins.month] if not months or begins.month in months else []
    else:
        wanted_months = list(months or (range(1, 13) if in_month else [first.month]))
    for month in wanted_months:
        begin = date(begins.year, month, 1)
        length = _length(begin)
        if days and not in_month:
            yield from _weekdays(days, begin, begin.replace(day=length))
            continue
        for number in in_month or [first.day]:
            counted = _counted(number, length)
            if 1 <= counted <= length:
                on = begin.replace(day=counted)
                if not days or on.weekday() in {day for _, day in days}:
                    yield on


def _weekdays(days: tuple[tuple[int, int], ...], begin: date, end: date) -> Iterator[date]:
    """Yield the weekdays between two days: each of them (0), or the first, the second, the last (-1) one."""
    for number, weekday in days:
        head = begin + timedelta(days=(weekday - begin.weekday()) % 7)
        found = [head + timedelta(days=each) for each in range(0, (end - head).days + 1, 7)]
        if not number:
            yield from found
        elif -len(found) <= number <= len(found):
            yield found[number - (number > 0)]


def _length(on: date) -> int:
    return monthrange(on.year, on.month)[1]


def _counted(number: int, length: int) -> int:
    return number if number > 0 else length + 1 + number
