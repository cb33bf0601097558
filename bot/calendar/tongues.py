"""What a language needs to say hours and days: one table each, used by bot.calendar.words.

Chinese is Hong Kong's standard written form ("12月25日（星期五）", "上午8時至晚上11時"); Simplified is derived
from it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from bot.language import ENGLISH, SIMPLIFIED, TRADITIONAL, in_simplified

Seven = tuple[str, str, str, str, str, str, str]


@dataclass(frozen=True)
class Words:
    """Words, and sentence templates with names in braces.

    `parts` of the day: each with the hour at which it ends. `time_again` is a time in the part of
    the day that was just named: "下午2時至4時". `week_day` and `week_days` format days of
    `short_weekdays`.
    """

    parts: tuple[tuple[int, str], ...]
    time: str
    time_minutes: str
    time_again: str
    time_minutes_again: str
    noon: str
    midnight: str
    from_to: str
    from_to_next_day: str
    open_24_hours: str
    closed: str
    and_: str
    comma: str
    today: str
    today_named: str
    tomorrow: str
    yesterday: str
    tonight: str
    tonight_of: str
    last_night: str
    end_of: str
    all_day: str
    date: str
    date_with_year: str
    days: str
    moment: str
    day_from_to: str
    long: str
    weekdays: Seven
    short_weekdays: Seven
    week_day: str
    week_days: str
    line: str
    line_why: str
    months: tuple[str, ...]


English = Words(
    parts=((12, "am"), (24, "pm")),
    time="{hour} {part}",
    time_minutes="{hour}:{minute:02} {part}",
    time_again="{hour} {part}",
    time_minutes_again="{hour}:{minute:02} {part}",
    noon="12 noon",
    midnight="midnight",
    from_to="{opens} – {closes}",
    from_to_next_day="{opens} – {closes} (the next day)",
    open_24_hours="open 24 hours",
    closed="closed",
    and_=" and ",
    comma=", ",
    today="today",
    today_named="today, {weekday}",
    tomorrow="tomorrow",
    yesterday="yesterday",
    tonight="midnight tonight",
    tonight_of="midnight tonight, at the end of {day}",
    last_night="midnight last night",
    end_of="midnight at the end of {day}",
    all_day="{day}, all day",
    date="{weekday} {day} {month}",
    date_with_year="{weekday} {day} {month} {year}",
    days="{first} – {last}",
    moment="{time} {day}",
    day_from_to="{day}, {hours}",
    long="{first}, {starts} – {last}, {ends}",
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    short_weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    week_day="{day}",
    week_days="{first} – {last}",
    line="{days}: {hours}",
    line_why="{days}: {hours} ({reason})",
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
)

Chinese = Words(
    parts=((6, "凌晨"), (12, "上午"), (13, "中午"), (18, "下午"), (24, "晚上")),
    time="{part}{hour}時",
    time_minutes="{part}{hour}時{minute}分",
    time_again="{hour}時",
    time_minutes_again="{hour}時{minute}分",
    noon="中午12時",
    midnight="午夜12時",
    from_to="{opens}至{closes}",
    from_to_next_day="{opens}至翌日{closes}",
    open_24_hours="24小時開放",
    closed="休息",
    and_="及",
    comma="、",
    today="今天",
    today_named="今天（{weekday}）",
    tomorrow="明天",
    yesterday="昨天",
    tonight="今晚12時",
    tonight_of="今晚12時（{day}完結時）",
    last_night="昨晚12時",
    end_of="{day}晚上12時",
    all_day="{day}全日",
    date="{month}{day}日（{weekday}）",
    date_with_year="{year}年{month}{day}日（{weekday}）",
    days="{first}至{last}",
    moment="{day}{time}",
    day_from_to="{day}{hours}",
    long="{first}{starts}至{last}{ends}",
    weekdays=("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"),
    short_weekdays=("一", "二", "三", "四", "五", "六", "日"),
    week_day="星期{day}",
    week_days="星期{first}至{last}",
    line="{days}：{hours}",
    line_why="{days}：{hours}（{reason}）",
    months=tuple(f"{number}月" for number in range(1, 13)),
)


def _simplified(words: Words) -> Words:
    """Return the same in Simplified characters."""
    changed: dict[str, Any] = {each.name: _converted(getattr(words, each.name)) for each in fields(words)}
    return replace(words, **changed)


def _converted(value: Any) -> Any:
    if isinstance(value, str):
        return in_simplified(value)
    return tuple(map(_converted, value)) if isinstance(value, tuple) else value


# Every language that the bot can say hours in, by its code.
LANGUAGES: dict[str, Words] = {ENGLISH: English, TRADITIONAL: Chinese, SIMPLIFIED: _simplified(Chinese)}


def of(language: str) -> Words:
    """Return a language's words for days and hours; a language without a table uses English."""
    return LANGUAGES.get(language, English)
