"""Which entries are translated into a language, which are not, and which translation is older than its original."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Engine

from bot.calendar.texts import SAID, pairs, shaped, texts
from bot.language import FIRST
from bot.store import audit
from bot.store.content import edit
from bot.store.content.schema import Record

ANSWERS, TRANSLATIONS = "answers", "translations"
KINDS = (ANSWERS, *SAID)
# The parts of an answer that are said; its question wordings are specific to each language.
_OF_ANSWERS = ("title", "text")


@dataclass(frozen=True)
class Piece:
    """A text of an entry, and its text in the other language, "" if it has none."""

    original: str
    own: str = ""


@dataclass(frozen=True)
class Translated:
    """An entry beside its translation. state: none, part (texts are missing), older (than the original), done."""

    kind: str
    key: str
    title: str
    state: str
    pieces: tuple[Piece, ...]
    questions: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    seen: str = ""

    @property
    def name(self) -> str:
        """Its identity: "places/library"."""
        return f"{self.kind}/{self.key}"


def every(engine: Engine, language: str) -> list[Translated]:
    """Return every entry with something to say, beside its version in a language."""
    translated = _rows(engine, TRANSLATIONS, language)
    answers = _rows(engine, ANSWERS, language)
    found = []
    for kind in KINDS:
        for original in edit.entries(engine, kind):
            if kind == ANSWERS and original["language"] != FIRST:
                continue
            name = original["key"] if kind == ANSWERS else f"{kind}/{original['key']}"
            found.append(_beside(engine, kind, original, (answers if kind == ANSWERS else translated).get(name)))
    return [each for each in found if each.pieces]


def one(engine: Engine, name: str, language: str) -> Translated | None:
    """Return the entry of this name ("places/library") beside its version in a language, or None."""
    kind, _, key = name.partition("/")
    if kind not in KINDS:
        return None
    original = edit.entry(engine, kind, f"{key}/{FIRST}" if kind == ANSWERS else key)
    if original is None:
        return None
    row = edit.entry(engine, *_place(name, language))
    return _beside(engine, kind, original, row)


def write(
    engine: Engine, name: str, language: str, own: Mapping[str, Any], *, actor: str, now: datetime
) -> edit.Checked:
    """Store a translation: `own` are the texts by their originals and, for an answer, its "questions".

    Returns what was checked: with problems nothing is stored. Raises EditError if the entry is gone by now.
    """
    kind, _, key = name.partition("/")
    original = edit.entry(engine, kind, f"{key}/{FIRST}" if kind == ANSWERS else key)
    if original is None:
        raise edit.EditError("The original is not there any more.")
    table, was = _place(name, language)
    stored = edit.entry(engine, table, was)
    entry: dict[str, Any] = edit.as_written(table, stored) if stored else {"language": language}
    if kind == ANSWERS:
        entry |= {each: own.get(original[each], "") for each in _OF_ANSWERS}
        entry |= {"key": key, "topic": original["topic"], "questions": list(own.get("questions", ()))}
    else:
        entry |= {"key": name, "texts": shaped(kind, original, own)}
    checked = edit.check(engine, table, edit.filled(table, entry), was=was if stored else None)
    if not checked.problems:
        edit.save(engine, table, checked.record, was=was if stored else None, actor=actor, now=now)
    return checked


def _place(name: str, language: str) -> tuple[str, str]:
    """Return the table and identity of a translation."""
    kind, _, key = name.partition("/")
    return (ANSWERS, f"{key}/{language}") if kind == ANSWERS else (TRANSLATIONS, f"{name}/{language}")


def _rows(engine: Engine, table: str, language: str) -> dict[str, Record]:
    return {each["key"]: each for each in edit.entries(engine, table) if each["language"] == language}


def _beside(engine: Engine, kind: str, original: Record, row: Record | None) -> Translated:
    said = _said(kind, original)
    if row is None:
        own: Mapping[str, str] = {}
    elif kind == ANSWERS:
        own = {original[each]: row[each] for each in _OF_ANSWERS}
    else:
        own = dict(pairs(kind, original, row["texts"]))
    pieces = tuple(Piece(each, own.get(each, "")) for each in said)
    return Translated(
        kind,
        original["key"],
        said[0] if said else original["key"],
        _state(engine, kind, original, row, pieces),
        pieces,
        tuple(row["questions"]) if row and kind == ANSWERS else (),
        tuple(original["questions"]) if kind == ANSWERS else (),
        row["changed_at"].isoformat() if row else "",
    )


def _said(kind: str, original: Mapping[str, Any]) -> tuple[str, ...]:
    if kind == ANSWERS:
        return tuple(str(original.get(each) or "") for each in _OF_ANSWERS)
    return texts(kind, original)


def _state(engine: Engine, kind: str, original: Record, row: Record | None, pieces: tuple[Piece, ...]) -> str:
    if row is None:
        return "none"
    if original["changed_at"] > row["changed_at"] and _changed_since(engine, kind, original["key"], row["changed_at"]):
        return "older"
    return "done" if all(each.own for each in pieces) else "part"


def _changed_since(engine: Engine, kind: str, key: str, moment: datetime) -> bool:
    """Return whether an original's texts were changed after a moment; hours and dates are not texts."""
    for each in audit.history(engine, kind, key):
        before, after = each["before"] or {}, each["after"] or {}
        if each["at"] > moment and after.get("language", FIRST) == FIRST and _said(kind, before) != _said(kind, after):
            return True
    return False
