"""Kernel ridge regression of intents on a sentence's vector and its letters, with calibrated confidences.

The similarity of two messages is (1 - a) exp(g (cosine of their vectors - 1)) + a (cosine of their letters). An
intent's score is a weighted sum of the similarities to all examples (Rasmussen and Williams, "Gaussian Processes for
Machine Learning", 2006, section 2.2). Chosen by measurement: see docs/model.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence, Text, Tuple

import numpy as np
from scipy.linalg.blas import dsyrk, strsm
from scipy.linalg.lapack import dposv, spotrf, spotrs
from scipy.sparse import csr_matrix, issparse
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.store.alike import same

# Chosen by measurement: see docs/model.md.
SETTINGS = {"share": 0.1, "sharpness": 2.0, "noise": 0.05}
CHINESE_SETTINGS = {"share": 0.2, "sharpness": 2.0, "noise": 0.05}
# Smallest and largest size of the letter groups (character n-grams within words). One Chinese character tells as much
# as several English letters.
GROUPS, CHINESE_GROUPS = (2, 5), (1, 4)
# The confidence of an intent when the message is word for word one of its training examples.
HEARD = 0.95
# However close a message is to its examples, it may mean something else: this share of the confidence is spread over
# the intents, by scores flattened by this factor.
DOUBT, FLATTER = 0.04, 4.0
ROWS = 512  # of the kernel, processed at a time


class Letters:
    """Texts as weighted letter groups: they survive typos, and they keep what a sentence vector loses."""

    def __init__(self, vocabulary: Dict[Text, int], weights: np.ndarray, sizes: Tuple[int, int] = GROUPS) -> None:
        self.vocabulary, self.weights, self.sizes = vocabulary, weights, sizes
        self._vectorizer = _vectorizer(sizes)
        self._vectorizer.vocabulary_ = vocabulary
        self._vectorizer.idf_ = weights

    @classmethod
    def of(cls, texts: Sequence[Text], sizes: Tuple[int, int] = GROUPS) -> Letters:
        """Return the letter groups of `texts`, with sizes from the smallest to the largest in `sizes`."""
        fitted = _vectorizer(sizes).fit(texts)
        return cls({group: int(place) for group, place in fitted.vocabulary_.items()}, fitted.idf_, sizes)

    def matrix(self, texts: Sequence[Text]) -> csr_matrix:
        """Return a row of length 1 for each text; the row of a text that shares no group with the examples is empty."""
        return self._vectorizer.transform(texts)


def heard(texts: Sequence[Text], intents: Sequence[int]) -> Dict[Text, int]:
    """Return the intent of each text that is an example of only one intent."""
    found: Dict[Text, set[int]] = {}
    for text, intent in zip(texts, intents, strict=True):
        found.setdefault(same(text), set()).add(intent)
    return {text: min(each) for text, each in found.items() if len(each) == 1 and text}


def _vectorizer(sizes: Tuple[int, int]) -> TfidfVectorizer:
    return TfidfVectorizer(
        analyzer="char_wb", ngram_range=sizes, min_df=2, sublinear_tf=True, lowercase=True, dtype=np.float32
    )


def kernel(vectors: np.ndarray, groups: csr_matrix, share: float, sharpness: float) -> np.ndarray:
    """Return the similarity of each pair of examples, from their vectors and letter groups: the lower triangle.

    In single precision and in LAPACK's memory layout, because the system is solved in place.
    """
    count = len(vectors)
    alike = np.zeros((count, count), np.float32, order="F")
    groups = groups.astype(np.float32)
    for start in range(0, count, ROWS):
        rows = slice(start, min(start + ROWS, count))
        near = np.exp(sharpness * (vectors[rows] @ vectors[: rows.stop].T - 1))
        alike[rows, : rows.stop] = (1 - share) * near + share * (groups[rows] @ groups[: rows.stop].T).toarray()
    return alike


@dataclass(frozen=True)
class Solution:
    """The weight of each example for each intent, and the leave-one-out scores of each example."""

    weights: np.ndarray
    left_out: np.ndarray


@dataclass(frozen=True)
class Solved:
    """A regression: the weight of each example for each intent, and what is needed for leave-one-out scores."""

    targets: np.ndarray
    weights: np.ndarray
    root: np.ndarray  # the inverse of the kernel's Cholesky factor: a lower triangle with zeros above it

    def each_left_out(self) -> np.ndarray:
        """Return the leave-one-out scores of each example (Rasmussen and Williams, 2006, equation 5.12)."""
        return np.asarray(self.targets - self.weights / self._diagonal()[:, None])

    def all_left_out(self, rows: Sequence[int]) -> np.ndarray:
        """Return the scores of `rows` with all of them left out: the same equation for a block of examples."""
        columns = self.root[:, rows].astype(np.float64)
        _, change, failed = dposv(dsyrk(1.0, columns, trans=1, lower=1), self.weights[rows], lower=1)
        if failed:
            raise np.linalg.LinAlgError("an example is left out twice")
        return np.asarray(self.targets[rows] - change)

    def _diagonal(self) -> np.ndarray:
        # The diagonal of the kernel's inverse, which is the transpose of the root times the root.
        found = np.empty(len(self.root))
        for start in range(0, len(found), ROWS):
            columns = self.root[start:, start : start + ROWS]
            found[start : start + ROWS] = np.einsum("ij,ij->j", columns, columns)
        return found


def solved(kernel: np.ndarray, targets: np.ndarray, noise: float) -> Solved:
    """Return the regression of `targets` (Rasmussen and Williams, 2006, equation 2.25).

    `kernel`: its lower triangle, which is overwritten. Uses a Cholesky factorisation in single precision, which gives
    the same weights to four digits in a third of the time.
    """
    ridge = np.asfortranarray(kernel, dtype=np.float32)
    ridge[np.diag_indices_from(ridge)] += noise
    factor, failed = spotrf(ridge, lower=1, clean=1, overwrite_a=1)
    if failed:
        raise np.linalg.LinAlgError("the kernel is not positive definite: more noise is needed")
    weights, _ = spotrs(factor, np.asarray(targets, np.float32), lower=1)
    return Solved(targets, weights, _inverse(factor))


def _inverse(factor: np.ndarray) -> np.ndarray:
    """Invert a lower triangle with zeros above it, in place, from the last columns to the first, and return it.

    This avoids LAPACK's strtri: SciPy's build of it, when it runs with one thread, ends the process on processors that
    its OpenBLAS does not know. This version takes as many operations, most of them matrix multiplications.
    """
    count, upper = len(factor), factor.T
    for first in range((count - 1) // ROWS * ROWS, -1, -ROWS):
        stop = min(first + ROWS, count)
        own = strsm(-1.0, factor[first:stop, first:stop], np.eye(stop - first, dtype=np.float32), lower=1)
        below = own.T @ upper[first:stop, stop:]
        for row in range(stop, count, 2 * ROWS):  # what stands to the right is already inverted
            end = min(row + 2 * ROWS, count)
            np.matmul(below[:, : end - stop], upper[stop:end, row:end], out=upper[first:stop, row:end])
        upper[first:stop, first:stop] = -own.T
    return factor


def regressed(
    vectors: np.ndarray, groups: csr_matrix, truth: np.ndarray, share: float, sharpness: float, noise: float
) -> Solved:
    """Return the regression of the intents `truth` (numbers from 0), given unit vectors and letter groups."""
    alike = kernel(vectors, groups, share, sharpness)
    return solved(alike, np.eye(int(truth.max()) + 1)[truth], noise)


def temperature(scores: np.ndarray, truth: np.ndarray) -> float:
    """Return the temperature by which to divide scores so that confidence matches accuracy.

    Guo et al., "On Calibration of Modern Neural Networks", 2017: the temperature with the least log loss, found by
    search.
    """
    candidates = np.geomspace(0.02, 0.5, 60)
    losses = [-np.mean(np.log(confidences(scores / each)[np.arange(len(truth)), truth] + 1e-12)) for each in candidates]
    return float(candidates[int(np.argmin(losses))])


def softmax(scores: np.ndarray) -> np.ndarray:
    """Return the softmax of each row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def confidences(scores: np.ndarray) -> np.ndarray:
    """Return the probabilities of each row, with a little doubt mixed in."""
    return (1 - DOUBT) * softmax(scores) + DOUBT * softmax(scores / FLATTER)


@dataclass(frozen=True)
class KernelRegression:
    """A trained model. `share` and `sharpness` are `a` and `g` in the module's formula.

    `letter_weights` has one row per letter group; it is sparse if the letters are those of a larger set (`lean`).
    """

    intents: List[Text]
    vectors: np.ndarray
    weights: np.ndarray
    letters: Letters
    letter_weights: np.ndarray | csr_matrix
    share: float
    sharpness: float
    heard: Dict[Text, int]

    @classmethod
    def fit(
        cls,
        vectors: np.ndarray,
        texts: Sequence[Text],
        names: Sequence[Text],
        settings: Mapping[Text, float],
        found: Optional[Solution] = None,
        letters: Optional[Letters] = None,
    ) -> KernelRegression:
        """Fit to examples: each has a row of `vectors` (of length 1), a text and an intent.

        `settings`: as SETTINGS; `noise` is added to the kernel's diagonal and says how wrong an example may be. The
        confidences are calibrated on the leave-one-out predictions. `found`: the solution of the regression, if already
        known. `letters`: the letters of a larger set of texts that includes these.
        """
        intents = sorted(set(names))
        truth = np.array([intents.index(name) for name in names])
        letters = letters or Letters.of(texts)
        groups = letters.matrix(texts)
        if found is None:
            solution = regressed(vectors, groups, truth, **settings)
            found = Solution(solution.weights, solution.each_left_out())
        weights = (found.weights / temperature(found.left_out, truth)).astype(np.float32)
        # The letters' part of the kernel is linear, so that all examples reduce to one weight per letter group and
        # intent.
        share, sharpness = settings["share"], settings["sharpness"]
        linear = share * (groups.T @ weights)
        return cls(intents, vectors, weights, letters, linear, share, sharpness, heard(texts, truth.tolist()))

    def probabilities(
        self, vectors: np.ndarray, texts: Sequence[Text], groups: Optional[csr_matrix] = None
    ) -> np.ndarray:
        """Return one row per text: the likelihood of each intent. `groups`: the texts' letter groups, if known."""
        groups = self.letters.matrix(texts) if groups is None else groups
        likeness = (1 - self.share) * np.exp(self.sharpness * (vectors @ self.vectors.T - 1))
        linear = groups @ self.letter_weights
        found = confidences(likeness @ self.weights + (linear.toarray() if issparse(linear) else linear))
        # Regression smooths, but a sentence that somebody taught word for word should still be recognised exactly.
        for row, text in enumerate(texts):
            intent = self.heard.get(same(text))
            if intent is not None:
                found[row] *= 1 - HEARD
                found[row, intent] += HEARD
        return found

    def lean(self) -> KernelRegression:
        """Return a copy that holds weights for its own letter groups only; it must not be saved."""
        return replace(self, letter_weights=csr_matrix(self.letter_weights))

    def save(self, folder: Path) -> None:
        """Save to `folder` as arrays and text, without pickles."""
        arrays = {"vectors": self.vectors, "weights": self.weights, "letter_weights": self.letter_weights}
        np.savez_compressed(folder / "arrays.npz", idf=self.letters.weights, **arrays)
        words = {
            "intents": self.intents,
            "vocabulary": self.letters.vocabulary,
            "groups": self.letters.sizes,
            "share": self.share,
            "sharpness": self.sharpness,
            "heard": self.heard,
        }
        (folder / "words.json").write_text(json.dumps(words), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> KernelRegression:
        """Load what `save` has written."""
        words = json.loads((folder / "words.json").read_text(encoding="utf-8"))
        with np.load(folder / "arrays.npz") as arrays:
            letters = Letters(words["vocabulary"], arrays["idf"], tuple(words.get("groups", GROUPS)))
            return cls(
                words["intents"],
                arrays["vectors"],
                arrays["weights"],
                letters,
                arrays["letter_weights"],
                words["share"],
                words["sharpness"],
                words.get("heard", {}),  # older models have none
            )
