"""What Carrel writes is its own user's alone."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

from bot import private
from tests.stack import ROOT, binary


def carrel(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of Carrel's by a user whose files everybody may read, its data in `folder`."""
    environment = {
        **os.environ,
        "CARREL_VAR": str(folder / "var"),
        "CARREL_MODELS": str(folder / "models"),
        "DATABASE_URL": f"sqlite:///{folder}/elsewhere/store.db",
    }
    command = [binary("carrel"), *words]
    return subprocess.run(
        command, cwd=ROOT, env=environment, umask=0o022, capture_output=True, text=True, timeout=120, check=True
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A place where an older Carrel has run: everything is open."""
    for name in ("var/work", "models", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("var/log", "var/work/messages.json", "models/m.tar.gz"):
        (tmp_path / name).write_text("x")
    with sqlite3.connect(tmp_path / "elsewhere" / "store.db") as store:
        store.execute("PRAGMA journal_mode=WAL")
    for path in [*tmp_path.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return tmp_path


def test_what_is_there_is_closed_and_what_is_written_is_closed_from_the_first_moment(folder: Path) -> None:
    """The database and what SQLite puts beside it, keys, logs, models: at the start of any process."""
    carrel(folder, "prepare")
    carrel(folder, "content", "load", "--yes")
    modes = {str(path.relative_to(folder)): path.stat().st_mode & 0o777 for path in folder.rglob("*")}

    assert modes.pop("elsewhere") == 0o755, "a folder that is not ours is left alone"
    assert {"var", "var/work", "var/secret_key", "var/log", "models/m.tar.gz", "elsewhere/store.db"} <= modes.keys()
    assert {name: mode for name, mode in modes.items() if mode & 0o077} == {}


def test_what_is_linked_and_what_is_everybodys_stays_as_it_is(tmp_path: Path) -> None:
    """Nothing outside of Carrel's folders is changed, and no folder like /tmp is closed."""
    var, shared, outside = tmp_path / "var", tmp_path / "shared", tmp_path / "outside"
    for each in (var, shared):
        each.mkdir(mode=0o755)
    shared.chmod(0o1777)
    outside.write_text("x")
    outside.chmod(0o644)
    (var / "link").symlink_to(outside)
    private.close([var, shared, tmp_path / "missing"])

    assert outside.stat().st_mode & 0o777 == 0o644
    assert shared.stat().st_mode & 0o7777 == 0o1777
    assert var.stat().st_mode & 0o777 == 0o700
