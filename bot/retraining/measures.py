"""How well messages are understood: the measures, and the questions of the fixed test set.

The questions were written without sight of the examples (docs/model.md). Nothing is ever trained on them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot import offers

QUESTIONS = Path(__file__).parents[2] / "evaluation" / "questions"
FALLBACK, OUT_OF_SCOPE = "nlu_fallback", "out_of_scope"
# Intents whose response to an out-of-scope message answers no question.
NO_ANSWER = frozenset({OUT_OF_SCOPE, "annoyed", "acknowledge", "wait", "confused", "thanks"})

Parse = Callable[[str], Mapping[str, Any]]


@dataclass(frozen=True)
class Asked:
    """A question and the one or two intents that answer it."""

    text: str
    intents: tuple[str, ...]

    @property
    def in_scope(self) -> bool:
        """Whether the library can answer it."""
        return OUT_OF_SCOPE not in self.intents


@dataclass(frozen=True)
class Guess:
    """A model's result for a question: intents with confidences, best first, and whether the bot was sure enough."""

    ranking: tuple[tuple[str, float], ...]
    sure: bool

    @property
    def first(self) -> str:
        """The likeliest intent."""
        return self.ranking[0][0] if self.ranking else ""

    @property
    def confidence(self) -> float:
        """The confidence of the likeliest intent."""
        return self.ranking[0][1] if self.ranking else 0.0


def questions(folder: Path = QUESTIONS, name: str = "*") -> list[Asked]:
    """Return the test set, or one file of it. Each line: a question, a tab, its intent or two separated by |."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(folder.glob(f"{name}.tsv"))]
    lines = [line for text in texts for line in text.splitlines()]
    return [Asked(text, tuple(intents.split("|"))) for text, intents in (line.split("\t") for line in lines if line)]


def guess(parsed: Mapping[str, Any]) -> Guess:
    """Return Rasa's parse of a message as a Guess."""
    ranking = [(each["name"], float(each["confidence"])) for each in parsed.get("intent_ranking", ())]
    return Guess(tuple(each for each in ranking if each[0] != FALLBACK), sure=parsed["intent"].get("name") != FALLBACK)


def measures(asked: Sequence[Asked], guesses: Sequence[Guess], labelled: frozenset[str]) -> dict[str, float]:
    """Return the measures by name. `labelled` are the intents that can be offered as choices.

    first: share of in-scope questions whose likeliest intent is right. direct, right: the share answered without
    asking back, and the share of those that is right. found: answered right, or the right intent is among the choices,
    offered instead of or beside an answer; beside: answers with such choices. Neither accounts for answers with choices
    or cards of their own, beside which nothing is offered, so both are upper bounds. asked: asked back.
    Out of scope: declined, or not answered (declined, asked back, or met with a courtesy: an insult is no question).
    ece: expected calibration error in ten bins (Guo et al., 2017). macro F1: over the intents of the first guess.
    """
    pairs = list(zip(asked, guesses, strict=True))
    inside = [(each, made) for each, made in pairs if each.in_scope]
    outside = [made for each, made in pairs if not each.in_scope]
    answered = [(each, made) for each, made in inside if made.sure and made.first != OUT_OF_SCOPE]
    unanswered = [(each, made) for each, made in inside if not made.sure or made.first == OUT_OF_SCOPE]
    right = [made.first in each.intents for each, made in answered]
    chosen = [bool(set(offers.nearest(made.ranking, labelled)) & set(each.intents)) for each, made in unanswered]
    more = [offers.beside(made.ranking, labelled) for _, made in answered]
    near = [
        not hit and bool(set(other) & set(each.intents))
        for hit, other, (each, _) in zip(right, more, answered, strict=True)
    ]
    return {
        "first": _share(made.first in each.intents for each, made in inside),
        "direct": len(answered) / len(inside),
        "right": _share(right),
        "found": (sum(right) + sum(near) + sum(chosen)) / len(inside),
        "beside": _share(more),
        "asked": _share(not made.sure for _, made in inside),
        "declined": _share(made.sure and made.first == OUT_OF_SCOPE for made in outside),
        "not answered": _share(not made.sure or made.first in NO_ANSWER for made in outside),
        "macro F1": macro_f1(pairs),
        "ece": calibration_error([(made.confidence, made.first in each.intents) for each, made in pairs]),
    }


def _share(of: Any) -> float:
    listed = [bool(each) for each in of]
    return sum(listed) / len(listed) if listed else 0.0


def macro_f1(pairs: Sequence[tuple[Asked, Guess]]) -> float:
    """Return the mean over intents of the harmonic mean of precision and recall."""
    scores = []
    for intent in sorted({name for each, _ in pairs for name in each.intents}):
        hit = sum(made.first == intent and intent in each.intents for each, made in pairs)
        said = sum(
            made.first == intent and (intent in each.intents or made.first not in each.intents) for each, made in pairs
        )
        meant = sum(
            intent in each.intents and (made.first == intent or made.first not in each.intents) for each, made in pairs
        )
        scores.append(2 * hit / (said + meant) if said + meant else 0.0)
    return float(np.mean(scores))


def calibration_error(told: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Return how far confidences are from the share that is right, weighted by frequency."""
    error = 0.0
    for number in range(bins):
        inside = [each for each in told if number / bins < each[0] <= (number + 1) / bins]
        if inside:
            gap = abs(np.mean([confidence for confidence, _ in inside]) - np.mean([right for _, right in inside]))
            error += float(gap) * len(inside) / len(told)
    return error


def spread(asked: Sequence[Asked], guesses: Sequence[Guess], draws: int = 1000, seed: int = 7) -> tuple[float, float]:
    """Return the 95 % interval of the share of right in-scope first guesses, by bootstrap over the questions."""
    right = np.array([made.first in each.intents for each, made in zip(asked, guesses, strict=True) if each.in_scope])
    drawn = np.random.default_rng(seed).choice(right, (draws, len(right))).mean(axis=1)
    return float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975))
