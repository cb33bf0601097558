"""What is said in a turn: responses of the domain by name, what fills them, buttons, cards; and Rasa's form of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from actions.language import response_in


@dataclass(frozen=True)
class Part:
    """A response of the domain that stands inside another: a line of a list, a label."""

    response: str
    values: Mapping[str, Value] = field(default_factory=dict)


Value: TypeAlias = str | Part | Sequence[str | Part]


@dataclass(frozen=True)
class CardOf:
    """A card whose links are labelled by responses of the domain: (response, address)."""

    title: str
    subtitle: Value = ""
    image: str = ""
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ChoiceOf:
    """A button: what it says, the intent that it stands for, and the answer where it stands for one."""

    title: Value
    intent: str
    answer: str = ""

    @property
    def payload(self) -> str:
        """What a tap sends to Rasa."""
        return f"/{self.intent}" + (json.dumps({"answer": self.answer}) if self.answer else "")


@dataclass(frozen=True)
class Say:
    """One message: a response of the domain by name, with what fills its placeholders, and buttons; or cards."""

    response: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    cards: tuple[CardOf, ...] = ()
    choices: tuple[ChoiceOf, ...] = ()


@dataclass(frozen=True)
class Said:
    """What is said in one turn, and what is remembered for the next: slots by name."""

    says: tuple[Say, ...]
    slots: Mapping[str, Any] = field(default_factory=dict)


def distinct(says: Iterable[Say]) -> tuple[Say, ...]:
    """Return the messages without repeating one that has been said in this turn."""
    kept: list[Say] = []
    for say in says:
        if say not in kept:
            kept.append(say)
    return tuple(kept)


def message(say: Say, domain: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return what Rasa's dispatcher is given to say it in a language."""
    if say.cards:
        return {"json_message": {"cards": [_card(card, domain, language) for card in say.cards]}}
    filled: dict[str, Any] = {"response": response_in(language, say.response, domain)}
    filled |= {name: _filled(value, domain, language) for name, value in say.values.items()}
    if say.choices:
        filled["buttons"] = [
            {"title": _filled(each.title, domain, language), "payload": each.payload} for each in say.choices
        ]
    return filled


def _card(card: CardOf, domain: Mapping[str, Any], language: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"title": card.title}
    if subtitle := _filled(card.subtitle, domain, language):
        shown["subtitle"] = subtitle
    if card.image:
        shown["image"] = card.image
    if card.links:
        shown["links"] = [{"title": _filled(Part(label), domain, language), "url": url} for label, url in card.links]
    return shown


def _filled(value: Value, domain: Mapping[str, Any], language: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Part):
        values = {name: _filled(each, domain, language) for name, each in value.values.items()}
        name = response_in(language, value.response, domain)
        return str(domain["responses"][name][0]["text"]).format_map(values)
    return "\n".join(_filled(each, domain, language) for each in value)
