"""Forms for the library's content: converts fields as people fill them in to content-file entries, and back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from werkzeug.datastructures import MultiDict

from bot.store.content.hours import DAYS, read_periods, read_week, spelt_out

FieldKind = Literal["text", "area", "lines", "moment", "day", "number", "tick", "choose", "several", "week", "rows"]
DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
BLANK_ROWS = 2
MOST_ROWS = 60


@dataclass(frozen=True)
class Option:
    """An option to choose from. `given`: it can't be chosen, only kept."""

    value: str
    label: str
    given: bool = False


@dataclass(frozen=True)
class Field:
    """One field. `options` are for "choose" and "several"; `columns` for "rows", each a text or a choice.

    `only`: the field is shown for some choices alone (see console.css).
    """

    name: str
    label: str
    kind: FieldKind = "text"
    help: str = ""
    required: bool = False
    options: tuple[Option, ...] = ()
    columns: tuple[Field, ...] = ()
    placeholder: str = ""
    rows: int = 3
    only: str = ""


def read(fields: Iterable[Field], form: MultiDict[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """Return a form as an entry of a content file. Invalid numbers and dates stay as typed."""
    return {field.name: _read(field, form, zone) for field in fields}


def _read(field: Field, form: MultiDict[str, str], zone: ZoneInfo) -> Any:
    value = form.get(field.name, "").replace("\r\n", "\n").strip()
    match field.kind:
        case "lines":
            return [line.strip() for line in value.splitlines() if line.strip()]
        case "moment":
            return _moment(value, zone)
        case "day":
            return value or None
        case "number":
            return (int(value) if re.fullmatch(r"-?\d+", value) else value) if value else None
        case "tick":
            return bool(value)
        case "several":
            return form.getlist(field.name)
        case "week":
            return {day: spelt_out(form.get(f"{field.name}-{day}", "").strip() or "closed") for day in DAYS}
        case "rows":
            return _rows(field, form)
        case _:
            return _told(field.name, value)


def _moment(value: str, zone: ZoneInfo) -> str | None:
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).isoformat()


def _rows(field: Field, form: MultiDict[str, str]) -> list[dict[str, str]]:
    found = []
    for number in range(MOST_ROWS):
        row = {column.name: form.get(f"{field.name}-{number}-{column.name}", "").strip() for column in field.columns}
        typed = [column.name for column in field.columns if column.kind != "choose"] or [field.columns[0].name]
        if any(row[name] for name in typed) or row[field.columns[0].name]:
            found.append({name: _told(name, value) for name, value in row.items() if value})
    return found


def _told(name: str, value: str) -> str:
    return spelt_out(value) if name == "hours" else value


def day_problems(week: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong with the hours of single days, by day."""
    found = {}
    for day, text in week.items():
        try:
            read_periods(text or "closed")
        except ValueError as error:
            found[day] = str(error)
    return found


def shown(fields: Iterable[Field], entry: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Return the form value of each field for an entry of a content file."""
    return {field.name: _shown(field, entry.get(field.name), zone) for field in fields}


def _shown(field: Field, value: Any, zone: ZoneInfo) -> Any:
    match field.kind:
        case "lines":
            return "\n".join(value or ())
        case "moment":
            return _local(value, zone)
        case "day":
            return value.isoformat() if isinstance(value, date) else value or ""
        case "tick":
            return bool(value)
        case "several":
            return list(value or ())
        case "week":
            return _week(value)
        case "rows":
            blanks: list[dict[str, Any]] = [{} for _ in range(BLANK_ROWS)]
            return [*(value or ()), *blanks]
        case _:
            return "" if value is None else value


def _week(value: Mapping[str, str] | None) -> dict[str, str]:
    """Return seven texts by day: as typed if keyed by single days, otherwise parsed like a file's."""
    value = value or {}
    if set(value) <= set(DAYS):
        return {day: value.get(day, "closed" if value else "") for day in DAYS}
    return dict(zip(DAYS, read_week(dict(value)), strict=True))


def _local(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, str) and value:
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    return value.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if isinstance(value, datetime) else ""


def key_for(words: str, taken: Iterable[str]) -> str:
    """Return a key derived from the name `words` that is not `taken`."""
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or "entry"
    known, key, number = set(taken), base, 2
    while key in known:
        key, number = f"{base}-{number}", number + 1
    return key


def options(*pairs: tuple[str, str]) -> tuple[Option, ...]:
    """Return options from (value, label)."""
    return tuple(Option(*pair) for pair in pairs)


def bars(week: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
    """Return the start and length of a day's periods, in percent of the day."""
    return [(start / 14.4, (min(end, 1440) - start) / 14.4) for start, end in week]
