"""Students' texts as staff first see them: redacted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy.engine import Engine

from bot.retraining import hiding
from bot.retraining.redaction import STANDS_FOR, Found, Redacted, find, redact
from bot.store import conversations
from bot.store.transcripts import Said

_Entity = Mapping[str, Any]
_REPEATS = ("slots_before", "slots_after", "questions")  # may repeat text of the message


def without_names(engine: Engine, found: Sequence[conversations.Found]) -> list[conversations.Found]:
    """Return the messages of a list with their texts redacted."""
    words = hiding.words(engine, ((each.id, each.text) for each in found))
    return [replace(each, text=words[each.id]) for each in found]


def finds(found: conversations.Found, words: str) -> bool:
    """Return whether a redacted message still contains the words searched for.

    Otherwise, a redacted number could be guessed by searching for it.
    """
    return all(word.casefold() in found.text.casefold() for word in words.split())


def hidden(engine: Engine, said: Sequence[Said]) -> list[Said]:
    """Return the messages of a transcript with their texts, and what was understood of them, redacted."""
    words = hiding.of_messages(engine, {each.id: each.message.text or "" for each in said})
    return [_hidden(each, words[each.id]) for each in said]


def _hidden(said: Said, words: Redacted) -> Said:
    if find(said.edited) or find(said.quoted):
        said = replace(said, edited=redact(said.edited).text, quoted=redact(said.quoted).text)
    if not words.found:
        return said
    told = said.understanding
    understanding = {
        **told,
        **{name: _plain(told[name]) for name in _REPEATS if name in told},
        "entities": moved(told.get("entities") or (), words.found),
    }
    return replace(said, message=replace(said.message, text=words.text), understanding=understanding)


def moved(entities: Sequence[_Entity], found: Sequence[Found]) -> list[_Entity]:
    """Return entities at their positions after redaction; those that overlap a redacted part are dropped."""
    kept: list[_Entity] = []
    for each in entities:
        start, end = each.get("start"), each.get("end")
        if start is None or end is None or any(start < one.end and end > one.start for one in found):
            continue
        shift = sum(len(STANDS_FOR[one.kind]) - (one.end - one.start) for one in found if one.end <= start)
        kept.append({**each, "start": start + shift, "end": end + shift})
    return kept


def _plain(told: Any) -> Any:
    """Return a JSON value with every text in it redacted."""
    if isinstance(told, str):
        return redact(told).text
    if isinstance(told, Mapping):
        return {name: _plain(value) for name, value in told.items()}
    return [_plain(each) for each in told] if isinstance(told, list) else told
