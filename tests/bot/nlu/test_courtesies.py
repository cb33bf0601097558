"""Thanks, wishes and curses are told by their words; whatever asks or tells something besides is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.courtesies import courtesy, festive, swears, wish


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("merry xmas bot 🎄", "utter_wish_christmas"),
        ("ok happy new year!!", "utter_wish_new_year"),
        ("thx, happy new year", "utter_wish_new_year"),
        ("gong hei fat choy, lai see plz 🧧", "utter_wish_lunar"),
        ("happy chinese new year", "utter_wish_lunar"),
        ("happy birthday carrel", "utter_wish_birthday"),
        ("have a nice day", "utter_wish"),
        ("good luck with ur job", "utter_wish"),
        ("新年快樂", "utter_wish_new_year"),
        ("圣诞快乐", "utter_wish_christmas"),
        ("恭喜發財，利是逗來", "utter_wish_lunar"),
        ("祝你有美好的一天", "utter_wish"),
    ],
)
def test_a_wish_is_wished_back(text: str, response: str) -> None:
    assert wish(text) == response


@pytest.mark.parametrize(
    "text",
    [
        "happy new year! are you open tomorrow",
        "open during cny?",
        "happy hour at the cafe?",
        "is there a new year event",
        "good luck finding a seat here",
        "新年開唔開",
        "聖誕快樂，聽日開幾點",
    ],
)
def test_what_asks_or_tells_besides_is_no_wish(text: str) -> None:
    assert wish(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "ok. thx for listening i guess",
        "cool ty, will do",
        "thank u so much!! that was helpful",
        "thx n bye",
        "唔該晒你",
    ],
)
def test_thanks_among_few_words_that_say_no_more_are_thanks(text: str) -> None:
    assert courtesy(text) == "thanks"


@pytest.mark.parametrize(
    "text",
    [
        *("thx but it still doesnt work", "thx, how do i renew", "wifi thx", "hours today pls thx", "no thanks"),
        *(
            "thanks for nothing",
            "thx want to renew my book",
            "唔該幫我續借",
            "多謝，但係點去",
            "ambulance is here. thank u",
        ),
    ],
)
def test_what_asks_or_tells_besides_is_more_than_thanks(text: str) -> None:
    assert courtesy(text) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [("diu", True), ("ffs!!", True), ("for fucks sake", True), ("屌", True), ("仆街呀", True)]
    + [
        (each, False)
        for each in ("fuck you", "stupid bot", "damn the printer", "shit 10 min", "lol", "what the hell is this")
    ],
)
def test_a_curse_is_one_that_is_said_of_nothing(text: str, expected: bool) -> None:
    assert swears(text) is expected


def test_a_wish_of_a_festival_can_mean_nothing_else() -> None:
    """A farewell may."""
    assert festive("恭喜發財！利是逗來 🧧")
    assert festive("中秋快樂")
    assert not festive("take care everyone")
    assert not festive("thank you for everything")


@given(st.text(max_size=400))
def test_whatever_is_written_can_be_read(text: str) -> None:
    assert courtesy(text) in {"", "thanks", "annoyed", "out_of_scope"}


@pytest.mark.parametrize(
    "text",
    [
        "sry for swearing. thx",
        "omg it was in my other bag. thank god. ty",
        "found it! thx",
        "phew found it",
        "it was in my bag all along",
        "搵返喇 多謝",
        "好嘞 谢啦",
    ],
)
def test_what_has_turned_up_and_what_is_regretted_is_a_courtesy(text: str) -> None:
    """Who has found it needs no directions any more."""
    assert courtesy(text) == "thanks"


@pytest.mark.parametrize(
    "text", ["found it but its broken", "found it?", "did anyone found it", "it was on the 2nd floor", "sorry"]
)
def test_what_has_turned_up_and_asks_is_none(text: str) -> None:
    assert courtesy(text) == ""
