"""Photos that look alike, told by their perceptual hashes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# Of 64 bits, how many may differ between two versions of one photo: scaled, recoloured, compressed anew.
MOST_BITS = 8


def hashes(known: Iterable[tuple[int, str]]) -> dict[int, int]:
    """Return the hash of each entry's photo as a number, given (entry, 16 hex digits) of each."""
    return {number: int(text, 16) for number, text in known}


def alike(number: int, known: Mapping[int, int]) -> tuple[int, ...]:
    """Return the other entries whose photos look like that of entry `number`."""
    mine = known.get(number)
    if mine is None:
        return ()
    return tuple(each for each, its in known.items() if each != number and (its ^ mine).bit_count() <= MOST_BITS)


def pairs(known: Mapping[int, int]) -> tuple[tuple[int, int], ...]:
    """Return the entries whose photos look alike, two by two."""
    every = list(known.items())
    return tuple(
        (one, other)
        for place, (one, mine) in enumerate(every)
        for other, its in every[place + 1 :]
        if (mine ^ its).bit_count() <= MOST_BITS
    )
