"""Whose words ask to see a contest's photos in the chat."""

from __future__ import annotations

import pytest

from bot.contest.showing import asked, more, one, tapped


@pytest.mark.parametrize(
    "text",
    [
        *(
            "show me the entries",
            "show me the photos people entered",
            "can i see the contest photos?",
            "browse entries",
        ),
        *(
            "see all entries pls",
            "photos people entered",
            "how can i see the photos in the contest",
            "Show the photos!",
        ),
        *("我想睇參賽作品", "睇下大家嘅相", "看參賽照片", "我想看其他人的作品"),
    ],
)
def test_words_that_ask_for_all_photos(text: str) -> None:
    assert asked(text) == more(0)


@pytest.mark.parametrize("text", ["show 17", "show me photo 17", "can i see entry #17 please", "睇17號作品", "看 17"])
def test_words_that_ask_for_one_photo(text: str) -> None:
    assert asked(text) == one(17)


@pytest.mark.parametrize(
    "text",
    [
        *("show me my photos", "show me my entries", "show me the winners", "photo 17", "replace my photo", "photo"),
        *("show me pictures of the study rooms", "how do i print photos", "vote 17", "", "show " * 40, None),
    ],
)
def test_other_words_ask_for_none(text: str | None) -> None:
    assert asked(text) is None


def test_payloads_come_back() -> None:
    assert tapped(more(17)) == (17, False)
    assert tapped(one(17)) == (17, True)
    assert [tapped(each) for each in ("/contest_show", "/contest_vote 17", "/contest_show x", None)] == [None] * 4
