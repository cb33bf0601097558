"""The weights of bot.nlu.meant: fitted to data/answers/pairs*.tsv, and what they are worth on topics left out.

A line of the pairs: a first message, the key of the answer that it asks for, the message after that answer, and what
is meant by that: keys of answers, "same" for the one just given, or a word for what no answer tells (none, remark,
hours, events, contest). By hands that saw the answers' titles and texts, and no ways to ask; nothing else is made of
them.
"""

from __future__ import annotations

import random
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from bot.nlu.answer_index import Side, known, sides_of
from bot.nlu.bilingual import CHINESE, Readers
from bot.nlu.encoder import ENCODER
from bot.nlu.meant import signs_of
from bot.nlu.questions import wonders
from bot.nlu.readings import Before, Readings
from bot.nlu.regression import softmax
from tests.bench.measure import print_table
from tests.bench.serving import trained
from tests.stack import ROOT
from tests.stores import sampled, sqlite

PAIRS = ROOT / "data" / "answers"
FILES = {"English": "pairs.tsv", "Chinese": "pairs.zh.tsv"}
SAME = "same"
# Chosen on topics left out: how strongly weights are held near zero, and into how many parts the topics are divided.
RIDGE, PARTS = 2.0, 7
LIMITS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


@dataclass(frozen=True)
class Told:
    """A message, what may be meant, and which of it is right: a row an answer, the last for none of them."""

    topic: str
    signs: np.ndarray
    none: np.ndarray
    right: np.ndarray


def pairs(file: str) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Return the pairs of a file: first message, key, next message, what is meant."""
    lines = [line.split("\t") for line in (PAIRS / file).read_text(encoding="utf-8").splitlines()[1:]]
    return [(first, key, then, tuple(meant.split("|"))) for first, key, then, meant in lines]


def fit(told: Sequence[Told]) -> np.ndarray:
    """Return the weights of the signs, those for none last: of most likelihood, less RIDGE times their square."""
    told = [each for each in told if each.right.any()]
    size, rest = told[0].signs.shape[1], told[0].none.shape[0]
    # One row of choices a message, none of them last; what fills a row up is no choice.
    most = max(len(each.signs) for each in told)
    signs, right = np.zeros((len(told), most, size)), np.zeros((len(told), most + 1))
    barred = np.ones((len(told), most + 1), bool)
    for row, each in enumerate(told):
        count = len(each.signs)
        signs[row, :count], right[row, :count], right[row, -1] = each.signs, each.right[:-1], each.right[-1]
        barred[row, :count], barred[row, -1] = False, not rest
    none = np.stack([each.none for each in told])
    spread = np.concatenate([signs[~barred[:, :-1]].std(axis=0), np.ones(rest)]) + 1e-6

    def loss(scaled: np.ndarray) -> tuple[float, np.ndarray]:
        weights = scaled / spread
        scores = np.column_stack([signs @ weights[:size], none @ weights[size:]])
        scores[barred] = -np.inf
        likely = softmax(scores)
        hit = (likely * right).sum(axis=1, keepdims=True)
        change = likely - likely * right / hit
        slope = np.concatenate([np.einsum("mc,mcs->s", change[:, :-1], signs), none.T @ change[:, -1]])
        return float(RIDGE * scaled @ scaled - np.log(hit).sum()), slope / spread + 2 * RIDGE * scaled

    found = minimize(loss, np.zeros(size + rest), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return np.asarray(found.x / spread)


def likelihoods(told: Told, weights: np.ndarray) -> np.ndarray:
    """Return how likely each answer is to be meant, and none of them last, where that is a choice."""
    size = told.signs.shape[1]
    none = told.none @ weights[size:] if len(told.none) else -np.inf
    return softmax(np.append(told.signs @ weights[:size], none)[None])[0]


def fitting(folder: Path) -> None:
    """Print the weights, and how often they are right on topics that they were not fitted to."""
    readers, sides = _known(folder)
    for (language, file), side in zip(FILES.items(), sides, strict=True):
        for name, behind in (("a first message", False), ("a message after an answer", True)):
            told, names, of_none = _signs(side, readers, file, behind=behind)
            _show(f"{language}, {name}", told, _left_out(told))
            weights = fit(told)
            for kind, some in ((names, weights[: len(names)]), (of_none, weights[len(names) :])):
                print({sign: round(float(weight), 3) for sign, weight in zip(kind, some, strict=True)})  # noqa: T201


def _left_out(told: Sequence[Told]) -> list[np.ndarray]:
    """Return how likely each answer is to be meant, by weights that were fitted to other topics."""
    topics = sorted({each.topic for each in told})
    random.Random(1).shuffle(topics)
    found: list[np.ndarray] = [np.zeros(0)] * len(told)
    for part in range(PARTS):
        left_out = set(topics[part::PARTS])
        weights = fit([each for each in told if each.topic not in left_out])
        for place, each in enumerate(told):
            if each.topic in left_out:
                found[place] = likelihoods(each, weights)
    return found


def _show(name: str, told: Sequence[Told], likely: Sequence[np.ndarray]) -> None:
    right = np.array([bool(each.right[row.argmax()]) for each, row in zip(told, likely, strict=True)])
    none = np.array([row.argmax() == len(row) - 1 for row in likely])
    of_none = np.array([bool(each.right[-1]) for each in told])
    sure = np.array([row.max() for row in likely])
    rows = [
        (f"{limit}", f"{((sure >= limit) & ~none).mean():.3f}", f"{right[(sure >= limit) & ~none].mean():.3f}")
        for limit in LIMITS
    ]
    print_table(f"{name}: given from so much on", ("likelihood", "given", "right"), rows)
    shares = f"an answer is right: {right[~of_none].mean():.3f}"
    print(shares, f"none is: {right[of_none].mean():.3f}" if of_none.any() else "")  # noqa: T201


def _known(folder: Path) -> tuple[Readers, tuple[Side, Side]]:
    folder.mkdir(parents=True, exist_ok=True)
    config = {**ENCODER, **CHINESE}
    with tarfile.open(next(trained("fitting", folder).glob("*.tar.gz"))) as packed:
        packed.extractall(folder / "model", filter="data")
    readers = Readers.load(config, next(folder.rglob("train_bot.nlu.intents.QuestionClassifier*")))
    return readers, known(sampled(sqlite(folder / "store.db"), datetime.now(UTC)), *sides_of(config))


def _signs(side: Side, readers: Readers, file: str, *, behind: bool) -> tuple[list[Told], list[str], list[str]]:
    """Return the signs of all pairs' first or next messages, and their names."""
    answers = side.index.answers
    place = {key: number for number, (_, key) in enumerate(answers)}
    found, names, of_none = [], list[str](), list[str]()
    for first, key, then, meant in pairs(file):
        before = Before(first, answers[place[key]][0], key)
        said = then if behind else first
        texts = [said, before.with_words(said), before.with_name(said)] if behind else [said]
        read = Readings(readers.intents, readers.likely(texts))
        asked = side.asked(said, read, before if behind else None, asks=wonders(said))
        places, signs, none = signs_of(side.index, asked, *side.weighed(asked))
        keys = [key] if not behind else [key if each == SAME else each for each in meant]
        right = np.array([*(answers[each][1] in keys for each in places), not set(keys) & place.keys()], float)
        names, of_none = list(signs), list(none)
        values = np.concatenate([*none.values()]) if none else np.zeros(0)
        found.append(Told(before.intent, np.stack(list(signs.values()), axis=1), values, right))
    return found, names, of_none
