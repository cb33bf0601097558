"""How a jury's points become a ranking: weights, averages in exact fractions, ties shown as ties."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from bot.calendar.facts import Criterion

LEAST, MOST = 1, 10
# What an edition is judged by while staff have said nothing else.
OVERALL = (Criterion("Overall impression"),)

# One juror's points for an entry, by criterion.
Points = Mapping[str, int]


@dataclass(frozen=True)
class Ranked:
    """An entry's place: 1, 2, 2, 4 where two are equal; None while none of the `jurors` has judged it."""

    entry_id: int
    rank: int | None
    score: Fraction | None
    jurors: int


def criteria_of(criteria: Sequence[Criterion]) -> tuple[Criterion, ...]:
    """Return by what an edition is judged."""
    return tuple(criteria) or OVERALL


def score(points: Points, criteria: Sequence[Criterion]) -> Fraction | None:
    """Return one juror's weighted mean for an entry; None until every criterion has points."""
    if any(each.name not in points for each in criteria):
        return None
    weights = sum(each.weight for each in criteria)
    return Fraction(sum(points[each.name] * each.weight for each in criteria), weights)


def ranking(
    entry_ids: Sequence[int], given: Mapping[int, Mapping[str, Points]], criteria: Sequence[Criterion]
) -> tuple[Ranked, ...]:
    """Return the entries by the mean of their jurors' scores, highest first; those without any come last.

    `given`: by entry, each juror's points. A juror counts once they have judged an entry by every criterion.
    """
    means: dict[int, tuple[Fraction | None, int]] = {}
    for entry_id in entry_ids:
        found = [
            each
            for each in (score(points, criteria) for points in given.get(entry_id, {}).values())
            if each is not None
        ]
        means[entry_id] = (sum(found, Fraction(0)) / len(found) if found else None, len(found))
    scored = sorted((mean for mean, _ in means.values() if mean is not None), reverse=True)
    # Equal entries share the place of the first of them.
    ranks = {mean: place for place, mean in reversed(list(enumerate(scored, start=1)))}
    ranked = [
        Ranked(entry_id, ranks[mean] if mean is not None else None, mean, jurors)
        for entry_id, (mean, jurors) in means.items()
    ]
    return tuple(sorted(ranked, key=lambda each: (each.rank is None, each.rank)))


def in_turn(entry_ids: Sequence[int], juror: str) -> tuple[int, ...]:
    """Return entries in an order of the juror's own, always the same: nobody's photo is the last for everybody."""
    return tuple(sorted(entry_ids, key=lambda each: hashlib.sha256(f"{juror}:{each}".encode()).digest()))
