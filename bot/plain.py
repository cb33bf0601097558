"""A message's characters normalised to plain ones, with a mapping from positions in the result back to the original.

Full-width and bold letters become plain, invisible characters are removed, dashes and quotation marks become those of a
keyboard. The result is safe for any parser of words and numbers.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

Edit = tuple[int, int, str]

_AS_ON_A_KEYBOARD = str.maketrans(
    {**dict.fromkeys("‐‑‒–—―−﹣－~～〜", "-"), **dict.fromkeys("‘’‚‛′＇`´", "'"), **dict.fromkeys("“”„‟″", '"')}
)
# Invisible characters: joiners, direction marks, soft hyphens, variation selectors, a keycap's frame.
_UNSEEN = {"Cf", "Me"}
_SELECTORS = range(0xFE00, 0xFE10)


@dataclass(frozen=True)
class Reading:
    """A text, and for each of its characters the start and end of its source in the original."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def back(self, start: int, end: int) -> tuple[int, int]:
        """Return the original position of the non-empty piece from `start` to `end`."""
        return self.starts[start], self.ends[end - 1]

    def edited(self, edits: Iterable[Edit]) -> Reading:
        """Return the reading with pieces replaced; if some overlap, the first, and of these the longest."""
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        last = 0
        for start, end, words in sorted(edits, key=lambda each: (each[0], -each[1])):
            if start < last or start >= end:
                continue
            parts += [self.text[last:start], words]
            starts += self.starts[last:start] + (self.starts[start],) * len(words)
            ends += self.ends[last:start] + (self.ends[end - 1],) * len(words)
            last = end
        if not parts:
            return self
        return Reading(
            "".join([*parts, self.text[last:]]),
            (*starts, *self.starts[last:]),
            (*ends, *self.ends[last:]),
        )

    def without(self, spans: Iterable[tuple[int, int]], filling: str = " ") -> Reading:
        """Return the reading, same length, with blanks or another character in place of `spans`."""
        text = self.text
        for start, end in spans:
            text = text[:start] + filling * (end - start) + text[end:]
        return Reading(text, self.starts, self.ends)


def reading(text: str) -> Reading:
    """Return `text` in plain characters, with the mapping back to it."""
    size = len(text)
    written = Reading(text, tuple(range(size)), tuple(range(1, size + 1)))
    if text.isascii():
        return written
    edits = [
        (place, place + 1, told)
        for place, letter in enumerate(text)
        if not letter.isascii() and (told := _told(letter)) != letter
    ]
    return written.edited(edits)


def plain(text: str) -> str:
    """Return `text` in plain characters."""
    return reading(text).text


@lru_cache(maxsize=4096)
def _told(letter: str) -> str:
    kind = unicodedata.category(letter)
    if kind in _UNSEEN or ord(letter) in _SELECTORS:
        return ""
    # ½ would become 1/2, which is a date.
    told = letter if kind == "No" and "⁄" in unicodedata.normalize("NFKC", letter) else _normal(letter)
    return told.translate(_AS_ON_A_KEYBOARD)


def _normal(letter: str) -> str:
    return letter if letter.translate(_AS_ON_A_KEYBOARD) != letter else unicodedata.normalize("NFKC", letter)
