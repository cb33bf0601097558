"""Repetitions as people choose and say them, "every Tuesday until 15 December": to and from recurrence rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from bot.calendar import repeats, words
from bot.calendar.repeats import WEEKDAYS, Rule

How = Literal["once", "daily", "weekly", "monthly", "nth", "yearly"]
# Ordinals of a weekday in its month.
NTH: Mapping[int, str] = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", -1: "last", -2: "last but one"}
_UNITS: Mapping[How, str] = {"daily": "day", "weekly": "week", "monthly": "month", "nth": "month", "yearly": "year"}
_FREQUENCIES: Mapping[How, str] = {
    "daily": "DAILY",
    "weekly": "WEEKLY",
    "monthly": "MONTHLY",
    "nth": "MONTHLY",
    "yearly": "YEARLY",
}
_CHOSEN = {"FREQ", "INTERVAL", "BYDAY", "COUNT", "UNTIL", "WKST"}


@dataclass(frozen=True)
class Choice:
    """How something repeats. `every`: each so many days, weeks …; `days`: of the week, Monday 0.

    nth: on the `nth` (-1 the last) of `days[0]` in the month. It ends on the day `until`, or after `times` times.
    """

    how: How
    every: int = 1
    days: tuple[int, ...] = ()
    nth: int = 1
    until: date | None = None
    times: int | None = None


def rule_of(choice: Choice) -> str:
    """Return the recurrence rule (RFC 5545) of a choice, "" for once."""
    if choice.how == "once":
        return ""
    parts = {"FREQ": _FREQUENCIES[choice.how]}
    if choice.every > 1:
        parts["INTERVAL"] = str(choice.every)
    if choice.how == "weekly" and choice.days:
        parts["BYDAY"] = ",".join(WEEKDAYS[day] for day in choice.days)
    if choice.how == "nth":
        parts["BYDAY"] = f"{choice.nth}{WEEKDAYS[choice.days[0] if choice.days else 0]}"
    if choice.times:
        parts["COUNT"] = str(choice.times)
    elif choice.until:
        parts["UNTIL"] = f"{choice.until:%Y%m%d}"
    return str(Rule(parts))


def choice_of(rrule: str, starts: datetime) -> Choice | None:
    """Return the choice that a rule is, for something that first happens at `starts` (aware); None if it is none."""
    if not rrule:
        return Choice("once")
    try:
        rule = repeats.read(rrule)
    except ValueError:
        return None
    how = _how(rule)
    # A week's beginning matters where weeks are left out.
    every = int(rule.parts.get("INTERVAL", 1))
    if how is None or not rule.parts.keys() <= _CHOSEN or (every > 1 and rule.parts.get("WKST", "MO") != "MO"):
        return None
    days = tuple(day for _, day in rule.days)
    return Choice(how, every, days, rule.days[0][0] if how == "nth" else 1, _until(rule, starts), rule.count)


def _how(rule: Rule) -> How | None:
    """Return what a rule is by its frequency and days; None for what can't be chosen."""
    counted = [number for number, _ in rule.days]
    match rule.parts["FREQ"], bool(counted):
        case "DAILY", False:
            return "daily"
        case "WEEKLY", _:
            return "weekly"
        case "MONTHLY", False:
            return "monthly"
        case "MONTHLY", True:
            return "nth" if len(counted) == 1 and counted[0] in NTH else None
        case "YEARLY", False:
            return "yearly"
    return None


def _until(rule: Rule, starts: datetime) -> date | None:
    """Return the last day on which it may begin."""
    until = rule.until(starts.tzinfo) if starts.tzinfo else None
    if until is None:
        return None
    wall = starts.time().replace(tzinfo=None)
    return until.date() if until.time() >= wall else until.date() - timedelta(days=1)


def said(rrule: str, starts: datetime, today: date) -> str:
    """Return how something repeats: "every Tuesday until 15 December", "on the first Monday of every month, 3 times".

    "" for once; "by a rule of the calendar that it came from" for what can't be chosen here.
    """
    choice = choice_of(rrule, starts)
    if choice is None:
        return "by a rule of the calendar that it came from"
    if choice.how == "once":
        return ""
    end = f" until {words.full_date(choice.until, today)}" if choice.until else ""
    end = f", {choice.times} times" if choice.times else end
    return f"{_often(choice, starts)}{end}"


def _often(choice: Choice, starts: datetime) -> str:
    unit = _UNITS[choice.how]
    often = f"every {unit}" if choice.every == 1 else f"every {choice.every} {unit}s"
    days = words.listed([words.English.weekdays[day] for day in choice.days or (starts.weekday(),)])
    if choice.how == "weekly":
        if choice.every > 1:
            return f"{often} on {days}"
        if choice.days == (0, 1, 2, 3, 4):
            return "every weekday"
        return "every day" if len(choice.days) == 7 else f"every {days}"
    if choice.how == "nth":
        return f"on the {NTH[choice.nth]} {days} of {often}"
    if choice.how == "monthly":
        return f"on day {starts.day} of {often}"
    if choice.how == "yearly":
        return f"{often} on {starts.day} {words.English.months[starts.month - 1]}"
    return often


def problem(choice: Choice, starts: datetime, length: timedelta) -> str:
    """Return in words why something can't repeat as chosen, "" if it can."""
    if choice.how == "once":
        return ""
    if choice.until and choice.until < starts.date():
        return "The last day is before it begins."
    # A day that begins the next one is not yet an overlap: exhibitions that repeat are few, slips are many.
    if length > {"daily": timedelta(days=1), "weekly": timedelta(days=7)}.get(choice.how, timedelta(days=28)):
        return "It lasts longer than the time until it repeats. Look at when it ends."
    if not 1 <= choice.every <= repeats.MOST_INTERVAL:
        return f"Write a number from 1 to {repeats.MOST_INTERVAL}."
    if choice.times is not None and not 1 <= choice.times <= repeats.MOST_COUNT:
        return f"It can take place {repeats.MOST_COUNT} times at most."
    return ""
