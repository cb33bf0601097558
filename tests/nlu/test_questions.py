"""The model that the run shares, on questions that were written by somebody who had not seen its examples."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.nlu.questions import parts
from bot.retraining import seed
from bot.retraining.measures import Asked, Guess, calibration_error, guess, macro_f1, measures, questions

ROOT = Path(__file__).parents[2]
LABELLED = frozenset(
    name.removeprefix("part_topic_")
    for name in YAML(typ="safe").load(ROOT / "domain.yml")["responses"]
    if name.startswith("part_topic_")
)


# Below what docs/model.md reports by a dozen questions of 1,567: a processor that rounds the encoder's bytes elsewise
# moves a few across the threshold. Of the last the aim itself is the limit. What is likelier than not is answered, and
# nothing with less than 0.1 is offered (bot.offers): that costs "right" and "found", and asks back half as often.
FLOORS = {"first": 0.92, "right": 0.955, "found": 0.93, "not answered": 0.94, "asked": 0.08, "ece": 0.05}
AT_MOST = {"asked", "ece"}


@pytest.mark.slow
def test_questions_by_other_hands_are_understood(parse: Callable[[str], dict[str, Any]]) -> None:
    """One hand wrote of the topics that were taught first, another of the others; all are measured together."""
    asked = questions()
    found = measures(asked, [guess(parse(each.text)) for each in asked], LABELLED)
    missed = {name: found[name] for name in FLOORS if (found[name] > FLOORS[name]) == (name in AT_MOST)}

    assert missed == {}


# A greeting of one or two words has no other wording; whatever else is a test question must not be an example.
SMALL_TALK = frozenset(
    {
        *("greet", "thanks", "goodbye", "affirm", "deny", "help", "restart", "bot_challenge", "follow_up"),
        *("acknowledge", "wait", "annoyed", "confused"),
    }
)


def _bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def test_no_test_question_is_an_example() -> None:
    """Not even in other marks and letters: an example is known word by word, and would score for nothing."""
    asked = {_bare(each.text) for each in questions()}
    shared = [each for each in seed.read(ROOT).examples if _bare(each.text) in asked]

    assert [each for each in shared if each.intent not in SMALL_TALK or len(_bare(each.text).split()) > 2] == []


@pytest.mark.slow
def test_two_questions_are_found_in_one_message(parse: Callable[[str], dict[str, Any]]) -> None:
    """In their order, each with its place in the text; a greeting is none."""
    text = "hi there. when do you open tomorrow? and where can i print in colour"
    found = parse(text)["questions"]

    assert [each["intent"] for each in found] == ["opening_hours", "printing_scanning_copying"]
    assert [text[each["start"] : each["end"]] for each in found] == [
        "when do you open tomorrow?",
        "where can i print in colour",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("text", ["when do you open? also i want to die", "how do i renew. i cant go on living"])
def test_words_of_distress_decide_wherever_they_stand(parse: Callable[[str], dict[str, Any]], text: str) -> None:
    """A question beside them can wait."""
    assert parse(text)["intent"]["name"] == "self_harm"


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\n\t",
        "🙂🙂🙂",
        "?!?!",
        "a" * 10_000,
        "how late " * 1_200,
        "\x00\x07open\x1b[2J",
        "開到幾點",
        "\u202eopen",
        "👩‍👩‍👧 open?",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_whatever_is_sent_is_parsed(parse: Callable[[str], dict[str, Any]], text: str) -> None:
    """An intent, or that there is none: never an exception."""
    found = parse(text)

    assert found["intent"]["name"]
    assert 0 <= found["intent"]["confidence"] <= 1


@pytest.mark.slow
@pytest.mark.parametrize("text", ["🙂", "...", "   "])
def test_what_holds_no_words_is_not_understood(parse: Callable[[str], dict[str, Any]], text: str) -> None:
    """No topic is likelier than another."""
    assert parse(text)["intent"]["name"] == "nlu_fallback"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("is it open 24/7?", []),
        ("can i eat and drink here", []),
        ("open at 9 a.m. tomorrow?", []),
        ("what time do u close and where are the printers", ["what time do u close", "where are the printers"]),
        ("hw much is colour n how do i top up", ["hw much is colour", "how do i top up"]),
        ("圖書館幾點開，點樣book房", ["圖書館幾點開", "點樣book房"]),
        ("今晚開到幾點？仲有印嘢幾錢", ["今晚開到幾點？", "仲有印嘢幾錢"]),
        ("聽日開唔開同埋有冇講座", ["聽日開唔開", "有冇講座"]),
        ("几点关门 怎么打印", ["几点关门", "怎么打印"]),
        ("我唔見咗張卡，點算", []),
        ("我想問下圖書館星期日開唔開", []),
        ("my card is lost!! can i still borrow?", ["my card is lost!!", "can i still borrow?"]),
        ("wifi down\nprinter broken too", ["wifi down", "printer broken too"]),
        ("幾點開門？印表機在哪裡？", ["幾點開門？", "印表機在哪裡？"]),
    ],
)
def test_a_message_is_cut_where_a_question_ends(text: str, expected: list[str]) -> None:
    """Not within a time, a list or a name."""
    assert [text[start:end] for start, end in parts(text)] == expected


@given(st.text(max_size=200))
def test_parts_lie_in_order_within_the_text(text: str) -> None:
    """Whatever is written."""
    found = parts(text)

    assert len(found) != 1
    assert all(0 <= start < end <= len(text) for start, end in found)
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(found))


def test_the_measures_by_hand() -> None:
    """Three questions and one beyond the library, reckoned on paper."""
    asked = [
        Asked("a", ("wifi",)),
        Asked("b", ("donate", "wifi")),
        Asked("c", ("donate",)),
        Asked("d", ("out_of_scope",)),
    ]
    guesses = [
        Guess((("wifi", 0.9),), sure=True),
        Guess((("wifi", 0.7),), sure=True),
        Guess((("wifi", 0.4), ("donate", 0.35)), sure=False),
        Guess((("out_of_scope", 0.8),), sure=True),
    ]
    found = measures(asked, guesses, frozenset({"wifi", "donate"}))

    assert found["first"] == pytest.approx(2 / 3)
    assert found["direct"] == pytest.approx(2 / 3)
    assert found["right"] == 1
    assert found["found"] == 1
    assert found["asked"] == pytest.approx(1 / 3)
    assert found["declined"] == 1
    assert macro_f1(list(zip(asked, guesses, strict=True))) == pytest.approx((0.8 + 0 + 1) / 3)
    assert calibration_error([(0.9, True), (0.7, True), (0.4, False), (0.8, True)]) == pytest.approx(
        (0.1 + 0.3 + 0.4 + 0.2) / 4
    )


def test_what_is_offered_beside_an_answer_counts_as_found_but_not_as_right() -> None:
    """Three answers to questions of one topic: another topic with it beside, without it, and one that is certain."""
    asked = [Asked("a", ("donate",)), Asked("b", ("donate",)), Asked("c", ("donate",))]
    guesses = [
        Guess((("wifi", 0.7), ("donate", 0.2)), sure=True),
        Guess((("wifi", 0.7), ("donate", 0.05), ("fines_fees", 0.2)), sure=True),
        Guess((("wifi", 0.89), ("donate", 0.11)), sure=True),
    ]
    found = measures(asked, guesses, frozenset({"wifi", "donate", "fines_fees"}))

    assert found["right"] == 0
    assert found["found"] == pytest.approx(1 / 3)
    assert found["beside"] == pytest.approx(2 / 3)
