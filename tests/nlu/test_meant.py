"""Which of all answers a message asks for, alone and behind one that was given: by words and vectors of the samples."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.answer_index import Index, index
from bot.nlu.encoder import encode
from bot.nlu.meant import Asked, Choice, choice
from bot.nlu.overlap import Overlap, words_of
from bot.nlu.questions import wonders
from bot.store.library import read_answers
from tests import stores

# Enough to go wrong between, and soon encoded.
TOPICS = {"printing_scanning_copying", "lost_and_found", "lockers_equipment", "study_room_booking"}


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Index:
    store = stores.sampled(stores.sqlite(tmp_path_factory.mktemp("meant") / "store.db"), datetime.now(UTC))
    return index([answer for answer in read_answers(store) if answer.topic in TOPICS], encode)


def chosen(known: Index, text: str, before: str = "", told: str = "") -> tuple[Choice, str]:
    """Return the choice and the key of the likeliest answer, where no intent is likelier than another."""
    keys = [key for _, key in known.answers]
    place = keys.index(told) if told else None
    likely = np.full((3 if told else 1, len(known.topics)), 1 / len(known.topics))
    asked = Asked(text, known.topics, likely, wonders(text), before, place)
    vectors = encode(asked.texts(known.titles[place] if place is not None else ""))
    found = choice(known, asked, vectors, np.stack([known.scores(vector) for vector in vectors]))
    return found, keys[found.places[int(np.argmax(found.likely))]]


@pytest.mark.parametrize(
    ("text", "key"),
    [("can i print from my phone", "print-phone"), ("lost my umbrella yesterday", "lost-overview")],
)
def test_the_answer_is_found_among_all(known: Index, text: str, key: str) -> None:
    """Whatever its topic."""
    found, best = chosen(known, text)
    assert best == key
    assert found.none == 0


def test_behind_an_answer_another_one_may_be_meant(known: Index) -> None:
    """Few words lean on what was asked before."""
    _, best = chosen(known, "n in colour how much", "can i print from my phone", "print-phone")
    assert best == "print-colour-price"


def test_behind_an_answer_its_own_text_may_be_meant(known: Index) -> None:
    """What asks again for what it tells."""
    _, best = chosen(
        known, "so i send the file or upload it, then tap my card right?", "can i print from my phone", "print-phone"
    )
    assert best == "print-phone"


def test_behind_an_answer_a_remark_means_none(known: Index) -> None:
    """Nobody wants another text for it."""
    found, _ = chosen(known, "haha ok nice", "can i print from my phone", "print-phone")
    assert found.none > found.likely.max()


@given(st.text(max_size=80), st.booleans())
def test_they_are_shares_of_one(known: Index, text: str, behind: bool) -> None:
    """Whatever is typed."""
    found, _ = chosen(known, text, "can i print", "print-phone") if behind else chosen(known, text)
    assert float(found.likely.sum()) + found.none == pytest.approx(1)
    assert found.likely.min() >= 0


def test_a_rare_word_tells_more_than_a_common_one() -> None:
    """And words that nobody knows tell nothing."""
    some = Overlap.of(["the printer is broken", "the microfilm is here", "the desk is here", "the desk is closed"])
    shares = some.shares("is the microfilm zzz")
    assert shares.argmax() == 1
    assert shares[0] == shares[2] == 0
    assert some.shares("zzz").max() == 0


def test_of_chinese_two_letters_are_a_word() -> None:
    """Beside English ones."""
    assert words_of("印表機 Printers") == ["printer", "印表", "表機"]
