"""Rewrites Chinese times in English that the later readers know: 聽日下晝三點半 becomes "29 November 2026 at 3:30pm".

Both scripts are read as one, character by character, so that positions do not change. Everything that is not a time
becomes blank, so that the parts of a time end up next to each other, since Chinese puts no prepositions between them. A
number that counts things becomes "#".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.nlu.chinese_clock import Hour, Part, hours, parts
from bot.nlu.chinese_days import days, is_weekday
from bot.nlu.chinese_named import Named
from bot.nlu.chinese_numbers import NUMBER, number
from bot.nlu.script import folded, has_chinese
from bot.nlu.written import spoken, stretch
from bot.plain import Edit

# The most days and hours read in one message, and the most joining words between them: nobody asks about more at once.
MOST = 60
_DAY = timedelta(days=1)
_BETWEEN = re.compile(r"[\s的嘅,,、(()):]*")
_GLUE = re.compile(r"[\s的嘅(()),]*(?:至到|至|到|-+|~|to|till|until)[\s(()]*", re.IGNORECASE)
_UNITS = {
    **dict.fromkeys(("分钟", "分"), "minutes"),
    "个字": "marks",
    **dict.fromkeys(("个钟头", "个钟", "钟头", "小时", "个小时"), "hours"),
    **dict.fromkeys(("日", "天"), "days"),
    **dict.fromkeys(("个星期", "星期", "个礼拜", "周"), "weeks"),
    "个月": "months",
    "年": "years",
}
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_AHEAD = re.compile(
    rf"(?P<some>半|{NUMBER})\s*(?P<unit>{_UNIT})(?P<more>半)?\s*(?P<way>之后|以后|后(?!天|日)|later|之前|以前|前(?!天|日))"
)
# Numbers that count something and are no times: "3本书", "十五楼", "八号风球", "一日罚几钱".
_COUNTED = re.compile(
    r"\d[\d.,:/~-]*\s*(?=[本个人楼层张页蚊元块次位台部份岁年级倍折成间房科学分号条只件枱桌米平度届期卷册章集种样步级磅寸吋厘毫升秒小钟日天星周月座室"
    r"干万百])"
)
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0002ffff𨋢]+")
_UNTIL = re.compile(r"(?:到|至|till|until)\s*$", re.IGNORECASE)
_FROM = re.compile(r"(?:由|从|自|from)\s*$")
_OPENS = re.compile(r"\s*(?:先|就|会|钟)?(?:开门|开始|开放|开馆|开(?!唔|不|到|至|住))")
_CLOSES = re.compile(r"\s*(?:就|会|钟)?(?:关门|闭馆|闩门|收工|收门|收(?!到)|关|闩|结束|完)")
_BEFORE_AFTER = re.compile(r"\s*(?:钟)?(?:(?P<before>之前|以前|前)|(?P<after>之后|以后|后)|(?P<since>起|开始))")
_LIST = re.compile(r"\s*(?:同埋|同|和|及|、|与|或者|或|定系|还是|定)\s*")


def chinese_times(text: str, now: datetime) -> list[Edit]:
    """Return the edits that turn Chinese times in plain `text`, sent at `now`, into English; [] if there are none."""
    if not has_chinese(text):
        return []
    plain = folded(text)
    edits = _told(plain, _pieces(plain, now.date()), now)
    return sorted([*edits, *_blank(plain, edits)])


_Piece = Named | Hour | Part


def _pieces(text: str, today: date) -> list[_Piece]:
    """Return days, hours and parts of the day in order, without overlaps."""
    found: list[_Piece] = [*days(text, today)]
    others: list[_Piece] = [*_ahead(text, today), *hours(text), *parts(text)]
    for each in others:
        if all(each.end <= other.start or each.start >= other.end for other in found):
            found.append(each)
    return sorted(found, key=lambda each: each.start)[:MOST]


def _ahead(text: str, today: date) -> list[Named]:
    """Return durations counted from now: 三个字后, 两日后, 半个钟之前."""
    found = []
    for match in _AHEAD.finditer(text):
        unit, count = _UNITS[match["unit"]], number(match["some"])
        if match["some"] == "半" and unit == "hours":
            count, unit = 30, "minutes"
        elif unit == "marks":
            count, unit = (count or 0) * 5, "minutes"
        elif match["more"] and unit == "hours":
            count, unit = (count or 0) * 60 + 30, "minutes"
        if count:
            ahead = match["way"].startswith(("之后", "以后", "后", "later"))
            told = f"in {count} {unit}" if ahead else f"{count} {unit} ago"
            if unit in {"days", "weeks"}:
                length = timedelta(**{unit: count})
                told = spoken(today + length if ahead else today - length)
            found.append(Named(*match.span(), told))
    return found


def _told(text: str, pieces: list[_Piece], now: datetime) -> list[Edit]:
    edits: list[Edit] = []
    place = 0
    while place < len(pieces):
        place, edit = _group(text, pieces, place, now)
        edits.append(edit)
    return edits


@dataclass(frozen=True)
class _Moment:
    """A day, a part of the day and an hour that belong together: the pieces from one index up to another."""

    first: _Piece
    end: int
    next: int
    named: Named | None
    part: Part | None
    hour: Hour | None


def _moment(text: str, pieces: list[_Piece], place: int) -> _Moment:
    """Return the moment that begins at the piece with index `place`."""
    first, after = pieces[place], place + 1
    named = first if isinstance(first, Named) else None
    part = first if isinstance(first, Part) else None
    hour = first if isinstance(first, Hour) else None
    date_beside = _beside(text, pieces, after, _BETWEEN) if named and named.day else None
    if named and isinstance(date_beside, Named) and date_beside.day:
        # A weekday beside its date adds nothing.
        if is_weekday(text, date_beside):
            after += 1
        elif is_weekday(text, named):
            named, after = date_beside, after + 1
    if named and isinstance(each := _beside(text, pieces, after, _BETWEEN), Part):
        part, after = each, after + 1
    if (named or part) and isinstance(each := _beside(text, pieces, after, _BETWEEN), Hour):
        hour, after = each, after + 1
    return _Moment(first, pieces[after - 1].end, after, named, part, hour)


def _beside(text: str, pieces: list[_Piece], place: int, between: re.Pattern[str]) -> _Piece | None:
    """Return the piece with index `place` if only `between` separates it from the piece before."""
    if place >= len(pieces):
        return None
    return pieces[place] if between.fullmatch(text, pieces[place - 1].end, pieces[place].start) else None


def _group(text: str, pieces: list[_Piece], place: int, now: datetime) -> tuple[int, Edit]:
    """Return the index after the pieces that belong together from `place` on, and the edit for them."""
    one = _moment(text, pieces, place)
    start = one.first.start
    if _beside(text, pieces, one.next, _GLUE):
        two = _moment(text, pieces, one.next)
        if told := _stretch(one, two, now):
            lead = _FROM.search(text[max(0, start - 2) : start])
            return two.next, (start - len(lead[0]) if lead else start, two.end, f" {told} ")
    word, end = _lead(text, start, one.end) if one.hour else ("at", one.end)
    space = " and " if place and _LIST.search(text[max(0, start - 3) : start]) else " "
    return one.next, (start, end, f"{space}{_words(one, word, now)} ")


def _stretch(one: _Moment, two: _Moment, now: datetime) -> str:
    """Return two moments as a range; "" if they do not form one."""
    if one.hour and two.hour and two.named is None:
        of_day = _of_day(one)
        start, ahead = _clock(one.hour, of_day)
        last, _ = _clock(two.hour, _of_day(two) or _inherited(one.hour, two.hour, of_day))
        halved = bool(of_day or _of_day(two) or one.hour.halved or two.hour.halved)
        return f"{_on(one.named, ahead)} {_range(start, last, halved=halved)}".strip()
    if one.named is None or one.named.day is None or two.named is None or two.named.day is None:
        return ""
    if one.hour and two.hour:
        return f"from {_words(one, '', now)} to {_words(two, '', now)}"
    if not (one.hour or two.hour or one.part or two.part):
        ends = two.named.again(one.named.day) if two.named.again else two.named.day
        return stretch(one.named.day, ends) if ends > one.named.day else ""
    return ""


def _of_day(moment: _Moment) -> str:
    return (moment.hour.part if moment.hour else "") or (moment.part.part if moment.part else "")


def _words(moment: _Moment, lead: str, now: datetime) -> str:
    """Return a moment in English."""
    of_day = _of_day(moment)
    if moment.hour is None:
        return _day_and_part(moment.named, of_day, now)
    clock, ahead = _clock(moment.hour, of_day)
    if ahead and moment.named is None:
        # Somebody who is still up after midnight means the night already under way.
        return " ".join(f"{spoken(now.date() + (_DAY if now.hour >= 6 else timedelta()))} {lead} {clock}".split())
    return " ".join(f"{_on(moment.named, ahead)} {lead} {clock}".split())


def _on(named: Named | None, ahead: int) -> str:
    if named and named.day:
        return spoken(named.day + ahead * _DAY)
    return named.words if named else ""


def _lead(text: str, start: int, end: int) -> tuple[str, int]:
    """Return the English word that goes before an hour, based on the Chinese words around it."""
    if found := _BEFORE_AFTER.match(text, end):
        return ("before" if found["before"] else "after" if found["after"] else "from"), found.end()
    if _UNTIL.search(text[max(0, start - 5) : start]):
        return "until", end
    if _OPENS.match(text, end):
        return "opens at", end
    if _CLOSES.match(text, end):
        return "closes at", end
    return "at", end


def _clock(hour: Hour, part: str) -> tuple[str, int]:
    """Return an hour in English, with am or pm if known, and the number of days to add."""
    at, minute = hour.hour % 24, f":{hour.minute:02}"
    ahead = 1 if hour.hour == 24 else 0
    if part == "small":
        return f"{at % 12 or 12}{minute}am", ahead
    if part == "night":
        if at < 6 or at == 12 or hour.hour == 24:
            return f"{at % 12 or 12}{minute}am", 1
        return f"{at % 12 or 12}{minute}pm", 0
    if part in {"pm", "noon"}:
        return f"{at % 12 or 12}{minute}{'am' if part == 'noon' and at in {10, 11} else 'pm'}", 0
    if part == "am":
        return f"{at % 12 or 12}{minute}am", ahead
    if hour.halved or at > 12 or at == 0:
        return f"{at % 12 or 12}{minute}{'am' if at < 12 else 'pm'}", ahead
    return f"{at}{minute if hour.minute else ''}", 0


def _inherited(hour: Hour, second: Hour, part: str) -> str:
    """Return the part of the day for a range's end if it is not stated: the start's, or the one that follows it."""
    if not part or second.halved:
        return ""
    later = second.hour % 12 > hour.hour % 12
    return part if later else {"am": "pm", "noon": "pm", "pm": "night", "night": "small"}.get(part, part)


def _range(start: str, last: str, *, halved: bool) -> str:
    return f"from {start} to {last}" if halved else f"{start}-{last}"


def _day_and_part(named: Named | None, part: str, now: datetime) -> str:
    if not part or (named and named.words.startswith("from ")):
        return named.words if named else ""
    told = {"am": "morning", "noon": "12pm", "pm": "afternoon", "night": "evening", "small": "early morning"}[part]
    day = named.day if named else None
    if named is None:
        return {"noon": "at 12pm", "small": "in the early morning"}.get(part, f"in the {told}")
    if day == now.date():
        return {"night": "tonight", "noon": "today at 12pm"}.get(part, f"this {told}")
    if day == now.date() + _DAY:
        return f"tomorrow at {told}" if part == "noon" else f"tomorrow {'night' if part == 'night' else told}"
    if day == now.date() - _DAY:
        return "last night" if part == "night" else f"yesterday {told}"
    return f"{named.words} {'at ' if part == 'noon' else ''}{told}"


def _blank(text: str, edits: list[Edit]) -> list[Edit]:
    """Return edits that blank out Chinese characters that are no times, and the numbers that count things."""
    found: list[Edit] = []
    taken = [(start, end) for start, end, _ in edits]

    def free(start: int, end: int) -> bool:
        return all(end <= a or start >= b for a, b in taken)

    for match in _COUNTED.finditer(text):
        starts_time = any(a <= match.end() < b for a, b in taken)
        if free(*match.span()) and not starts_time:
            found.append((*match.span(), "#"))
            taken.append(match.span())
    joints = MOST
    for match in _HAN.finditer(text):
        for start, end in _gaps(match.span(), taken):
            joint = _joint(text[start:end]) if joints else ""
            joints -= bool(joint)
            found.append((start, end, joint or " " * (end - start)))
    return found


def _joint(words: str) -> str:
    """Return the meaning of the Chinese characters between two times: "to" for a range, "and" for a list."""
    if _LIST.fullmatch(words):
        return " and "
    return " to " if words in {"至", "到", "至到"} else ""


def _gaps(span: tuple[int, int], taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    gaps, start = [], span[0]
    for a, b in sorted(taken):
        if b <= start or a >= span[1]:
            continue
        if a > start:
            gaps.append((start, a))
        start = max(start, b)
    if start < span[1]:
        gaps.append((start, span[1]))
    return gaps
