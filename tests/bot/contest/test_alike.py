"""Photos that look alike are found without comparing each with each, and none is missed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.contest.alike import MOST_BITS, photos

HASHES = st.integers(0, 2**64 - 1)


@given(st.lists(HASHES, max_size=12), st.lists(st.sets(st.integers(0, 63), max_size=MOST_BITS + 2), max_size=12))
def test_exactly_those_that_differ_in_few_bits_are_alike(hashes: list[int], changed: list[set[int]]) -> None:
    near = [one ^ sum(1 << bit for bit in bits) for one, bits in zip(hashes, changed, strict=False)]
    known = dict(enumerate([*hashes, *near]))
    found = photos((number, f"{its:016x}") for number, its in known.items())
    expected = [
        (one, other)
        for one in known
        for other in known
        if one < other and (known[one] ^ known[other]).bit_count() <= MOST_BITS
    ]
    assert sorted(found.pairs()) == sorted(expected)
    assert all(found.like(one) == tuple(sorted(_partners(one, expected))) for one in known)


def _partners(one: int, pairs: list[tuple[int, int]]) -> set[int]:
    return {each for pair in pairs if one in pair for each in pair} - {one}


def test_an_entry_without_a_photo_is_like_none() -> None:
    assert photos([(1, "0" * 16)]).like(2) == ()
