"""Classifies what somebody in care says, by the nearest meaning with examples in data/safety/care.yml."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Text, Tuple

import numpy as np

from bot.nlu.regression import SETTINGS, KernelRegression
from bot.nlu.script import plain, simplified

# A question about the library, which takes the conversation out of care.
ASK = "ask"
# Minimum score of the nearest meaning; it is higher for Chinese, where only the letters are compared.
SURE, SURE_CHINESE = 0.4, 0.6
# Before we treat somebody as safe, they must really have said so: these meanings need a higher score.
WELL, SURELY = frozenset({"called", "arrived", "out", "gone", "better", "fine", "joke", "mistake"}), 0.75
# Meanings that say little, and count only if the message says nothing else.
LIGHT = frozenset({"thanks", "short", "hello"})
# The number of questions from each topic to train on, as examples of what leaves care.
OF_EACH = 20
# For Chinese, single characters and pairs are the features, hashed into this many dimensions.
PLACES, CHINESE = 2048, {"share": 0.3, "sharpness": 3.0, "noise": 0.05}
_FILES = ("says_english", "says_chinese")


@dataclass(frozen=True)
class Sayings:
    """A trained model for each of the two languages; None if there were no examples."""

    english: Optional[KernelRegression] = None
    chinese: Optional[KernelRegression] = None

    @classmethod
    def fit(
        cls, vectors: np.ndarray, english: Sequence[Tuple[Text, Text]], chinese: Sequence[Tuple[Text, Text]]
    ) -> Sayings:
        """Fit to examples, each (words, meaning); `vectors` has a row for each English one."""
        fitted: List[Optional[KernelRegression]] = [None, None]
        if len({name for _, name in english}) > 1:
            words = [plain(text) for text, _ in english]
            fitted[0] = KernelRegression.fit(vectors, words, [name for _, name in english], SETTINGS)
        if len({name for _, name in chinese}) > 1:
            words = [simplified(plain(text)) for text, _ in chinese]
            fitted[1] = KernelRegression.fit(characters(words), words, [name for _, name in chinese], CHINESE)
        return cls(*fitted)

    def save(self, folder: Path) -> None:
        """Save to `folder`."""
        for name, fitted in zip(_FILES, (self.english, self.chinese), strict=True):
            if fitted:
                (folder / name).mkdir()
                fitted.save(folder / name)

    @classmethod
    def load(cls, folder: Path) -> Sayings:
        """Load what `save` has written; older models have none of it."""
        found = [KernelRegression.load(folder / name) if (folder / name).exists() else None for name in _FILES]
        return cls(*found)

    def nearest(self, texts: Sequence[Text], vectors: np.ndarray, folded: Sequence[Text]) -> Tuple[Text, float]:
        """Return what a message says, with its confidence; "" if nothing reaches the threshold.

        texts, vectors: the English part of the message as a whole and its clauses, with a row of length 1 for each;
        both are empty if there is no English. folded: the same for Chinese, in simplified characters.
        """
        found = [
            *_likeliest(self.english, texts, vectors, SURE),
            *_likeliest(self.chinese, folded, characters(folded), SURE_CHINESE),
        ]
        return told_most(found)


def told_most(found: Sequence[Tuple[Text, float]]) -> Tuple[Text, float]:
    """Return the most telling of the meanings of a message and its clauses; a question comes last."""
    ranks: List[List[Tuple[Text, float]]] = [[], [], []]
    for name, share in found:
        ranks[2 if name in LIGHT else 1 if name == ASK else 0].append((name, share))
    best = next((each for each in ranks if each), [("", 0.0)])
    return max(best, key=lambda each: each[1])


def spread(texts: Sequence[Text], intents: Sequence[Text]) -> List[int]:
    """Return the indices of OF_EACH examples of each intent, evenly spaced over their order."""
    places: Dict[Text, List[int]] = {}
    for place, intent in enumerate(intents):
        if texts[place]:
            places.setdefault(intent, []).append(place)
    chosen = [np.linspace(0, len(each) - 1, min(OF_EACH, len(each))).astype(int) for each in places.values()]
    return sorted(each[number] for each, numbers in zip(places.values(), chosen, strict=True) for number in numbers)


def characters(texts: Sequence[Text]) -> np.ndarray:
    """Return a row of length 1 per text: the characters and pairs of characters it contains."""
    rows = np.zeros((len(texts), PLACES), np.float32)
    for number, text in enumerate(texts):
        for letter in set(filter(str.isalnum, text)):
            rows[number, ord(letter) % PLACES] += 1
        for first, second in pairwise(text):
            if first.isalnum() and second.isalnum():
                rows[number, (31 * ord(first) + 17 * ord(second)) % PLACES] += 0.7
        rows[number] /= np.linalg.norm(rows[number]) or 1
    return rows


def _likeliest(
    fitted: Optional[KernelRegression], texts: Sequence[Text], vectors: np.ndarray, sure: float
) -> List[Tuple[Text, float]]:
    if fitted is None or not len(texts):
        return []
    likely = fitted.probabilities(vectors, texts)
    best = [(fitted.intents[int(row.argmax())], float(row.max())) for row in likely]
    return [(name, share) for name, share in best if share >= (max(sure, SURELY) if name in WELL else sure)]
