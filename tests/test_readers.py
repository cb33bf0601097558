"""Each reader of strangers' words bears what was written to slow it down: a short hunt; the long one is a benchmark."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import pytest

from tests.hostile import LENGTHS, PIECES, USUAL, Reader, readers, texts
from tests.hostile_parts import parts, understanding

NAMES = (
    *("times", "places", "questions", "corrections", "plain letters", "groups of letters", "encoder", "same words"),
    *("redaction", "wishes", "folded words", "a choice in words", "text in parts", "marks", "Messenger's form"),
    *("WhatsApp's form", "a time alone", "cantonese", "encoder of Chinese", "languages", "glosses", "courtesies"),
    *("a where alone", "a question that leans", "shared words", "a vote", "photos to be shown", "wishes to be told"),
    *("wishes about one's data", "words about an entry"),
)
PARTS = (
    *("webhooks of messenger", "webhooks of whatsapp", "webhooks of twilio", "the action server"),
    *("the page of a conversation", "the list of conversations", "the search of conversations", "the first page"),
    "the export of conversations",
)
# Ten times what a reader may take, on a machine that is busy; what is mended here took minutes.
SECONDS = 2.0


def _bears(reader: Reader, *, pieces: tuple[str, ...] = PIECES, mixtures: int = 30) -> None:
    """Repetitions of each piece as long as a platform delivers, some as long as none does, and mixtures."""
    reader.read(reader.prepare(USUAL))
    mixed = islice(texts(random.Random(3), lambda: PIECES[0] * 40), 5 * len(PIECES), 5 * len(PIECES) + mixtures)
    tried = [
        *((piece * LENGTHS[0])[: LENGTHS[0]] for piece in pieces),
        *((piece * LENGTHS[1])[: LENGTHS[1]] for piece in pieces[:: len(pieces) // 6]),
        *(text[: LENGTHS[0]] for text in mixed),
    ]
    worst = (0.0, "")
    for text in tried:
        prepared = reader.prepare(text)
        started = time.process_time()
        reader.read(prepared)
        worst = max(worst, (time.process_time() - started, text[:40]))

    assert worst[0] < SECONDS, worst


@pytest.fixture(scope="module")
def whole_parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Reader]]:
    """The parts over a store of the sample library."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CARREL_VAR", str(tmp_path_factory.mktemp("var")))
        patch.setenv("DATABASE_URL", "")
        patch.setenv("LIBRARY_TIMEZONE", "")
        yield parts(tmp_path_factory.mktemp("parts"))


def test_every_reader_is_hunted(whole_parts: Mapping[str, Reader]) -> None:
    """A reader that is added is among those of this test."""
    assert set(NAMES) == set(readers())
    assert set(PARTS) == set(whole_parts)


@pytest.mark.parametrize("name", NAMES)
def test_no_text_holds_up_a_reader(name: str) -> None:
    """Each function that reads words."""
    _bears(readers()[name])


@pytest.mark.parametrize("name", PARTS)
def test_no_text_holds_up_a_part(whole_parts: Mapping[str, Reader], name: str) -> None:
    """A webhook, an answer, a page, as they are asked in earnest."""
    _bears(whole_parts[name], pieces=PIECES[::2], mixtures=15)


@pytest.mark.slow
def test_no_text_holds_up_a_model(models: Path) -> None:
    """All that a trained model understands of a message."""
    _bears(Reader("understanding", understanding(models)))
