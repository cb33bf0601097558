"""Rewrites festivals and their holidays ("over cny", "christmas eve", "day 2 of cny") as dates that Duckling knows."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

import holidays

from bot.nlu.no_times import just_before
from bot.nlu.written import spoken, stretch
from bot.plain import Edit

# Festivals, each with words found in its English name in the package holidays.
_FESTIVALS = {
    r"cny|chinese new year|lunar new year|lny|spring festival": "Chinese New Year",
    r"easter": "Easter Monday",
    r"easter (?:monday|mon|sunday|sun|saturday|sat)": "Easter Monday",
    r"good friday": "Good Friday",
    r"christmas": "Christmas Day",
    r"mid[- ]?autumn(?: fest(?:ival)?)?|moon ?cake fest(?:ival)?": "Mid-Autumn Festival",
    r"ching ming(?: fest(?:ival)?)?|qing ?ming(?: fest(?:ival)?)?|tomb[- ]sweeping(?: day| fest(?:ival)?)?": (
        "Tomb-Sweeping Day"
    ),
    r"che?ung yeung(?: fest(?:ival)?)?|double ninth(?: fest(?:ival)?)?": "Double Ninth Festival",
    r"dragon boat(?: fest(?:ival)?)?|tuen ng(?: fest(?:ival)?)?": "Dragon Boat Festival",
    r"buddha'?s? (?:birthday|bday)|buddha day|birthday of (?:the )?buddha": "The Buddha's Birthday",
    r"(?:china'?s? )?national day": "National Day",
    r"labou?r day|may day": "Labor Day",
    r"(?:hk ?sar|hksar|sar) (?:establishment )?day|establishment day|reunification day|handover day": (
        "Establishment Day"
    ),
    # Not in that package's names, but days with a fixed date.
    r"boxing day": "12-26",
    r"new year'?s?(?! (?:resolution|greeting|wish))": "01-01",
}
# Festivals that last several days: "over" or no preposition means all of them, "on" the first one, or the one that the
# English name means.
_LONG = {"Chinese New Year", "Easter Monday", "Christmas Day"}
# "day 2 of cny", "the second day of cny", "cny day 2".
_NUMBERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
_NUMBER = rf"(?:\d{{1,2}}|{'|'.join(_NUMBERS)})"
_NTH = (
    rf"(?:(?P<lead1>on)\s+)?(?:the\s+)?(?:day\s+(?P<nth>{_NUMBER})|(?P<nth2>{_NUMBER})(?:st|nd|rd|th)?\s+day)\s+(?:of|in)\s+"
    rf"(?:the\s+)?"
)
_FESTIVAL = (
    r"(?<!\w)(?:(?P<first>20\d\d)\s+)?(?:(?P<lead>on|in|during|over|at|for|throughout|thru|through|around|after|before)\s+(?:the\s+)?)?"
    r"(?:%s)(?!\w)(?!'?s?\s+(?:sunday|monday|sat\b|sun\b|mon\b|saturday)\b)"
    rf"(?:'?s?\s+day\b(?!\s+{_NUMBER}\b))?(?:\s+(?P<year>20\d\d)\b)?(?P<eve>'?s?\s+eve\b)?"
    r"(?P<period>\s+(?:holidays?|break|period|vacation|time|week|days)\b)?"
    r"(?:\s+(?P<later>20\d\d)\b)?"
)
_AFTER_NAME = rf"(?:\s+day\s+(?P<day>{_NUMBER})(?!\w))?"
# Before a festival, these words make its first day the reference for a calculation.
_RECKONS = re.compile(r"\b(?:days?|weeks?|from|between|until|till?|to|since|of|by)\s*$", re.IGNORECASE)
_CLOCK = re.compile(r"\b\d{1,2}\s*(?:[:.]\d\d|[ap]\.?m\b)|\bnoon\b|\bnight\b|\bmorning\b|\bevening\b", re.IGNORECASE)
_DAY = timedelta(days=1)
_SUNDAY = 6


@lru_cache(maxsize=16)
def _holidays(year: int, country: str) -> dict[date, str]:
    return dict(holidays.country_holidays(country, years=year, language="en_US", categories=("public", "optional")))


@lru_cache(maxsize=64)
def festival(name: str, year: int, country: str = "HK") -> date | None:
    """Return the first day in a year whose holiday name contains `name`, or the eve of one "following" it."""
    found = _holidays(year, country)
    days = [day for day, title in sorted(found.items()) if name.lower() in title.lower()]
    if not days:
        return None
    return days[0] - _DAY if "following" in found[days[0]].lower() else days[0]


def run(day: date, country: str = "HK") -> tuple[date, date]:
    """Return the first and last of the consecutive holidays around `day`; a Sunday among them does not split them."""
    off = _holidays(day.year, country)
    ends = []
    for step in (-_DAY, _DAY):
        last = each = day
        while each in off or each == day or each.weekday() == _SUNDAY:
            last = each if each in off else last
            each += step
        ends.append(last)
    return ends[0], ends[1]


def festivals(text: str, today: date) -> list[Edit]:
    """Return the edits that replace each festival in `text` with its dates."""
    edits = []
    for pattern, name in _festivals():
        for match in pattern.finditer(text):
            if told := _told(match, name, today):
                start, end, words = (*match.span(), told)
                edits.append((start, end, words))
    return edits


@lru_cache(maxsize=1)
def _festivals() -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(f"(?:{_NTH})?{_FESTIVAL % words}{_AFTER_NAME}", re.IGNORECASE), name)
        for words, name in _FESTIVALS.items()
    ]


def _told(match: re.Match[str], name: str, today: date) -> str:
    """Return the days that a festival's name means in context, or "" if Duckling knows better."""
    day = coming_festival(name, int(match["first"] or match["year"] or match["later"] or 0), today)
    if day is None:
        return ""
    number = match["nth"] or match["nth2"] or match["day"]
    if number:
        count = int(number) if number.isdigit() else _NUMBERS[number.lower()]
        return f"on {spoken(day + timedelta(days=count - 1))}"
    lead = (match["lead"] or "").lower()
    reckons = _RECKONS.search(just_before(match.string, match.start()))
    of_easter = re.search(r"easter (mon|sun|sat)", match.group(), re.IGNORECASE)
    if of_easter:
        day -= timedelta(days={"mon": 0, "sun": 1, "sat": 2}[of_easter[1].lower()])
    first, last = run(day) if name in _LONG and not of_easter else (day, day)
    if match["eve"]:
        return f"on {spoken(day - _DAY)}"
    if lead in {"after", "before"}:
        return f"{lead} {spoken(day)}" if reckons else spoken(last + _DAY if lead == "after" else first - _DAY)
    if name == "Easter Monday" and not of_easter:
        day -= _DAY
    named_day = re.search(r"\bday\b", match.group(), re.IGNORECASE) and name == "Christmas Day"
    if lead == "on" or named_day or reckons or first == last or _has_clock(match.string):
        return f"on {spoken(day)}" if lead == "on" else spoken(day)
    return stretch(first, last)


@lru_cache(maxsize=4)
def _has_clock(text: str) -> bool:
    return _CLOCK.search(text) is not None


def coming_festival(name: str, year: int, today: date) -> date | None:
    """Return the festival's day in `year`, or if that is 0 the next one; one that has just begun still counts."""
    for each in (year,) if year else (today.year, today.year + 1):
        fixed = re.fullmatch(r"(\d\d)-(\d\d)", name)
        day = date(each, int(fixed[1]), int(fixed[2])) if fixed else festival(name, each)
        if day is not None and (year or day >= today - timedelta(days=0 if fixed else 3)):
            return day
    return None
