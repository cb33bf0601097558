"""Words that any topic may have."""

from __future__ import annotations

import pytest

from bot.nlu.vague import leans, vague


@pytest.mark.parametrize(
    "text", ["do i pay?", "and if it's late", "For how long can I borrow it", "need a card", "cost"]
)
def test_what_asks_and_names_no_thing_may_be_of_any_topic(text: str) -> None:
    """Its topic is what was spoken of before."""
    assert vague(text)


@pytest.mark.parametrize(
    "text",
    ["do i pay for printing", "how long is the exhibition", "what can you do", "and now?", "", "?!", "late " * 9],
)
def test_what_names_a_thing_or_asks_nothing_may_not(text: str) -> None:
    """Nor may more words than such a question has."""
    assert not vague(text)


@pytest.mark.parametrize(
    "text", ["幾錢", "要唔要錢", "可以幾耐", "使唔使學生證", "要收费吗", "可以取消嗎", "是否需要預約", "要register嗎"]
)
def test_what_asks_in_chinese_and_names_no_thing_may_be_of_any_topic(text: str) -> None:
    """Cantonese or written, in either script."""
    assert vague(text)


@pytest.mark.parametrize("text", ["影印幾錢", "展覽到幾時", "續借要幾耐", "你好", "呢", "順便問下邊度可以印嘢"])
def test_what_names_a_thing_in_chinese_may_not(text: str) -> None:
    """Nor what asks nothing."""
    assert not vague(text)


@pytest.mark.parametrize(
    ("text", "leaning"),
    [("how long can i keep it", True), ("how much per hr", True), ("how long is the exhibition", False), ("", False)],
)
def test_what_only_goes_on_names_nothing_of_its_own(text: str, leaning: bool) -> None:
    """Its topic is the one at hand, even where its words are another answer's way to ask."""
    assert leans(text) is leaning
