"""Reading content files: every problem with its file, line and field, and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from bot.store.content import careful
from bot.store.content.contradictions import contradictions, unknown_topics
from bot.store.content.doubts import doubts
from bot.store.content.problems import Content, Problem, line_of
from bot.store.content.schema import KINDS, Entry, Kind, Record

# Entries of these kinds have a language.
SPOKEN = frozenset({"answers", "translations"})


def identity(kind: str, record: Record) -> str:
    """Return a record's identity within its kind: its key, and its language if it has one."""
    return f"{record['key']}/{record['language']}" if kind in SPOKEN else str(record["key"])


def paths(folder: Path, kind: Kind) -> list[Path]:
    """Return the files that hold entries of a kind, in order."""
    return sorted([*folder.glob(kind.file), *(folder.glob(kind.translated) if kind.translated else ())])


def read(folder: Path, topics: Collection[str] = ()) -> Content:
    """Return a folder's content with all of its problems; entries with a problem are left out.

    `topics`: the intents that answers may be about; if none are given, topics are not checked.
    """
    content = Content()
    if not folder.is_dir():
        content.problems.append(
            Problem(str(folder), 1, "", "there is no such folder; content/ holds the sample library")
        )
        return content
    loaded: dict[Path, Any] = {}
    for kind in KINDS:
        for path in paths(folder, kind):
            if path not in loaded:
                loaded[path] = _load(path, content)
            if loaded[path] is not None:
                _read_kind(kind, path, loaded[path], content)
    _unknown_lists(folder, loaded, content)
    content.problems.extend(contradictions(content))
    content.problems.extend(unknown_topics(content, topics))
    content.doubts.extend(doubts(content))
    content.problems.sort(key=lambda problem: (problem.file, problem.line))
    return content


def _load(path: Path, content: Content) -> CommentedMap | None:
    try:
        data = careful.load(path)
    except careful.Refused as refused:
        content.problems.append(Problem(str(path), refused.line, "", refused.text))
        data = False
    if data is None:
        return CommentedMap()
    if not isinstance(data, CommentedMap):
        if data is not False:
            content.problems.append(Problem(str(path), 1, "", f'the file should begin with "{_lists(path)[0]}:"'))
        content.unread.update(_lists(path))
        return None
    return data


def _lists(path: Path) -> list[str]:
    return [kind.name for kind in KINDS if path.match(kind.file) or (kind.translated and path.match(kind.translated))]


def _unknown_lists(folder: Path, loaded: dict[Path, Any], content: Content) -> None:
    for path, data in loaded.items():
        for name in data or ():
            if name not in _lists(path):
                text = f"there is no such list here; this file may hold {' and '.join(_lists(path))}"
                content.problems.append(Problem(str(path), data.lc.key(name)[0] + 1, str(name), text))
    for path in sorted([*folder.glob("*.y*ml"), *folder.glob("answers/*.y*ml")]):
        if path not in loaded:
            near = ", ".join(dict.fromkeys(kind.file for kind in KINDS))
            content.problems.append(Problem(str(path), 1, "", f"no file of this name is read; the names are {near}"))


def _read_kind(kind: Kind, path: Path, data: CommentedMap, content: Content) -> None:
    entries = data.get(kind.name)
    if entries is None:
        return
    if not isinstance(entries, CommentedSeq):
        line = data.lc.key(kind.name)[0] + 1
        content.problems.append(
            Problem(str(path), line, kind.name, 'this should be a list, each entry beginning with "- "')
        )
        content.unread.add(kind.name)
        return
    for number, entry in enumerate(entries):
        line = entries.lc.item(number)[0] + 1
        if not isinstance(entry, CommentedMap):
            text = 'an entry should hold fields, for example "key: library"'
            content.problems.append(Problem(str(path), line, f"{kind.name}[{number}]", text))
            continue
        _read_entry(kind, path, entry, line, number, content)


def _read_entry(kind: Kind, path: Path, entry: CommentedMap, line: int, number: int, content: Content) -> None:
    name = str(entry.get("key") or f"{kind.name}[{number}]")
    plain = _plain(entry)
    if kind.name == "answers":
        plain.setdefault("topic", path.stem)
        if path.match(kind.translated):
            plain.setdefault("language", path.parent.name)
    if kind.name == "translations":
        plain.setdefault("language", path.stem)
    try:
        record = kind.model.parse_obj(plain).record()
    except ValidationError as error:
        for each in error.errors():
            content.problems.append(_problem(kind.model, path, entry, line, name, each))
        content.broken.add((kind.name, name))
        return
    if kind.name == "places":
        record["position"] = number
    found = identity(kind.name, record)
    if found in content.records[kind.name]:
        first_file, first_line = content.places[kind.name, found]
        text = f"the key stands in {first_file}:{first_line} already; each entry needs its own"
        content.problems.append(Problem(str(path), line, name, text))
        return
    content.records[kind.name][found] = record
    content.places[kind.name, found] = (str(path), line)
    content.written[kind.name, found] = entry


def _plain(value: Any) -> Any:
    """Return ruamel's values as plain ones, so that pydantic's strictness applies only to content."""
    if isinstance(value, CommentedMap | dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, CommentedSeq | list):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, str) else value


def _problem(model: type[Entry], path: Path, entry: CommentedMap, line: int, name: str, error: Any) -> Problem:
    where = [part for part in error["loc"] if part != "__root__"]
    text = explain(model, where, error)
    shown = ".".join([name, *(str(part) for part in where)])
    return Problem(str(path), line_of(entry, where, line), shown, text)


def explain(model: type[Entry], where: list[Any], error: Any) -> str:
    """Return what is wrong with a field, according to pydantic's error, and what would be right."""
    kind = error["type"]
    if kind == "value_error.missing":
        return f"is missing; add it, for example {where[-1]}: …"
    if kind == "value_error.extra":
        near = difflib.get_close_matches(str(where[-1]), list(model.__fields__), n=1)
        hint = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(model.__fields__)}."
        return f"there is no such field; {hint}"
    if kind == "value_error.str.regex":
        return "is not right; write for example en or zh-Hant"
    if kind == "value_error.any_str.min_length":
        return "is empty; write something"
    if kind == "value_error.any_str.max_length":
        return f"is too long; {error['ctx']['limit_value']:,} letters at most"
    if kind.startswith("value_error.number.not_"):
        sign = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}[kind.rsplit("_", 1)[-1]]
        return f"is out of range; it should be {sign} {error['ctx']['limit_value']:,}"
    if kind == "type_error.none.not_allowed":
        return "is empty; write something, or leave the field out"
    if kind == "value_error.const" or "permitted" in (error.get("ctx") or {}):
        return f"should be one of {', '.join(str(each) for each in error['ctx']['permitted'])}"
    if kind.startswith("type_error"):
        wanted = {
            "str": "text, in quotes where it looks like something else",
            "list": "a list",
            "dict": "names with values",
            "integer": "a whole number",
            "bool": "true or false",
        }
        return f"should be {wanted.get(kind.split('.')[-1], kind.split('.')[-1])}"
    return str(error["msg"])
