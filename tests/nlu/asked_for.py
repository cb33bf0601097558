"""Whether the right text of a topic is told: questions for the sample library's answers, and the measures.

The questions (answers/asked.tsv: text, topic, keys of the answers that tell it, the best first) are by two hands who
had seen titles and texts of the answers but no way to ask for them. Nothing is ever made of them but figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actions.choosing import weighed
from actions.questions import Near

ASKED = Path(__file__).parent / "answers" / "asked.tsv"


@dataclass(frozen=True)
class AskedFor:
    """A question, its topic, and the keys of the answers that tell what it asks."""

    text: str
    topic: str
    keys: frozenset[str]


def asked_for() -> list[AskedFor]:
    """Return the questions."""
    lines = [line.split("\t") for line in ASKED.read_text(encoding="utf-8").splitlines()[1:]]
    return [AskedFor(text, topic, frozenset(keys.split("|"))) for text, topic, keys in lines]


def measures(told: Iterable[tuple[AskedFor, Sequence[Mapping[str, Any]]]]) -> dict[str, float]:
    """Return shares, given for each question the answers of its topic that it may ask for, the likeliest first.

    first: the likeliest is right. alone: given without choices. right: of these. among: the right one is given, or
    stands among the choices. which: only choices are given.
    """
    count: Counter[str] = Counter()
    for asked, found in told:
        near = [Near(**each) for each in found]
        given, rivals = weighed(near)
        # Where none comes near, the overview is told, and these are its choices.
        heard = [each.key for each in ([given] if given else []) + [*rivals] or near]
        right = bool(near) and near[0].key in asked.keys
        alone = bool(given) and not rivals
        count["all"] += 1
        count["first"] += right
        count["alone"] += alone
        count["right"] += alone and right
        count["which"] += bool(rivals) and not given
        count["among"] += bool(asked.keys & set(heard))
    shares = {name: count[name] / count["all"] for name in ("first", "alone", "which", "among")}
    return {**shares, "right": count["right"] / max(1, count["alone"])}
