"""Times as students write them, read on Saturday 28 November 2026 at 14:00 in Hong Kong."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.times import times
from bot.plain import plain, reading

HK = "Asia/Hong_Kong"
SATURDAY = datetime(2026, 11, 28, 14, tzinfo=ZoneInfo(HK))


def read(text: str, at: datetime = SATURDAY) -> list[Any]:
    """Return the times of a text in short: "2026-12-25", "2026-12-25T22:00", or two of them; days end inclusive."""
    return [_short(each) for each in times(text, at, HK) if each["entity"] == "time"]


def _short(entity: dict[str, Any]) -> Any:
    value, grain = entity["value"], entity["additional_info"].get("grain")
    if isinstance(value, str):
        return value[:10] if grain == "day" else value[:16]
    first, last = (datetime.fromisoformat(value[end]) if value[end] else None for end in ("from", "to"))
    if first and last and first.hour == last.hour == 0 and last - first >= timedelta(days=1):
        return f"{first:%Y-%m-%d}", f"{last - timedelta(days=1):%Y-%m-%d}"
    return tuple(each and f"{each:%Y-%m-%dT%H:%M}" for each in (first, last))


def words(text: str, entity: str) -> list[str]:
    """Return the values of a text's entities of one kind."""
    return [each["value"] for each in times(text, SATURDAY, HK) if each["entity"] == entity]


@pytest.mark.parametrize(
    "text",
    [
        "is the 5th floor open",
        "opening hours of the third floor",
        "events on the 5th floor",
        "the second floor",
        "the 4th edition",
        "in the 3rd year",
        "my 2nd time here",
        "1st time here",
        "is room 3.12 free",
        "room 2.10",
        "level 3 opening hours",
        "B2",
        "2/f",
        "QA76.9 .D5 2010",
        "call 2358 6772",
        "my student id is 20712345",
        "python 3.11",
        "fine of $2.50",
        "can i borrow 3-5 books",
        "lift 27-28",
        "score 8/10 would recommend",
        "june told me you are open",
        "is june there",
        "i am june, is the library open",
        "ask april about it",
        "thanks august",
        "summer told me the counter is closed",
        "my friend may said so",
        "open 24/7?",
        "open 24 x 7",
        "50/50",
        "last day of term",
        "first day of the semester",
        "a sundae with christian",
    ],
)
def test_numbers_and_names_that_are_no_times(text: str) -> None:
    """Floors, rooms, call numbers, people called June, round the clock."""
    assert times(text, SATURDAY, HK) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # Hours without am or pm.
        ("is the library open tomorrow at 1", "2026-11-29T13:00"),
        ("monday at 3", "2026-11-30T15:00"),
        ("wednesday at 2", "2026-12-02T14:00"),
        ("friday at 5", "2026-12-04T17:00"),
        ("tmr 3", "2026-11-29T15:00"),
        ("open at 9", "2026-11-28T21:00"),
        ("you open at 7 right?", "2026-11-29T07:00"),
        ("so you close at 11 today right", "2026-11-28T23:00"),
        ("close at 12", "2026-11-29T00:00"),
        ("at 2.10", "2026-11-28T14:10"),
        ("at 9.30pm", "2026-11-28T21:30"),
        ("open at 1430", "2026-11-28T14:30"),
        ("2200hrs", "2026-11-28T22:00"),
        ("is 8 o'clock too early", "2026-11-29T08:00"),
        ("tomorrow at 9 in the evening", "2026-11-29T21:00"),
        ("after 7 on monday", ("2026-11-30T19:00", None)),
        ("midnight on friday", "2026-12-04T23:59"),
        ("cny 2028", ("2028-01-26", "2028-01-28")),
        ("2028 cny", ("2028-01-26", "2028-01-28")),
        # The hours after midnight belong to the night before.
        ("is the library open tonight at 1am", "2026-11-29T01:00"),
        ("tonight at 2 am", "2026-11-29T02:00"),
        ("tonight at 2", "2026-11-29T02:00"),
        ("12:15 tonight", "2026-11-29T00:15"),
        ("at 12 tonight", "2026-11-29T00:00"),
        ("friday night at 1", "2026-12-05T01:00"),
        ("tomorrow night at 2", "2026-11-30T02:00"),
        ("tonight at 9", "2026-11-28T21:00"),
        ("9 tonight", "2026-11-28T21:00"),
        # Stretches of the clock.
        ("open 11:30-13:00?", ("2026-11-29T11:30", "2026-11-29T13:00")),
        ("from 3am to 12 noon", ("2026-11-29T03:00", "2026-11-29T12:00")),
        ("open 10:30-12:30 on friday", ("2026-12-04T10:30", "2026-12-04T12:30")),
        ("9-5", ("2026-11-28T09:00", "2026-11-28T17:00")),
        ("9–5 tomorrow", ("2026-11-29T09:00", "2026-11-29T17:00")),
        ("between 9 and 11 on monday", ("2026-11-30T09:00", "2026-11-30T11:00")),
        ("2-4pm", ("2026-11-28T14:00", "2026-11-28T16:00")),
        ("7-9 tonight", ("2026-11-28T19:00", "2026-11-28T21:00")),
        ("1430-1800", ("2026-11-28T14:30", "2026-11-28T18:00")),
        ("25/12 9-12", ("2026-12-25T09:00", "2026-12-25T12:00")),
        ("till 2", (None, "2026-11-28T14:00")),
        ("till 2200", (None, "2026-11-28T22:00")),
        # Weekdays.
        ("a week from tuesday", "2026-12-08"),
        ("tuesday week", "2026-12-08"),
        ("friday week", "2026-12-11"),
        ("two weeks from friday", "2026-12-18"),
        ("a week tomorrow", "2026-12-06"),
        ("next friday 9am", "2026-12-04T09:00"),
        ("are you open on saturday", "2026-11-28"),
        ("next saturday", "2026-12-05"),
        ("mon-fri", ("2026-11-30", "2026-12-04")),
        ("weekday hours", ("2026-11-30", "2026-12-04")),
        ("were you open on monday", "2026-11-23"),
        # Dates as they are written.
        ("are you open 12/25", "2026-12-25"),
        ("12/26/2026", "2026-12-26"),
        ("12/25/26", "2026-12-25"),
        ("on 2026.12.25", "2026-12-25"),
        ("2026/12/25", "2026-12-25"),
        ("on 20261225", "2026-12-25"),
        ("on 25.12", "2026-12-25"),
        ("5.12", "2026-12-05"),
        ("25.12.26", "2026-12-25"),
        ("on 31st", "2026-12-31"),
        ("27th?", "2026-12-27"),
        ("on 25", "2026-12-25"),
        ("12月25日", "2026-12-25"),
        ("25 dec (fri)", "2026-12-25"),
        ("tuesday 25 december", "2026-12-25"),
        ("24th–26th December", ("2026-12-24", "2026-12-26")),
        ("dec 24-26", ("2026-12-24", "2026-12-26")),
        ("between 24 and 26 december", ("2026-12-24", "2026-12-26")),
        ("24 dec - 2 jan", ("2026-12-24", "2027-01-02")),
        ("24/12-26/12", ("2026-12-24", "2026-12-26")),
        ("24-26", ("2026-12-24", "2026-12-26")),
        ("were you open 25/12", "2025-12-25"),
        # Letters that are wrong, odd or not to be seen.
        ("on christmass", "2026-12-25"),
        ("wendesday", "2026-12-02"),
        ("febuary 3", "2027-02-03"),
        ("thrusday", "2026-12-03"),
        ("decemebr 25", "2026-12-25"),
        ("２５／１２", "2026-12-25"),
        ("tomorr\u200bow at ８ｐｍ", "2026-11-29T20:00"),
        ("tomor\u00adrow", "2026-11-29"),
        ("𝐭𝐨𝐦𝐨𝐫𝐫𝐨𝐰", "2026-11-29"),
        ("to\u2060morrow at 5", "2026-11-29T17:00"),
        # Festivals, and pieces of months.
        ("are you open on day 2 of cny", "2027-02-07"),
        ("cny day 2", "2027-02-07"),
        ("christmas eve", "2026-12-24"),
        ("new year", "2027-01-01"),
        ("new years eve", "2026-12-31"),
        ("easter hols", ("2027-03-26", "2027-03-29")),
        ("mid autumn", "2027-09-15"),
        ("ching ming festival", "2027-04-05"),
        ("labour day", "2027-05-01"),
        ("hksar day", "2027-07-01"),
        ("the last 5 days of december", ("2026-12-27", "2026-12-31")),
        ("first week of jan", ("2027-01-01", "2027-01-07")),
        ("last day of december", "2026-12-31"),
        ("last 3 days of the year", ("2026-12-29", "2026-12-31")),
    ],
)
def test_a_time_is_the_one_that_is_meant(text: str, value: Any) -> None:
    """Each is one of a kind; the kinds are in the comments."""
    assert read(text) == [value]


def test_two_days_are_two() -> None:
    """Named one by one they are answered one by one."""
    assert read("25 and 26 dec") == ["2026-12-25", "2026-12-26"]
    assert read("sat and sun") == ["2026-11-28", "2026-11-29"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("are you open on monday", "2026-11-30"),
        ("this monday", "2026-11-30"),
        ("monday at 3", "2026-12-07T15:00"),
        ("monday at 10pm", "2026-11-30T22:00"),
        ("next monday", "2026-12-07"),
        ("last monday", "2026-11-23"),
        ("monday morning", ("2026-12-07T00:00", "2026-12-07T12:00")),
    ],
)
def test_todays_weekday_is_today(text: str, value: Any) -> None:
    """Asked on a Monday at 20:00; what is over then is next week's."""
    assert read(text, datetime(2026, 11, 30, 20, tzinfo=ZoneInfo(HK))) == [value]


def test_who_is_up_after_midnight_means_this_night() -> None:
    """At half past midnight, "tonight at 1am" is in half an hour."""
    assert read("tonight at 1am", datetime(2026, 11, 29, 0, 30, tzinfo=ZoneInfo(HK))) == ["2026-11-29T01:00"]


@pytest.mark.parametrize("text", ["open on 31.11", "on 41st", "20251301", "are you open 99.99"])
def test_what_looks_like_a_date_and_is_not_read_is_told(text: str) -> None:
    """It must not become now."""
    assert words(text, "unread_time")
    assert not words(text, "time")


@pytest.mark.parametrize(
    "text", ["tomorrow at 8pm", "a 16:9 screen", "1,000 books", "ISBN 978-0-13-468599-1", "version 2.10"]
)
def test_what_is_read_or_is_no_date_is_not_told_as_unread(text: str) -> None:
    """A question back that nobody needs is a nuisance."""
    assert not words(text, "unread_time")


def test_an_hour_whose_half_of_the_day_is_guessed_says_so() -> None:
    """The library's hours may know better."""
    (guessed,) = times("tomorrow at 6", SATURDAY, HK)
    (said,) = times("tomorrow at 6pm", SATURDAY, HK)

    assert guessed["additional_info"]["guessed"]
    assert "guessed" not in said["additional_info"]


FORMATS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%y"),
    *("%d %B %Y", "%d %b %Y", "%B %d, %Y", "%b %d %Y", "%A %d %B %Y", "%d %B %Y (%a)", "%dth of %B %Y"),
)


@given(
    day=st.dates(date(2026, 1, 1), date(2039, 12, 31)), form=st.sampled_from(FORMATS), lead=st.sampled_from(["", "on "])
)
def test_any_date_in_any_form_is_that_date(day: date, form: str, lead: str) -> None:
    """Whatever the year, the day and the way of writing it."""
    assert read(f"are you open {lead}{day.strftime(form)}?") == [day.isoformat()]


@given(days=st.integers(0, 364), form=st.sampled_from(["%d/%m", "%d %b", "%B %d", "%d.%m."]))
def test_a_date_without_a_year_is_the_next_one(days: int, form: str) -> None:
    """Today's is today."""
    day = SATURDAY.date() + timedelta(days=days)
    if form == "%d.%m." and day.day < 24:
        form = "on %d.%m."

    assert read(f"open {day.strftime(form)}") == [day.isoformat()]


@given(st.text(max_size=60))
def test_plain_letters_lead_back_to_those_that_were_written(text: str) -> None:
    """Each plain letter stands for a piece of the text, in its order."""
    found = reading(text)

    assert len(found.starts) == len(found.ends) == len(found.text)
    assert all(0 <= start < end <= len(text) for start, end in zip(found.starts, found.ends, strict=True))
    assert list(found.starts) == sorted(found.starts)
    assert plain(found.text) == found.text


@given(st.text(alphabet=st.characters(max_codepoint=126, min_codepoint=32), max_size=60))
def test_what_is_plain_stays_as_it_is(text: str) -> None:
    """Nothing of an ordinary message changes."""
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ＳＴＯＰ", "STOP"),
        ("tomor\u00adrow\ufeff", "tomorrow"),
        ("２️⃣", "2"),
        ("\u200e2", "2"),
        ("24–26", "24-26"),
        ("it’s “open”", 'it\'s "open"'),
        ("½ hour", "½ hour"),
        ("𝕙𝕠𝕦𝕣𝕤", "hours"),
        ("８：３０", "8:30"),
        ("聽日開嗎", "聽日開嗎"),
    ],
)
def test_odd_letters_become_plain(text: str, told: str) -> None:
    """Chinese stays Chinese; half an hour does not become the first of February."""
    assert plain(text) == told
