"""The trained model as Rasa tests it: stories told by students' words, on the model that the run shares."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stack import ROOT
from tests.told import told


@pytest.mark.slow
def test_every_conversation_goes_as_it_is_told(models: Path, tmp_path: Path) -> None:
    """Each intent, entity and action is as the story says, and no story was left out."""
    found = told(models, tmp_path)

    assert "None of the test stories failed" in found.failed, found.failed
    assert found.right == found.conversations == _stories(ROOT / "evaluation" / "conversations")


def _stories(folder: Path) -> int:
    return sum(line.startswith("  - story:") for path in folder.glob("*.yml") for line in path.read_text().splitlines())
