"""Splits a message into sentences, and questions joined by "and", so that each part can be understood alone."""

from __future__ import annotations

import re
from itertools import islice

from bot.nlu.limits import MOST_CHARACTERS
from bot.nlu.script import folded, has_chinese

_ASKS = r"what|whats|where|wheres|when|whens|how|hows|who|whos|which|why|can|could|do|does|did|is|are|r|will|may|should"
_HAN = r"[\u3400-\u9fff]"
_ALSO = "同埋|另外|仲有|还有|還有|順便|顺便|以及|还想问|還想問|仲想問|仲想问"
_LEADING = re.compile(r"[ ,，]*")
_CHINESE_END = re.compile(rf"[，,。！？!?；;\n]|(?<={_HAN})\s+(?={_HAN})")
# What marks a question in Chinese, in simplified characters: question words, a verb with its negation (开唔开, 能不能),
# and final particles.
_CHINESE_ASKS = re.compile(
    r"几(?!好|得意|靓|正|劲|叻|开心)|[谁边哪咩乜吗么]|什么|点样|点[\u3400-\u9fffa-z]|怎|多少|有冇|有无|有没有|可否|可唔可以|是否|为何|如何|何[时日处地人价种]|多[久长远]|几时|会唔会|是不是|系咪|系唔系|得唔得"
    r"|([\u3400-\u9fff])[唔不]\1|点算|(?:未|呢|嘛|吧|[喎㖞])\W*$"
)
# The ends of sentences, which stay with their sentence, and the joints before a second question. "24/7", "9 a.m." and
# "2.5" contain no ends: an end is followed by a space or nothing, and not preceded by a single letter.
_JOINT = re.compile(
    rf"(?P<end>(?<!\b\w)[.!?;]+(?=\s|$)|[。！？；\n]+)"
    rf"|,?\s{{1,9}}(?:and|n|&|also|plus|btw|or)(?:\s{{1,9}}also)?\s{{1,9}}(?=(?:{_ASKS}|till?|until)\b)"
    # A comma joins two questions; after "i lost my card" it only introduces one.
    rf"|(?P<comma>,)\s{{1,9}}(?=(?:{_ASKS})\b)"
    # In Chinese, a comma or a word for "also" separates two questions; parts that are no questions are corrected below.
    rf"|(?P<chinese>[,，、\s]{{0,9}}(?:{_ALSO})[,，]?|[，]|(?<={_HAN})[,\s]{{1,9}}(?={_HAN}))",
    re.IGNORECASE,
)
_FIRST = re.compile(rf"\W*(?:{_ASKS})\b", re.IGNORECASE)
_ASKING = re.compile(rf"\W*(?:{_ASKS})\b|.*[?？]\W*$", re.IGNORECASE | re.DOTALL)
# "need bring what", "vpn needed or not", "any locker": these ask something without a question word in front or a
# question mark.
_WONDERING = re.compile(
    r"\b(?:wh(?:at|ich|ere|en|o|om|ose|y)|how|wat|wut|or not|or no|possible|allowed)\b"
    r"|^\W*(?:any|need|got|have|want|still|same)\b|[吗嗎呢麼么咩乜邊哪]|\b\w+ ?(?:ar|ma|meh|leh|la)\W*$",
    re.IGNORECASE,
)
# Parts with fewer letters than this ("hi", "pls") do not count.
LEAST_LETTERS = 4
MOST_PARTS = 4
# A message of this many joints is no set of questions; what comes after them is one part.
MOST_JOINTS = 100


def parts(text: str) -> list[tuple[int, int]]:
    """Return the spans of the parts of `text`, at most MOST_PARTS; [] if there is only one part."""
    text = text[:MOST_CHARACTERS]
    simple = folded(text)
    found, start = [], 0
    for joint in islice(_JOINT.finditer(text), MOST_JOINTS):
        if joint["comma"] and not _FIRST.match(text, start):
            continue
        if joint["chinese"] and not (_asks_chinese(simple, start, joint.start()) and _next_asks(simple, joint.end())):
            continue
        found.append((start, joint.end() if joint["end"] else joint.start()))
        start = joint.end()
    found.append((start, len(text)))
    telling = [_stripped(text, *span) for span in found]
    telling = [(a, b) for a, b in telling if _letters(text[a:b]) >= LEAST_LETTERS]
    return telling[:MOST_PARTS] if len(telling) > 1 else []


def _letters(part: str) -> int:
    """Return the number of letters in a part; a Chinese character tells as much as two and counts as two."""
    return sum(letter.isalpha() + has_chinese(letter) for letter in part)


def asks(part: str) -> bool:
    """Return whether a part has the form of a question: by its first word or its question mark."""
    part = part[:MOST_CHARACTERS]
    return bool(_ASKING.match(part)) or bool(has_chinese(part) and _next_asks(folded(part), 0))


def _asks_chinese(simple: str, start: int, end: int) -> bool:
    """Return whether a part of a text asks in Chinese; the text in simplified characters."""
    return _CHINESE_ASKS.search(simple, start, end) is not None


def _next_asks(simple: str, start: int) -> bool:
    """Return whether the part that begins at `start` asks in Chinese; it extends to the next joint."""
    start = _LEADING.match(simple, start).end()  # type: ignore[union-attr]  # it matches nothing, too
    joint = _CHINESE_END.search(simple, start)
    return _asks_chinese(simple, start, joint.start() if joint else len(simple))


def wonders(part: str) -> bool:
    """Return whether a part may ask something, by its form or by a word used for asking; a statement does not."""
    part = part[:MOST_CHARACTERS]
    if asks(part) or _WONDERING.search(part):
        return True
    simple = folded(part) if has_chinese(part) else ""
    return _asks_chinese(simple, 0, len(simple))  # in a later clause, too


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    return start, start + len(piece.strip())
