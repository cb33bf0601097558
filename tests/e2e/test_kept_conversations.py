"""Conversations that staff have kept as tests go as they went, on any later day: each is asked as of its own moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from ruamel.yaml import YAML

from bot.console.keeping import KEPT, Asked, asked_in, keep_in, story
from bot.dialogue import RasaDialogue
from tests.stack import ROOT, Stack

pytestmark = pytest.mark.slow

NIGHT = datetime(2026, 12, 25, 23, 0, tzinfo=ZoneInfo("Asia/Hong_Kong"))


@pytest.fixture
def dialogue(stack: Stack) -> Iterator[RasaDialogue]:
    """The bot as it stands."""
    with httpx.Client(timeout=30) as client:
        yield RasaDialogue(stack.rasa_url, client)


def steps(text: str) -> Any:
    """Return the steps of a file's only story."""
    return YAML(typ="safe").load(text)["stories"][0]["steps"]


def test_a_conversation_is_kept_and_goes_the_same_way_on_another_day(dialogue: RasaDialogue, tmp_path: Path) -> None:
    asked = [
        Asked("are you open tomorrow [really]?", "", NIGHT, ("typhoon-8",)),
        Asked("1", "/opening_hours", NIGHT),
        Asked("any events next week", "", NIGHT),
    ]
    file = keep_in(tmp_path / KEPT, story(dialogue, "Late", asked, "test-0-kept"))
    kept = YAML(typ="safe").load(file.read_text())["stories"][0]
    assert "2026-12-26" in kept["steps"][0]["user"]
    again = asked_in(kept)
    assert [each.at for each in again] == [NIGHT, NIGHT, NIGHT]
    assert [each.words for each in again] == [
        "are you open tomorrow [really]?",
        "/opening_hours",
        "any events next week",
    ]
    assert again[0].conditions == ("typhoon-8",)
    assert steps(story(dialogue, "Late", again, "test-0-again")) == kept["steps"]


def test_every_conversation_that_staff_have_kept_goes_as_it_went(dialogue: RasaDialogue) -> None:
    path = ROOT / "tests" / "conversations" / KEPT
    kept = YAML(typ="safe").load(path.read_text())["stories"] if path.exists() else []
    differ = [
        each["story"]
        for number, each in enumerate(kept)
        if steps(story(dialogue, each["story"], asked_in(each), f"test-0-kept-{number}")) != each["steps"]
    ]
    assert differ == []
