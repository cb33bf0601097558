"""Rewrites Cantonese as people type it in written Chinese, which is what a sentence encoder knows.

The tables beside this file, cantonese.txt and romanised.txt, were made for this project.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from bot.plain import Edit

_HERE = Path(__file__).parent
# Particles show the tone of a sentence, not what it means.
_PARTICLES = "㗎喎喇啦囉咋吖嘛噃呀啊喔𠺢嚹啩咧嘞"
# "點" asks "how", except in hours, points and places: "三點", "幾點", "地點", "點數".
_HOW = re.compile(
    r"(?<![0-9一二三四五六七八九十兩两幾几半地有早遲快重觀優缺晚多少熱景起終站])"
    r"點(?=[\u4e00-\u9fffA-Za-z])(?![鐘数數評心名擊])"
)
# Text in Latin letters must contain some of these to be read as Cantonese; none is a word of English sentences.
_TELLING = frozenset(
    re.findall(
        r"\w+",
        """
        baai baak baat bei bin bong bou chaam cheung chi chin choi chou chung cin coi dak dang dim din dou
        dung fat fo fong ga gaa gaai gaau gam gau ge gei goi gun guo gwo ha hai hau ho hoi hok hou jan jat
        jau je jeung ji jing jit jo juk jung kam kei keui lai lei lin loi lok lou luk lun m maan mat meng
        mgoi ming mong mou mun nei ngo ngoi noi nou saai saan saang san sau seung sik sing siu soeng suen
        syu tai ting tou tung uk wa waan wan wui wut yan yap yat yau ye yi yiu yu yuk yung ze zi zit zo
        zoeng zou zung
        """,
    )
)
_SINGLE = {
    **dict.fromkeys(("yat", "jat"), 1),
    **dict.fromkeys(("yi", "ji", "leung", "loeng"), 2),
    **dict.fromkeys(("saam", "sam"), 3),
    **dict.fromkeys(("sei", "say"), 4),
    **dict.fromkeys(("ng", "mm"), 5),
    **dict.fromkeys(("luk", "look"), 6),
    **dict.fromkeys(("chat", "cat", "tsat"), 7),
    **dict.fromkeys(("baat", "bat"), 8),
    **dict.fromkeys(("gau", "gao"), 9),
}
_NUMBERS = {**_SINGLE, "sap": 10, "sahp": 10, "sap yat": 11, "sap jat": 11, "sap yi": 12, "sap ji": 12}
_DAYS = {
    **dict.fromkeys(("gamyat", "gamjat"), "today"),
    **dict.fromkeys(("gammaan", "gamman", "gammahn"), "tonight"),
    **dict.fromkeys(("tingyat", "tingjat"), "tomorrow"),
    **dict.fromkeys(("tingmaan", "tingman", "tingmahn"), "tomorrow evening"),
    **dict.fromkeys(("tingjiu", "tingziu", "tingchiu"), "tomorrow morning"),
    **dict.fromkeys(("hauyat", "haujat"), "the day after tomorrow"),
}
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_WEEKDAYS = {
    # Not "lai baai yat": Monday and Sunday are spelled alike, and neither may be guessed.
    **{word: _WEEK[number - 1] for word, number in _SINGLE.items() if 1 < number <= len(_WEEK)},
    "tin": "sunday",
}
_DAY = re.compile(r"\b(?P<day>(?:gam|ting|hau) ?(?:yat|jat|maan|man|mahn|jiu|ziu|chiu))\b")
_WEEKDAY = re.compile(rf"\b(?:sing kei|sing ?gei|lai b?aa?i) ?(?P<weekday>{'|'.join(_WEEKDAYS)})\b")
_HOUR = re.compile(
    rf"\b(?P<hour>{'|'.join(sorted(_NUMBERS, key=len, reverse=True))}) ?(?:dim|dyim)(?P<half> ?bun| ?boon)?\b"
)
# One of these among two to four words is enough.
_SURE = frozenset(("dim", "gei", "hai", "ngo", "yau", "mou", "mgoi", "syu", "bin", "jo", "wo", "jan"))


def spoken_as_written(text: str) -> str:
    """Return `text` with Cantonese words in written Chinese, in traditional characters."""
    pattern, told = _spoken()
    return _HOW.sub("怎麼", pattern.sub(lambda found: told.get(found[0], ""), text))


def romanised_as_written(text: str) -> str:
    """Return `text` with romanised Cantonese words in Chinese, in simplified characters."""
    pattern, told = _roman()
    return pattern.sub(lambda found: told[found[0]], text.casefold())


def looks_romanised(text: str) -> bool:
    """Return whether Latin-script `text` is Cantonese: a third of its words are, and two of them or a sure one."""
    words = re.findall(r"[a-z]+", text.casefold())
    telling = sum(word in _TELLING for word in words)
    few = 2 <= len(words) <= 4 and bool(_SURE.intersection(words))
    return (telling >= 2 or few) and 3 * telling >= len(words)


def romanised_times(text: str) -> list[Edit]:
    """Return the edits that turn days and hours in plain, romanised `text` into English; [] if it is not Cantonese."""
    if not looks_romanised(text):
        return []
    plain = text.casefold()
    if len(plain) != len(text):
        return []
    found = [(*each.span(), told) for each in _DAY.finditer(plain) if (told := _DAYS.get("".join(each["day"].split())))]
    found += [(*each.span(), _WEEKDAYS[each["weekday"]]) for each in _WEEKDAY.finditer(plain)]
    found += [(*each.span(), _hour(each)) for each in _HOUR.finditer(plain)]
    return sorted(found)


def _hour(found: re.Match[str]) -> str:
    hour = _NUMBERS[found["hour"]]
    return f"{hour}:30" if found["half"] else f"{hour} o'clock"


@lru_cache(maxsize=1)
def _spoken() -> tuple[re.Pattern[str], dict[str, str]]:
    told = {words: written or words for words, _, written in (line.partition(" ") for line in _lines("cantonese.txt"))}
    return re.compile(f"{_any(told)}|[{_PARTICLES}]"), told


@lru_cache(maxsize=1)
def _roman() -> tuple[re.Pattern[str], dict[str, str]]:
    parted = (line.partition("=") for line in _lines("romanised.txt"))
    told = {words.strip(): written.strip() for words, _, written in parted}
    return re.compile(rf"\b(?:{_any(told)})\b"), told


def _lines(name: str) -> list[str]:
    lines = (_HERE / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _any(words: dict[str, str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
