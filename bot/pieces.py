"""A text as sentences, so that one can be said alone: the model weighs them, the actions say one.

Instead of a repeated answer, the sentence that shares most words with the question is said.
"""

from __future__ import annotations

import re

# A text of fewer sentences is said whole.
LINES = 3
# "e.g. a card", "9 a.m. to": what follows a sentence's end must begin another, or be Chinese.
_END = re.compile(r"(?<=[.!?])(?<!\b\w\.)\s+(?=[A-Z0-9“\"'(])|(?<=[。！？])\s*|\n+")

# Only this many letters of a word are compared; shorter words than _LEAST, and the ones listed, are ignored.
_STEM, _LEAST = 5, 4
_OF_ANY = frozenset(
    re.findall(
        r"\w+",
        """
        about again also been cant could does doing done dont from have here into just last like made make more much
        only really said same some tell than that them then there they this time were what when where which with
        would wont your
        """,
    )
)


def about(text: str, words: str) -> str:
    """Return the sentence or line of a longer text that `words` are about, "" if none is; headings don't count."""
    pieces = sentences(text)
    asked = _telling(words)
    shared = [0 if each.endswith((":", "：")) else len(asked & _telling(each)) for each in pieces]
    if len(pieces) < LINES or not any(shared):
        return ""
    return re.sub(r"^[•\-\s]+", "", pieces[shared.index(max(shared))])


def _telling(text: str) -> set[str]:
    found = re.findall(r"\w+", text.casefold())
    return {word[:_STEM] for word in found if len(word) >= _LEAST and word not in _OF_ANY}


def sentences(text: str) -> tuple[str, ...]:
    """Return the sentences of `text` in order, without the separators."""
    return tuple(each.strip() for each in _END.split(text) if each and each.strip())
