"""The texts of the library's facts that are said verbatim, and their translations.

A translation has the shape of its original: {"name": …}, {"rules": […]}, {"effects": [{}, {"note": …}]}. What it omits
is untranslated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.calendar.facts import Facts, Translation
from bot.language import FIRST, SIMPLIFIED, TRADITIONAL, in_simplified

# Which texts of each kind are said. A name before ">" is a list; the name after it is a field of its members.
SAID: Mapping[str, tuple[str, ...]] = {
    "places": ("name", "address", "where", "note"),
    "exceptions": ("reason",),
    "conditions": ("name", "effects>note"),
    "events": ("title", "description", "place", "audience", "price"),
    "contests": (
        *("title", "theme", "about", "may_enter", "may_not_enter", "how_to_enter", "rules", "figures"),
        *("awards>name", "awards>prize", "results>award", "results>note"),
    ),
}


def texts(kind: str, each: Any) -> tuple[str, ...]:
    """Return the texts of a fact, or of its row or record, each once; none for a kind without such texts."""
    found: list[str] = []
    for name in SAID.get(kind, ()):
        first, _, inner = name.partition(">")
        value = _of(each, first)
        members = value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
        found += [text for member in members if isinstance(text := _of(member, inner) if inner else member, str)]
    return tuple(dict.fromkeys(text for text in found if text))


def pairs(kind: str, original: Any, translated: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each text of a fact with its translation, if there is one."""
    for name in SAID.get(kind, ()):
        first, _, inner = name.partition(">")
        yield from _pairs(_of(original, first), translated.get(first), inner)


@dataclass(frozen=True)
class Spoken:
    """The facts' texts in a language: `own` by the original, and the untranslated originals (`lacking`)."""

    own: Mapping[str, str] = field(default_factory=dict)
    lacking: frozenset[str] = frozenset()

    def __call__(self, text: str) -> str:
        """Return a text in the language, unchanged if there is no translation."""
        return self.own.get(text, text)


def spoken(facts: Facts, translations: Sequence[Translation], language: str) -> Spoken:
    """Return the facts' texts in a language; Simplified Chinese is converted from Traditional."""
    if language == FIRST:
        return Spoken()
    known = {(kind, _key(each)): each for kind in SAID for each in getattr(facts, kind)}
    own: dict[str, str] = {}
    for wanted in (TRADITIONAL, SIMPLIFIED) if language == SIMPLIFIED else (language,):
        for each in translations:
            if each.language == wanted and (original := known.get((each.kind, each.key))) is not None:
                own |= pairs(each.kind, original, each.texts)
        if wanted != language:
            own = {text: in_simplified(other) for text, other in own.items()}
    every = {text for (kind, _), each in known.items() for text in texts(kind, each)}
    return Spoken(own, frozenset(each for each in every - own.keys() if any(letter.isalpha() for letter in each)))


def _key(each: Any) -> str:
    return str(getattr(each, "uid", None) or each.key)


def _pairs(original: Any, translated: Any, inner: str) -> Iterator[tuple[str, str]]:
    if isinstance(original, str) and isinstance(translated, str):
        if original and translated:
            yield original, translated
    elif isinstance(original, Sequence) and isinstance(translated, Sequence) and len(original) == len(translated):
        for one, other in zip(original, translated, strict=True):
            yield from _pairs(_of(one, inner) if inner else one, _of(other, inner) if inner else other, "")


def _of(each: Any, name: str) -> Any:
    return each.get(name) if isinstance(each, Mapping) else getattr(each, name, None)


def shaped(kind: str, original: Any, own: Mapping[str, str]) -> dict[str, Any]:
    """Return texts, keyed by their originals, in the shape of a fact's translation."""
    found: dict[str, Any] = {}
    for name in SAID.get(kind, ()):
        first, _, inner = name.partition(">")
        value = _of(original, first)
        if isinstance(value, str):
            found |= {first: own[value]} if own.get(value) else {}
        elif isinstance(value, Sequence) and value:
            members = found.setdefault(first, [{} if inner else "" for _ in value])
            for number, member in enumerate(value):
                text = own.get(str(_of(member, inner) if inner else member), "")
                if inner and text:
                    members[number][inner] = text
                elif not inner:
                    members[number] = text
    return {name: value for name, value in found.items() if isinstance(value, str) or any(value)}
