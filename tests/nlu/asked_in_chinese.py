"""Questions in Chinese by hands that had seen no example, each with its topic and its variety.

chinese/asked.tsv: text, intents, variety (VARIETIES). Nothing is ever made of them but figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.retraining.measures import Asked, Guess, measures

ASKED = Path(__file__).parent / "chinese" / "asked.tsv"
VARIETIES: Mapping[str, str] = {
    "yue": "Cantonese",
    "hant": "written, traditional",
    "mix": "mixed with English",
    "hans": "simplified",
    "rom": "romanised",
}


@dataclass(frozen=True)
class InChinese:
    """A question and how it is written."""

    asked: Asked
    variety: str


def in_chinese() -> list[InChinese]:
    """Return the questions."""
    lines = [line.split("\t") for line in ASKED.read_text(encoding="utf-8").splitlines()[1:]]
    return [InChinese(Asked(text, tuple(intents.split("|"))), variety) for text, intents, variety in lines]


def by_variety(
    questions: list[InChinese], guesses: list[Guess], labelled: frozenset[str]
) -> dict[str, dict[str, float]]:
    """Return the measures of all questions, and of those of each variety, by its name."""
    pairs = list(zip(questions, guesses, strict=True))
    parts = {"all": pairs} | {name: [each for each in pairs if each[0].variety == name] for name in VARIETIES}
    return {
        name: measures([one.asked for one, _ in own], [made for _, made in own], labelled)
        for name, own in parts.items()
        if own
    }
