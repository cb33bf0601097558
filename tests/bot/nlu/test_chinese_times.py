"""Times as students write them in Chinese, read on Saturday 28 November 2026 at 14:00 in Hong Kong."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.bare import FOLLOW_UP, HOURS, bare_intent
from bot.nlu.times import times
from tests.bot.nlu.test_times import HK, SATURDAY, read, words

TONIGHT = ("2026-11-28T18:00", "2026-11-29T00:00")
WEEKEND = ("2026-11-27T18:00", "2026-11-30T00:00")
# What a day or an hour is by the calendar, worked out by hand.
DAYS = {
    "今日開唔開": "2026-11-28",
    "今天几点关门": "2026-11-28",
    "聽日開到幾點呀": "2026-11-29",
    "明天图书馆开吗": "2026-11-29",
    "明日開放嗎": "2026-11-29",
    "tmr開幾點": "2026-11-29",
    "後日有冇講座": "2026-11-30",
    "后天还开吗": "2026-11-30",
    "大後日呢": "2026-12-01",
    "大后天开门吗": "2026-12-01",
    "尋日有冇開": "2026-11-27",
    "琴日借嘅書": "2026-11-27",
    "昨天还的书": "2026-11-27",
    "前日": "2026-11-26",
    "大前天": "2026-11-25",
    "禮拜日開唔開門": "2026-11-29",
    "星期日呢": "2026-11-29",
    "周日": "2026-11-29",
    "星期六": "2026-11-28",
    "星期三開幾點": "2026-12-02",
    "礼拜三": "2026-12-02",
    "周五晚": ("2026-12-04T18:00", "2026-12-05T00:00"),
    "今個星期日": "2026-11-29",
    "呢個禮拜日": "2026-11-29",
    "下個星期三": "2026-12-02",
    "下周一": "2026-11-30",
    "下禮拜日": "2026-12-06",
    "下下星期二": "2026-12-08",
    "上個禮拜五": "2026-11-20",
    "上周三": "2026-11-18",
    "嚟緊星期四": "2026-12-03",
    "下個Friday": "2026-12-04",
    "拜六": "2026-11-28",
    "星期1": "2026-11-30",
    "12月25號": "2026-12-25",
    "12月25日開唔開": "2026-12-25",
    "十二月廿五號": "2026-12-25",
    "十二月二十五日": "2026-12-25",
    "１２月２５號": "2026-12-25",
    "2026年12月31日": "2026-12-31",
    "二零二七年一月三日": "2027-01-03",
    "出年一月三號": "2027-01-03",
    "明年3月8号": "2027-03-08",
    "12月25日星期五": "2026-12-25",
    "星期五12月25號": "2026-12-25",
    "12月25日(五)": "2026-12-25",
    "1月2號": "2027-01-02",
    "30號": "2026-11-30",
    "15号开门吗": "2026-12-15",
    "三號開唔開": "2026-12-03",
    "25日 open?": "2026-12-25",
    "下個月3號": "2026-12-03",
    "上個月十五號": "2026-10-15",
    "本月30日": None,
    "25/12圖書館開唔開": "2026-12-25",
    "大年初一": "2027-02-06",
    "年初二開唔開": "2027-02-07",
    "年初三": "2027-02-08",
    "初四開未": None,
    "年三十晚幾點收": "2027-02-05",
    "除夕": "2027-02-05",
    "年廿八": "2027-02-04",
    "中秋節開放嗎": "2027-09-15",
    "中秋": "2027-09-15",
    "中秋翌日": "2027-09-16",
    "端午節": "2027-06-09",
    "清明": "2027-04-05",
    "重陽節": "2027-10-08",
    "重阳": "2027-10-08",
    "佛誕": "2027-05-13",
    "冬至": "2026-12-22",
    "冬至嗰日幾點收": "2026-12-22",
    "正月十五": "2027-02-20",
    "農曆八月十五": "2027-09-15",
    "聖誕節開唔開": "2026-12-25",
    "圣诞节": "2026-12-25",
    "聖誕": ("2026-12-25", "2026-12-26"),
    "聖誕假期": ("2026-12-25", "2026-12-26"),
    "平安夜": "2026-12-24",
    "拆禮物日": "2026-12-26",
    "元旦": "2027-01-01",
    "國慶": "2027-10-01",
    "国庆节": "2027-10-01",
    "回歸紀念日": "2027-07-01",
    "七一": "2027-07-01",
    "勞動節": "2027-05-01",
    "復活節": ("2027-03-26", "2027-03-29"),
    "復活節星期一": "2027-03-29",
    "農曆新年假期": ("2027-02-06", "2027-02-09"),
    "過年開唔開": ("2027-02-06", "2027-02-09"),
    "2028年中秋": "2028-10-03",
    "出年端午": "2027-06-09",
    "三日後": "2026-12-01",
    "兩個星期後": "2026-12-12",
    "兩日前": "2026-11-26",
}
STRETCHES = {
    "今晚開到幾點": TONIGHT,
    "今晚": TONIGHT,
    "聽晚有冇位": ("2026-11-29T18:00", "2026-11-30T00:00"),
    "明晚": ("2026-11-29T18:00", "2026-11-30T00:00"),
    "聽朝": ("2026-11-29T00:00", "2026-11-29T12:00"),
    "今朝有冇開": ("2026-11-28T00:00", "2026-11-28T12:00"),
    "聽日下晝": ("2026-11-29T12:00", "2026-11-29T19:00"),
    "明天下午": ("2026-11-29T12:00", "2026-11-29T19:00"),
    "星期日夜晚": ("2026-11-29T18:00", "2026-11-30T00:00"),
    "12月25號朝早": ("2026-12-25T00:00", "2026-12-25T12:00"),
    "呢個weekend開到幾點": WEEKEND,
    "周末": WEEKEND,
    "這個周末": WEEKEND,
    "星期六日": WEEKEND,
    "下個周末": ("2026-12-04T18:00", "2026-12-07T00:00"),
    "由星期一至五": ("2026-11-30", "2026-12-04"),
    "星期一至星期五": ("2026-11-30", "2026-12-04"),
    "周一到周五": ("2026-11-30", "2026-12-04"),
    "下星期一至三": ("2026-11-30", "2026-12-02"),
    "平日": ("2026-11-30", "2026-12-04"),
    "12月24號至26號": ("2026-12-24", "2026-12-26"),
    "12月24日-26日": ("2026-12-24", "2026-12-26"),
    "由12月20號至1月3號": ("2026-12-20", "2027-01-03"),
    "24號到26號": ("2026-12-24", "2026-12-26"),
    "年初一至年初三": ("2027-02-06", "2027-02-08"),
    "1/12至5/12": ("2026-12-01", "2026-12-05"),
    "月底": ("2026-11-21", "2026-11-30"),
    "12月初": ("2026-12-01", "2026-12-10"),
    "朝早九點至下晝五點": ("2026-11-28T09:00", "2026-11-28T17:00"),
    "聽日下晝兩點到四點": ("2026-11-29T14:00", "2026-11-29T16:00"),
    "book聽晚七點至九點": ("2026-11-29T19:00", "2026-11-29T21:00"),
    "９點到17點": ("2026-11-28T09:00", "2026-11-28T17:00"),
    "今晚11點到聽朝7點": ("2026-11-28T23:00", "2026-11-29T07:00"),
    "下晝2至4點": ("2026-11-28T14:00", "2026-11-28T16:00"),
    "星期三9am至5pm": ("2026-12-02T09:00", "2026-12-02T17:00"),
    "今晚十點後": ("2026-11-28T22:00", None),
    "聽日五點前": (None, "2026-11-29T17:00"),
    "开到晚上十点": (None, "2026-11-28T22:00"),
}
HOURS_OF_DAY = {
    "三點半": "2026-11-28T15:30",
    "三點九": "2026-11-28T15:45",
    "三點三": "2026-11-28T15:15",
    "三點三個字": "2026-11-28T15:15",
    "三點搭九": "2026-11-28T15:45",
    "三點十五分": "2026-11-28T15:15",
    "三点一刻": "2026-11-28T15:15",
    "三點正": "2026-11-28T15:00",
    "差五分三點": "2026-11-28T14:55",
    "下晝三點九": "2026-11-28T15:45",
    "聽日下晝三點半開唔開": "2026-11-29T15:30",
    "明天下午三点": "2026-11-29T15:00",
    "聽晚八點三個字": "2026-11-29T20:15",
    "聽朝九點": "2026-11-29T09:00",
    "大後日朝早九點": "2026-12-01T09:00",
    "晚上十点半": "2026-11-28T22:30",
    "夜晚11點半": "2026-11-28T23:30",
    "夜晚9:30": "2026-11-28T21:30",
    "夜晚一點仲開唔開": "2026-11-29T01:00",
    "今晚12點": "2026-11-29T00:00",
    "凌晨兩點": "2026-11-29T02:00",
    "凌晨3點半": "2026-11-29T03:30",
    "半夜三點": "2026-11-29T03:00",
    "聽晚一點": "2026-11-30T01:00",
    "聽日中午12點": "2026-11-29T12:00",
    "星期三中午": "2026-12-02T12:00",
    "23:00仲開唔開": "2026-11-28T23:00",
    "星期日下午四點": "2026-11-29T16:00",
    "12月25號晚上八點": "2026-12-25T20:00",
    "周五晚上8点": "2026-12-04T20:00",
    "明早8点": "2026-11-29T08:00",
    "聽日 3pm 有冇房": "2026-11-29T15:00",
    "Fri晚8點": "2026-12-04T20:00",
    "廿三點": "2026-11-28T23:00",
    "三個字後": "2026-11-28T14:15",
    "半個鐘之後": "2026-11-28T14:30",
    "兩個鐘後": "2026-11-28T16:00",
    "十分鐘後": "2026-11-28T14:10",
    "下星期三下午两点半": "2026-12-02T14:30",
}


@pytest.mark.parametrize(("text", "told"), [(text, told) for text, told in DAYS.items() if told])
def test_days_that_chinese_names(text: str, told: Any) -> None:
    """In either script, with numbers of either kind: the day that is meant by the calendar."""
    assert read(text) == [told]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nei ho, ting yat lib hoi m hoi ga", ["2026-11-29"]),
        ("lib hau yat gei dim hoi mun", ["2026-11-30"]),
        ("sing kei saam hoi dou gei dim", ["2026-12-02"]),
        ("ting jiu gau dim bun hoi jo mei", ["2026-11-29T09:30"]),
        ("lai baai yat hoi m hoi", []),  # Monday and Sunday are spelled alike
        ("say hi to ting, man", []),
    ],
)
def test_days_and_hours_in_latin_letters(text: str, told: Any) -> None:
    """Only where the message is Cantonese."""
    assert read(text) == told


@pytest.mark.parametrize(("text", "told"), list(STRETCHES.items()))
def test_stretches_that_chinese_names(text: str, told: Any) -> None:
    """Parts of the day, weekends, and from one day or hour to another."""
    assert read(text) == [told]


@pytest.mark.parametrize(("text", "told"), list(HOURS_OF_DAY.items()))
def test_hours_that_chinese_names(text: str, told: Any) -> None:
    """Halves, quarters and a clock's marks of five minutes; an hour of the night is the next day's."""
    assert read(text) == [told]


def test_weeks_months_and_years_are_read() -> None:
    """This, the last and the next one."""
    assert read("下星期") == ["2026-11-30T00:00"]
    assert read("上個月") == ["2026-10-01T00:00"]
    assert read("下個月有咩活動") == ["2026-12-01T00:00"]
    assert read("十二月") == ["2026-12-01T00:00"]
    assert read("今年") == ["2026-01-01T00:00"]


def test_two_days_are_two() -> None:
    """One and another, told with what joins them in Chinese."""
    assert read("聽日同後日") == ["2026-11-29", "2026-11-30"]
    assert read("12月24、25號") == ["2026-12-24", "2026-12-25"]


@pytest.mark.parametrize("text", ["11月31號開唔開", "2月30日", "今個月31號", "13月5號", "31/11開唔開", "四月三十一日"])
def test_a_day_that_there_is_not_is_said_back(text: str) -> None:
    """The words come back as they were typed."""
    assert not read(text)
    assert words(text, "impossible_date")


@pytest.mark.parametrize(
    "text",
    [
        "借3本書可以借幾日",
        "三樓開唔開",
        "八號風球",
        "3-5人房",
        "早一點開門得唔得",
        "晚一點仲開唔開",
        "有兩點想問",
        "第三點",
        "10個人嘅房",
        "一日罰幾錢",
        "最多借10本",
        "3號門喺邊",
        "print 2頁幾錢",
        "一年級可唔可以借",
        "幾點開門",
        "三年級",
        "早晨",
        "圖書館喺邊",
    ],
)
def test_numbers_that_are_no_times_are_none(text: str) -> None:
    """Floors, signals, people, books, points: nothing is read of them, and nothing is told back."""
    assert times(text, SATURDAY, HK) == []


def test_the_words_of_a_time_are_those_that_were_typed() -> None:
    """An entity stands where the student wrote it."""
    text = "圖書館聽日下晝三點半開唔開"
    (found,) = times(text, SATURDAY, HK)
    assert text[found["start"] : found["end"]].startswith("聽日下晝三點半")


def test_an_hour_without_its_half_is_a_guess() -> None:
    """三點 may be at night; 下晝三點 is not."""
    guessed, told = (times(text, SATURDAY, HK)[0]["additional_info"] for text in ("聽日三點", "聽日下晝三點"))
    assert guessed.get("guessed")
    assert not told.get("guessed")


def test_who_is_up_at_one_means_this_night() -> None:
    """At 1 am, 夜晚兩點 is in an hour."""
    at = datetime(2026, 11, 28, 1, tzinfo=ZoneInfo(HK))
    assert read("夜晚兩點", at) == ["2026-11-28T02:00"]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("咁星期日呢", FOLLOW_UP),
        ("聽日呢？", FOLLOW_UP),
        ("那周三呢", FOLLOW_UP),
        ("12月25號", FOLLOW_UP),
        ("今晚開唔開", HOURS),
        ("聖誕節圖書館開放時間", HOURS),
        ("星期日几点开门", HOURS),
        ("八號風球開唔開", HOURS),
        ("打風會唔會開", HOURS),
        ("聽日有咩講座", ""),
        ("星期三可唔可以book房", ""),
    ],
)
def test_a_time_alone_goes_on_with_the_topic(text: str, intent: str) -> None:
    """With a word of opening it asks for hours; with any other word of its own it is understood by that."""
    assert bare_intent(text, times(text, SATURDAY, HK)) == intent


@given(
    st.text(
        alphabet="今聽後尋日晚朝早下上個星期禮拜一二三四五六七八九十廿點半至到月號初年大時1234567890:-", max_size=24
    )
)
def test_anything_can_be_read(text: str) -> None:
    """Whatever stands beside what, entities stand inside the text."""
    for each in times(text, SATURDAY, HK):
        assert 0 <= each["start"] < each["end"] <= len(text)
