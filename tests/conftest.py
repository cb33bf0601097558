"""What the whole suite shares: one model of the project a run, and one of the project on a small scale."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from filelock import FileLock

# Before anything imports Rasa or SQLAlchemy, which look at these once.
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tests.stack import ROOT, binary, furnished, small
from tests.stores import sampled, sqlite


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with slow tests first: the short ones then fill what is left of two processes' time.

    Of the slow ones, those that need no model come first: one process trains it while the other has something to do.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    needing = {item.path for item in items if "models" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: (item.path not in slow, item.path in needing))


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the model that `rasa train` makes of the project as it stands."""

    def make(folder: Path) -> None:
        _train(ROOT, folder, ROOT / "var")
        _encode_answers(folder.with_name("answers.db"))

    return _once(tmp_path_factory, "models", make)


@pytest.fixture(scope="session")
def small_models(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same of what `small` makes of the project, after the large one: its examples' vectors are there then."""

    def make(folder: Path) -> None:
        _train(small(folder.with_name("small-project")), folder, furnished(folder.with_name("small-var")))

    return _once(tmp_path_factory, "small-models", make)


def _once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """Return a folder that one process makes for all of this run."""
    own = factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / name
    with FileLock(folder.with_suffix(".lock")):
        if not folder.exists():
            make(folder)
    return folder


def _encode_answers(store: Path) -> None:
    """Have the sample answers' vectors made once: without them each start would encode 20,000 ways to ask."""
    sampled(sqlite(store), datetime.now(UTC)).dispose()
    made = "from bot.nlu.answers import AnswerRanker; AnswerRanker(AnswerRanker.get_default_config())"
    environment = {**os.environ, "CARREL_VAR": str(ROOT / "var"), "DATABASE_URL": f"sqlite:///{store}"}
    subprocess.run([sys.executable, "-c", made], cwd=ROOT, env=environment, timeout=1200, check=True)


def _train(root: Path, folder: Path, var: Path) -> None:
    words = ["train", "--quiet", "--out", str(folder), "--data", str(root / "data")]
    words += ["--domain", str(root / "domain.yml"), "--config", str(root / "config.yml")]
    environment = {**os.environ, "CARREL_VAR": str(var)}
    trained = subprocess.run(
        [binary("rasa"), *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1200, check=False
    )
    if trained.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise AssertionError(trained.stdout[-4000:] + trained.stderr[-4000:])
