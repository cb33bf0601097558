"""Days as Chinese names them, in simplified characters: 听日, 下个星期三, 12月25号, 年初二, 冬至."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

from bot.nlu.chinese_festivals import FESTIVALS
from bot.nlu.chinese_named import TO, YEARS, Named, Reader, several, single, year_of
from bot.nlu.chinese_numbers import NUMBER, number
from bot.nlu.no_times import MONTHS
from bot.nlu.written import coming

_DAY = timedelta(days=1)
_RELATIVE = {
    "大后日|大后天": 3,
    "后日|后天": 2,
    "听日|听天|明天|明日": 1,
    "今日|今天|即日|当日": 0,
    "大前日|大前天": -3,
    "前日|前天": -2,
    "寻日|琴日|噚日|擒日|昨天|昨日": -1,
}
# Here a part of the day is joined to the day in one word; the first character gives the day.
_OF_DAY = re.compile(r"(?P<of>今|听|明|后|寻|琴|噚|昨)(?=朝|早|晚|夜|下昼|下午|上昼|上午|晏昼|凌晨)")
_OF = {"今": 0, "听": 1, "明": 1, "后": 2, "寻": -1, "琴": -1, "噚": -1, "昨": -1}
_WEEKDAYS = {each: place for place, each in enumerate("一二三四五六日")} | {"天": 6} | {str(n + 1): n for n in range(6)}
_WEEK = r"(?:个)?(?:星期|礼拜|周|拜)"
_WHICH = r"(?P<which>下下|上上|今|呢|这|本|嚟紧|黎紧|来紧|下|上|逢|每|依)"
_OFFSETS = {"下下": 2, "上上": -2, "下": 1, "上": -1}
_NTH = r"(?<!第)(?P<day>[一二三四五六日天]|[1-6](?![0-9]))"
_WEEKDAY = re.compile(rf"(?:{_WHICH}一?)?{_WEEK}{_NTH}(?!期|个|本|次)")
_WEEKDAYS_RANGE = re.compile(
    rf"(?:{_WHICH}一?)?{_WEEK}{_NTH}{TO}(?:{_WEEK})?(?P<last>[一二三四五六日天1-6])(?!\d|[点:时月号])"
)
_THIS_OR = "下下|今|呢|这|本|嚟紧|黎紧|来紧|下|上|依"
_WEEKEND = re.compile(
    rf"(?:(?P<which>{_THIS_OR})(?:个|一)?)?\s*"
    rf"(?:周末|{_WEEK}(?:尾|末)|weekends?|{_WEEK}六[、,同和]?(?:{_WEEK})?日)"
)
_WHOLE_WEEK = re.compile(
    rf"(?P<which>{_THIS_OR})(?:一)?(?:个(?:星期|礼拜|week)|周|星期|礼拜)(?![一二三四五六日天末尾])"
)
_YEAR = r"(?:(?P<year>20\d\d|二[零〇]二[零〇一二三四五六七八九]|今|明|出|下|后|去|旧|上)年(?:的|嘅|既)?)?\s*"
_DATE = re.compile(rf"{_YEAR}(?<!\d)(?P<month>{NUMBER})\s*月\s*(?:份)?(?P<day>{NUMBER})\s*(?:号|日)?(?![\d点:月個个])")
_DATE_RANGE = re.compile(
    rf"{_YEAR}(?<!\d)(?P<month>{NUMBER})\s*月\s*(?P<day>{NUMBER})\s*(?:号|日)?{TO}(?P<last>{NUMBER})\s*(?:号|日)"
)
_MONTH = re.compile(rf"{_YEAR}(?<![\d个])(?P<month>{NUMBER})\s*月份?(?!饼)(?P<part>初|头|中|底|尾)?")
_WHICH_MONTH = re.compile(
    r"(?:(?P<which>今|呢|这|本|下|上)个?月(?P<part>初|头|中|底|尾)?|(?<![\d一二三四五六七八九十个])月(?P<of_this>初|头|中|底|尾))(?!\d)"
)
# "3号风球" and "1号门" are not days; otherwise "号" after a number up to 31 makes it a day of the month.
_OF_MONTH = re.compile(
    rf"(?:(?P<which>今|呢|这|本|下|上)个?月(?:的|嘅)?|(?<![\d月第]))(?P<day>{NUMBER})\s*号"
    rf"(?!\s*(?:风|波|台|机|楼|门|房|枱|桌|柜|位|线|信|球|场|馆|出口|电脑|碟|码|打印|列印|箱|仓|车|巴|电池|干线|干|座|室|lock|pc|table|room|seat|printer))"
    rf"(?:{TO}(?P<last>{NUMBER})\s*号)?",
    re.IGNORECASE,
)
# "25日开放吗" names a day, but "借25日" is a length of time.
_DAY_ALONE = re.compile(
    r"(?:^|(?<=[在喺于由到至,. ]))(?P<day>\d\d|[廿卅][一二三四五六七八九]?)\s*日(?![后内前之以期假制间游数])"
)
# Before an English word: "下个friday".
_WHICH_ENGLISH = re.compile(
    rf"(?P<which>{_THIS_OR})(?:个|一)?\s*(?=(?:mon|tue|wed|thu|fri|sat|sun|week|month)[a-z]*)", re.I
)
_ALONE_YEAR = re.compile(r"(?P<year>今|明|出|下|去|旧|上)年")
_IN_YEAR = {0: "this year", 1: "next year", -1: "last year"}


def days(text: str, today: date) -> list[Named]:
    """Return the days named in simplified `text`, without overlaps; the longest wins."""
    found = [named for pattern, tell in _READERS for match in pattern.finditer(text) if (named := tell(match, today))]
    kept: list[Named] = []
    for each in sorted(found, key=lambda one: one.start - one.end):
        if all(each.end <= other.start or each.start >= other.end for other in kept):
            kept.append(each)
    return sorted(kept, key=lambda one: one.start)


def is_weekday(text: str, named: Named) -> bool:
    """Return whether a day is given by its weekday alone."""
    return _WEEKDAY.fullmatch(text, named.start, named.end) is not None


def _monday(today: date) -> date:
    return today - today.weekday() * _DAY


def _weekday(match: re.Match[str], today: date) -> Named | None:
    place, which = _WEEKDAYS[match["day"]], match["which"] or ""
    if which in _OFFSETS:
        return single(match, _monday(today) + timedelta(weeks=_OFFSETS[which], days=place))
    return single(match, _next_weekday(place, today), lambda after: _next_weekday(place, after))


def _next_weekday(place: int, today: date) -> date:
    return today + timedelta(days=(place - today.weekday()) % 7)


def _weekday_range(match: re.Match[str], today: date) -> Named | None:
    place, last = _WEEKDAYS[match["day"]], _WEEKDAYS[match["last"]]
    which = match["which"] or ""
    monday = _monday(today) + timedelta(weeks=_OFFSETS.get(which, 0))
    first = monday + place * _DAY if which in _OFFSETS else _next_weekday(place, today)
    return several(match, first, _next_weekday(last, first))


def _weekend(match: re.Match[str], today: date) -> Named:
    which = match["which"] or ""
    words = {"下": "next weekend", "上": "last weekend"}.get(which, "this weekend")
    if which == "下下":
        saturday = _monday(today) + timedelta(weeks=2, days=5)
        return several(match, saturday, saturday + _DAY)
    return Named(*match.span(), words)


def _week(match: re.Match[str], today: date) -> Named:
    which = match["which"]
    if which == "下下":
        monday = _monday(today) + timedelta(weeks=2)
        return several(match, monday, monday + 6 * _DAY)
    return Named(*match.span(), {"下": "next week", "上": "last week"}.get(which, "this week"))


def _of(year: int | None, month: int | None, day: int | None, today: date) -> date | str:
    """Return the day, or the English words for a date that does not exist."""
    name = MONTHS[month - 1].title() if month and 1 <= month <= 12 else ""
    if not name or not day:
        return "99/99"
    if year is None:
        return coming(day, month or 1, today) or f"{day} {name}"
    try:
        return date(year, month or 1, day)
    except ValueError:
        return f"{day} {name} {year}"


def _date(match: re.Match[str], today: date) -> Named | None:
    month, day, year = number(match["month"]), number(match["day"]), year_of(match["year"], today)
    found = _of(year, month, day, today)
    if isinstance(found, str):
        return Named(*match.span(), found)
    if year is not None:
        return single(match, found)
    return single(match, found, lambda after: coming(found.day, found.month, after) or found)


def _date_range(match: re.Match[str], today: date) -> Named | None:
    month, year = number(match["month"]), year_of(match["year"], today)
    first = _of(year, month, number(match["day"]), today)
    if isinstance(first, str):
        return Named(*match.span(), first)
    last = _of(first.year, month, number(match["last"]), today)
    return Named(*match.span(), last) if isinstance(last, str) else several(match, first, last)


def _month(match: re.Match[str], today: date) -> Named | None:
    month = number(match["month"])
    if not month or not 1 <= month <= 12:
        return None
    year = year_of(match["year"], today) or today.year + (month < today.month)
    return _part_of_month(match, year, month)


def _which_month(match: re.Match[str], today: date) -> Named:
    ahead = {"下": 1, "上": -1}.get(match["which"], 0)
    if not match["part"] and not match["of_this"]:
        return Named(*match.span(), {1: "next month", -1: "last month"}.get(ahead, "this month"))
    return _part_of_month(match, *_month_ahead(today, ahead))


def _part_of_month(match: re.Match[str], year: int, month: int) -> Named:
    part, length = match["part"] or match.groupdict().get("of_this"), monthrange(year, month)[1]
    if not part:
        return Named(*match.span(), f"{MONTHS[month - 1].title()} {year}")
    first, last = {"中": (11, 20), "底": (21, length), "尾": (21, length)}.get(part, (1, 10))
    return several(match, date(year, month, first), date(year, month, last))


def _month_ahead(today: date, ahead: int) -> tuple[int, int]:
    months = today.year * 12 + today.month - 1 + ahead
    return months // 12, months % 12 + 1


def _of_month(match: re.Match[str], today: date) -> Named | None:
    day, last = number(match["day"]), number(match["last"] or "")
    if day is None or not 1 <= day <= 31:
        return None
    if match["which"]:
        year, month = _month_ahead(today, {"下": 1, "上": -1}.get(match["which"], 0))
        first = _of(year, month, day, today)
        if isinstance(first, str):
            return Named(*match.span(), first)
    else:
        first = _next_of_month(day, today)
    if last:
        ends = _of(first.year, first.month, last, today) if last >= day else _next_of_month(last, first)
        return Named(*match.span(), ends) if isinstance(ends, str) else several(match, first, ends)
    return single(match, first, None if match["which"] else lambda after: _next_of_month(day, after))


def _day_alone(match: re.Match[str], today: date) -> Named | None:
    day = number(match["day"])
    return single(match, _next_of_month(day, today)) if day is not None and 1 <= day <= 31 else None


def _next_of_month(day: int, today: date) -> date:
    each = today
    while each.day != day:
        each += _DAY
    return each


def _relative(ahead: int) -> Callable[[re.Match[str], date], Named]:
    return lambda match, today: single(match, today + ahead * _DAY)


_READERS: tuple[Reader, ...] = (
    *((re.compile(words), _relative(ahead)) for words, ahead in _RELATIVE.items()),
    (_OF_DAY, lambda match, today: single(match, today + _OF[match["of"]] * _DAY)),
    (_WEEKDAYS_RANGE, _weekday_range),
    (_WEEKDAY, _weekday),
    (_WEEKEND, _weekend),
    (_WHOLE_WEEK, _week),
    (re.compile(r"平日|闲日|工作日"), lambda match, _: Named(*match.span(), "weekdays")),
    (_DATE_RANGE, _date_range),
    (_DATE, _date),
    (_OF_MONTH, _of_month),
    (_DAY_ALONE, _day_alone),
    (_MONTH, _month),
    (_WHICH_MONTH, _which_month),
    *FESTIVALS,
    (
        _WHICH_ENGLISH,
        lambda match, _: Named(*match.span(), {"下": "next", "上": "last"}.get(match["which"], "this")),
    ),
    (_ALONE_YEAR, lambda match, _: Named(*match.span(), _IN_YEAR[YEARS[match["year"]]])),
)
