"""The sample library's answers: the right text of a topic is told, and its ways to ask are no test questions."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy.engine import Engine

from bot.nlu.answer_index import index
from bot.nlu.encoder import encode
from bot.store.library import read_answers
from tests import stores
from tests.nlu.asked_for import asked_for, measures

# Below what docs/model.md reports by a dozen questions of 668: see tests/nlu/test_questions.py.
FLOORS = {"first": 0.85, "right": 0.925, "among": 0.91}
MOST_WITHOUT_AN_ANSWER = 0.09


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return stores.sampled(stores.sqlite(tmp_path_factory.mktemp("answers") / "store.db"), datetime.now(UTC))


def test_the_right_text_of_a_topic_is_told(library: Engine) -> None:
    """Asked by hands that had not seen the ways to ask; the topic is given."""
    found = index(read_answers(library), encode)
    asked = asked_for()
    vectors = encode([each.text for each in asked])
    told = [
        (each, found.near(vector[None], [each.text], [each.topic])) for each, vector in zip(asked, vectors, strict=True)
    ]
    got = measures(told)

    assert {name: got[name] for name in FLOORS if got[name] < FLOORS[name]} == {}
    assert got["which"] < MOST_WITHOUT_AN_ANSWER


def test_no_test_question_is_a_way_to_ask(library: Engine) -> None:
    """Not even in other marks and letters."""

    def bare(text: str) -> str:
        return " ".join(re.findall(r"\w+", text.casefold()))

    ways = {bare(way) for answer in read_answers(library) for way in (answer.title, *answer.questions)}
    shared = [each.text for each in asked_for() if bare(each.text) in ways]

    assert shared == []
