"""What the whole suite shares: one trained model a run."""

from __future__ import annotations

import os
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes minutes: of two processes none is left with it alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the model that `rasa train` makes of the project as it stands, once for all test processes."""
    here = tmp_path_factory.getbasetemp()
    folder = (here if worker_id == "master" else here.parent) / "models"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            made = folder.with_name("models-in-the-making")
            command = [str(Path(sys.executable).with_name("rasa")), "train", "--quiet", "--out", str(made)]
            trained = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
            assert trained.returncode == 0, trained.stdout[-4000:] + trained.stderr[-4000:]
            made.rename(folder)
    return folder
