"""Whole conversations, as students type them, over the three channels' rendering."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dialogues.files import HERE, dialogues
from tests.dialogues.measured import measure
from tests.dialogues.replay import CHANNELS, stage
from tests.stack import Stack

pytestmark = pytest.mark.slow

# Below what docs/model.md tells by what another processor's rounding takes.
RIGHT, CARE, MESSAGES = 0.75, 0.75, 1.15


# What is understood is the same on each channel, and how it is shown is seen in two of the files on all three.
ON_ONE = {
    **{"first_b.yml": "messenger", "chinese.yml": "whatsapp", "chinese_later.yml": "twilio"},
    **{"later_a.yml": "whatsapp", "later_b.yml": "twilio", "later_c.yml": "messenger"},
    **{
        "later_d.yml": "whatsapp",
        "held_out_a.yml": "twilio",
        "held_out_b.yml": "whatsapp",
        "field.yml": "messenger",
        "chinese_later_b.yml": "whatsapp",
    },
}


@pytest.mark.parametrize("file", sorted(path.name for path in HERE.glob("*.yml")))
def test_conversations_go_as_a_good_librarian_would_have_them(stack: Stack, tmp_path: Path, file: str) -> None:
    """On its channels most thoughts keep to all that is expected, in few messages; whoever is in danger is helped."""
    channels = (ON_ONE[file],) if file in ON_ONE else CHANNELS
    found = measure(stage(stack.rasa_url, tmp_path), dialogues([HERE / file]), tmp_path / "told", channels)

    for channel, each in found.items():
        told = (tmp_path / "told" / f"{channel}.md").read_text()
        assert each.right >= RIGHT, told
        assert not each.thoughts["care"] or each.of("care") >= CARE, told
        assert each.messages_a_thought <= MESSAGES, told
