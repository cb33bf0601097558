"""Checks training examples against each other: wrong intents, contradictions, and intents that look alike.

Runs in a separate process because it needs the encoder: `python -m bot.nlu.care IN.json OUT.json`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cleanlab.filter import find_label_issues

from bot.nlu import solutions
from bot.nlu.bilingual import CHINESE, as_read, both, own_rows
from bot.nlu.encoder import ENCODER
from bot.nlu.regression import (
    CHINESE_GROUPS,
    CHINESE_SETTINGS,
    GROUPS,
    ROWS,
    SETTINGS,
    Letters,
    Solution,
    Solved,
    regressed,
    softmax,
    temperature,
)
from bot.nlu.vectors import of_examples
from bot.store.alike import same

SAME = 0.95  # minimum cosine at which two messages say the same
ALIKE = 0.08  # share of an intent's examples classified as another intent when left out
MOST = 300


def look(
    examples: Sequence[Mapping[str, Any]],
    new: Sequence[Mapping[str, Any]] = (),
    held: Sequence[Mapping[str, str]] = (),
    *,
    cache: Path | None = None,
    solution: Path | None = None,
) -> dict[str, Any]:
    """Return what is doubtful about examples ({"id", "intent", "text"}), and how many of `new` are affected.

    wrong: the label is unlikely (Northcutt et al., "Confident Learning", 2021). contradictions: the same words under
    two intents, the newer one first. Those of `new` come first in both. alike: two intents of which one is often
    mistaken for the other. new_wrong, new_contradictions: how many of `new` are among the first two. held: what a model
    trained without any of `held`, which are some of the examples, would classify each of them as. `cache`: the file of
    the examples' vectors; `solution`: where to keep the solution of the regression for the training that follows.
    """
    rows = [*examples, *new]
    intents = sorted({row["intent"] for row in rows})
    texts = [row["text"] for row in rows]
    labels = np.array([intents.index(row["intent"]) for row in rows])
    vectors = both(texts, {**ENCODER, **CHINESE}, cache=cache or of_examples())
    sides = _sides(texts, labels, vectors)
    if solution:
        own, model = sides[0].rows, sides[0].model
        names = [rows[each]["intent"] for each in own]
        left = model.each_left_out()[:, sorted(set(labels[own].tolist()))]
        weights = model.weights[:, sorted(set(labels[own].tolist()))]
        solutions.keep(solution, [texts[each] for each in own], names, Solution(weights, left))
    likely = np.zeros((len(rows), len(intents)))
    for side in sides:
        scores = side.model.each_left_out()
        likely[side.rows, : scores.shape[1]] = softmax(scores / temperature(scores, labels[side.rows]))
    order = find_label_issues(labels, likely, return_indices_ranked_by="self_confidence", n_jobs=1)
    guesses = likely.argmax(axis=1)
    wrong = [
        {
            "id": rows[each].get("id"),
            "intent": intents[labels[each]],
            "rather": intents[guesses[each]],
            "confidence": round(float(likely[each, guesses[each]]), 3),
            "new": bool(each >= len(examples)),
        }
        for each in order
        if guesses[each] != labels[each]
    ]
    pairs = _contradictions(vectors, labels)
    first_new = len(examples)
    doubtful = {int(each) for each in order}
    return {
        "wrong": sorted(wrong, key=lambda row: not row["new"])[:MOST],
        "contradictions": [
            {"id": rows[b].get("id"), "other": rows[a].get("id"), "new": b >= first_new}
            for a, b in sorted(pairs, key=lambda pair: max(pair) < first_new)[:MOST]
        ],
        "alike": _alike(labels, guesses, intents),
        "new_wrong": sum(each >= first_new for each in doubtful),
        "new_contradictions": len({max(pair) for pair in pairs if max(pair) >= first_new}),
        "new": len(new),
        "held": [intents[each] for each in _held(sides, rows, held)],
    }


@dataclass(frozen=True)
class _Side:
    """The examples of one language, by row, and the solution of their regression."""

    rows: list[int]
    model: Solved


def _sides(texts: Sequence[str], labels: np.ndarray, vectors: np.ndarray) -> list[_Side]:
    """Return the regressions of both languages' examples, English first, each solved alone as in training."""
    english = own_rows(texts)
    chinese = sorted(set(range(len(texts))) - set(english))
    found = []
    for rows, settings, sizes in ((english, SETTINGS, GROUPS), (chinese, CHINESE_SETTINGS, CHINESE_GROUPS)):
        if rows:
            words = [as_read(texts[row]) if rows is chinese else texts[row] for row in rows]
            groups = Letters.of(words, sizes).matrix(words)
            found.append(_Side(rows, regressed(vectors[rows], groups, labels[rows], **settings)))
    return found


def _held(sides: Sequence[_Side], rows: Sequence[Mapping[str, Any]], held: Sequence[Mapping[str, str]]) -> list[int]:
    place = {(row["intent"], same(row["text"])): number for number, row in enumerate(rows)}
    each = [place[row["intent"], same(row["text"])] for row in held]
    taken: dict[int, int] = {}
    for side in sides:
        out = [at for at, row in enumerate(side.rows) if row in set(each)]
        if out:
            guessed = side.model.all_left_out(out).argmax(axis=1).tolist()
            taken |= {side.rows[at]: guess for at, guess in zip(out, guessed, strict=True)}
    return [taken[number] for number in each]


def _contradictions(vectors: np.ndarray, labels: np.ndarray) -> list[tuple[int, int]]:
    found: list[tuple[float, int, int]] = []
    for start in range(0, len(vectors), ROWS):
        likeness = vectors[start : start + ROWS] @ vectors[start:].T
        rows, columns = np.nonzero(np.triu(likeness, 1) >= SAME)
        found += [
            (float(likeness[a, b]), start + int(a), start + int(b))
            for a, b in zip(rows, columns, strict=True)
            if labels[start + a] != labels[start + b]
        ]
    return [(a, b) for _, a, b in sorted(found, key=lambda each: -each[0])]


def _alike(labels: np.ndarray, guesses: np.ndarray, intents: Sequence[str]) -> list[dict[str, Any]]:
    size = Counter(labels.tolist())
    taken = Counter((int(a), int(b)) for a, b in zip(labels, guesses, strict=True) if a != b)
    found = [
        {"intent": intents[a], "rather": intents[b], "count": count, "share": round(count / size[a], 3)}
        for (a, b), count in taken.items()
        if count >= 3 and count / size[a] >= ALIKE
    ]
    return sorted(found, key=lambda each: -each["share"])


def main() -> None:
    """Check the examples in the first file, and write the results to the second."""
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    keep = solutions.of_examples()
    found = look(given["examples"], given.get("new", ()), given.get("held", ()), solution=keep)
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
