"""Chinese words of a question told in the English that the readers of this package know (glosses.yml).

Whether somebody asks for a yes, for a price, for a typhoon's rule, of what they are and whom it concerns: each is read
in one place, and by one pattern, whatever the language.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache, partial
from pathlib import Path

from ruamel.yaml import YAML

from bot.language import in_simplified

_HAN = re.compile("[\u3400-\u9fff]")
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


def has_chinese(text: str) -> bool:
    """Return whether any letter is Chinese."""
    return _HAN.search(text) is not None


# "11點閂門", "開到十一點": a time that somebody has in mind, before or behind what it is of.
_HOUR = r"(?P<hour>\d{1,2}|[一二三四五六七八九]|十[一二]?)\s*(?:[點点時时]半?|:\d\d)"
_HOURS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_STATED = (
    (re.compile(rf"(?:開放?|开放?)[到至]\s*{_HOUR}"), "open until"),
    (re.compile(rf"{_HOUR}\s*(?:先|才|就)?(?:閂門|關門|关门|閂|閉館|闭馆|收工)"), "closes at"),
    (re.compile(rf"{_HOUR}\s*(?:先|才|就)?(?:開門|开门|開館|开馆)"), "opens at"),
)


@lru_cache(maxsize=256)
def glossed(text: str) -> str:
    """Return a text with the Chinese phrases that are known told in English; a text without Chinese as it is."""
    if not has_chinese(text):
        return text
    for said, gloss in _STATED:
        text = said.sub(partial(_stated, gloss), text)
    phrases, pattern = _phrases()
    return pattern.sub(lambda found: f" {phrases[found[0].casefold()]} ", text)


def _stated(gloss: str, found: re.Match[str]) -> str:
    said = found["hour"]
    return f" {gloss} {said if said.isdecimal() else _HOURS.index(said) + 1} "


@lru_cache(maxsize=256)
def told(text: str) -> str:
    """Return an answer's text with its phrases and its lengths of time told in English too."""
    if not has_chinese(text):
        return text
    return _LENGTH.sub(lambda found: f" two {_UNITS[found['unit']]} ", glossed(text))


def as_said(text: str, gloss: str) -> str:
    """Return the words of `text` for which a gloss stands, the gloss itself where none does."""
    phrases, pattern = _phrases()
    return next((found[0] for found in pattern.finditer(text) if phrases[found[0].casefold()] in gloss), gloss)


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
