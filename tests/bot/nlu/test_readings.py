"""A message read alone and together with the question before it; the numbers are small ones by hand."""

from __future__ import annotations

import numpy as np
import pytest

from bot.nlu.readings import Before, read

INTENTS = ["borrow_loan_rules", "follow_up", "wifi"]
LOANS = Before("can i borrow a dvd", "borrow_loan_rules")


def rows(*likely: tuple[float, float, float]) -> np.ndarray:
    """Return readings: alone, with the words before, with the topic's name."""
    return np.array(likely)


def test_few_words_that_say_nothing_go_on_with_the_topic() -> None:
    """ "how long" alone is a follow-up."""
    found = read("how long", LOANS, INTENTS, rows((0.1, 0.8, 0.1), (0.9, 0.05, 0.05), (0.9, 0.05, 0.05)))

    assert INTENTS[int(found.likely.argmax())] == "borrow_loan_rules"
    assert found.follows
    assert found.bare


def test_a_whole_question_of_another_topic_changes_it() -> None:
    """It is sure of itself, though it shares the words of the one before it when read together."""
    said = "how do i connect my laptop to the wifi"
    found = read(said, LOANS, INTENTS, rows((0.01, 0.01, 0.98), (0.4, 0.0, 0.6), (0.2, 0.0, 0.8)))

    assert INTENTS[int(found.likely.argmax())] == "wifi"
    assert not found.follows


def test_what_is_corrected_is_less_likely_meant_again() -> None:
    """The answer to the question before was a wrong one, or so its reader says."""
    readings = rows((0.3, 0.4, 0.3), (0.5, 0.1, 0.4), (0.5, 0.1, 0.4))
    plain, corrected = (read("the other", LOANS, INTENTS, readings, corrects=each).likely for each in (False, True))

    assert corrected[0] < plain[0]
    assert corrected.sum() == pytest.approx(1)


@pytest.mark.parametrize("metadata", [None, {}, {"before": None}, {"before": {"intent": "wifi"}}, "words"])
def test_without_a_question_before_there_is_none(metadata: object) -> None:
    """Rasa's own shell and tests tell nothing."""
    assert Before.of(metadata) is None


def test_courtesy_that_is_clear_by_itself_goes_on_with_nothing() -> None:
    """ "k bye" after a question is no question, however short it is; what is not clear is read with it."""
    intents = ["borrow_loan_rules", "follow_up", "goodbye"]
    with_before = ((0.9, 0.0, 0.1), (0.9, 0.0, 0.1))
    clear, unclear = (
        read("k bye", LOANS, intents, rows(alone, *with_before)) for alone in ((0.02, 0.02, 0.96), (0.3, 0.3, 0.4))
    )

    assert clear.likely.tolist() == [0.02, 0.02, 0.96]
    assert intents[int(unclear.likely.argmax())] == "borrow_loan_rules"


@pytest.mark.parametrize(
    ("text", "by_name", "perhaps"), [("do i pay", 0.9, True), ("do i pay", 0.2, False), ("the wifi please", 0.9, False)]
)
def test_words_that_any_topic_may_have_perhaps_go_on_with_the_one_before(
    text: str, by_name: float, perhaps: bool
) -> None:
    """Read alone they are surely of another: where they are of the one before behind its name, answers decide."""
    readings = rows((0.001, 0.001, 0.998), (0.5, 0.0, 0.5), (by_name, 0.0, 1 - by_name))

    assert read(text, LOANS, INTENTS, readings).perhaps is perhaps
