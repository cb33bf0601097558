"""What somebody in care is taken to say: the nearest meaning of what is taught, in words and in characters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.sayings import OF_EACH, PLACES, Sayings, characters, spread, told_most

ENGLISH = [
    (f"{words} {number}", says)
    for words, says in (("guard told", "called"), ("so afraid", "scared"))
    for number in range(8)
]
CHINESE = [
    (f"{words}{mark}", says) for words, says in (("打咗電話", "called"), ("我好驚", "scared")) for mark in "啊呀喇了啦"
]


@pytest.fixture(scope="module")
def sayings() -> Sayings:
    """Two meanings, of which the vectors lie in two directions."""
    return Sayings.fit(np.array([place(says) for _, says in ENGLISH]), ENGLISH, CHINESE)


def place(says: str) -> np.ndarray:
    return np.array([1, 0] if says == "called" else [0, 1], np.float32)


def test_the_nearest_meaning_is_found_and_kept(sayings: Sayings, tmp_path: Path) -> None:
    """A model that was written and read again says the same."""
    sayings.save(tmp_path)

    for each in (sayings, Sayings.load(tmp_path)):
        assert each.nearest(["told the guard"], np.array([place("called")]), [])[0] == "called"
        assert each.nearest([], np.zeros((0, 2), np.float32), ["打咗电话"])[0] == "called"


def test_what_lies_between_two_meanings_is_none(sayings: Sayings) -> None:
    between = np.array([[0.1, 0.1]], np.float32)

    assert Sayings().nearest(["whatever"], between, ["甚么"]) == ("", 0.0)
    assert sayings.nearest([], np.zeros((0, 2), np.float32), ["書"]) == ("", 0.0)


def test_what_tells_most_of_a_message_counts() -> None:
    """Thanks beside news are no news, and a question comes after what is said of oneself."""
    assert told_most([("thanks", 0.9), ("called", 0.5)])[0] == "called"
    assert told_most([("ask", 0.9), ("scared", 0.5)])[0] == "scared"
    assert told_most([("thanks", 0.9), ("ask", 0.5)])[0] == "ask"
    assert told_most([]) == ("", 0.0)


def test_as_many_of_each_topic_are_learnt_from() -> None:
    chosen = spread([str(each) for each in range(105)], ["wifi"] * 100 + ["renew"] * 5)

    assert len(chosen) == OF_EACH + 5
    assert {0, 99, 100, 104} <= set(chosen)


@given(st.lists(st.text(max_size=40), max_size=4))
def test_any_text_has_a_row_of_length_one_or_none(texts: list[str]) -> None:
    rows = characters(texts)

    assert rows.shape == (len(texts), PLACES)
    assert all(length == pytest.approx(1, abs=1e-4) or length == 0 for length in np.linalg.norm(rows, axis=1))
