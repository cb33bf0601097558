"""What examples tell of each other, and of themselves when they are left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nlu.care import look
from bot.nlu.regression import solved
from bot.nlu.vectors import encoded

WIDTH = 16
TOPICS = ("wifi", "renew_loan", "study_room_booking")


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@given(seed=st.integers(0, 1000), out=st.sets(st.integers(0, 39), min_size=1, max_size=15))
@settings(max_examples=40, deadline=None)
def test_what_is_left_out_together_scores_as_if_it_had_never_been_learnt(seed: int, out: set[int]) -> None:
    rng = np.random.default_rng(seed)
    vectors = unit(rng.normal(size=(40, WIDTH)))
    alike, targets = np.exp(vectors @ vectors.T - 1), np.eye(3)[rng.integers(0, 3, 40)]
    rows = sorted(out)
    kept = [each for each in range(40) if each not in out]
    without = solved(alike[np.ix_(kept, kept)], targets[kept], 0.05)
    told = solved(alike, targets, 0.05)
    # The same within what single precision leaves.
    assert told.all_left_out(rows) == pytest.approx(alike[np.ix_(rows, kept)] @ without.weights, abs=0.02)
    alone = told.each_left_out()[rows[:1]]
    assert told.all_left_out(rows[:1]) == pytest.approx(alone, abs=0.02)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return vectors of thirty examples of each topic, which lie around a direction of its own."""
    rng = np.random.default_rng(7)
    texts = [f"{topic} words {number}" for topic in TOPICS for number in range(30)]
    middle = unit(rng.normal(size=(len(TOPICS), WIDTH)))
    vectors = unit(np.repeat(middle, 30, axis=0) + 0.1 * rng.normal(size=(len(texts), WIDTH)))
    encoded(texts, tmp_path / "examples.npz", lambda _texts: vectors[np.argsort(texts)])
    return tmp_path / "examples.npz"


def examples(topic: str, numbers: range, intent: str = "") -> list[dict[str, str]]:
    return [
        {"id": f"{topic} {number}", "intent": intent or topic, "text": f"{topic} words {number}"} for number in numbers
    ]


def test_held_examples_are_told_by_what_all_others_teach(kept: Path) -> None:
    old = [row for topic in TOPICS for row in examples(topic, range(20))]
    right, wrong = examples("wifi", range(20, 23)), examples("renew_loan", range(20, 25), intent="wifi")
    found = look(old, [*right, *wrong], [*wrong, *right, right[0]], cache=kept)
    assert found["held"] == ["renew_loan"] * 5 + ["wifi"] * 4
    assert found["new"] == 8
    # Cleanlab takes as many for wrong as confidences add up to, so that the last of them may go through.
    told = {(row["id"], row["rather"]) for row in found["wrong"]}
    assert told <= {(row["id"], "renew_loan") for row in wrong}
    assert found["new_wrong"] == len(told) >= 4


def test_a_held_example_is_found_by_its_words_however_they_are_written(kept: Path) -> None:
    old = [row for topic in TOPICS for row in examples(topic, range(20))]
    assert look(old, (), [{"intent": "wifi", "text": "WIFI words 3!"}], cache=kept)["held"] == ["wifi"]


def test_nothing_held_tells_nothing(kept: Path) -> None:
    assert look(examples("wifi", range(5)) + examples("renew_loan", range(5)), cache=kept)["held"] == []
