"""What content files say and what is wrong in them, each with its place: file, line, field."""

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
    """What the files of a folder say: records by kind and identity, and where each stands."""

    records: dict[str, dict[str, Record]] = field(default_factory=lambda: {kind.name: {} for kind in KINDS})
    places: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    written: dict[tuple[str, str], CommentedMap] = field(default_factory=dict)

    def at(self, kind: str, name: str, *where: Any) -> tuple[str, int]:
        """Return the file and the line of a field of an entry, or of the entry where the field does not stand there."""
        file, line = self.places[kind, name]
        written = self.written.get((kind, name))
        return file, line if written is None else line_of(written, list(where), line)


def line_of(entry: Any, where: list[Any], line: int) -> int:
    """Return the line of the deepest part of `where` that the file holds."""
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
