"""Clock times in Chinese, in simplified characters: 下昼三点半, 三点九 (3:45), 夜晚一点, 差五分三点."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.nlu.chinese_numbers import NUMBER, number

_PARTS = {
    "am": "朝头早|朝早|早上|早晨|上午|上昼|清晨|清早|早|朝",
    "noon": "中午|正午|晌午",
    "pm": "下昼|下午|晏昼|午后",
    "night": "夜晚黑|夜晚|晚上|晚间|夜间|深夜|傍晚|晚|夜",
    "small": "凌晨|半夜|午夜|深宵",
}
PART = "|".join(sorted("|".join(_PARTS.values()).split("|"), key=len, reverse=True))
# "早一点" and "晚一点" mean a little earlier and later, except after a day: "听晚一点".
_OF_A_DAY = r"(?<=[今听明后寻琴噚昨日天一二三四五六号])"
_SAID = "|".join(
    each if len(each) > 1 else f"(?:{_OF_A_DAY}{each}|{each}(?!一点(?![钟半])))" for each in PART.split("|")
)
_MINUTES = (
    rf"(?P<half>半)|(?P<sharp>搭?[正整])|(?P<quarter>[一三13])刻|(?:零|过)?(?P<minutes>{NUMBER})\s*分钟?"
    rf"|[踏搭]?(?P<characters>{NUMBER})个字|[踏搭](?P<mark>[一二三四五六七八九十]{{1,2}})|(?P<bare>{NUMBER})(?![个本人次号月日年天位蚊元%\d])"
)
_CLOCK = re.compile(
    rf"(?:(?P<part>{_SAID})\s*的?\s*)?(?:差(?P<short>{NUMBER})分(?:钟)?)?(?<![\d:.])"
    rf"(?:(?P<hour>{NUMBER})\s*(?:点钟|点|时(?![间候常段期薪差装事代刻]))\s*(?:{_MINUTES})?(?:差(?P<less>{NUMBER})分(?:钟)?)?"
    rf"|(?P<h>\d{{1,2}}):(?P<m>\d{{2}})(?![:\d])(?P<ampm>\s*[ap]\.?m\b)?|(?P<n>\d{{1,2}})(?P<ampm2>\s*[ap]\.?m\b))",
    re.IGNORECASE,
)
# "7至9点": the first hour has no word of its own for "o'clock".
_BEGINS = re.compile(rf"(?:(?P<part>{PART}))?(?<![\d:.月])(?P<hour>{NUMBER})\s*(?:至到|至|到|-|~)\s*$")
# "早一点", "有两点想问": "a little", and points to raise.
_NO_CLOCK_BEFORE = re.compile(r"(?:[早快有大小多迟慢好细轻平再差少近远晚清高低简全]|第|差不多|啲)$")
_A_LITTLE = re.compile(r"一点(?![钟半正前后至到关开都]|\d|[一二三四五六七八九十])")
_DAY_BEFORE_NIGHT = re.compile(r"[今听明后昨寻琴噚日一二三四五六天夜]晚$|[天日]$")


@dataclass(frozen=True)
class Hour:
    """A clock time in a text: the `part` of the day given with it ("" for none), and the hour and minutes as stated.

    `halved`: am or pm is known from the part, from "pm", or from an hour after 12.
    """

    start: int
    end: int
    part: str
    hour: int
    minute: int
    halved: bool = False


@dataclass(frozen=True)
class Part:
    """A part of the day that stands alone: 朝早, 夜晚."""

    start: int
    end: int
    part: str


def part_of(words: str) -> str:
    """Return which part of the day a word means."""
    return next((name for name, each in _PARTS.items() if words in each.split("|")), "")


def hours(text: str) -> list[Hour]:
    """Return the clock times that only Chinese words express in simplified `text`; "3pm" and "15:00" do not count."""
    found = []
    for match in _CLOCK.finditer(text):
        if (match["h"] or match["n"]) and not match["part"]:
            continue
        if not match["part"] and match["hour"] and _a_little(text, match):
            continue
        told = _hour(match)
        if told:
            begins = _BEGINS.search(text[max(0, match.start() - 10) : match.start()])
            if begins and (first := number(begins["hour"])) is not None and not match["part"]:
                at = match.start() - (len(begins.string) - begins.start("hour"))
                found.append(Hour(at, at + len(begins["hour"]), part_of(begins["part"] or ""), first, 0, first > 12))
            found.append(told)
    return found


def _a_little(text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - 4) : match.start()]
    if _NO_CLOCK_BEFORE.search(before) and not _DAY_BEFORE_NIGHT.search(before):
        return True
    return bool(_A_LITTLE.match(text, match.start())) and not before.endswith(("到", "至", "前", "晚", "日", "天"))


def _hour(match: re.Match[str]) -> Hour | None:
    part = part_of(match["part"] or "")
    half = (match["ampm"] or match["ampm2"] or "").strip().lower()[:1]
    hour = number(match["hour"] or match["h"] or match["n"])
    minute = int(match["m"] or 0) if match["h"] else _minute(match)
    if hour is None or minute is None or hour > 24 or minute > 59:
        return None
    less = number(match["short"] or match["less"] or "") or 0
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    at = hour * 60 + minute - less
    return Hour(*match.span(), part, at // 60, at % 60, bool(half) or hour > 12 or hour == 0)


def _minute(match: re.Match[str]) -> int | None:
    """Return the minutes past the hour; in 三点九 and 三点三个字, each mark on the clock face counts five minutes."""
    if match["half"]:
        return 30
    if match["quarter"]:
        return 15 if match["quarter"] in "一1" else 45
    if match["minutes"]:
        return number(match["minutes"])
    marks = match["characters"] or match["mark"]
    if marks:
        return (number(marks) or 0) * 5
    if not match["bare"]:
        return 0
    told = number(match["bare"])
    if told is None:
        return None
    return (
        told * 5 if told < 12 and not match["bare"].startswith(("0", "零", "〇")) and len(match["bare"]) < 3 else told
    )


def parts(text: str) -> list[Part]:
    """Return the parts of the day named in a simplified `text`."""
    return [Part(*match.span(), part_of(match[0])) for match in _ALONE.finditer(text)]


# A single character counts only after a day: "听晚", "星期日早".
_ALONE = re.compile(
    rf"{'|'.join(each for each in PART.split('|') if len(each) > 1 and each != '早晨')}"
    rf"|(?:{_OF_A_DAY}|(?<=[a-z]) ?)[晚朝夜早](?!一点[^钟半])"
)
