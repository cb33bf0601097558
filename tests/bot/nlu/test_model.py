"""The trained model as Rasa tests it: stories told by students' words, on the model that the run shares."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.console.keeping import KEPT

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_every_conversation_goes_as_it_is_told(models: Path, tmp_path: Path) -> None:
    """`rasa test core` over tests/conversations: each intent, entity and action is as the story says.

    What staff have kept goes with its own moments, which Rasa's test does not know: tests/e2e plays it.
    """
    stories = tmp_path / "conversations"
    shutil.copytree(ROOT / "tests" / "conversations", stories, ignore=shutil.ignore_patterns(KEPT))
    tested = subprocess.run(
        [
            str(Path(sys.executable).with_name("rasa")),
            *("test", "core", "--stories", str(stories), "--model", str(models), "--out", str(tmp_path)),
            "--no-plot",
        ],
        cwd=ROOT,
        # The stories are about the model: no store of this machine's may have a say.
        env={**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/none.db", "CARREL_VAR": str(ROOT / "var")},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    failed = tmp_path / "failed_test_stories.yml"
    report = json.loads((tmp_path / "story_report.json").read_text())

    assert tested.returncode == 0, tested.stderr[-4000:]
    assert "None of the test stories failed" in failed.read_text(), failed.read_text()
    assert report["conversation_accuracy"]["correct"] == report["conversation_accuracy"]["total"]
    assert report["conversation_accuracy"]["total"] == _stories(stories)


def _stories(folder: Path) -> int:
    return sum(line.startswith("  - story:") for path in folder.glob("*.yml") for line in path.read_text().splitlines())
