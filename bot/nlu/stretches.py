"""Decides which parts of a message to search for times, so that pasted text costs no more than a typed question.

Duckling tries every way to join neighbouring times, which doubles with each one: "Mon 9am-10pm, Tue 9am-10pm" takes 15
milliseconds, a week of that takes minutes. So a row of more times than people say in one breath is cut where its
entries begin. A message without such a row is read whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from bot.nlu.questions import asks

# The most times in a row; a preposition before a time doubles the ways to join it. In rows of at least LONG times, a
# weekday before its date is left out.
MOST_IN_A_ROW, LONG = 6, 5
# If a message has more characters than SHORT or more times than FEW, only the text around its times is read.
SHORT, FEW = 600, 24
# The most stretches to read, those in sentences that ask something first, and the characters to read around a row.
MOST = 24
BEFORE, AFTER = 40, 20

_DAYS = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:days?)?"
_MONTHS = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?"
)
_WORDS = (
    r"today|tonight|tomorrow|yesterday|now|morning|afternoon|evening|night|noon|midday|midnight|lunch(?:time)?|"
    r"seconds?|sec|minutes?|mins?|hours?|hrs?|days?|weeks?|weekends?|weekdays?|months?|quarters?|years?|half|"
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|"
    r"christmas|xmas|easter|eve|thanksgiving|halloween|valentines?"
)
_JOINTS = r"on|in|of|the|from|between|before|after|by|for|this|next|last|coming|past|a|an|about|around|o'?clock"
_TOKEN = re.compile(
    rf"(?P<day>\b(?:{_DAYS})\b)|(?P<month>\b(?:{_MONTHS})\b)"
    r"|(?P<date>\b20\d\d[-/.]\d{1,2}[-/.]\d{1,2}\b|\b\d{1,2}[/.]\d{1,2}(?:[/.]\d{2,4})?\b(?!\s?[ap]\.?m\b))"
    r"|(?P<ordinal>\b(?:first|second|third|fourth|fifth)\b)|(?P<clock>\d+(?:[:.]\d+)?\s?[ap]\.?m\b|\d+:\d+)|(?P<year>\b20\d\d\b)|(?P<number>\d+(?:st|nd|rd|th)?)"
    rf"|(?P<word>\b(?:{_WORDS})\b)|(?P<at>\bat\b|@)|(?P<range>[-–—~]|\b(?:to|till?|until|through|thru)\b)"
    rf"|(?P<comma>,)|(?P<joint>\b(?:{_JOINTS})\b)|(?P<end>[\n;!?]|\w+)",
    re.IGNORECASE,
)
_WEIGHTS = {"day": 1, "month": 1, "date": 2, "ordinal": 1, "clock": 1, "year": 0, "number": 1, "word": 1}
_SENTENCE = re.compile(r"[^\n.!?]+[\n.!?]*")
# How good a place to cut is: where a list entry begins, where a day begins, where two times merely meet.
_LIST, _DAY, _MEET, _NEVER = 3, 2, 1, 0
# What belongs with the time before it.
_TOGETHER = {
    "day": {"ordinal"},
    "date": {"day"},
    "month": {"number", "day", "ordinal"},
    "clock": {"day", "month", "date", "year", "word"},
    "number": {"day", "word"},
    "word": {"day", "ordinal"},
}

Span = tuple[int, int]


@dataclass(frozen=True)
class _Time:
    start: int
    end: int
    kind: str
    weight: int
    seam: int


_Row = list[_Time]


@dataclass(frozen=True)
class Stretches:
    """The stretches of `text` to read, in this order, and what is left out. `text` has the length of the original."""

    text: str
    read: tuple[Span, ...]
    left: tuple[Span, ...] = ()


def stretches(text: str) -> Stretches:
    """Return the stretches of `text` to read.

    In a long row, a weekday before its date is blanked out, because the date already says it.
    """
    rows = []
    for row in _rows(text):
        twice = _told_twice(row) if _weight(row) >= LONG else []
        for each in twice:
            text = text[: each.start] + " " * (each.end - each.start) + text[each.end :]
        rows.append([each for each in row if each not in twice])
    if (
        len(text) <= SHORT
        and sum(len(row) for row in rows) <= FEW
        and all(_weight(row) <= MOST_IN_A_ROW for row in rows)
    ):
        return Stretches(text, ((0, len(text)),) if text.strip() else ())
    pieces = [piece for row in rows for piece in _pieces(row, _LIST)]
    spans = _around(text, pieces)
    asking = [match.span() for match in _SENTENCE.finditer(text) if asks(match[0])]
    order = sorted(spans, key=lambda span: not any(a < span[1] and span[0] < b for a, b in asking))
    return Stretches(text, tuple(order[:MOST]), tuple(order[MOST:]))


def _rows(text: str) -> list[_Row]:
    """Return the times of `text` in rows: times that Duckling could join, with only joining words between them."""
    rows: list[_Row] = []
    row: _Row = []
    between: set[str] = set()
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind in _WEIGHTS:
            weight = _WEIGHTS[kind] + ("at" in between)
            row.append(_Time(*match.span(), kind, weight, _seam(kind, row, between)))
            between = set()
        elif kind == "end":
            rows += [row] if row else []
            row, between = [], set()
        else:
            between.add(kind)
    return [*rows, row] if row else rows


def _seam(kind: str, row: _Row, between: set[str]) -> int:
    if not row or "range" in between or kind == "year":
        return _NEVER
    before = row[-1].kind
    alike = kind == before or {kind, before} <= {"clock", "number"}
    begins = kind in {"day", "date", "ordinal"} and before not in {"day", "ordinal"}
    if "comma" in between and (alike or begins or (kind == "number" and before in {"month", "year"})):
        return _LIST
    if begins or kind == before == "day":
        return _DAY
    if kind == "number" and before == "month":  # "dec 25", or "24 dec 25 dec"
        return _MEET if len(row) > 1 and row[-2].kind == "number" else _NEVER
    return _NEVER if before in _TOGETHER.get(kind, ()) else _MEET


def _weight(row: _Row) -> int:
    return sum(each.weight for each in row)


def _told_twice(row: _Row) -> list[_Time]:
    """Return the weekdays that stand before a date: "Monday 30 November"."""
    following = zip(row, row[1:], row[2:], strict=False)
    return [
        each for each, *date in following if each.kind == "day" and {one.kind for one in date} == {"number", "month"}
    ]


def _pieces(row: _Row, seam: int) -> list[_Row]:
    """Return a row in pieces that are light enough, cut at the best seams first and anywhere if need be."""
    if _weight(row) <= MOST_IN_A_ROW:
        return [row]
    if seam == _NEVER:
        return [row[at : at + MOST_IN_A_ROW // 2] for at in range(0, len(row), MOST_IN_A_ROW // 2)]
    starts = [0, *(place for place, each in enumerate(row) if place and each.seam == seam), len(row)]
    return [piece for start, end in pairwise(starts) for piece in _pieces(row[start:end], seam - 1)]


def _around(text: str, pieces: list[_Row]) -> list[Span]:
    """Return the spans of the pieces with some words around them, none overlapping another one's times."""
    found = []
    ends = [0, *(piece[-1].end for piece in pieces)]
    starts = [*(piece[0].start for piece in pieces[1:]), len(text)]
    for piece, end, start in zip(pieces, ends, starts, strict=False):
        first, last = max(end, piece[0].start - BEFORE), min(start, piece[-1].end + AFTER)
        found.append((first, last))
    return found
