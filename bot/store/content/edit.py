"""Changing one entry of the library's content, as the console does: validated like a file, audited, undone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.calendar.facts import Answer, Facts
from bot.store import audit, library
from bot.store.content.contradictions import contradictions
from bot.store.content.doubts import of_record
from bot.store.content.files import explain, identity
from bot.store.content.plan import columns, stored
from bot.store.content.problems import Content
from bot.store.content.schema import KINDS, Kind, Record

BY_KIND: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
_FACTS = ("places", "terms", "exceptions", "conditions", "events", "contests")


class EditError(Exception):
    """A change can't be made; the text says why and what to do."""


@dataclass(frozen=True)
class Checked:
    """An entry as it would be stored, or its problems: field (its first part) to a sentence.

    `doubts`, in the same form, are to be confirmed before it is stored.
    """

    record: Record
    problems: Mapping[str, str] = field(default_factory=dict)
    doubts: Mapping[str, str] = field(default_factory=dict)


def entries(engine: Engine, kind: str) -> list[Record]:
    """Return every row of a kind as columns, with "changed_by" and "changed_at"."""
    with Session(engine, future=True) as opened:
        rows = stored(opened, BY_KIND[kind]).values()
        return [{**columns(row), "changed_by": row.changed_by, "changed_at": row.changed_at} for row in rows]


def entry(engine: Engine, kind: str, name: str) -> Record | None:
    """Return one row by its identity (key; for an answer key/language) as columns, or None."""
    with Session(engine, future=True) as opened:
        row = stored(opened, BY_KIND[kind]).get(name)
        if row is None:
            return None
        return {**columns(row), "changed_by": row.changed_by, "changed_at": row.changed_at}


def plain(record: Mapping[str, Any]) -> Record:
    """Return the columns of one of `entries` without who changed it, and when."""
    return {name: value for name, value in record.items() if name not in {"changed_by", "changed_at"}}


def as_written(kind: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row's columns as the entry that a person would write in a file."""
    return BY_KIND[kind].model.from_record(record)


def filled(kind: str, written: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry with defaults for the fields that it omits."""
    fields = BY_KIND[kind].model.__fields__
    return {**{name: each.default for name, each in fields.items() if not each.required}, **written}


def check(engine: Engine, kind: str, written: Mapping[str, Any], *, was: str | None = None) -> Checked:
    """Return an entry as it would be stored, with its problems, alone and in combination with the others.

    `written` has the fields of the content files. `was`: the identity of the entry that it replaces.
    """
    record, problems = _read(kind, written)
    if problems:
        return Checked({}, problems)
    content = _content(engine)
    name = identity(kind, record)
    if name != was and name in content.records[kind]:
        return Checked(record, {"key": f'there is an entry "{name}" already; choose another key'})
    if was is not None:
        old = content.records[kind].pop(was, {})
        content.places.pop((kind, was), None)
        record.setdefault("position", old.get("position", 0)) if kind == "places" else None
    elif kind == "places":
        record["position"] = len(content.records[kind])
    before = {str(problem) for problem in contradictions(content)} if was is None else set()
    content.records[kind][name] = record
    content.places[kind, name] = (name, 0)
    found = {}
    for problem in contradictions(content):
        if problem.file == name and str(problem) not in before:
            found[problem.field.removeprefix(f"{record['key']}.").split("[")[0]] = problem.text
    asked: dict[str, str] = {}
    for place, text in of_record(kind, record):
        asked.setdefault(str(place[0]), text)
    return Checked(record, found, asked)


def wrong(kind: str, written: Mapping[str, Any]) -> dict[str, str]:
    """Return what is wrong with an entry by itself, by field: its first part."""
    return _read(kind, written)[1]


def _read(kind: str, written: Mapping[str, Any]) -> tuple[Record, dict[str, str]]:
    """Return an entry as a row's columns, or {} and what is wrong with it."""
    model = BY_KIND[kind].model
    problems: dict[str, str] = {}
    try:
        return model.parse_obj(dict(written)).record(), problems
    except ValidationError as error:
        for each in error.errors():
            where = [part for part in each["loc"] if part != "__root__"]
            problems.setdefault(str(where[0]) if where else "", explain(model, where, each))
    return {}, problems


def _content(engine: Engine) -> Content:
    content = Content()
    with Session(engine, future=True) as opened:
        for kind in KINDS:
            for name, row in stored(opened, kind).items():
                content.records[kind.name][name] = columns(row)
                content.places[kind.name, name] = (name, 0)
    return content


def save(engine: Engine, kind: str, record: Record, *, was: str | None, actor: str, now: datetime) -> None:
    """Store a checked entry, replacing `was`, or as a new one. Raises EditError if somebody removed it meanwhile."""
    save_all(engine, kind, [(record, was)], actor=actor, now=now)


def save_all(
    engine: Engine,
    kind: str,
    records: Iterable[tuple[Record | None, str | None]],
    *,
    actor: str,
    now: datetime,
    batch: str | None = None,
) -> None:
    """Store checked entries, each replacing another or as a new one, or remove them (None): all or none of them.

    `batch`: as in audit.session. Raises EditError.
    """
    with audit.session(engine, actor, now, batch) as opened:
        rows = stored(opened, BY_KIND[kind])
        for record, was in records:
            if record is None:
                if was in rows:
                    opened.delete(rows[was])
            elif was is None:
                opened.add(BY_KIND[kind].table(**record))
            elif was in rows:
                set_row(rows[was], record)
            else:
                raise EditError("Somebody has removed this meanwhile. Copy your text, and add it anew.")


def remove(engine: Engine, kind: str, name: str, *, actor: str, now: datetime) -> None:
    """Remove an entry. Raises EditError if others refer to it, but not if it is already gone."""
    if broken := referring(engine, kind, name):
        raise EditError(f"Others refer to it. Change them first: {'; '.join(broken)}")
    with audit.session(engine, actor, now) as opened:
        row = stored(opened, BY_KIND[kind]).get(name)
        if row is not None:
            opened.delete(row)


def referring(engine: Engine, kind: str, name: str) -> list[str]:
    """Return what would be wrong without an entry: who refers to it, and how."""
    content = _content(engine)
    content.records[kind].pop(name, None)
    content.places.pop((kind, name), None)
    return [f"{problem.file}: {problem.text}" for problem in contradictions(content)]


def as_row(kind: str, record: Record) -> Any:
    """Return a checked entry as a row, for a transaction that also stores other things."""
    return BY_KIND[kind].table(**record)


def set_row(row: Any, record: Record) -> None:
    """Set a row's values, changing only those that differ."""
    for name, value in record.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def plain_row(record: Mapping[str, Any]) -> Record:
    """Return a row's columns in the audit's form, JSON-safe; the inverse of `revived`."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in record.items()}


def revived(kind: str, values: Mapping[str, Any] | None) -> Record | None:
    """Return the audit's record of a row as its columns, with dates and moments parsed back."""
    if values is None:
        return None
    found = {}
    for column in sa.inspect(BY_KIND[kind].table).columns:
        if column.key not in values:
            continue
        value = values[column.key]
        if isinstance(value, str) and isinstance(column.type, sa.Date):
            value = date.fromisoformat(value)
        elif isinstance(value, str) and not isinstance(column.type, sa.Text | sa.String | sa.JSON):
            value = datetime.fromisoformat(value)
        found[column.key] = value
    return found


def facts_with(engine: Engine, zone: ZoneInfo, kind: str, record: Record | None, *, was: str | None = None) -> Facts:
    """Return the library's facts as they would be with a checked entry replacing `was`; None: without it.

    For previewing what the bot would say before anything is stored.
    """
    facts = library.read_facts(engine, zone)
    if kind not in _FACTS:
        return facts
    kept = [each for each in getattr(facts, kind) if (each.uid if kind == "events" else each.key) != was]
    if record is not None:
        kept.append(library.as_fact(kind, BY_KIND[kind].table(**record), zone))
    changed: dict[str, Any] = {kind: tuple(kept)}
    return replace(facts, **changed)


def answer_with(record: Record) -> Answer:
    """Return a checked answer in the bot's form."""
    return library.as_answer(BY_KIND["answers"].table(**record))
