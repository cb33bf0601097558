"""What is typed into the topic box, and what it is taken for."""

from __future__ import annotations

import pytest

from bot.console.topic_box import Typed, read

CALLED = {
    "printing_scanning_copying": "Print, scan, copy",
    "fines_fees": "Fines and fees",
    "renew_loan": "Renew a loan",
    "interlibrary_loan": "From other libraries",
    "wifi": "Wi-Fi",
    "contest_prizes": "Contest prizes",
    "contest_rules": "Contest rules",
}


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("Print, scan, copy", ["printing_scanning_copying"]),
        ("print, scan, copy, wifi", ["printing_scanning_copying", "wifi"]),
        ("fines_fees", ["fines_fees"]),
        ("finse", ["fines_fees"]),
        ("prnting", ["printing_scanning_copying"]),
        ("wi fi", ["wifi"]),
        ("renew", ["renew_loan"]),
        ("interlibary, fine", ["interlibrary_loan", "fines_fees"]),
        ("wifi, wi-fi", ["wifi"]),
    ],
)
def test_a_topic_is_found_by_its_label_its_name_a_part_or_nearly(typed: str, names: list[str]) -> None:
    assert list(read(typed, CALLED, CALLED).names) == names


def test_what_was_taken_for_another_word_is_told() -> None:
    assert read("finse, wifi", CALLED, CALLED).taken == (("finse", "fines_fees"),)


def test_what_fits_several_topics_is_asked_back() -> None:
    found = read("contest", CALLED, CALLED)
    assert (found.names, found.unknown) == ((), "contest")
    assert set(found.near) == {"contest_prizes", "contest_rules"}


def test_what_is_like_no_topic_offers_none() -> None:
    assert read("zzzz", CALLED, CALLED) == Typed(unknown="zzzz")
