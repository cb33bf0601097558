"""The index of the store's answers: what is nearest to what, with the real encoder."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.calendar.facts import Answer
from bot.nlu.answer_index import MOST_NEAR, NOTHING, Index, index
from bot.nlu.encoder import PACKAGED, SentenceEncoder, prepared

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder(prepared(PACKAGED, ROOT / "var" / "encoders"))


@pytest.fixture(scope="module")
def printing(encoder: SentenceEncoder) -> Index:
    answers = (
        Answer("where", "printing", "Where printers are", "LG1", ("which level has the printers", "where can i print")),
        Answer("price", "printing", "Prices", "HK$0.3", ("how much is a page",)),
        Answer("silent", "printing", "Nobody asks this", "…"),
        Answer("lost", "wifi", "Forgotten password", "…", ("i forgot my wifi password",)),
        *(
            Answer(f"more-{number}", "many", f"Thing {number}", "…", (f"tell me of thing {number}",))
            for number in range(9)
        ),
    )
    return index(answers, encoder.encode)


@pytest.mark.parametrize(
    ("said", "topics", "key"),
    [
        ("wher r the printers??", ["printing"], "where"),
        ("price per page", ["printing"], "price"),
        ("wifi pw forgotten", ["printing", "wifi"], "lost"),
    ],
)
def test_the_likeliest_answer_of_a_topic_comes_first(
    printing: Index, encoder: SentenceEncoder, said: str, topics: list[str], key: str
) -> None:
    """By its ways to ask, its title and its text."""
    found = printing.near(encoder.encode([said]), [said], topics)
    first = [each["sure"] for each in found if each["topic"] == topics[0]]

    assert key in {each["key"] for each in found if each["sure"] > 0.5}
    assert [each["topic"] for each in found] == sorted((each["topic"] for each in found), key=topics.index)
    assert first == sorted(first, reverse=True)
    assert sum(first) == pytest.approx(1, abs=0.001)


def test_words_that_stand_as_a_way_to_ask_are_known_word_by_word(printing: Index, encoder: SentenceEncoder) -> None:
    """Whatever their letters and their sentence are like."""
    found = printing.near(encoder.encode(["Where can I print?"]), ["Where can I print?"], ["printing"])

    assert (found[0]["key"], found[0]["sure"] > 0.9) == ("where", True)


def test_the_only_answer_of_a_topic_is_sure(printing: Index, encoder: SentenceEncoder) -> None:
    """Whether it is near enough, its score says."""
    [found] = printing.near(encoder.encode(["the network is down"]), ["the network is down"], ["wifi"])

    assert (found["key"], found["sure"]) == ("lost", 1.0)
    assert found["score"] < 0.8


def test_a_topic_gives_only_so_many(printing: Index, encoder: SentenceEncoder) -> None:
    """A turn carries what a choice needs, and no more."""
    assert len(printing.near(encoder.encode(["thing"]), ["thing"], ["many"])) == MOST_NEAR


def test_an_answer_without_a_way_to_ask_is_not_asked_for(printing: Index) -> None:
    """Such as what is said while the bot is out of order."""
    assert "silent" not in {key for _, key in printing.answers}


def test_the_same_words_have_cosine_one(printing: Index, encoder: SentenceEncoder) -> None:
    """However many others there are: this is what lets a new answer decide the topic."""
    topic, score = printing.nearest(encoder.encode(["i forgot my wifi password"])[0])

    assert topic == "wifi"
    assert score > 0.9


@pytest.mark.parametrize(("said", "topic", "fits"), [("how much", "printing", True), ("how much", "wifi", False)])
def test_words_of_any_topic_fit_where_an_answer_is_near(
    printing: Index, encoder: SentenceEncoder, said: str, topic: str, fits: bool
) -> None:
    """A price is on record of printing, and of nothing else."""
    assert printing.fits(topic, encoder.encode([said])[0]) is fits
    assert not NOTHING.fits(topic, encoder.encode([said])[0])


def test_an_empty_store_has_nothing_near(encoder: SentenceEncoder) -> None:
    """No answer, no exception."""
    vector = encoder.encode(["hello"])[0]

    assert index((), encoder.encode) is NOTHING
    assert NOTHING.near(vector[None], ["hello"], ["wifi"]) == []
    assert NOTHING.nearest(vector) == ("", -1.0)
