"""Measures which words a message shares with an answer, rare words counting most: sentence vectors blur these."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_matrix

from bot.plain import plain

_WORD, _HAN = re.compile(r"[a-z0-9]+"), re.compile(r"[\u3400-\u9fff]+")
# Words with an inverse document frequency below COMMON tell nothing; PRIOR lowers the share for messages with few rare
# words.
COMMON, PRIOR = 1.0, 2.0


def words_of(text: str) -> list[str]:
    """Return the distinct words of a text in lower case, plurals as singulars; for Chinese, pairs of characters."""
    told = plain(text).casefold()
    found = (word[:-1] if len(word) > 3 and word.endswith("s") else word for word in _WORD.findall(told))
    pairs = (first + second for run in _HAN.findall(told) for first, second in pairwise(run))
    return list(dict.fromkeys((*found, *pairs)))


@dataclass(frozen=True)
class Overlap:
    """The words of some documents: `weights` are inverse document frequencies, `rows` which documents have which."""

    columns: dict[str, int]
    weights: np.ndarray
    rows: csr_matrix

    @classmethod
    def of(cls, documents: Sequence[str]) -> Overlap:
        """Return the words of `documents`; none if there are no documents."""
        held = [words_of(each) for each in documents]
        counts = Counter(word for each in held for word in each)
        columns = {word: column for column, word in enumerate(counts)}
        frequencies = np.array([*counts.values()], np.float64)
        weights = np.log((len(held) + 1) / (frequencies + 0.5))
        weights[weights <= COMMON] = 0
        places = [columns[word] for each in held for word in each]
        starts = np.cumsum([0, *map(len, held)])
        rows = csr_matrix((np.ones(len(places)), places, starts), shape=(len(held), len(columns)))
        return cls(columns, weights, rows)

    def shares(self, text: str) -> np.ndarray:
        """Return, per document, the weighted share of the text's known words that it contains: from 0 to below 1."""
        asked = np.zeros(len(self.columns))
        known = [self.columns[word] for word in words_of(text) if word in self.columns]
        asked[known] = self.weights[known]
        return np.asarray(self.rows @ asked) / (asked.sum() + PRIOR)
