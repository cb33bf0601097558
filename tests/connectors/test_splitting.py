"""Text within limits."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from connectors.splitting import length, numbered, shorten, split_text

WORDS = st.text(st.sampled_from("ab ä。！.?\n\t …\"'圖書館開放👩‍👩‍👧‍👦🇭🇰é"), max_size=400)


def squeezed(text: str) -> str:
    return "".join(text.split())


def graphemes(text: str) -> list[str]:
    """Return the graphemes of `text` without white space, which a break may drop."""
    return [squeezed(each) for each in regex.findall(r"\X", text) if squeezed(each)]


@given(WORDS | st.text(max_size=400), st.integers(2, 60))
def test_parts_fit_and_nothing_is_lost(text: str, limit: int) -> None:
    """Every part is within the limit and shows something; together they are the text but for white space."""
    parts = split_text(text, limit)
    assert all(0 < length(part) <= limit for part in parts)
    assert squeezed("".join(parts)) == squeezed(text)


@given(WORDS, st.integers(30, 60))
def test_no_grapheme_is_cut(text: str, limit: int) -> None:
    """A family emoji, a flag, an accent stays in one part: the parts have the graphemes that the text has."""
    parts = [each for part in split_text(text, limit) for each in graphemes(part)]
    assert parts == graphemes(text)


@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=15), max_size=60))
def test_no_word_is_cut(words: list[str]) -> None:
    """Words that fit are never cut: the parts have the words that the text has."""
    assert " ".join(split_text(" ".join(words), 40)).split() == " ".join(words).split()


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("", 10, []),
        (" \n ", 10, []),
        ("open today", 10, ["open today"]),
        ("We are open. Come in now.", 16, ["We are open.", "Come in now."]),
        ('He said "We are open." Come in.', 26, ['He said "We are open."', "Come in."]),
        ("First.\nSecond one. Third", 20, ["First.", "Second one. Third"]),
        ("一樓開放。二樓關閉。三樓開放。", 11, ["一樓開放。二樓關閉。", "三樓開放。"]),
        ("one two three", 8, ["one two", "three"]),
        ("請看https://library.example/hours", 30, ["請看", "https://library.example/hours"]),
        ("👍👍👍", 4, ["👍👍", "👍"]),
    ],
)
def test_where_text_is_broken(text: str, limit: int, parts: list[str]) -> None:
    """Lines, then sentences, then words; never in a web address that fits."""
    assert split_text(text, limit) == parts


@given(WORDS | st.text(max_size=200), st.integers(2, 40))
def test_short_labels_fit(text: str, limit: int) -> None:
    """A label is one line within the limit, and the whole line where that fits."""
    label = shorten(text, limit)
    line = " ".join(text.split())
    assert length(label) <= limit
    assert "\n" not in label
    assert label == line or (label.endswith("…") and line.startswith(label[:-1]))


def test_labels_are_cut_after_a_word() -> None:
    """What is cut ends with a whole word and an ellipsis."""
    assert shorten("Learning Commons opening hours", 20) == "Learning Commons…"


def test_lists_count_from_one() -> None:
    """A list is numbered as a person would type the numbers."""
    assert numbered(["Hours", "Events"]) == "1. Hours\n2. Events"
