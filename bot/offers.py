"""Which topics are offered where a message is not certain: what the actions do and the measures count."""

from __future__ import annotations

from collections.abc import Sequence, Set

Ranking = Sequence[tuple[str, float]]

MOST_NEAREST = 4
# What else the words may be about stands beside an answer from here on: beside one answer in six (docs/model.md).
POSSIBLE, MOST_BESIDE = 0.003, 2


def nearest(ranking: Ranking, topics: Set[str]) -> list[str]:
    """Return what a bot offers that is too unsure to answer: the likeliest of `topics`."""
    return [intent for intent, _ in ranking if intent in topics][:MOST_NEAREST]


def beside(ranking: Ranking, topics: Set[str]) -> list[str]:
    """Return what is offered beside the answer to the first of `ranking`: nothing where no other topic is possible."""
    if not ranking or ranking[0][0] not in topics:
        return []
    return [intent for intent, share in ranking[1:] if intent in topics and share >= POSSIBLE][:MOST_BESIDE]
