"""The model that the run shares, on follow-ups that were written by somebody who had not seen its examples."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage

from tests.nlu.followed import follow_ups, measures

ROOT = Path(__file__).parents[2]
# Below what docs/model.md reports by half a dozen of 300: see tests/nlu/test_questions.py.
FLOORS = {"first": 0.8, "right": 0.84}


@pytest.fixture(scope="module")
def understand(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Sequence[str]], Any]:
    """What the model makes of the last of some messages; no store of this machine's may have a say."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{tmp_path_factory.mktemp('none')}/none.db")
        patch.setenv("CARREL_VAR", str(ROOT / "var"))
        processor = Agent.load(str(models)).processor

    def parse(messages: Sequence[str]) -> Any:
        found: dict[str, Any] = {}
        metadata: dict[str, Any] = {}
        for text in messages:
            found = asyncio.run(processor.parse_message(UserMessage(text, metadata=dict(metadata))))
            names = [each["name"] for each in found["intent_ranking"] if each["name"] != "nlu_fallback"]
            first = names[0] if names else ""  # a thumb up has no words to be read
            after = (found.get("questions") or [{}])[-1].get("after", "")
            metadata = {"before": {"text": f"{text} {after}".strip(), "intent": first}}
        return found

    return parse


@pytest.mark.slow
def test_follow_ups_are_understood_with_what_came_before(understand: Callable[[Sequence[str]], Any]) -> None:
    """Fragments, corrections and changes of the subject."""
    found = measures(follow_ups(), understand)

    assert {name: found[name] for name in FLOORS if found[name] < FLOORS[name]} == {}


@pytest.mark.slow
def test_the_same_words_mean_what_they_follow(understand: Callable[[Sequence[str]], Any]) -> None:
    """A few words alone are of no topic, and of another after each question."""
    loan = understand(["can i get a book from another university", "how long"])
    fine = understand(["i lost a library book", "how much"])

    assert loan["intent_ranking"][0]["name"] == "interlibrary_loan"
    assert fine["intent_ranking"][0]["name"] == "fines_fees"
