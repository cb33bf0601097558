"""What of a message is meant, where it takes something back or refuses it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.corrections import meant


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no i mean the books", "the books"),
        ("not that, printing", "printing"),
        ("i said printing", "printing"),
        ("no, the other one", "the other one"),
        ("no no the disabled toilet", "the disabled toilet"),
        ("sry i mean borrow a laptop", "borrow a laptop"),
        ("that's not what i asked, i need a locker", "i need a locker"),
        ("its not hold its from hkall", "its from hkall"),
        ("wait no make it sunday same time", "sunday same time"),
    ],
)
def test_a_correction_means_what_comes_after_it(text: str, expected: str) -> None:
    """However it begins."""
    found = meant(text, answered=True)

    assert text[slice(*found.span)] == expected
    assert found.corrects


@pytest.mark.parametrize(
    "text",
    ["no", "no thanks", "not that", "no wifi in the study room", "no more paper in the printer", "make it stop"],
)
def test_what_only_looks_like_a_correction_is_meant_as_it_stands(text: str) -> None:
    """A refusal, a thing that is missing, a thing that is broken."""
    assert meant(text, answered=True).span == (0, len(text))


def test_nothing_is_corrected_before_there_was_an_answer() -> None:
    """The first message of all cannot take anything back."""
    assert meant("i asked for a book last week", answered=False).span == (0, 28)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("not asking about opening hours, i want printing", "i want printing"),
        ("i don't want hours but printing", "printing"),
        ("i dont want a human, just tell me the hours", "tell me the hours"),
        ("i do not need a person, how do i print?", "how do i print?"),
        ("dont want wifi want cable", "want cable"),
        ("not interested in the contest. where can i eat", "where can i eat"),
    ],
)
def test_what_is_refused_is_left_out(text: str, expected: str) -> None:
    """What is wanted instead is all that is meant."""
    found = meant(text, answered=False)

    assert text[slice(*found.span)] == expected
    assert found.refused


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don't want to talk to a human", "talk to a human"),
        ("no need for a librarian", "a librarian"),
        ("I don't want to donate books", "donate books"),
    ],
)
def test_a_message_that_only_refuses_says_what(text: str, expected: str) -> None:
    """The whole of it is kept, for there is nothing else in it."""
    found = meant(text, answered=False)

    assert found.span == (0, len(text))
    assert found.refused
    assert text[slice(*found.refused)] == expected


@pytest.mark.parametrize(
    "text",
    [
        "i dont want to talk with a bot",
        "i dont need the book i requested anymore",
        "i don't want your newsletter any more",
        "where to bring books i dont need",
        "no need tap card?",
        "i don't want my thesis to be public yet, is that possible",
    ],
)
def test_what_somebody_gives_up_is_a_question_of_its_own(text: str) -> None:
    """A request that is cancelled is still about requests; who wants no bot wants a person."""
    found = meant(text, answered=False)

    assert found.span == (0, len(text))
    assert found.refused is None


@given(st.text(alphabet="no i dont want it's not that, but just.\n", max_size=120))
def test_what_is_meant_lies_within_the_text(text: str) -> None:
    """Whatever is written, and it is never empty where there were words."""
    start, end = meant(text, answered=True).span

    assert 0 <= start <= end <= len(text)
    assert any(map(str.isalnum, text[start:end])) == any(map(str.isalnum, text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("唔係，我係問影印", "影印"),
        ("唔係呀 我講緊還書", "還書"),
        ("不是，我是问续借", "续借"),
        ("我意思係星期日", "星期日"),
        ("錯咗，聽日先啱", "聽日先啱"),
        ("唔係呀 我話緊後日 打錯咗", "後日"),
        ("我話緊另一個", "另一個"),
        ("不是，我是说星期二，打错了", "星期二"),
    ],
)
def test_a_correction_in_chinese_means_what_comes_after_it(text: str, expected: str) -> None:
    """In both scripts."""
    found = meant(text, answered=True)

    assert text[slice(*found.span)] == expected
    assert found.corrects


def test_a_refusal_in_chinese_is_left_out() -> None:
    """What is wanted instead is what is meant; a question in such words refuses nothing."""
    text = "我唔係問開放時間，我想問影印"
    found = meant(text, answered=True)

    assert text[slice(*found.span)] == "我想問影印"
    assert found.refused
    assert text[slice(*found.refused)] == "開放時間"
    for asked in ("唔使錢㗎咩", "我唔係學生可唔可以入", "我想問還書", "唔好意思請問廁所喺邊"):
        whole = meant(asked, answered=True)
        assert (asked[slice(*whole.span)], whole.corrects, whole.refused) == (asked, False, None)
