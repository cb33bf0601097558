"""Whose words are a vote, and which of many votes look bought."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.contest.ballots import MANY, NEW, WITHIN, Cast, marked, payload, tapped, voted

NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
LONG_KNOWN = NOW - timedelta(days=90)


@pytest.mark.parametrize(
    "text",
    [
        *("vote 17", "Vote #17!", "vote for 17 pls", "I vote for photo 17", "i want to vote for number 17", "voted 17"),
        *("my vote goes to 17", "17 gets my vote", "change my vote to 17", "hi vote 17", "VOTE NO. 17", "vote: 17"),
        *(
            "投17",
            "投１７號",
            "我想投俾17號",
            "投票給17",
            "我投編號 17 一票",
            "改投17",
            "唔該投17",
            "投 17 啦",
            "投第17張相",
        ),
    ],
)
def test_a_vote_is_heard(text: str) -> None:
    assert voted(text) == 17


@pytest.mark.parametrize(
    "text",
    [
        *("vote", "how do i vote", "can i vote 2 times", "vote 17 and 18", "when is voting over", "room 17", "17", ""),
        *("投訴17", "投稿17", "點樣投票", "vote for 17 people?", "i won't vote 17", "did my vote for 17 count?"),
        *("vote 12345678", "don't vote 17", "唔投17", "vote 17 " * 20),
    ],
)
def test_what_is_none_is_left_to_the_dialogue(text: str) -> None:
    assert voted(text) is None


@given(st.text(max_size=200))
def test_any_words_are_read_without_a_fault(text: str) -> None:
    found = voted(text)
    assert found is None or 0 <= found < 1_000_000


@given(st.integers(0, 999_999))
def test_a_buttons_payload_is_read_back(number: int) -> None:
    assert tapped(payload(number)) == number
    assert tapped(f"{payload(number)}x") is None
    assert tapped(None) is None


def crowd(count: int, apart: timedelta, known: timedelta, entry: int = 1, first: int = 0) -> list[Cast]:
    """Return votes for one entry, each given `known` after its voter first wrote."""
    moments = [NOW + apart * number for number in range(count)]
    return [Cast(first + number, entry, at, at - known) for number, at in enumerate(moments)]


def test_many_new_accounts_at_once_are_marked_and_the_others_are_not() -> None:
    bought = crowd(MANY, timedelta(minutes=2), timedelta(minutes=1))
    usual = crowd(40, timedelta(minutes=1), timedelta(days=9), first=100)
    assert marked([*usual, *bought]) == {each.person_id for each in bought}


@pytest.mark.parametrize(
    "votes",
    [
        crowd(MANY - 1, timedelta(minutes=2), timedelta(minutes=1)),
        crowd(MANY, WITHIN / (MANY - 2), timedelta(minutes=1)),
        crowd(MANY, timedelta(minutes=2), NEW),
        [Cast(number, number, NOW, NOW) for number in range(20)],
    ],
)
def test_a_few_slow_known_or_scattered_voters_are_not(votes: list[Cast]) -> None:
    assert marked(votes) == frozenset()
