"""Vectors that are kept from one training to the next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot.nlu.vectors import encoded


class Counting:
    """An encoder that tells what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Return a vector of a text's length and its first letter."""
        self.asked += texts
        return np.array([[len(text), ord(text[0])] for text in texts], np.float32)


def test_only_what_is_new_is_encoded_and_each_row_is_its_texts(tmp_path: Path) -> None:
    encode, cache = Counting(), tmp_path / "kept.npz"
    encoded(["wifi", "fines"], cache, encode)
    found = encoded(["fines", "lockers", "wifi", "fines"], cache, encode)

    assert sorted(encode.asked) == ["fines", "lockers", "wifi"]
    assert found.tolist() == Counting()(["fines", "lockers", "wifi", "fines"]).tolist()


def test_a_file_that_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    encode, cache = Counting(), tmp_path / "kept.npz"
    encoded(["wifi"], cache, encode)
    cache.write_bytes(cache.read_bytes()[:40])

    assert encoded(["wifi"], cache, encode).tolist() == Counting()(["wifi"]).tolist()
    assert encode.asked == ["wifi", "wifi"]


def test_the_file_holds_no_words(tmp_path: Path) -> None:
    """They may be a student's, who may ask to be forgotten."""
    encode = Counting()
    np.savez(tmp_path / "kept.npz", texts=np.array(["my secret words"]), vectors=Counting()(["my secret words"]))
    encoded(["my secret words"], tmp_path / "kept.npz", encode)
    assert encode.asked == []
    with np.load(tmp_path / "kept.npz") as file:
        assert "secret" not in str([file[name].tolist() for name in file.files])
