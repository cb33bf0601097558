"""The trained model as Rasa tests it: stories told by students' words, on the model that the run shares."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_every_conversation_goes_as_it_is_told(models: Path, tmp_path: Path) -> None:
    """`rasa test core` over tests/conversations: each intent, entity and action is as the story says."""
    tested = subprocess.run(
        [
            str(Path(sys.executable).with_name("rasa")),
            *("test", "core", "--stories", "tests/conversations", "--model", str(models), "--out", str(tmp_path)),
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
    assert report["conversation_accuracy"]["total"] == _stories()


def _stories() -> int:
    files = (ROOT / "tests" / "conversations").glob("*.yml")
    return sum(line.startswith("  - story:") for path in files for line in path.read_text().splitlines())
