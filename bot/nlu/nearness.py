"""Whether two messages say nearly the same: near in meaning by their vectors, and written with the same letters."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np

from bot.nlu.bilingual import as_read

# Minimum cosine, and minimum share of letter pairs in common, at which one decision covers both. Vectors alone do not
# suffice: all words that an encoder does not know look the same to it, so that two Thai questions have a cosine of 1.
TOGETHER, LETTERS_IN_COMMON = 0.9, 0.3
_WORD = re.compile(r"\w")
_KNOWN = re.compile(r"[a-z\u00c0-\u024f\u3400-\u9fff]", re.IGNORECASE)


def readable(text: str) -> bool:
    """Return whether the encoders know the script in which most of a text is written: Latin or Chinese."""
    letters = [each for each in _WORD.findall(text) if not each.isdigit()]
    return bool(letters) and 2 * sum(bool(_KNOWN.match(each)) for each in letters) > len(letters)


def letters(text: str) -> frozenset[str]:
    """Return the pairs of neighbouring letters of a text, as its reader reads it."""
    told = "".join(as_read(text).casefold().split()) or text
    return frozenset(one + other for one, other in pairwise(told)) or frozenset({told})


def together(vectors: np.ndarray, texts: list[str]) -> list[int]:
    """Return for each row the first row that says nearly the same; rows are in order of priority."""
    written = [letters(each) for each in texts]
    leaders: list[int] = []
    found = []
    for number, vector in enumerate(vectors):
        near = vectors[leaders] @ vector if leaders else np.zeros(0)
        close = (leaders[at] for at in np.argsort(-near) if near[at] >= TOGETHER)
        leader = next((each for each in close if _in_common(written[each], written[number])), number)
        if leader == number:
            leaders.append(number)
        found.append(leader)
    return found


def _in_common(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= LETTERS_IN_COMMON * len(one | other)
