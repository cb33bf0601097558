"""When two examples say the same, whatever they look like."""

from __future__ import annotations

import re

# What words of an example can be marked as, in Rasa's form: "open [tomorrow](time)".
MARKS = ("time", "place")
MARKED = re.compile(rf"\[([^\[\]{{}}()]+)\]\(({'|'.join(MARKS)})\)")


def plain(text: str) -> str:
    """Return an example as a student would say it, without what its words are marked as."""
    return MARKED.sub(r"\1", text)


def same(text: str) -> str:
    """Return what is compared of a text: neither case, marks, white space nor the last dot make another example."""
    return " ".join(plain(text).casefold().split()).rstrip("?!. ")
