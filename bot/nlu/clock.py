"""Adds am or pm to hours as people type them, alone and in ranges ("at 1", "9-5", "11:30-13:00").

1 to 6 are in the afternoon and 8 to 11 in the morning, unless the words around them say otherwise: "till 9", "9
tonight".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bot.nlu.no_times import FOLLOWS, just_before
from bot.plain import Edit

_HOUR = r"(?P<{0}h>\d{{1,2}})(?:[:.](?P<{0}m>[0-5]\d))?(?P<{0}half>\s*[ap]m\b)?(?:\s*o'?\s?clock|\s*hrs?\b|h\b)?"
_FOUR = r"(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)(?:\s*hrs?\b|h\b)?"
_LEAD = r"(?P<lead>at|@|till?|until|by|before|after|past|from|around|about|abt|since|closes?|opens?|reach|arrive)"
_BARE = re.compile(
    rf"(?<![\w.:/$-]){_LEAD}(?P<roughly>\s+(?:at|around|about|abt))?\s*(?P<number>{_HOUR.format('')}(?:ish)?){FOLLOWS}",
    re.I,
)
_AFTER_DAY = re.compile(
    rf"\b(?:today|tomorrow|tonight|tmr|(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tue|wed|thu|fri|sat|sun|night|20\d\d),?\s+"
    rf"(?P<number>{_HOUR.format('')}){FOLLOWS}",
    re.IGNORECASE,
)
_OCLOCK = re.compile(rf"(?<![\w.:/$-])(?P<number>{_HOUR.format('')})(?<=clock)", re.IGNORECASE)
_FOUR_DIGITS = re.compile(
    rf"(?<!\w){_LEAD}\s+(?P<number>{_FOUR})(?![\d/.:])|(?<![\w/.:-])(?P<alone>[01]\d[0-5]0|2[0-3][0-5]0)\s*hrs?\b", re.I
)
_STRETCH = re.compile(
    rf"(?<![\w.:/$+-])(?:(?P<lead>from|between)\s+)?{_HOUR.format('a')}\s*(?P<glue>-+|to|till?|until|and)\s*{_HOUR.format('b')}"
    rf"{FOLLOWS}",
    re.IGNORECASE,
)
_FOUR_STRETCH = re.compile(
    r"(?<![\w/.:-])([01]\d|2[0-3])([0-5]\d)\s*(?:-|to)\s*([01]\d|2[0-3])([0-5]\d)(?![\w/.:-])", re.I
)
_ENDING = re.compile(
    r"\b(?:clos\w*|shut\w*|til|till|until|late|lock\w*|end\w*|kick\w*|leave|finish\w*|stay)\b", re.IGNORECASE
)
_BEGINNING = re.compile(
    r"\b(?:opens|opening)\s+at\b|\b(?:do|does|u|you|they|it|lib|library|doors?|gates?|counter|desk)\s+(?:\w+\s+)?open\s+"
    r"(?:at|from|by|around|about)\b|\b(?:early|earliest|open\s+from|first\s+thing)\b",
    re.IGNORECASE,
)
_IS_OPEN = re.compile(r"\b(?:is|are|r|will|be|still|stay)\b[^.?!]{0,40}\bopen\b", re.IGNORECASE)
_MIDNIGHT = re.compile(r"\bmidnight\b", re.IGNORECASE)
_OPENS_BEFORE = re.compile(r"\bopen\w*\b[^.?!]{0,20}\bbefore\b", re.IGNORECASE)
_MORNING = re.compile(r"\bmorning\b|\bbreakfast\b", re.IGNORECASE)
_LATER = re.compile(r"\bafternoon\b|\bevening\b|\bdinner\b|\blunch\b", re.IGNORECASE)
_NIGHT = re.compile(r"\bnight\b|\btonight\b", re.IGNORECASE)
_NIGHTS_HOUR = re.compile(
    r"(?:\b(?:at|till?|until|by|around|about|after)\s+|@\s*|(?<![\w.:/-]))(?P<number>(?P<h>12|0?[0-5])(?:[:.](?P<m>[0-5]\d))?)"
    r"(?P<half>\s*am\b)?(?![\d:/.-]*\d)(?!\s*pm)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Night:
    """An hour after midnight in the night a text names: the minutes after midnight, and the position in the text."""

    start: int
    end: int
    minutes: int


def night_hour(text: str) -> Night | None:
    """Return the hour after midnight that `text` places in a night ("tonight at 1am", "12:15 tonight"), or None."""
    night = _NIGHT.search(text)
    if not night:
        return None
    for match in _NIGHTS_HOUR.finditer(text):
        beside = text[min(match.end(), night.end()) : max(match.start(), night.start())]
        bare = not match["half"] and not match["m"] and match.group() == match["number"]
        follows = re.match(FOLLOWS, text[match.end() :], re.IGNORECASE)
        if len(beside) > 20 or not follows or (bare and beside.strip(" ,")):
            continue
        if night.start() < match.start() and re.search(r"\d", beside):
            continue
        return Night(*match.span(), int(match["h"]) % 12 * 60 + int(match["m"] or 0))
    return None


def clocked(text: str, hour: int) -> list[tuple[Edit, bool]]:
    """Return the edits that add am or pm to hours in `text`, sent at `hour`, and whether each is a guess."""
    kept: list[tuple[Edit, bool]] = []
    for edit, guess in _edits(text, hour):
        if all(edit[1] <= other[0] or edit[0] >= other[1] for other, _ in kept):
            kept.append((edit, guess))
    return kept


def _edits(text: str, hour: int) -> list[tuple[Edit, bool]]:
    edits: list[tuple[Edit, bool]] = []
    for match in _FOUR_STRETCH.finditer(text):
        first, last = (f"{int(match[h])}:{match[m]}" for h, m in ((1, 2), (3, 4)))
        edits.append(((*match.span(), f"from {_spelled_24(first)} to {_spelled_24(last)}"), False))
    edits += [(edit, False) for match in _STRETCH.finditer(text) if (edit := _stretch(match))]
    for match in _FOUR_DIGITS.finditer(text):
        digits = match["alone"] or match["h"] + match["m"]
        span = match.span("alone") if match["alone"] else match.span("number")
        if not 1990 <= int(digits) <= 2040 or match["alone"]:
            edits.append(((span[0], match.end(), _spelled(int(digits[:2]), int(digits[2:]))), False))
    if _DAY.search(text):
        # The midnight that ends the day, not the one that begins it.
        edits += [((*match.span(), "11:59pm"), False) for match in _MIDNIGHT.finditer(text)]
    for pattern in (_BARE, _AFTER_DAY, _OCLOCK):
        for match in pattern.finditer(text):
            told = _bare(match, hour)
            if told:
                edits.append(((*match.span("number"), told[0]), told[1]))
    return edits


def _bare(match: re.Match[str], sent: int) -> tuple[str, bool] | None:
    """Return an hour that lacks am or pm with it added, and whether that is a guess."""
    if match["half"] or not 1 <= int(match["h"]) <= 12:
        return None
    text, hour, minute = match.string, int(match["h"]), int(match["m"] or 0)
    if match["m"] and match["h"].startswith("0"):
        return None
    lead = (match.groupdict().get("lead") or "").lower()
    half, guessed = _half(text, hour, lead, sent)
    digits = f"{hour}:{minute:02}" if match["m"] else str(hour)
    # "closes 11": Duckling needs an "at".
    at = "at " if lead.startswith(("close", "open", "reach", "arrive")) and not match["roughly"] else ""
    return f"{at}{digits}{half}", guessed


@lru_cache(maxsize=64)  # for a message with many hours, which is searched once for each kind of them
def _half(text: str, hour: int, lead: str, sent: int) -> tuple[str, bool]:
    if _MORNING.search(text):
        return "am", False
    if _LATER.search(text) and hour != 12:
        return "pm", False
    if _NIGHT.search(text):
        return ("am" if hour == 12 or hour < 6 else "pm"), False
    named = _DAY.search(text)
    if re.search(r"\bearly\b", text, re.IGNORECASE) and 5 <= hour <= 10:
        return "am", True
    if hour == 12:
        return ("am", False) if _ENDING.search(text) or (not named and sent >= 20) else ("pm", False)
    ends = bool(_ENDING.search(text)) or lead in {"til", "till", "until"}
    if hour <= 6:
        # Late in the evening, "at 1" means an hour or two from now.
        return ("am", True) if not named and (sent >= 21 or sent < hour) else ("pm", True)
    if lead == "before" and _OPENS_BEFORE.search(text):
        return "am", True
    if ends or (lead in {"after", "past"} and hour < 11):
        return "pm", True
    if _BEGINNING.search(text) and not _IS_OPEN.search(text):
        return "am", True
    if named:
        return "am", True
    # The next occurrence.
    return ("am" if sent < hour or sent >= hour + 12 else "pm"), True


_DAY = re.compile(
    r"\b(?:tomorrow|(?:mon|tues|wednes|thurs|fri|satur|sun)days?|mon|tue|wed|thu|fri|sat|sun|20\d\d|next|weekends?)\b",
    re.I,
)


def _stretch(match: re.Match[str]) -> Edit | None:
    """Return "9-5" as "from 9:00am to 5:00pm"; None for numbers that are no hours."""
    glue = match["glue"].lower()
    if glue == "and" and (match["lead"] or "").lower() != "between":
        return None
    first, last = int(match["ah"]), int(match["bh"])
    if first > 24 or last > 24:
        return None
    words = just_before(match.string, match.start())
    if (
        glue != "and"
        and not match["lead"]
        and re.search(r"\b(?:for|within|take|takes|wait|only|about|borrow)\s*$", words, re.I)
    ):
        return None
    a_half, b_half = ((match[name] or "").strip().lower() for name in ("ahalf", "bhalf"))
    clock_24 = (first > 12 or last > 12 or match["ah"].startswith("0")) and not a_half and not b_half
    if not clock_24:
        a_half, b_half = _halves(match.string, first, last, (a_half, b_half))
    starts = _minutes(first, match["am"], a_half)
    ends = _minutes(last, match["bm"], b_half)
    if starts is None or ends is None:
        return None
    return (*match.span(), f"from {_spelled(*divmod(starts, 60))} to {_spelled(*divmod(ends, 60))}")


def _halves(text: str, first: int, last: int, said: tuple[str, str]) -> tuple[str, str]:
    """Return am or pm for both ends of a range: the one stated, or the one implied by the other end."""
    a_half, b_half = said
    evening = bool(_NIGHT.search(text) or _LATER.search(text))
    if not a_half:
        if (evening and first != 12) or (b_half == "pm" and first % 12 < last % 12 and first < 8):
            a_half = "pm"
        elif b_half == "am" and first % 12 < last % 12:
            a_half = "am"
        else:
            a_half = "pm" if first <= 6 or first == 12 else "am"
    if not b_half:
        later = last % 12 > first % 12
        b_half = a_half if later else ("pm" if a_half == "am" else "am")
    return a_half, b_half


def _minutes(hour: int, minute: str | None, half: str) -> int | None:
    if half and hour > 12:
        half = ""
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return hour * 60 + int(minute or 0) if hour <= 24 else None


def _spelled(hour: int, minute: int) -> str:
    hour %= 24
    return f"{hour % 12 or 12}:{minute:02}{'am' if hour < 12 else 'pm'}"


def _spelled_24(words: str) -> str:
    hour, minute = words.split(":")
    return _spelled(int(hour), int(minute))
