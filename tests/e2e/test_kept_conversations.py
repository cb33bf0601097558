"""Conversations that staff have kept as tests go as they went, on any later day: each is asked as of its own moment."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from bot.console.keeping import Asked, as_file, asked_in, story
from bot.dialogue import RasaDialogue
from tests.stack import Stack

pytestmark = pytest.mark.slow

NIGHT = datetime(2026, 12, 25, 23, 0, tzinfo=ZoneInfo("Asia/Hong_Kong"))


@pytest.fixture
def dialogue(stack: Stack) -> RasaDialogue:
    """The bot as it stands."""
    return stack.dialogue()


def test_a_conversation_is_kept_and_goes_the_same_way_on_another_day(dialogue: RasaDialogue) -> None:
    asked = [
        Asked("are you open tomorrow [really]?", "", NIGHT, ("typhoon-8",)),
        Asked("1", "/opening_hours", NIGHT),
        Asked("any events next week", "", NIGHT),
    ]
    kept = YAML(typ="safe").load(as_file(story(dialogue, "Late", asked, "test-0-kept")))["stories"][0]
    assert "2026-12-26" in kept["steps"][0]["user"]
    again = asked_in(kept)
    assert [each.at for each in again] == [NIGHT, NIGHT, NIGHT]
    assert [each.words for each in again] == [
        "are you open tomorrow [really]?",
        "/opening_hours",
        "any events next week",
    ]
    assert again[0].conditions == ("typhoon-8",)
    assert story(dialogue, "Late", again, "test-0-again")["steps"] == kept["steps"]
