"""Whether what goes on with a question before is understood: follow-ups with what came before them, and the measures.

The follow-ups (followups/asked.tsv: what was asked before, || between messages; the text; the intents of which one is
right; what is meant, in full) are by a hand that had seen no example. Nothing is ever made of them but figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ASKED = Path(__file__).parent / "followups" / "asked.tsv"
FALLBACK = "nlu_fallback"
# What the writer called what the domain has other names for.
ALSO = {
    "complaint": ("feedback_complaint", "repair"),
    "acknowledge": ("acknowledge", "thanks", "affirm"),
}
# What is understood of the last of some messages of one person: Rasa's parse of it.
Understand = Callable[[Sequence[str]], Mapping[str, Any]]


@dataclass(frozen=True)
class FollowUp:
    """A message with those before it, the intents of which one is right, and the whole question that it stands for."""

    before: tuple[str, ...]
    text: str
    intents: frozenset[str]
    means: str


def follow_ups() -> list[FollowUp]:
    """Return the follow-ups."""
    lines = [line.split("\t") for line in ASKED.read_text(encoding="utf-8").splitlines()[1:]]
    return [
        FollowUp(tuple(before.split(" || ")), text, _names(intents), means) for before, text, intents, means in lines
    ]


def _names(intents: str) -> frozenset[str]:
    return frozenset(name for each in intents.split("|") for name in ALSO.get(each, (each,)))


def measures(asked: Sequence[FollowUp], understand: Understand) -> dict[str, float]:
    """Return shares. first: the likeliest intent is right; direct: answered without asking back; right: of these."""
    count: Counter[str] = Counter()
    for each in asked:
        found = understand([*each.before, each.text])
        names = [one["name"] for one in found["intent_ranking"] if one["name"] != FALLBACK]
        right = bool(names) and names[0] in each.intents
        direct = found["intent"]["name"] != FALLBACK
        count.update({"first": right, "direct": direct, "right": direct and right})
    shares = {name: count[name] / len(asked) for name in ("first", "direct")}
    return {**shares, "right": count["right"] / max(1, count["direct"])}
