"""What the care for the data has solved is what a training from the same examples would come to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu import solutions
from bot.nlu.care import look
from bot.nlu.regression import SETTINGS, KernelRegression, Solution

TOPICS = ("wifi", "renew_loan", "fines_fees")
TEXTS = [f"{topic} words {number}" for topic in TOPICS for number in range(30)]
NAMES = [topic for topic in TOPICS for _ in range(30)]


@pytest.fixture
def vectors() -> np.ndarray:
    rows = np.random.default_rng(3).normal(size=(len(TEXTS), 16)) + np.repeat(np.eye(3, 16), 30, axis=0)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_a_training_after_the_care_takes_what_that_has_solved(vectors: np.ndarray, tmp_path: Path) -> None:
    np.savez(tmp_path / "examples.npz", texts=np.array(TEXTS), vectors=vectors)
    rows = [{"intent": name, "text": text} for text, name in zip(TEXTS, NAMES, strict=True)]
    file = tmp_path / "solution.npz"
    look(rows[20:], rows[:20], cache=tmp_path / "examples.npz", solution=file)

    found = solutions.kept(file, TEXTS, NAMES)
    assert found is not None
    asked = ["wifi words", "how do fines work", "renew 7"], vectors[[3, 70, 40]]
    with_it = KernelRegression.fit(vectors, TEXTS, NAMES, SETTINGS, found).probabilities(asked[1], asked[0])
    without = KernelRegression.fit(vectors, TEXTS, NAMES, SETTINGS).probabilities(asked[1], asked[0])
    assert with_it == pytest.approx(without, abs=1e-4)
    assert not any(text in file.read_bytes().decode("latin-1") for text in TEXTS)


@given(order=st.permutations(range(6)))
def test_a_solution_is_found_whatever_the_order(tmp_path_factory: pytest.TempPathFactory, order: list[int]) -> None:
    path = tmp_path_factory.mktemp("solution") / "solution.npz"
    texts, names = ["b", "a", "c", "e", "d", "a"], ["x", "x", "y", "y", "x", "y"]
    rows = np.arange(12, dtype=np.float32).reshape(6, 2)
    solutions.keep(path, texts, names, Solution(rows, -rows))
    found = solutions.kept(path, [texts[each] for each in order], [names[each] for each in order])
    assert found is not None
    assert (found.weights == rows[order]).all()
    assert (found.left_out == -rows[order]).all()


def test_other_examples_have_no_solution(tmp_path: Path) -> None:
    path = tmp_path / "solution.npz"
    assert solutions.kept(path, TEXTS, NAMES) is None
    rows = np.zeros((len(TEXTS), 3), np.float32)
    solutions.keep(path, TEXTS, NAMES, Solution(rows, rows))
    assert solutions.kept(path, TEXTS[1:], NAMES[1:]) is None
    assert solutions.kept(path, TEXTS, [*NAMES[1:], "wifi"]) is None
    path.write_bytes(path.read_bytes()[:100])
    assert solutions.kept(path, TEXTS, NAMES) is None
