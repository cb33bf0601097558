"""What a turn says: responses of the domain by name, their values, buttons and cards; and how Rasa receives it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from actions.language import said_in
from bot.calendar.texts import Spoken


@dataclass(frozen=True)
class Part:
    """A response of the domain used inside another: a list item, a label."""

    response: str
    values: Mapping[str, Value] = field(default_factory=dict)


Value: TypeAlias = str | Part | Sequence[str | Part]


@dataclass(frozen=True)
class CardOf:
    """A card. Its links are labelled by responses of the domain: (response, URL)."""

    title: str
    subtitle: Value = ""
    image: str = ""
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ChoiceOf:
    """A button: its title, its intent, and the key of an answer if it stands for one."""

    title: Value
    intent: str
    answer: str = ""

    @property
    def payload(self) -> str:
        """What a tap sends to Rasa."""
        return f"/{self.intent}" + (json.dumps({"answer": self.answer}) if self.answer else "")


@dataclass(frozen=True)
class Say:
    """A paragraph: a response of the domain by name, its placeholder values, buttons and a picture; or cards.

    All paragraphs of a turn form one message, where the platform's limits allow.
    """

    response: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    cards: tuple[CardOf, ...] = ()
    choices: tuple[ChoiceOf, ...] = ()
    image: str = ""


@dataclass(frozen=True)
class Said:
    """What is said in one turn, and the slots to set for the next, by name."""

    says: tuple[Say, ...]
    slots: Mapping[str, Any] = field(default_factory=dict)


def distinct(says: Iterable[Say]) -> tuple[Say, ...]:
    """Return the paragraphs of this turn without duplicates."""
    kept: list[Say] = []
    for say in says:
        if say not in kept:
            kept.append(say)
    return tuple(kept)


@dataclass(frozen=True)
class Speech:
    """How a turn is put into words: the domain, the language, and the facts' texts in that language."""

    domain: Mapping[str, Any]
    language: str
    texts: Spoken

    def message(self, say: Say) -> dict[str, Any]:
        """Return the arguments with which Rasa's dispatcher sends it."""
        if say.cards:
            return {"json_message": {"cards": [self._card(card) for card in say.cards]}}
        filled: dict[str, Any] = {"response": say.response, "language": self.language}
        filled |= {name: self.filled(value) for name, value in say.values.items()}
        if say.image:
            filled["image"] = say.image
        if say.choices:
            filled["buttons"] = [{"title": self.filled(each.title), "payload": each.payload} for each in say.choices]
        return filled

    def lacks(self, says: Iterable[Say]) -> bool:
        """Return whether any text that is said exists only in the first language."""
        said = [value for say in says for value in (*say.values.values(), *(each.title for each in say.cards))]
        return any(text in self.texts.lacking for value in said for text in _strings(value))

    def _card(self, card: CardOf) -> dict[str, Any]:
        shown: dict[str, Any] = {"title": self.filled(card.title)}
        if subtitle := self.filled(card.subtitle):
            shown["subtitle"] = subtitle
        if card.image:
            shown["image"] = card.image
        if card.links:
            shown["links"] = [{"title": self.filled(Part(label)), "url": url} for label, url in card.links]
        return shown

    def filled(self, value: Value) -> str:
        """Return a value as text in the language of the turn."""
        if isinstance(value, str):
            return self.texts(value)
        if isinstance(value, Part):
            values = {name: self.filled(each) for name, each in value.values.items()}
            return said_in(self.language, value.response, self.domain).format_map(values)
        return "\n".join(map(self.filled, value))


def _strings(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        return
    for each in value.values.values() if isinstance(value, Part) else value:
        yield from _strings(each)
