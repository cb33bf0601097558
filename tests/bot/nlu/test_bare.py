"""Messages that are a time and nothing else, or the weather: what they ask."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.nlu import places as naming
from bot.nlu.bare import FOLLOW_UP, HOURS, bare_intent, is_a_place, of_them
from bot.nlu.times import times

SATURDAY = datetime(2026, 11, 28, 14, tzinfo=ZoneInfo("Asia/Hong_Kong"))
RULER = naming.Ruler(naming.names_in(Path(__file__).parents[3] / "content" / "places.yml"))


def asked(text: str) -> str:
    """Return what a message means by a time alone."""
    return bare_intent(text, times(text, SATURDAY, "Asia/Hong_Kong") + naming.places(RULER, text))


@pytest.mark.parametrize(
    "text",
    [
        "christmas eve",
        "new year",
        "sun",
        "27th?",
        "next friday 9am",
        "easter hols",
        "tmr?",
        "31 feb",
        "on 31.11",
        "and on 25/12?",
        "what about over cny",
        "ok then on monday",
        "at 9",
        "until 10?",
        "tomor\u00adrow",
        "２５／１２",
        "sat and sun",
        "no i mean on sunday",
        "now",
        "2028 cny",
    ],
)
def test_a_time_alone_goes_on_with_the_topic(text: str) -> None:
    """Whatever the last question was about; the rules make it the hours where there was none."""
    assert asked(text) == FOLLOW_UP


@pytest.mark.parametrize(
    "text",
    [
        "open sun?",
        "hours on 25 dec (fri)",
        "library tomorrow",
        "lc on christmas eve",
        "are you open at 9pm",
        "closed on 1 jan?",
        "t8",
        "typhoon 8 tomorrow",
        "black rain",
        "signal 3",
        "amber",
        "is t8 hoisted now",
        "red rain open?",
        "lc now?",
        "how late on fri",
        "desk still open?",
        "is the front desk open",
        "嗰度開緊未",
        "佢哋開到幾點",
    ],
)
def test_a_time_with_opening_or_the_weather_asks_for_hours(text: str) -> None:
    """And needs no example of that very date."""
    assert asked(text) == HOURS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hi",
        "library",
        "how do i renew",
        "is there an event tomorrow",
        "can i book a room for 3pm",
        "my book is due on 25 dec",
        "black and white printing",
        "red pen",
        "thanks june",
        "5th floor",
        "t-shirt",
        "what's on tomorrow",
        "i feel bad today",
        "nite nite",
        "good night!",
        "until tomorrow",
        "see you tomorrow",
        "B2",
        "8",
    ],
)
def test_whatever_else_is_said_is_for_others_to_understand(text: str) -> None:
    """A time is no topic where there is one."""
    assert asked(text) == ""


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("and the info desk?", True),
        ("what about the lc", True),
        ("where is the info desk", False),
        ("lc on sunday", False),
        ("", False),
    ],
)
def test_a_place_alone_is_told_from_one_in_a_sentence(text: str, alone: bool) -> None:
    """After a question about hours it asks the same of that place."""
    assert is_a_place(text, times(text, SATURDAY, "Asia/Hong_Kong") + naming.places(RULER, text)) is alone


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("whats their hours", True),
        ("r they there now", True),
        ("when will they be back", True),
        ("what time do they close today", True),
        ("are they free", False),
        ("can they renew it", False),
        ("is it open", False),
    ],
)
def test_whether_they_are_there_is_told_from_what_they_do(text: str, asked: bool) -> None:
    """Of a place that was spoken of these are its hours."""
    assert of_them(text, times(text, SATURDAY, "Asia/Hong_Kong")) is asked
