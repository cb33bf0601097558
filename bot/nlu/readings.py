"""A message read by itself and together with the question before it: "how long" after "can i borrow a dvd".

Three readings by the same regression: the words alone, the words with the question before behind them, and the words
behind the name of its topic. They are multiplied, each to a power; how much the last two count depends on how few the
words are and how little they say by themselves. The powers were fitted: docs/model.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bot.nlu.vague import vague

FOLLOW_UP = "follow_up"
# Under this name a message has its `Readings`.
READINGS = "readings"
# How much the question before counts: a base, by few words, by the alone reading's log-odds, by its being a follow-up.
BASE, FEW, SURE, FOLLOWS = -0.6, 0.95, -0.08, 1.6
# The powers of the readings with the words before, with the topic's name; what the topic itself adds, unless it is
# corrected; and what the reading alone loses.
WITH_WORDS, WITH_NAME, SAME_TOPIC, CORRECTED, LESS_ALONE = 1.0, 0.6, 0.2, -0.8, 0.7
# A message of so few words goes on with the topic when it is read as being of the same.
FEW_WORDS = 4
# Courtesy that is clear by itself goes on with nothing, however short it is; nor does the wish for a person.
CHAT = frozenset(
    {
        *("greet", "thanks", "goodbye", "acknowledge", "wait", "annoyed", "confused", "affirm", "deny"),
        *("contact_librarian", "bot_challenge", "restart"),
    }
)
CLEAR = 0.9
# Behind the topic's name, words that any topic may have are to be read as of that by so much.
BY_NAME = 0.5
# Of the question before, so many of its last letters are read.
LONGEST = 160
_CHINESE_LETTERS = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Before:
    """The question before: its words (with those that it followed), its topic, and the key of the answer given."""

    text: str
    intent: str
    told: str = ""

    @classmethod
    def of(cls, metadata: Any) -> Before | None:
        """Return what a message's metadata tell of it; None where they tell nothing, as in Rasa's own shell."""
        told = metadata.get("before") if isinstance(metadata, Mapping) else None
        if not isinstance(told, Mapping) or not told.get("text"):
            return None
        return cls(str(told["text"])[-LONGEST:], str(told.get("intent") or ""), str(told.get("told") or ""))

    def with_words(self, text: str) -> str:
        """Return words with those of the question before."""
        return f"{text} {self.text}"

    def with_name(self, text: str) -> str:
        """Return words behind the name of the topic."""
        return f"{self.intent.replace('_', ' ')} {text}"


@dataclass(frozen=True)
class Readings:
    """How likely each of `intents` is by each reading of a message: a row each, the words alone first."""

    intents: Sequence[str]
    rows: np.ndarray


@dataclass(frozen=True)
class Read:
    """How likely each intent is, by `rows` of readings, and whether the message goes on with the question before.

    `bare`: its words alone tell no topic ("and on sunday?"). `perhaps`: it is read as another topic than the question
    before, though its words may be asked of any: the store's answers are to decide (bot.nlu.answers).
    """

    likely: np.ndarray
    rows: np.ndarray
    follows: bool = False
    bare: bool = False
    perhaps: bool = False


def read(text: str, before: Before, intents: Sequence[str], readings: np.ndarray, *, corrects: bool = False) -> Read:
    """Return what the rows of `readings` of `text` come to: alone, with the words before, with the topic's name."""
    if readings[0].max() >= CLEAR and intents[int(readings[0].argmax())] in CHAT:
        return Read(readings[0], readings)
    alone, with_words, with_name = np.log(readings + 1e-5)
    words = max(1, count_of_words(text))
    best, follow_up = (
        float(readings[0].max()),
        float(readings[0][intents.index(FOLLOW_UP)]) if FOLLOW_UP in intents else 0.0,
    )
    odds = math.log(best / (1 - best + 1e-4))
    count = 1 / (1 + math.exp(-(BASE + FEW * math.exp(-(words - 1) / 3) + SURE * odds + FOLLOWS * follow_up)))
    same = np.array([name == before.intent for name in intents])
    joined = WITH_WORDS * with_words + WITH_NAME * with_name + same * (SAME_TOPIC + CORRECTED * corrects)
    scores = alone * (1 - LESS_ALONE * count) + count * joined
    likely = np.exp(scores - scores.max())
    first, by_itself = int(scores.argmax()), int(readings[0].argmax())
    bare = intents[by_itself] == FOLLOW_UP
    follows = bare or first != by_itself or (bool(same[first]) and words <= FEW_WORDS)
    perhaps = bool(not same[first] and (same * readings[2]).sum() >= BY_NAME and vague(text))
    return Read(likely / likely.sum(), readings, follows, bare, perhaps)


def count_of_words(text: str) -> int:
    """Return how many words a text has, three Chinese letters counted as one."""
    chinese = len(_CHINESE_LETTERS.findall(text))
    return len(re.findall(r"\w+", _CHINESE_LETTERS.sub(" ", text))) + (chinese + 2) // 3
