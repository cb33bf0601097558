"""A message in its parts: sentences, and questions joined by "and", so that each can be understood by itself."""

from __future__ import annotations

import re

_ASKS = r"what|whats|where|wheres|when|whens|how|hows|who|whos|which|why|can|could|do|does|did|is|are|r|will|may|should"
# The ends of sentences, which stay with them, and the joints before a second question. "24/7", "9 a.m." and "2.5" are
# no ends: what follows an end is a space or nothing, and what stands before it no lone letter.
_JOINT = re.compile(
    rf"(?P<end>(?<!\b\w)[.!?;]+(?=\s|$)|[。！？；\n]+)|,?\s+(?:and|n|&|also|plus|btw|or)(?:\s+also)?\s+(?=(?:{_ASKS})\b)",
    re.IGNORECASE,
)
_ASKING = re.compile(rf"\W*(?:{_ASKS})\b|.*\?\W*$", re.IGNORECASE | re.DOTALL)
# Fewer letters than these ("hi", "pls") are no part of their own.
LEAST_LETTERS = 4
MOST_PARTS = 4


def parts(text: str) -> list[tuple[int, int]]:
    """Return where the parts of `text` start and end, at most MOST_PARTS; [] for a text of one part."""
    found, start = [], 0
    for joint in _JOINT.finditer(text):
        found.append((start, joint.end() if joint["end"] else joint.start()))
        start = joint.end()
    found.append((start, len(text)))
    telling = [_stripped(text, *span) for span in found]
    telling = [(a, b) for a, b in telling if sum(letter.isalpha() for letter in text[a:b]) >= LEAST_LETTERS]
    return telling[:MOST_PARTS] if len(telling) > 1 else []


def asks(part: str) -> bool:
    """Return whether a part is a question by its form: by its first word, or by its mark."""
    return bool(_ASKING.match(part))


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())
