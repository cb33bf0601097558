"""The conversations in evaluation/conversations, told to a model as Rasa tests it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.stack import ROOT, binary


@dataclass(frozen=True)
class Told:
    """How many conversations there are, how many went as they are told, and those that did not, in Rasa's words."""

    conversations: int
    right: int
    failed: str


def told(models: Path, folder: Path) -> Told:
    """Run `rasa test core` on the model in `models`; what it writes goes into `folder`."""
    stories, out = ROOT / "evaluation" / "conversations", folder / "out"
    command = [binary("rasa"), "test", "core", "--stories", str(stories), "--model", str(models), "--out", str(out)]
    # The stories are about the model: no store of this machine's may have a say.
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/none.db", "CARREL_VAR": str(ROOT / "var")}
    run = subprocess.run(
        [*command, "--no-plot"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    if run.returncode:
        raise AssertionError(run.stderr[-4000:])
    found = json.loads((out / "story_report.json").read_text())["conversation_accuracy"]
    return Told(found["total"], found["correct"], (out / "failed_test_stories.yml").read_text())
