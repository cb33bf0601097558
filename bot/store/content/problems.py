"""The content of files and its problems, each with its position: file, line, field."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from bot.store.content.schema import KINDS, Record


@dataclass(frozen=True)
class Problem:
    """Something wrong in a content file, and what would be right."""

    file: str
    line: int
    field: str
    text: str

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}: {self.field}: {self.text}"
            if self.field
            else f"{self.file}:{self.line}: {self.text}"
        )


@dataclass
class Content:
    """The content of a folder's files: records by kind and identity, and where each is.

    `doubts`: valid, but hardly ever meant. `broken`: entries with a problem, by kind and key. `unread`: kinds whose
    file or list could not be read. References to any of these are not reported as further problems.
    """

    records: dict[str, dict[str, Record]] = field(default_factory=lambda: {kind.name: {} for kind in KINDS})
    places: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)
    broken: set[tuple[str, str]] = field(default_factory=set)
    unread: set[str] = field(default_factory=set)
    written: dict[tuple[str, str], CommentedMap] = field(default_factory=dict)

    def knows(self, kind: str, key: str) -> bool:
        """Return whether such an entry exists, or might exist once the problems are fixed."""
        return key in self.records[kind] or (kind, key) in self.broken or kind in self.unread

    def at(self, kind: str, name: str, *where: Any) -> tuple[str, int]:
        """Return the file and line of an entry's field, or of the entry if the field isn't there."""
        file, line = self.places[kind, name]
        written = self.written.get((kind, name))
        return file, line if written is None else line_of(written, list(where), line)


def line_of(entry: Any, where: list[Any], line: int) -> int:
    """Return the line of the deepest part of `where` that the file contains."""
    for part in where:
        try:
            if isinstance(entry, CommentedMap):
                line = entry.lc.key(part)[0] + 1
            elif isinstance(entry, CommentedSeq):
                line = entry.lc.item(part)[0] + 1
            entry = entry[part]
        except (KeyError, IndexError, TypeError, AttributeError):
            break
    return line
