"""Festivals and days of the Chinese calendar, in simplified characters: 年初二, 中秋翌日, 冬至, 农历八月十五."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from borax.calendars.lunardate import InvalidLunarDateError, LunarDate, TermUtils

from bot.nlu.chinese_named import TO, Named, Reader, several, single, year_of
from bot.nlu.chinese_numbers import NUMBER, number
from bot.nlu.festivals import coming_festival

_DAY = timedelta(days=1)
# Named days of the Chinese calendar as month and day; negative days count back from the new year.
_LUNAR = {
    "元宵节?": (1, 15), "正月十五": (1, 15), "七夕": (7, 7), "盂兰节?|鬼节": (7, 14), "人日": (1, 7), "开年": (1, 2),
}  # fmt: skip
_NEW_YEARS_EVE = re.compile(r"年三十晚?|年卅晚?|年廿九晚|农历年三十晚?|除夕夜?")
_NTH_OF_NEW_YEAR = r"[一二三四五六七八九十]|\d"
_NEW_YEARS_DAYS = re.compile(
    rf"(?:农历)?(?:新年|大年|年|正月|大)初(?P<day>{_NTH_OF_NEW_YEAR})"
    rf"(?:{TO}(?:年|大年)?初?(?P<last>{_NTH_OF_NEW_YEAR})(?!月))?"
)
_TWELFTH = re.compile(r"年(?P<day>廿[一二三四五六七八九])(?!晚)")
_OF_CHINESE_CALENDAR = re.compile(rf"(?:农历|旧历|阴历)(?P<month>正|{NUMBER})月(?:初)?(?P<day>{NUMBER})")
# In the terms of bot.nlu.festivals, which works out the dates.
_FESTIVALS = {
    "圣诞翌日|圣诞节翌日|拆礼物日|节礼日": "boxing day",
    "圣诞前夕|圣诞夜|平安夜": "christmas eve",
    "圣诞(?:节)?(?:假期|长假|假)": "christmas holidays",
    "圣诞(?:节|日)": "christmas day",
    "圣诞|x'?mas|耶诞": "christmas",
    "复活节(?:假期|长假|假)": "easter holidays",
    "复活节(?:星期一|礼拜一|周一)": "easter monday",
    "复活节": "easter",
    "耶稣受难日|受难节|受难日": "good friday",
    "(?:农历)?(?:新年|新春|过年|农历年|春节)(?:假期|长假|假|期间)?|农历年": "chinese new year",
    "中秋节?": "mid-autumn festival",
    "端午节?": "dragon boat festival",
    "清明节?": "ching ming festival",
    "重阳节?": "chung yeung festival",
    "佛诞": "buddha's birthday",
    "国庆(?:日|节)?(?!黄金)": "national day",
    "回归(?:纪念日|日)?|特区成立(?:纪念)?日|七一": "hksar establishment day",
    "劳动节|五一(?:假期)?": "labour day",
    "元旦(?:日)?|公历新年": "new year",
    "万圣节": "halloween",
    "情人节": "valentine's day",
}
_IN_OF_YEAR = re.compile(r"(?:20\d\d|[今明出下去旧]年)(?:的|嘅)?\s*$")
# The holiday falls on the day after the festival itself.
_OWN_DAYS = {
    "中秋": "Mid-Autumn",
    "清明": "Tomb-Sweeping",
    "重阳": "Double Ninth",
    "佛诞": "Buddha",
    "端午": "Dragon Boat",
}
_NEXT_DAY = re.compile(rf"(?P<name>{'|'.join(_OWN_DAYS)})节?翌日")


def _lunar(year: int, month: int, day: int) -> date | None:
    try:
        return LunarDate(year, month, day).to_solar_date()
    except InvalidLunarDateError:
        return None


def _coming_lunar(month: int, day: int, today: date) -> date | None:
    found = (_lunar(year, month, day) for year in range(today.year - 1, today.year + 3))
    return next((each for each in found if each and each >= today), None)


def _new_year(match: re.Match[str], today: date) -> date | None:
    """Return the first day of the Chinese year meant: the stated year, or else the next whose holidays are not over."""
    before = _IN_OF_YEAR.search(match.string[max(0, match.start() - 8) : match.start()])
    said = re.match(r"20\d\d|.", before[0]) if before else None
    return coming_festival("Chinese New Year", year_of(said[0], today) or 0 if said else 0, today)


def _new_years_days(match: re.Match[str], today: date) -> Named | None:
    begins = _new_year(match, today)
    first, last = number(match["day"]), number(match["last"] or "")
    if begins is None or not first:
        return None
    starts = begins + (first - 1) * _DAY
    return several(match, starts, begins + (last - 1) * _DAY) if last else single(match, starts)


def _eve(match: re.Match[str], today: date) -> Named | None:
    begins = _new_year(match, today)
    return single(match, begins - _DAY) if begins else None


def _twelfth(match: re.Match[str], today: date) -> Named | None:
    day = number(match["day"])
    found = _coming_lunar(12, day, today) if day else None
    return single(match, found) if found else None


def _chinese_calendar(match: re.Match[str], today: date) -> Named | None:
    month = 1 if match["month"] == "正" else number(match["month"])
    day = number(match["day"])
    found = _coming_lunar(month, day, today) if month and day else None
    return single(match, found) if found else None


def _winter_solstice(match: re.Match[str], today: date) -> Named:
    # The 24th solar term, counting from Lesser Cold; index 23.
    found = (TermUtils.nth_term_day(year, 23) for year in (today.year, today.year + 1))
    return single(match, next(each for each in found if each >= today))


def _next_day(match: re.Match[str], today: date) -> Named | None:
    name = {
        "中秋": "Mid-Autumn",
        "清明": "Tomb-Sweeping",
        "重阳": "Double Ninth",
        "佛诞": "Buddha",
        "端午": "Dragon Boat",
    }
    found = coming_festival(name[match["name"]], 0, today - _DAY)
    return single(match, found + _DAY) if found else None


def _fixed(words: str) -> Callable[[re.Match[str], date], Named]:
    def tell(match: re.Match[str], today: date) -> Named:
        year = re.match(r"(20\d\d|[今明出下去旧])年", match.group())
        return Named(*match.span(), f"{year_of(year[1], today)} {words}" if year else words)

    return tell


def _lunar_named(month: int, day: int) -> Callable[[re.Match[str], date], Named | None]:
    def tell(match: re.Match[str], today: date) -> Named | None:
        found = _coming_lunar(month, day, today)
        return single(match, found) if found else None

    return tell


FESTIVALS: tuple[Reader, ...] = (
    (_NEW_YEARS_DAYS, _new_years_days),
    (_NEW_YEARS_EVE, _eve),
    (_TWELFTH, _twelfth),
    (_OF_CHINESE_CALENDAR, _chinese_calendar),
    (_NEXT_DAY, _next_day),
    (re.compile("冬至|做冬|冬节"), _winter_solstice),
    *((re.compile(words), _lunar_named(*when)) for words, when in _LUNAR.items()),
    *(
        (re.compile(rf"(?:(?:20\d\d|[今明出下去旧])年(?:的|嘅)?)?(?:{words})", re.IGNORECASE), _fixed(told))
        for words, told in _FESTIVALS.items()
    ),
)
