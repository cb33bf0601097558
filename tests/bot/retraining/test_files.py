"""Files that belong together change together, whoever writes at the same time and whoever is killed."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from bot.retraining import examples, files
from bot.retraining.examples import Change
from tests.bot.retraining.conftest import WIFI, Killed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "wifi.yml").write_text(WIFI)
    (tmp_path / "b.yml").write_text("b\n")
    return tmp_path


def test_all_are_written_or_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full at the second file: the first is as it was, and nothing lies about."""
    wanted = {folder / "b.yml": "new\n", folder / "missing" / "c.yml": "c\n"}
    with pytest.raises(OSError, match="missing"), files.locked(folder):
        files.write(folder, wanted)
    assert (folder / "b.yml").read_text() == "b\n"
    assert sorted(each.name for each in folder.iterdir()) == ["b.yml", "wifi.yml"]


def test_what_a_killed_writer_has_left_is_put_back_by_the_next(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace, count = files.replace, iter(range(9))

    def dies(path: Path, text: str) -> None:
        if next(count) == 2:  # the journal, the first file, and then
            raise Killed
        replace(path, text)

    monkeypatch.setattr(files, "replace", dies)
    wanted = {folder / "b.yml": "new\n", folder / "new.yml": "new\n"}
    with pytest.raises(Killed), files.locked(folder):
        files.write(folder, wanted)
    monkeypatch.undo()
    assert (folder / "b.yml").read_text() == "new\n"
    with files.locked(folder):
        assert (folder / "b.yml").read_text() == "b\n"
    assert sorted(each.name for each in folder.iterdir()) == ["b.yml", "wifi.yml"]


def _adds(folder: Path, name: str) -> None:
    for number in range(15):
        examples.change(folder, Change(add=(("wifi", f"{name} {number}"),)))


def test_two_writers_lose_nothing_of_each_other(folder: Path) -> None:
    (folder / "b.yml").unlink()
    writers = [multiprocessing.get_context("fork").Process(target=_adds, args=(folder, name)) for name in ("x", "y")]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    found = {each.text for each in examples.read(folder).examples}
    assert {f"{name} {number}" for name in ("x", "y") for number in range(15)} <= found
