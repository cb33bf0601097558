"""Students' words as staff see them at first: without what names a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.retraining.redaction import STANDS_FOR, Found, find, redact
from bot.store import conversations
from bot.store.transcripts import Said

_Entity = Mapping[str, Any]
_REPEATS = ("slots_before", "slots_after", "questions")  # what may hold words of the message


def without_names(found: conversations.Found) -> conversations.Found:
    """Return a message of a list with its words redacted."""
    return replace(found, text=redact(found.text).text)


def finds(found: conversations.Found, words: str) -> bool:
    """Return whether what is left of a message still holds the words that were looked for.

    A number that was taken out is not to be guessed by looking for it.
    """
    return all(word.casefold() in found.text.casefold() for word in words.split())


def hidden(said: Said) -> Said:
    """Return a message of a transcript with its words, and what was understood of them, redacted."""
    text = said.message.text or ""
    found = find(text)
    if not found:
        return said
    told = said.understanding
    understanding = {
        **told,
        **{name: _plain(told[name]) for name in _REPEATS if name in told},
        "entities": moved(told.get("entities") or (), found),
    }
    return replace(said, message=replace(said.message, text=redact(text).text), understanding=understanding)


def moved(entities: Sequence[_Entity], found: Sequence[Found]) -> list[_Entity]:
    """Return entities where they stand after redaction; those that touch what was taken out are gone with it."""
    kept: list[_Entity] = []
    for each in entities:
        start, end = each.get("start"), each.get("end")
        if start is None or end is None or any(start < one.end and end > one.start for one in found):
            continue
        shift = sum(len(STANDS_FOR[one.kind]) - (one.end - one.start) for one in found if one.end <= start)
        kept.append({**each, "start": start + shift, "end": end + shift})
    return kept


def _plain(told: Any) -> Any:
    """Return something JSON-safe with every text in it redacted."""
    if isinstance(told, str):
        return redact(told).text
    if isinstance(told, Mapping):
        return {name: _plain(value) for name, value in told.items()}
    return [_plain(each) for each in told] if isinstance(told, list) else told
