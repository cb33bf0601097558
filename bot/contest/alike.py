"""Photos that look alike, told by their perceptual hashes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# Of 64 bits, how many may differ between two versions of one photo: scaled, recoloured, compressed anew.
MOST_BITS = 8
# Hashes that differ in at most that many bits are equal in at least one of as many parts and one more, so that only
# those that share a part have to be compared.
_PARTS, _WIDTH = MOST_BITS + 1, 64 // (MOST_BITS + 1)
_MASK = (1 << _WIDTH) - 1


@dataclass(frozen=True)
class Photos:
    """The hash of each entry's photo, and which entries share which part of it."""

    known: Mapping[int, int]
    sharing: Mapping[tuple[int, int], list[int]]

    def like(self, number: int) -> tuple[int, ...]:
        """Return the other entries whose photos look like that of entry `number`, by number."""
        mine = self.known.get(number)
        if mine is None:
            return ()
        near = {each for part in _parts(mine) for each in self.sharing[part]} - {number}
        return tuple(sorted(each for each in near if (self.known[each] ^ mine).bit_count() <= MOST_BITS))

    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Return the entries whose photos look alike, two by two."""
        return tuple((one, other) for one in sorted(self.known) for other in self.like(one) if other > one)


def photos(fingerprints: Iterable[tuple[int, str]]) -> Photos:
    """Return the photos of an edition, given (entry, 16 hex digits) of each."""
    known = {number: int(text, 16) for number, text in fingerprints}
    sharing: dict[tuple[int, int], list[int]] = {}
    for number, its in known.items():
        for part in _parts(its):
            sharing.setdefault(part, []).append(number)
    return Photos(known, sharing)


def _parts(its: int) -> list[tuple[int, int]]:
    last = _PARTS - 1  # which holds the bits that the others leave
    return [*((place, its >> place * _WIDTH & _MASK) for place in range(last)), (last, its >> last * _WIDTH)]
