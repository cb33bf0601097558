"""Which language somebody is answered in: that of their words, or the one before where those say nothing of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import language
from bot.language import ENGLISH, LANGUAGES, SIMPLIFIED, TRADITIONAL, asked_for, in_simplified, language_of


@pytest.mark.parametrize(
    "text",
    [
        *("今晚開到幾點呀", "圖書館幾時開門", "點樣續借", "唔該想問下邊度有得影印", "hi 想問下due date係幾時"),
        *(
            "book咗study room但係cancel唔到",
            "print嘢要幾錢",
            "LC今日開唔開",
            "我要借english book嗎",
            "圖書館 wifi",
            "不用謝",
        ),
    ],
)
@pytest.mark.parametrize("before", ["", *LANGUAGES])
def test_traditional_letters_and_cantonese_are_answered_in_traditional(text: str, before: str) -> None:
    """Whatever was spoken before, and however many English nouns are in it."""
    assert language_of(text, before) == TRADITIONAL


@pytest.mark.parametrize("text", ["图书馆几点关门", "怎么续借", "校园卡丢了怎么办", "请问可以打印吗", "wifi密码是什么"])
@pytest.mark.parametrize("before", ["", *LANGUAGES])
def test_simplified_letters_are_answered_in_simplified(text: str, before: str) -> None:
    """Whatever was spoken before."""
    assert language_of(text, before) == SIMPLIFIED


@pytest.mark.parametrize(
    "text",
    [
        *(
            "when do you close",
            "What is 續借?",
            "how do i get to the library",
            "opening hours next friday",
            "how to 續借",
        ),
        *("can i book a room ah", "do you have books in chinese", "Is it true that 八達通 can be used for printing"),
    ],
)
@pytest.mark.parametrize("before", ["", *LANGUAGES])
def test_english_words_that_hold_a_sentence_together_are_answered_in_english(text: str, before: str) -> None:
    """Though a Chinese noun is in it."""
    assert language_of(text, before) == ENGLISH


@pytest.mark.parametrize(
    "text",
    [
        *(
            "ok",
            "OK!!",
            "11?",
            "23:00",
            "",
            "?",
            "👍",
            "thanks",
            "thank you",
            "wifi",
            "study room",
            "haha",
            "yes please",
        ),
        *("lib gei dim saan mun a", "dim book room", "yau mo dak print ar", "hello"),
    ],
)
def test_what_says_nothing_of_a_language_leaves_the_one_before(text: str) -> None:
    """English, where there is none before."""
    assert [language_of(text, each) for each in LANGUAGES] == list(LANGUAGES)
    assert language_of(text) == ENGLISH


def test_letters_of_both_scripts_leave_the_script_before() -> None:
    """And are Traditional to a stranger, in Hong Kong."""
    assert language_of("好") == TRADITIONAL
    assert language_of("好", ENGLISH) == TRADITIONAL
    assert language_of("好", SIMPLIFIED) == SIMPLIFIED


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        *(
            (each, ENGLISH)
            for each in ("English please", "in English pls", "can you speak english?", "講英文", "可以說英文嗎")
        ),
        *(
            (each, TRADITIONAL)
            for each in ("講中文得唔得", "中文", "Chinese please", "用廣東話", "繁體", "can u reply in chinese")
        ),
        *(
            (each, SIMPLIFIED)
            for each in ("可以说简体吗", "简体中文", "simplified chinese please", "说中文可以吗", "mandarin?")
        ),
    ],
)
@pytest.mark.parametrize("before", LANGUAGES)
def test_a_wish_for_a_language_is_followed(text: str, wanted: str, before: str) -> None:
    """In whatever language it is said."""
    assert (asked_for(text), language_of(text, before)) == (wanted, wanted)


@pytest.mark.parametrize(
    "text", ["English books", "有冇中文書", "novels in chinese", "i am bad at english", "廣東話字典", ""]
)
def test_who_only_names_a_language_asks_for_none(text: str) -> None:
    """Books have languages too."""
    assert asked_for(text) == ""


def test_a_wish_beside_a_question_is_followed_and_the_question_is_answered() -> None:
    """It is no wish alone then."""
    assert language_of("English please, when do you close?", TRADITIONAL) == ENGLISH
    assert language_of("唔該用英文答 what time", TRADITIONAL) == ENGLISH
    assert asked_for("English please, when do you close?") == ""


@given(st.text(max_size=300), st.sampled_from(["", *LANGUAGES, "x-pig"]))
def test_whatever_is_written_one_of_the_languages_is_spoken(text: str, before: str) -> None:
    """Nothing that somebody types may stop an answer."""
    assert language_of(text, before) in LANGUAGES


@given(st.text(alphabet="圖書館開放時間續借唔該咗邊度幾點", min_size=1, max_size=40), st.sampled_from(["", *LANGUAGES]))
def test_a_text_and_its_other_script_are_told_apart(text: str, before: str) -> None:
    """Where a letter says so: the converted text is answered in its own script."""
    other = in_simplified(text)
    unlike = [letter for letter, changed in zip(text, other, strict=True) if letter != changed]

    assert language_of(text, before) in ({TRADITIONAL} if unlike else {TRADITIONAL, SIMPLIFIED})
    if unlike and not set(text) & language._CANTONESE:
        assert language_of(other, before) == SIMPLIFIED
