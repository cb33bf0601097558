"""Reads a message by itself and together with the previous question: "how long" after "can i borrow a dvd".

The same regression scores three readings: the words alone, the words with the previous question, and the words with the
name of its topic. Their likelihoods are multiplied, each raised to a power; the weight of the last two depends on how
few words there are and how little they say by themselves. The powers were fitted: see docs/model.md.
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
# The key under which a message holds its `Readings`.
READINGS = "readings"
# The weight of the previous question: a base, then terms for few words, for the log-odds of the words read alone, and
# for being a follow-up.
BASE, FEW, SURE, FOLLOWS = -0.6, 0.95, -0.08, 1.6
# The powers of the readings with the previous words and with the topic's name; the bonus for the same topic, or the
# penalty if it is corrected; and what the reading of the words alone loses.
WITH_WORDS, WITH_NAME, SAME_TOPIC, CORRECTED, LESS_ALONE = 1.0, 0.6, 0.2, -0.8, 0.7
# A message with at most this many words is a follow-up if it is read as the same topic.
FEW_WORDS = 4
# A clear courtesy is never a follow-up, however short it is; nor is asking for a person.
CHAT = frozenset(
    {
        *("greet", "thanks", "goodbye", "acknowledge", "wait", "annoyed", "confused", "affirm", "deny"),
        *("contact_librarian", "bot_challenge", "restart"),
    }
)
CLEAR = 0.9
# Minimum likelihood, when read with the topic's name, for words that any topic could use to count as that topic.
BY_NAME = 0.5
# Only this many of the last characters of the previous question are read.
LONGEST = 160
_CHINESE_LETTERS = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True)
class Before:
    """The previous question: its words (with those it followed up), its topic, and the key of the answer given."""

    text: str
    intent: str
    told: str = ""

    @classmethod
    def of(cls, metadata: Any) -> Before | None:
        """Return the previous question in a message's metadata; None if there is none, as in Rasa's own shell."""
        told = metadata.get("before") if isinstance(metadata, Mapping) else None
        if not isinstance(told, Mapping) or not told.get("text"):
            return None
        return cls(str(told["text"])[-LONGEST:], str(told.get("intent") or ""), str(told.get("told") or ""))

    def with_words(self, text: str) -> str:
        """Return the text together with the words of the previous question."""
        return f"{text} {self.text}"

    def with_name(self, text: str) -> str:
        """Return the text together with the topic's name."""
        return f"{self.intent.replace('_', ' ')} {text}"


@dataclass(frozen=True)
class Readings:
    """The likelihood of each of `intents` for each reading of a message: one row each, the words alone first."""

    intents: Sequence[str]
    rows: np.ndarray


@dataclass(frozen=True)
class Read:
    """The likelihood of each intent, from `rows` of readings, and whether the message follows up the previous question.

    `bare`: its words alone give no topic ("and on sunday?"). `perhaps`: it is read as another topic than the previous
    question's, although its words could be about any topic: the stored answers decide (bot.nlu.answers).
    """

    likely: np.ndarray
    rows: np.ndarray
    follows: bool = False
    bare: bool = False
    perhaps: bool = False


def read(text: str, before: Before, intents: Sequence[str], readings: np.ndarray, *, corrects: bool = False) -> Read:
    """Combine the `readings` of `text`, one row each: alone, with the previous words, and with the topic's name."""
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
    """Return the number of words in a text, counting three Chinese characters as one word."""
    chinese = len(_CHINESE_LETTERS.findall(text))
    return len(re.findall(r"\w+", _CHINESE_LETTERS.sub(" ", text))) + (chinese + 2) // 3
