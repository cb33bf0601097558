"""A jury's ranking, held against a table that was worked out by hand."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from bot.calendar.facts import Criterion
from bot.contest.judging import OVERALL, criteria_of, in_turn, ranking, score

CRITERIA = (Criterion("Theme", 2), Criterion("Composition"), Criterion("Technique"))


def points(theme: int, composition: int, technique: int) -> dict[str, int]:
    return {"Theme": theme, "Composition": composition, "Technique": technique}


def test_the_ranking_is_that_of_the_table() -> None:
    """Each juror's mean is (2 x theme + composition + technique) / 4; an entry has the mean of its jurors' means.

    entry   ada              ben              cleo              mean of the jurors      place
    1       8 6 6 = 28/4 = 7  9 7 7 = 32/4 = 8  10 9 7 = 36/4 = 9  8                    2, with entry 3
    2       9 9 9 = 9         9 9 9 = 9         10 9 7 = 9         9                    1
    3       8 8 8 = 8         8 8 8 = 8         (steps aside)      8                    2, with entry 1
    4       7 7 7 = 7         no technique      4 8 8 = 24/4 = 6   6.5                  4
    5       nobody                                                                      none
    """
    given_points = {
        1: {"ada": points(8, 6, 6), "ben": points(9, 7, 7), "cleo": points(10, 9, 7)},
        2: {"ada": points(9, 9, 9), "ben": points(9, 9, 9), "cleo": points(10, 9, 7)},
        3: {"ada": points(8, 8, 8), "ben": points(8, 8, 8)},
        4: {"ada": points(7, 7, 7), "ben": {"Theme": 10, "Composition": 10}, "cleo": points(4, 8, 8)},
    }
    found = ranking([5, 4, 3, 2, 1], given_points, CRITERIA)
    assert [(each.entry_id, each.rank, each.score, each.jurors) for each in found] == [
        (2, 1, Fraction(9), 3),
        (3, 2, Fraction(8), 2),
        (1, 2, Fraction(8), 3),
        (4, 4, Fraction(13, 2), 2),
        (5, None, None, 0),
    ]


def test_means_that_floats_would_tell_apart_are_a_tie() -> None:
    thirds = {1: {"a": {"X": 1}, "b": {"X": 2}, "c": {"X": 2}}, 2: {f"j{n}": {"X": 1 + (n % 3 > 0)} for n in range(9)}}
    assert [each.rank for each in ranking([1, 2], thirds, (Criterion("X"),))] == [1, 1]


def test_an_edition_without_criteria_is_judged_by_one() -> None:
    assert criteria_of(()) == OVERALL
    assert score({OVERALL[0].name: 7}, OVERALL) == 7
    assert score({}, OVERALL) is None


@given(st.dictionaries(st.integers(1, 9), st.integers(1, 10), min_size=1))
def test_a_place_is_one_more_than_how_many_are_better(scores: dict[int, int]) -> None:
    found = ranking(list(scores), {each: {"ada": {"X": its}} for each, its in scores.items()}, (Criterion("X"),))
    for each in found:
        assert each.rank == 1 + sum(its > scores[each.entry_id] for its in scores.values())


def test_jurors_see_all_entries_each_in_an_order_of_their_own() -> None:
    ids = list(range(1, 41))
    ada, ben = in_turn(ids, "ada"), in_turn(ids, "ben")
    assert sorted(ada) == sorted(ben) == ids
    assert ada != ben
    assert ada == in_turn(ids[::-1], "ada")
