"""A change of content as people read it: fields by the names on their forms, values by the words chosen there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, g, url_for

from bot.calendar import words
from bot.console import answers, closures, conditions, contacts, contests, event_repeats, events, places
from bot.console.desk import desk
from bot.console.editing import Editor
from bot.console.forms import Field
from bot.console.words import NOT_TOLD, language_name, shown
from bot.store.content import edit
from bot.store.content.hours import read_periods, write_week

EDITORS: Mapping[str, Editor] = {
    each.kind: each
    for each in (
        places.PLACES,
        places.TERMS,
        closures.CLOSURES,
        conditions.CONDITIONS,
        events.EVENTS,
        contests.CONTESTS,
        answers.ANSWERS,
        contacts.CONTACTS,
    )
}
# Columns that no form has a field of the same name for.
_OTHERS = {
    "week": "Every week",
    "term_weeks": "Other hours in terms",
    "since": "On since",
    "until": "On until",
    "texts": "Words",
    "rrule": "Repeats",
    "poster": "Poster",
    "language": "Language",
}


@dataclass(frozen=True)
class Difference:
    """One field of a change: its name, and its value before and after, in words."""

    name: str
    before: str
    after: str


def add(pages: Blueprint) -> None:
    """Make this available to templates."""
    pages.context_processor(lambda: {"told": told, "entry_page": entry_page})


def told(table: str, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[Difference]:
    """Return what differs between two states of a row, in the order of its form."""
    before, after = before or {}, after or {}
    fields = _fields(table)
    order = {name: number for number, name in enumerate(fields)}
    names = [name for name in {**before, **after} if name not in NOT_TOLD]
    names.sort(key=lambda name: order.get(name, len(order)))
    found = [(name, value(table, name, before.get(name)), value(table, name, after.get(name))) for name in names]
    return [Difference(label(table, name), old, new) for name, old, new in found if old != new]


def label(table: str, name: str) -> str:
    """Return a column's name as its form shows it."""
    field = _fields(table).get(name)
    return field.label if field else _OTHERS.get(name, name.replace("_", " ").capitalize())


def value(table: str, name: str, stored: Any) -> str:
    """Return a stored value in words, "" for none."""
    own = _OWN.get((table, name))
    if own is not None and stored:
        return own(stored)
    field = _fields(table).get(name)
    if field is not None and field.options and stored:
        known = {option.value: option.label for option in field.options}
        return "\n".join(known.get(each, str(each)) for each in (stored if isinstance(stored, list) else [stored]))
    return shown(stored, name)


def entry_page(change: Mapping[str, Any]) -> str:
    """Return the address of the form of a changed entry; "" if it is gone, or has no form."""
    editor = EDITORS.get(change["table"])
    if editor is None:
        return ""
    language = (change["before"] or change["after"]).get("language", "")
    name = f"{change['key']}/{language}" if language else change["key"]
    if edit.entry(desk().engine, editor.kind, name) is None:
        return ""
    return url_for(f"console.{editor.slug}_edit", name=name)


def _fields(table: str) -> Mapping[str, Field]:
    """Return the fields of a table's form by name, asked for once per request."""
    if "told_fields" not in g:
        g.told_fields = {}
    if table not in g.told_fields:
        editor = EDITORS.get(table)
        g.told_fields[table] = {each.name: each for each in editor.fields(desk())} if editor else {}
    found: Mapping[str, Field] = g.told_fields[table]
    return found


def _week(week: list[str]) -> str:
    lines = ((days.split("-"), _hours(hours)) for days, hours in write_week(week).items())
    return "\n".join(f"{'–'.join(day.capitalize() for day in days)}: {hours}" for days, hours in lines)


def _hours(text: str) -> str:
    return words.periods(read_periods(text))


def _term_weeks(weeks: Mapping[str, list[str]]) -> str:
    names = {each["key"]: each["name"] for each in edit.entries(desk().engine, "terms")}
    return "\n".join(f"{names.get(key, key)}:\n{_week(week)}" for key, week in weeks.items())


def _effects(effects: list[Mapping[str, str]]) -> str:
    columns = {each.name: each for each in _fields("conditions")["effects"].columns}
    named = {name: {option.value: option.label for option in columns[name].options} for name in ("place", "does")}
    lines = []
    for each in effects:
        said = [named[name].get(each[name], each[name]) for name in ("place", "does")]
        hours = f" {_hours(each['hours'])}" if each.get("hours") else ""
        note = f" ({each['note']})" if each.get("note") else ""
        lines.append(f"{said[0]}: {said[1]}{hours}{note}")
    return "\n".join(lines)


_OWN: Mapping[tuple[str, str], Callable[[Any], str]] = {
    ("places", "week"): _week,
    ("places", "term_weeks"): _term_weeks,
    ("exceptions", "hours"): _hours,
    ("conditions", "effects"): _effects,
    ("events", "rrule"): event_repeats.rule_said,
    ("events", "poster"): lambda _key: "a picture",
    ("answers", "language"): language_name,
    ("translations", "language"): language_name,
}
