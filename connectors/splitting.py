"""Fits text within limits: splits long text, shortens long labels, numbers choices."""

from __future__ import annotations

from collections.abc import Sequence

import regex

# Where to break, best first. Each match is white space (or nothing) between two parts; nothing else is ever dropped.
_BREAKS = (
    regex.compile(r"\s*\n\s*\n\s*"),
    regex.compile(r"\s*\n\s*"),
    # No more than four closing marks: looking back over any number of them takes quadratic time.
    regex.compile(r"(?<=[.!?…][\"'”’)\]]{0,4})\s+|(?<=[。！？][」』）”]{0,4})(?![」』）”])\s*"),
    regex.compile(r"\s+"),
)
_WEB_ADDRESS = regex.compile(r"https?://[!-~]+")
_GRAPHEME = regex.compile(r"\X")
# Enough lookahead after a cut to tell whether it falls inside a grapheme.
_BEYOND = 64
_ELLIPSIS = "…"
# Before an ellipsis these would look like a mistake; the last one joins the parts of an emoji.
_NOT_LAST = " ,;:-–(，、；：（「\u200d"


def length(text: str) -> int:
    """Return the length of `text` in UTF-16 units.

    Platforms do not say how they count; this is the largest of the counts in use, so what fits by it fits by all.
    """
    return len(text) + sum(character > "\uffff" for character in text)


def split_text(text: str, limit: int) -> list[str]:
    """Return `text` split into parts of at most `limit` (see `length`), broken where a reader would pause.

    Paragraphs first, then lines, sentences, words; a web address or a grapheme is cut only if it alone is too long.
    Only white space between parts is dropped. Empty text gives no parts. `limit` is 2 or more.
    """
    parts = []
    rest = text.strip()
    # Measuring all of a long remainder for each part would take quadratic time.
    while len(rest) > limit or length(rest) > limit:
        end, start = _cut(rest, limit)
        parts.append(rest[:end])
        rest = rest[start:].lstrip()
    return [*parts, rest] if rest else parts


def shorten(text: str, limit: int) -> str:
    """Return `text` on one line, cut after a word where possible and ended with an ellipsis if longer than `limit`."""
    line = " ".join(text.split())
    if length(line) <= limit:
        return line
    room = _fitting(line, limit - 1)
    word_end = line.rfind(" ", 0, room + 1)
    end = word_end if word_end > room // 2 else _grapheme_end(line, room)
    return line[:end].rstrip(_NOT_LAST) + _ELLIPSIS


def numbered(lines: Sequence[str]) -> str:
    """Return `lines` as a list numbered from 1, for choices that can't be shown as buttons."""
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1))


def _cut(text: str, limit: int) -> tuple[int, int]:
    """Return where the first part of `text` ends and where the next one starts."""
    fitting = _fitting(text, limit)
    window = text[: fitting + _BEYOND]
    edges = {match.end() for match in _GRAPHEME.finditer(window)}
    for pattern in _BREAKS[:-1]:
        # A short first part reads worse than a break at the next weaker pause.
        if found := _last_break(pattern, window, fitting // 3, fitting, edges):
            return found
    if found := _last_break(_BREAKS[-1], window, 1, fitting, edges):
        return found
    end = max((edge for edge in edges if edge <= fitting), default=fitting)
    for address in _WEB_ADDRESS.finditer(window):
        if 0 < address.start() < end < address.end():
            end = address.start()
    return end, end


def _last_break(
    pattern: regex.Pattern[str], window: str, least: int, most: int, edges: set[int]
) -> tuple[int, int] | None:
    found = None
    for match in pattern.finditer(window):
        if max(least, 1) <= match.start() <= most and match.end() in edges:
            found = match.span()
    return found


def _fitting(text: str, limit: int) -> int:
    """Return how many characters of `text` fit within `limit`."""
    prefix = text[:limit]
    while (excess := length(prefix) - limit) > 0:
        prefix = prefix[: len(prefix) - (excess + 1) // 2]
    return len(prefix)


def _grapheme_end(text: str, most: int) -> int:
    """Return the last grapheme boundary up to `most`; `most` itself if the first grapheme is longer."""
    ends = (match.end() for match in _GRAPHEME.finditer(text[: most + _BEYOND]))
    return max((end for end in ends if end <= most), default=most)
