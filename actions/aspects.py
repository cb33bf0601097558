"""The exact detail that a question asks for (a price, a duration, a number …), and whether an answer gives it.

An answer on the right topic may still lack that detail. The reply then says so instead of pretending.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from actions.glossing import told

_NUMBER = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|half|once|twice|several|a few|an|a|next|same)"
_UNIT = r"(?:minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|terms?|semesters?|nights?|mornings?|mondays?)"
# By the name of the response part: a pattern for asking, and one that an answer with that detail must match.
_ASPECTS: Mapping[str, tuple[re.Pattern[str], re.Pattern[str]]] = {
    "price": (
        re.compile(
            r"\bhow much(?:'?s)?(?: (?:is|are|does|do|did|for|per|money|to|it|will|would|they|u|you|that|this|the)\b"
            r"|\W*$)|\b(?:costs?|prices?|pricing)\b",
            re.IGNORECASE,
        ),
        re.compile(rf"\$ ?\d|{_NUMBER} ?(?:HKD|dollars?)\b|\bfree\b|\bnothing\b|\bno (?:fee|charge)", re.IGNORECASE),
    ),
    "fee": (
        re.compile(
            r"\b(?:fees?|is there a charge|extra charge|charged|free of charge|is it free"
            r"|do (?:i|we) (?:have to )?pay)\b",
            re.IGNORECASE,
        ),
        re.compile(
            r"\$|HKD|\bdollars?\b|\bfree\b|\bnothing\b|\bcosts?\b|\bpay|\bpaid\b|\bprice|\bfees?\b|\bcharge|\bfine",
            re.IGNORECASE,
        ),
    ),
    "length": (
        re.compile(rf"\bhow long\b|\bhow many {_UNIT}\b|\bhow soon\b|\b(?:max|maximum|time) (?:time|limit)\b", re.I),
        re.compile(
            rf"\b{_NUMBER}(?:[ -](?:to|or|and|working|more|\w+))? ?-?{_UNIT}\b|\bany (?:hour|time)"
            r"|\bstraight away|\bat once|\bovernight\b|\bas long as\b|\buntil\b|\btoday\b|\bdaily\b|\b\d+ ?(?:am|pm)\b",
            re.I,
        ),
    ),
    "phone": (
        re.compile(
            r"\b(?:phone|tel|telephone|hotline) ?(?:no\b|num|number)|\bnumber (?:to|can i|do i|i can) call\b", re.I
        ),
        re.compile(r"\d{4}[ -]?\d{4}|\d{3}"),
    ),
    "email": (re.compile(r"\be-?mail (?:address|addr)\b|\bwhich e-?mail\b", re.I), re.compile(r"@|\be-?mail", re.I)),
}


def telling(asked: str, pieces: Sequence[str]) -> str:
    """Return the sentences of an answer that give a detail which `asked` asks for, in Chinese; "" if there are none."""
    wanted = [tells for asks, tells in _ASPECTS.values() if asks.search(asked)]
    return "".join(piece for piece in pieces if any(tells.search(told(piece)) for tells in wanted))


def untold(asked: str, answer: str) -> str:
    """Return the name of the detail that `asked` asks for and `answer` does not give; "" if there is none."""
    for name, (asks, tells) in _ASPECTS.items():
        if asks.search(asked) and not tells.search(answer):
            return name
    return ""
