"""Text normalised for comparison, without the widths, marks and invisible letters that make equal text differ."""

from __future__ import annotations

import unicodedata

# What joins the parts of an emoji: the zero-width joiner and the variation selectors.
_JOINERS = {"\u200d", "\ufe0e", "\ufe0f"}
# "2️⃣" is a digit with an enclosing keycap.
_FRAME = "\u20e3"


def folded(text: str | None) -> str:
    """Return `text` case-folded, with plain letters and digits, no invisible characters, and single spaces.

    Full-width and bold letters become plain ones (Unicode compatibility forms, NFKC), "②" becomes "2".
    """
    plain = unicodedata.normalize("NFKC", text or "").replace(_FRAME, "")
    seen = "".join(each for each in plain if unicodedata.category(each) != "Cf" and each not in _JOINERS)
    return " ".join(seen.replace("’", "'").split()).casefold()


def bare(text: str | None) -> str:
    """Return `text` folded, without surrounding punctuation: "Stop!!" becomes "stop"."""
    found = folded(text)
    first = next((place for place, each in enumerate(found) if each.isalnum()), len(found))
    last = next((place for place in range(len(found), first, -1) if found[place - 1].isalnum()), first)
    return found[first:last]


def has_words(text: str | None) -> bool:
    """Return whether `text` contains a letter or a digit."""
    return any(each.isalnum() for each in folded(text))
