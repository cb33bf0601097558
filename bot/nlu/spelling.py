"""Corrects the spelling of days, months and similar words: short forms, and words with a letter wrong."""

from __future__ import annotations

import re
from functools import lru_cache

from bot.plain import Edit

_SHORT = {
    r"tmrw?|tmw|tomoz|2moro|2mrw?|tmr+w*|tomoro|2morrow|tmr": "tomorrow",
    r"2nite|tonite|2night|tonigh|tonght": "tonight",
    r"nites?": "night",
    r"2day|tdy|todayy+|todya|tody": "today",
    r"wkends?|wknds?": "weekend",
    r"morn": "morning",
    r"thurs|thur": "thursday",
    r"weds": "wednesday",
    r"midnite": "midnight",
    r"xmass?|x'mas|x-mas|chrissy": "christmas",
    r"hols": "holidays",
    r"a\.m\.?": "am",
    r"p\.m\.?": "pm",
    r"(?:an? )?fortnight(?: from)?": "2 weeks",
    r"new yrs?": "new year",
    r"12\s*(?:midnight|mn)": "midnight",
    r"(?:12\s*)?noon": "12pm",
    # The end of a day, not its start; besides, Duckling reads 2400 as a year.
    r"24:00|(?<=till )2400|(?<=til )2400|(?<=until )2400|(?<=at )2400": "11:59pm",
}
_KNOWN = (
    *("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
    *("january", "february", "august", "september", "october", "november", "december"),
    *("tomorrow", "tonight", "yesterday", "christmas", "weekend", "midnight", "afternoon"),
)
# Words only a typo away from one of the calendar's that are words in their own right.
_OTHER = {"sundae", "sundaes", "sundry", "christian", "christians", "christie", "fridays", "augusta", "octopus"}
_WORD = re.compile(r"[^\W\d_]{5,11}")
# A word with at least this many letters may have two of them wrong.
_LONG = 8


def spelled(text: str) -> list[Edit]:
    """Return the edits that spell days, months and similar words in `text` correctly."""
    edits = [(*match.span(), words) for pattern, words in _patterns() for match in pattern.finditer(text)]
    for match in _WORD.finditer(text):
        meant = _meant(match.group().lower())
        if meant:
            edits.append((*match.span(), meant))
    return edits


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE), meaning) for words, meaning in _SHORT.items()]


@lru_cache(maxsize=8192)
def _meant(word: str) -> str:
    """Return the calendar word that `word` is with a letter or two wrong, or "" if there is none."""
    if word in _KNOWN or word in _OTHER or (word != "christmass" and word.removesuffix("s") in _KNOWN):
        return ""
    for known in _KNOWN:
        allowed = 2 if len(known) >= _LONG else 1
        # Nobody mistypes the first letter, except by swapping it with the second.
        begins_alike = known[0] == word[0] or known[:2] == word[1::-1]
        if begins_alike and abs(len(known) - len(word)) <= allowed and _slips(known, word) <= allowed:
            return known
    return ""


def _slips(one: str, other: str) -> int:
    """Return how many letters are missing, extra, wrong, or swapped with the next one."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(other, start=1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, earlier[j - 2] + 1)
            row.append(best)
    return row[-1]
