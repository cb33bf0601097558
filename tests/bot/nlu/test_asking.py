"""Whether a message may ask something at all."""

from __future__ import annotations

import pytest

from bot.nlu.questions import wonders


@pytest.mark.parametrize(
    "text",
    [
        "佢話reach咗limit喎 咁點算",
        "但係groupmate話想改做聽朝 可唔可以直接change time",
        "去到個架度冇喎 電腦話喺度㗎",
        "他们说已经满了，那怎么办",
        "幾多錢",
    ],
)
def test_a_question_may_come_in_the_second_clause(text: str) -> None:
    assert wonders(text)


@pytest.mark.parametrize("text", ["明白了", "幾好呀", "好的，我考慮一下再聯絡", "笑死 佢哋仲開埋喇叭", "多謝你幫我"])
def test_a_statement_asks_nothing(text: str) -> None:
    assert not wonders(text)
