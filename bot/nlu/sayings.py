"""What somebody in care says: the nearest of the meanings whose examples stand in data/safety/care.yml."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Text, Tuple

import numpy as np

from bot.nlu.regression import SETTINGS, KernelRegression
from bot.nlu.script import plain, simplified

# A question about the library, which leaves care.
ASK = "ask"
# So sure the nearest meaning has to be; of Chinese more so, where the letters alone tell it.
SURE, SURE_CHINESE = 0.4, 0.6
# Whoever is told that it is well must have said so: these have to be surer.
WELL, SURELY = frozenset({"called", "arrived", "out", "gone", "better", "fine", "joke", "mistake"}), 0.75
# What says little, and only counts where a message says nothing else.
LIGHT = frozenset({"thanks", "short", "hello"})
# Of each topic so many questions are learnt from, as what leaves care.
OF_EACH = 20
# Of Chinese, single characters and pairs tell; they are counted in so many places.
PLACES, CHINESE = 2048, {"share": 0.3, "sharpness": 3.0, "noise": 0.05}
_FILES = ("says_english", "says_chinese")


@dataclass(frozen=True)
class Sayings:
    """What has been learnt, for each of the two languages; None where there were no examples."""

    english: Optional[KernelRegression] = None
    chinese: Optional[KernelRegression] = None

    @classmethod
    def fit(
        cls, vectors: np.ndarray, english: Sequence[Tuple[Text, Text]], chinese: Sequence[Tuple[Text, Text]]
    ) -> Sayings:
        """Fit to examples, (words, meaning) each; `vectors` has a row for each of the English ones."""
        fitted: List[Optional[KernelRegression]] = [None, None]
        if len({name for _, name in english}) > 1:
            words = [plain(text) for text, _ in english]
            fitted[0] = KernelRegression.fit(vectors, words, [name for _, name in english], SETTINGS)
        if len({name for _, name in chinese}) > 1:
            words = [simplified(plain(text)) for text, _ in chinese]
            fitted[1] = KernelRegression.fit(characters(words), words, [name for _, name in chinese], CHINESE)
        return cls(*fitted)

    def save(self, folder: Path) -> None:
        """Write it into `folder`."""
        for name, fitted in zip(_FILES, (self.english, self.chinese), strict=True):
            if fitted:
                (folder / name).mkdir()
                fitted.save(folder / name)

    @classmethod
    def load(cls, folder: Path) -> Sayings:
        """Return what `save` has written; models that are older than this know nothing of it."""
        found = [KernelRegression.load(folder / name) if (folder / name).exists() else None for name in _FILES]
        return cls(*found)

    def nearest(self, texts: Sequence[Text], vectors: np.ndarray, folded: Sequence[Text]) -> Tuple[Text, float]:
        """Return what a message says and how sure that is; "" where nothing is sure enough.

        texts, vectors: the whole of what is English in it and its clauses, a row of length 1 each, both empty where
        nothing is. folded: the same for Chinese, in simplified characters.
        """
        found = [
            *_likeliest(self.english, texts, vectors, SURE),
            *_likeliest(self.chinese, folded, characters(folded), SURE_CHINESE),
        ]
        return told_most(found)


def told_most(found: Sequence[Tuple[Text, float]]) -> Tuple[Text, float]:
    """Return of the meanings of a message and its clauses the one that tells most; a question comes after all else."""
    ranks: List[List[Tuple[Text, float]]] = [[], [], []]
    for name, share in found:
        ranks[2 if name in LIGHT else 1 if name == ASK else 0].append((name, share))
    best = next((each for each in ranks if each), [("", 0.0)])
    return max(best, key=lambda each: each[1])


def spread(texts: Sequence[Text], intents: Sequence[Text]) -> List[int]:
    """Return the places of OF_EACH examples of each intent, as far apart as they stand."""
    places: Dict[Text, List[int]] = {}
    for place, intent in enumerate(intents):
        if texts[place]:
            places.setdefault(intent, []).append(place)
    chosen = [np.linspace(0, len(each) - 1, min(OF_EACH, len(each))).astype(int) for each in places.values()]
    return sorted(each[number] for each, numbers in zip(places.values(), chosen, strict=True) for number in numbers)


def characters(texts: Sequence[Text]) -> np.ndarray:
    """Return a row of length 1 a text: which characters it holds, and which pairs of them."""
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
