"""Choices in words on platforms without buttons: Chinese numbers, wide digits, and lists as Chinese readers expect."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.messages import Choice, Reply
from connectors.messenger.rendering import messages_for
from connectors.plain_words import choices_in_words, chosen, number_in
from connectors.splitting import length, shorten
from connectors.whatsapp.rendering import messages_for as messages_of_whatsapp

OFFERED = (Choice("開放時間", "/opening_hours"), Choice("研習室", "/study_room_booking"), Choice("列印", "/print"))


@pytest.mark.parametrize(
    ("words", "number"),
    [
        *(
            ("一", 1),
            ("２", 2),
            ("第三個", 3),
            ("第三项", 3),
            ("二號", 2),
            ("選 2", 2),
            ("3。", 3),
            ("兩", 2),
            ("我要第二個", 2),
        ),
        *(
            ("第２個呀", 2),
            ("二啦", 2),
            ("第二個先啦", 2),
            ("咁就第一個啦", 1),
            ("那第三个吧", 3),
            ("第二本書", None),
            ("揀三", 3),
            ("選擇", None),
            ("三個字", None),
            ("十一", None),
            ("我想借2本書", None),
        ),
    ],
)
def test_a_number_is_understood_however_it_is_written(words: str, number: int | None) -> None:
    """And what only holds a number is none."""
    assert number_in(words) == number
    assert chosen(words, OFFERED) == (OFFERED[number - 1] if number else None)


def test_a_title_is_a_choice_too() -> None:
    """Typed as it stands."""
    assert chosen("研習室", OFFERED) == OFFERED[1]


def test_a_described_choice_has_a_chinese_colon() -> None:
    """As people write lists."""
    assert (
        choices_in_words([Choice("研習室", "/x", "預約"), Choice("Rooms", "/y", "book")])
        == "1. 研習室：預約\n2. Rooms: book"
    )


@given(
    st.lists(
        st.text("圖書館開放時間研習室👩‍👩‍👧‍👦𠮷，。（）", min_size=1, max_size=60), min_size=1, max_size=3, unique=True
    )
)
def test_titles_are_cut_by_letters_and_never_inside_one(titles: list[str]) -> None:
    """On Messenger and WhatsApp: within the limit, whole letters, the full title in the text where it is cut."""
    reply = Reply("問題", tuple(Choice(title, f"/{number}") for number, title in enumerate(titles)))
    quick = [each["title"] for message in messages_for(reply) for each in message.get("quick_replies", ())]
    buttons = [
        each["reply"]["title"]
        for message in messages_of_whatsapp(reply)
        for each in message.get("interactive", {}).get("action", {}).get("buttons", ())
    ]

    for shown in (*quick, *buttons):
        assert 0 < length(shown) <= 20
        assert shown.encode("utf-8").decode("utf-8") == shown
        if shown.endswith("…"):
            assert not shown.removesuffix("…").endswith(("，", "（", "\u200d"))


def test_a_shortened_sentence_does_not_end_in_a_mark() -> None:
    """ "……，…" would look like a slip."""
    assert shorten("圖書館今天開放，歡迎你來", 9) == "圖書館今天開放…"
