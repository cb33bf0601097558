"""The store's content as files again: those that are there keep their comments and their order."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.store.content.files import Timestamp, yaml
from bot.store.content.plan import columns, stored
from bot.store.content.schema import KINDS, Record


def export(engine: Engine, folder: Path, zone: ZoneInfo) -> list[Path]:
    """Write every row into the files of `folder`, each file at once or not at all. Returns the files that changed."""
    wanted: dict[Path, dict[str, list[Record]]] = {}
    with Session(engine, future=True) as opened:
        for kind in KINDS:
            if "*" not in kind.file:
                wanted.setdefault(folder / kind.file, {})[kind.name] = []
            for row in sorted(stored(opened, kind).values(), key=lambda row: (getattr(row, "position", 0), row.id)):
                path = folder / kind.file.replace("*", str(getattr(row, "topic", "")))
                entry = kind.model.from_record(_local(columns(row), zone))
                if kind.name == "answers":
                    entry.pop("topic", None)
                wanted.setdefault(path, {}).setdefault(kind.name, []).append(entry)
        topics = {path for path in wanted if path.parent.name == "answers"}
    for path in (folder / "answers").glob("*.yml"):
        if path not in topics:
            wanted[path] = {"answers": []}
    return [path for path, lists in wanted.items() if _write(path, lists)]


def _local(record: Record, zone: ZoneInfo) -> Record:
    """Return moments as the library's own time, for people to read."""
    return {
        name: Timestamp(value.astimezone(zone).isoformat()) if isinstance(value, datetime) else value
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
    """Return the list with the entries' values, the entries that are there already changed in place."""
    known = {_name(entry): entry for entry in old or () if isinstance(entry, CommentedMap)}
    merged = old if isinstance(old, CommentedSeq) else CommentedSeq()
    order = [_name(entry) for entry in entries]
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
    """Return whether the file says the same already, in whatever form of writing."""
    if there is True and value == "all of it":
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
        return Timestamp(value.isoformat())
    return LiteralScalarString(value) if isinstance(value, str) and "\n" in value else value
