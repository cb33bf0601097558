"""What the whole suite shares: one trained model a run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

ROOT = Path(__file__).parents[1]

# Before anything imports Rasa or SQLAlchemy, which look at these once.
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the model that `rasa train` makes of the project as it stands: one for all processes."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "models"
    with FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            _train(folder)
    return folder


def _train(folder: Path) -> None:
    command = [str(Path(sys.executable).with_name("rasa")), "train", "--quiet", "--out", str(folder)]
    trained = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    if trained.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise AssertionError(trained.stdout[-4000:] + trained.stderr[-4000:])
