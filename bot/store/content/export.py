"""The store's content as files again: existing entries keep their comments and order."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.language import FIRST
from bot.store.content.careful import Written, yaml
from bot.store.content.plan import columns, stored
from bot.store.content.schema import KINDS, Kind, Record


def export(engine: Engine, folder: Path, zone: ZoneInfo) -> list[Path]:
    """Write every row into the files of `folder`, each file atomically. Returns the files that changed."""
    wanted: dict[Path, dict[str, list[Record]]] = {}
    named = cache(_names_in)  # each file once, not once per row
    with Session(engine, future=True) as opened:
        for kind in KINDS:
            if "*" not in kind.file:
                wanted.setdefault(folder / kind.file, {})[kind.name] = []
            for row in sorted(stored(opened, kind).values(), key=lambda row: (getattr(row, "position", 0), row.id)):
                path = _home(folder, kind, row, named)
                entry = kind.model.from_record(_local(columns(row), zone))
                if kind.name == "answers":
                    entry.pop("topic", None)
                if path.match("translations/*") or path.match("answers/*/*"):
                    entry.pop("language", None)
                wanted.setdefault(path, {}).setdefault(kind.name, []).append(entry)
        topics = {path for path, lists in wanted.items() if "answers" in lists}
    for path in [*(folder / "answers").glob("*.yml"), *(folder / "answers").glob("*/*.yml")]:
        if path not in topics:
            wanted[path] = {"answers": []}
    return [path for path, lists in wanted.items() if _write(path, lists)]


def _home(folder: Path, kind: Kind, row: Any, named: Callable[[Path], set[tuple[str, str]]]) -> Path:
    """Return a row's file: for an answer in another language the file that has it, else its language's folder."""
    if kind.name == "translations":
        return folder / kind.file.replace("*", str(row.language))
    path = folder / kind.file.replace("*", str(getattr(row, "topic", "")))
    if kind.name != "answers" or row.language == FIRST or (row.key, row.language) in named(path):
        return path
    return path.parent / str(row.language) / path.name


def _names_in(path: Path) -> set[tuple[str, str]]:
    data = yaml().load(path.read_text(encoding="utf-8")) if path.exists() else None
    return {_name(entry) for entry in (data or {}).get("answers") or ()}


def _local(record: Record, zone: ZoneInfo) -> Record:
    """Return moments in the library's local time, for people to read."""
    return {
        name: Written(value.astimezone(zone).isoformat()) if isinstance(value, datetime) else value
        for name, value in record.items()
    }


def _write(path: Path, lists: dict[str, list[Record]]) -> bool:
    writer = yaml()
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    data = writer.load(old) if old.strip() else CommentedMap()
    for name, entries in lists.items():
        data[name] = _merged(data.get(name), entries)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    with temporary.open("w", encoding="utf-8") as file:
        writer.dump(data, file)
    new = temporary.read_text(encoding="utf-8")
    if new == old:
        temporary.unlink()
        return False
    os.replace(temporary, path)
    return True


def _merged(old: Any, entries: list[Record]) -> CommentedSeq:
    """Return the list with the entries' values; existing entries are updated in place."""
    known = {_name(entry): entry for entry in old or () if isinstance(entry, CommentedMap)}
    merged = old if isinstance(old, CommentedSeq) else CommentedSeq()
    order = {_name(entry) for entry in entries}
    for number in reversed(range(len(merged))):
        if _name(merged[number]) not in order:
            del merged[number]
    for entry in entries:
        there = known.get(_name(entry))
        if there is None:
            merged.append(_plain(entry))
            continue
        for name in [name for name in there if name not in entry]:
            del there[name]
        for name, value in entry.items():
            if not _same(there.get(name), value):
                there[name] = _plain(value)
    return merged


def _name(entry: Any) -> tuple[str, str]:
    return str(entry.get("key")), str(entry.get("language", "en"))


def _same(there: Any, value: Any) -> bool:
    """Return whether the file already says the same, however it is written."""
    if isinstance(there, str) and isinstance(value, bool | int):
        return str(there).lower() == str(value).lower()
    if isinstance(there, Written) and there.lower() == "true" and value == "all of it":
        return True
    if isinstance(there, str) and isinstance(value, str) and there != value:
        try:
            return datetime.fromisoformat(there) == datetime.fromisoformat(value)
        except (ValueError, TypeError):
            return False
    return bool(there == (value.isoformat() if isinstance(value, date) else value))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return CommentedMap({key: _plain(each) for key, each in value.items()})
    if isinstance(value, list):
        return CommentedSeq([_plain(each) for each in value])
    if isinstance(value, date):
        return Written(value.isoformat())
    return LiteralScalarString(value) if isinstance(value, str) and "\n" in value else value
