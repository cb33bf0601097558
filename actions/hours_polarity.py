"""Whether an answer about hours starts with yes or no, and which: the response suffixes `_yes` and `_no`."""

from __future__ import annotations

import re

from actions.questions import Question

# A question with one of these words wants a time, not a yes.
_WANTS_A_TIME = frozenset(
    ["what", "wat", "wht", "whats", "when", "how", "until", "till", "til", "which", "where", "why"]
)
_CLOSES = frozenset(["close", "closed", "closes", "closing", "shut"])
# "It's closed on sunday, isn't it?" expects a yes or no; "are you closed?" must not be answered "Yes, open".
_TAG = re.compile(
    r"\b(?:right|correct|innit|true|yes|yeah|yea|no|hor|is\s?n'?t it|are\s?n'?t (?:you|u|they|we)|"
    r"wo\s?n'?t (?:it|you|they)|does\s?n'?t it|do\s?n'?t (?:you|u|they)|is it|or not)\W*$|"
    r"\bis (?:it|that) (?:true|right|correct)\b|\bcan u confirm\b|"
    r"\b(?:told|tells?) (?:me|us)\b|\b(?:heard|says?|said|thought)\b",
    re.IGNORECASE,
)


def expects_yes(question: Question) -> bool:
    """Return whether the question asks if a place is open rather than for a time."""
    return not question.doubt and "open" in question.words and not question.words & (_WANTS_A_TIME | _CLOSES)


def ends_in_tag(question: Question) -> bool:
    """Return whether the message states something, or that somebody said it, and asks for confirmation."""
    return _TAG.search(question.plain) is not None


def told(question: Question, response: str, *, is_open: bool) -> str:
    """Return the form of a response that says that a place is, or is not, open."""
    if expects_yes(question):
        return f"{response}_yes" if is_open else f"{response}_no"
    says_closed = question.words & _CLOSES and not question.words & _WANTS_A_TIME and not question.doubt
    if says_closed and ends_in_tag(question):
        return f"{response}_no" if is_open else f"{response}_yes"
    return response


def wants_a_time(question: Question) -> bool:
    """Return whether the question asks "when" rather than "whether"."""
    return bool(question.words & _WANTS_A_TIME)
