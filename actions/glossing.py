"""Chinese words of a question glossed in the English that this package's patterns know (glosses.yml).

Each pattern (for yes/no questions, prices, typhoon rules, roles) is thus written only once, for every language.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache, partial
from pathlib import Path

from ruamel.yaml import YAML

from bot.language import in_simplified

_HAN = re.compile("[\u3400-\u9fff]")
# As much as any platform delivers in one message.
MOST_CHARACTERS = 4096
_NUMBERS = "一二兩三四五六七八九十半"
# "兩小時", "3天": a length of time, whatever the number.
_LENGTH = re.compile(
    rf"(?P<number>\d+|[{_NUMBERS}两]+)\s*(?:個|个)?\s*(?P<unit>小時|小时|鐘頭|分鐘|分钟|天|日(?!期)|星期|週|周|月|年|學期|学期)"
)
_UNITS = {
    **dict.fromkeys(("小時", "小时", "鐘頭"), "hours"),
    **dict.fromkeys(("分鐘", "分钟"), "minutes"),
    **dict.fromkeys(("天", "日"), "days"),
    **dict.fromkeys(("星期", "週", "周"), "weeks"),
    **dict.fromkeys(("學期", "学期"), "semesters"),
    "月": "months",
    "年": "years",
}


_BETWEEN = re.compile("(?<=[\u3400-\u9fff])(?=[A-Za-z])|(?<=[A-Za-z])(?=[\u3400-\u9fff])")


def has_chinese(text: str) -> bool:
    """Return whether the text contains a Chinese character."""
    return _HAN.search(text) is not None


# "11點閂門", "開到十一點": a time that somebody has in mind, before or after the word for opening or closing.
_HOUR = r"(?P<hour>\d{1,2}|[一二三四五六七八九]|十[一二]?)\s*(?:[點点時时]半?|:\d\d)"
_HOURS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_STATED = (
    (re.compile(rf"(?:開放?|开放?)[到至]\s*{_HOUR}"), "open until"),
    (re.compile(rf"{_HOUR}\s*(?:先|才|就)?(?:閂門|關門|关门|閂|閉館|闭馆|收工)"), "closes at"),
    (re.compile(rf"{_HOUR}\s*(?:先|才|就)?(?:開門|开门|開館|开馆)"), "opens at"),
)


@lru_cache(maxsize=256)
def glossed(text: str) -> str:
    """Return a text with the known Chinese phrases glossed in English; a text without Chinese is returned unchanged."""
    if not has_chinese(text):
        return text
    text = text[:MOST_CHARACTERS]
    for said, gloss in _STATED:
        text = said.sub(partial(_stated, gloss), text)
    phrases, pattern = _phrases()
    return apart(pattern.sub(lambda found: f" {phrases[found[0].casefold()]} ", text))


def apart(text: str) -> str:
    """Return a text with a space between Chinese and Latin letters: patterns know an English word by its bounds."""
    return _BETWEEN.sub(" ", text)


def _stated(gloss: str, found: re.Match[str]) -> str:
    said = found["hour"]
    return f" {gloss} {said if said.isdecimal() else _HOURS.index(said) + 1} "


@lru_cache(maxsize=256)
def told(text: str) -> str:
    """Return an answer's text with its lengths of time glossed in English, too."""
    if not has_chinese(text):
        return text
    return _LENGTH.sub(lambda found: f" two {_UNITS[found['unit']]} ", glossed(text))


def as_said(text: str, gloss: str) -> str:
    """Return the words of `text` behind a gloss, or the gloss itself if there are none."""
    phrases, pattern = _phrases()
    return next(
        (found[0] for found in pattern.finditer(text[:MOST_CHARACTERS]) if phrases[found[0].casefold()] in gloss), gloss
    )


@cache
def _phrases() -> tuple[dict[str, str], re.Pattern[str]]:
    data = YAML(typ="safe").load(Path(__file__).with_name("glosses.yml").read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for gloss, phrases in data.items():
        for phrase in map(str, phrases):
            found.setdefault(phrase.casefold(), gloss)
            found.setdefault(in_simplified(phrase).casefold(), gloss)
    longest = sorted(found, key=len, reverse=True)
    return found, re.compile("|".join(map(re.escape, longest)), re.IGNORECASE)
