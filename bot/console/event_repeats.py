"""How an event repeats, on its form: chosen in words, and stored as the rule that calendars exchange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, get_args

from flask import request

from bot.calendar import words
from bot.calendar.facts import Event
from bot.calendar.occurrences import occurrences
from bot.calendar.repeats_said import NTH, Choice, How, choice_of, problem, rule_of, said
from bot.console.desk import Desk, desk
from bot.console.forms import DAY_NAMES, Field, Option
from bot.store.content import edit

MOST_LISTED = 30
LISTED_FOR = timedelta(days=366 * 3)
KEPT = "kept"
HOW = (
    Option("once", "No, it takes place once"),
    Option("daily", "Every day"),
    Option("weekly", "Every week"),
    Option("monthly", "Every month, on the same date"),
    Option("nth", "Every month, on the first, second … or last of a weekday"),
    Option("yearly", "Every year, on the same date"),
    Option(KEPT, "As in the calendar that it came from", given=True),
)
DAYS = tuple(Option(str(number), name) for number, name in enumerate(DAY_NAMES))
FIELDS: Sequence[Field] = (
    Field("repeats", "Does it repeat?", "choose", "The dates that result are listed beside.", options=HOW),
    Field("on_days", "On", "several", "None ticked: the weekday on which it begins.", options=DAYS, only="weekly"),
    Field(
        "nth", "Which one", "choose", options=tuple(Option(str(each), f"the {NTH[each]}") for each in NTH), only="nth"
    ),
    Field("nth_day", "Weekday", "choose", options=DAYS, only="nth"),
    Field("every", "Each", "number", "1: every day, week, month or year; 2: every second one.", only="repeated"),
    Field("last_day", "Until", "day", "Empty: it has no end.", only="repeated"),
    Field("times", "Or after so many times", "number", only="repeated"),
    Field("exdates", "But not on", "lines", "One day a line: 2026-12-25", only="again"),
)
NAMES = ("repeats", "on_days", "nth", "nth_day", "every", "last_day", "times")


def as_entry(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form's fields as an entry: the choice as a rule."""
    entry = {name: value for name, value in written.items() if name not in NAMES}
    if written.get("repeats") == KEPT:
        return {**entry, "rrule": _stored()}
    choice = _choice(written)
    return {**entry, "rrule": rule_of(choice) if choice and not _wrong(written) else ""}


def as_form(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry as a form's fields: its rule as a choice."""
    starts = _moment(entry.get("starts")) or desk().local(desk().now())
    choice = choice_of(entry.get("rrule") or "", starts)
    # What is offered first, should a weekday in the month be chosen: that on which it begins.
    nth = (starts.day - 1) // 7 + 1 if starts.day <= 28 else -1
    day = choice.days[0] if choice and choice.days else starts.weekday()
    return {
        **{name: value for name, value in entry.items() if name != "rrule"},
        "repeats": choice.how if choice else KEPT,
        "on_days": [str(each) for each in choice.days] if choice and choice.how == "weekly" else [],
        "nth": str(choice.nth if choice and choice.how == "nth" else nth),
        "nth_day": str(day),
        "every": choice.every if choice else 1,
        "last_day": choice.until if choice else None,
        "times": choice.times if choice else None,
    }


def wrong(written: Mapping[str, Any], problems: Mapping[str, str]) -> dict[str, str]:
    """Return an entry's problems as the form calls them, with those of the choice."""
    found = {name: text for name, text in problems.items() if name != "rrule"}
    if "rrule" in problems:
        found["repeats"] = "It can't repeat like this: look at when it begins and ends, and at how often it repeats."
    return {**found, **_wrong(written)}


def _wrong(written: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with a choice, by field."""
    if written.get("repeats") in {KEPT, "once", "", None}:
        return {}
    found = {}
    for name in ("every", "times"):
        if written.get(name) is not None and not isinstance(written[name], int):
            found[name] = "Write a whole number."
    if written.get("last_day") and _day(written["last_day"]) is None:
        found["last_day"] = "This is no day. Write for example 2026-12-15."
    if written.get("last_day") and written.get("times"):
        found["times"] = "Choose one: the last day, or how often."
    choice, starts, ends = _choice(written), _moment(written.get("starts")), _moment(written.get("ends"))
    if choice and starts and ends and not found and (text := problem(choice, starts, ends - starts)):
        found["last_day" if choice.until and choice.until < starts.date() else "repeats"] = text
    return found


def _choice(written: Mapping[str, Any]) -> Choice | None:
    """Return what was chosen; None for what is no choice."""
    how: How = next((each for each in get_args(How) if each == written.get("repeats")), "once")
    numbers = {name: written.get(name) for name in ("every", "times")}
    if any(each is not None and not isinstance(each, int) for each in numbers.values()):
        return None
    days = tuple(
        sorted(int(each) for each in written.get("on_days") or () if each in {"0", "1", "2", "3", "4", "5", "6"})
    )
    if how == "nth":
        days = (int(written.get("nth_day") or 0),)
    every = numbers["every"] if numbers["every"] is not None else 1
    nth = int(written["nth"]) if how == "nth" and written.get("nth") else 1
    return Choice(
        how, every, days if how in {"weekly", "nth"} else (), nth, _day(written.get("last_day")), numbers["times"]
    )


def _stored() -> str:
    """Return the rule of the entry that is being changed or copied."""
    name = request.args.get("name") or request.args.get("like") or ""
    stored = edit.entry(desk().engine, "events", name)
    return str(stored["rrule"]) if stored else ""


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return desk().local(value)
    try:
        return desk().local(datetime.fromisoformat(str(value)))
    except ValueError:
        return None


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value or ""))
    except ValueError:
        return None


def dates(event: Event, at: Desk) -> str:
    """Return how an event repeats and on which days it takes place, from today on, a line each."""
    begins = max(event.starts, at.midnight(at.today()))
    found = occurrences([event], begins, begins + LISTED_FOR)
    more = len(found) - MOST_LISTED
    how = said(event.rrule, event.starts, at.today())
    lines = [f"{how[:1].upper()}{how[1:]}:"]
    lines += [words.full_date(each.starts.date(), at.today()) for each in found[:MOST_LISTED]]
    endless = found and "COUNT" not in event.rrule and "UNTIL" not in event.rrule
    if more > 0:
        lines.append("… and so on" if endless else f"… and {more} more")
    return "\n".join(lines)


def rule_said(rrule: str) -> str:
    """Return a rule in words where it is not known when the event begins."""
    now = desk().local(desk().now())
    choice = choice_of(rrule, now)
    if choice is None or (choice.how in {"monthly", "yearly"}) or (choice.how == "weekly" and not choice.days):
        fallback = {"monthly": "every month", "yearly": "every year", "weekly": "every week"}
        return fallback.get(choice.how, "") if choice else said(rrule, now, desk().today())
    return said(rrule, now, desk().today())
