"""Which topics are offered when a message is uncertain: shared by the actions and the evaluation."""

from __future__ import annotations

from collections.abc import Sequence, Set

Ranking = Sequence[tuple[str, float]]

# From SURE on an answer stands alone; below it, what else the words may be about is offered too. A topic with less than
# POSSIBLE is not offered: nobody recognises in it what they meant. Chosen by measurement (docs/model.md).
SURE, POSSIBLE = 0.88, 0.1
# Below this the bot asks back, unless other signals support the first topic (bot.nlu.unsure).
ASKS_BACK = 0.65
# From MEANT on the likeliest answer of the store is given, whatever its topic (bot.nlu.meant), and from SURELY_MEANT on
# alone; anything below MAYBE_MEANT is not offered.
SURELY_MEANT, MEANT, MAYBE_MEANT = 0.6, 0.4, 0.1
# Words that fit any topic get the likeliest answer of the topic at hand from this on.
GOES_ON_MEANT = 0.2
# Whoever says "not that" is offered the next likeliest, as long as it is not absurd.
NOT_ABSURD = 0.01
MOST_NEAREST, MOST_BESIDE = 4, 3


def nearest(ranking: Ranking, topics: Set[str]) -> list[str]:
    """Return what a bot too unsure to answer offers: the likeliest of `topics`; [] if fewer than two are."""
    found = [intent for intent, share in ranking if intent in topics and share >= POSSIBLE][:MOST_NEAREST]
    return found if len(found) > 1 else []


def beside(ranking: Ranking, topics: Set[str]) -> list[str]:
    """Return what is offered beside the answer to the first of `ranking`: nothing if that is sure."""
    if not ranking or ranking[0][0] not in topics or ranking[0][1] >= SURE:
        return []
    return [intent for intent, share in ranking[1:] if intent in topics and share >= POSSIBLE][:MOST_BESIDE]
