"""When two examples say the same thing, however they are written."""

from __future__ import annotations

import re

# The entities that an example's words can be marked with, in Rasa's form: "open [tomorrow](time)".
MARKS = ("time", "place")
MARKED = re.compile(rf"\[([^\[\]{{}}()]+)\]\(({'|'.join(MARKS)})\)")


def plain(text: str) -> str:
    """Return an example as a student would say it, without its entity marks."""
    return MARKED.sub(r"\1", text)


def same(text: str) -> str:
    """Return the text used for comparison: case, marks, white space and final punctuation make no difference."""
    return " ".join(plain(text).casefold().split()).rstrip("?!. ")
