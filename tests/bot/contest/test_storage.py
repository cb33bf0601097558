"""Where photos are kept: a folder for the owner alone, whole files under names that nobody guesses."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.contest.storage import FolderStorage, Missing, StorageError, new_key, storage_at


def test_a_file_is_kept_read_listed_and_removed(tmp_path: Path) -> None:
    storage, key = storage_at("", tmp_path / "contest"), new_key("jpg")
    storage.put(key, b"light", "image/jpeg")
    assert storage.open(key) == b"light"
    [(name, written)] = storage.keys()
    assert name == key
    assert datetime.now(UTC) - written < timedelta(minutes=1)
    storage.delete(key)
    storage.delete(key)
    assert list(storage.keys()) == []
    with pytest.raises(Missing):
        storage.open(key)


def test_other_users_of_the_machine_can_read_neither_the_folder_nor_a_file(tmp_path: Path) -> None:
    folder = tmp_path / "contest"
    storage, key = FolderStorage(folder), new_key("png")
    storage.put(key, b"light", "image/png")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / key).stat().st_mode) == 0o600


def test_names_are_long_random_and_never_the_same() -> None:
    names = {new_key("jpg") for _ in range(1000)}
    assert len(names) == 1000
    assert {len(each) for each in names} == {28}


@pytest.mark.parametrize("key", ["../carrel.db", "/etc/passwd", "a.jpg", "", "x" * 24 + ".jpg/../../y", "." * 28])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    (tmp_path / "carrel.db").write_bytes(b"secret")
    storage = FolderStorage(tmp_path / "contest")
    for use in (storage.open, storage.delete, lambda name: storage.put(name, b"", "image/jpeg")):
        with pytest.raises(Missing):
            use(key)


def test_a_folder_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "contest").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="can't be written"):
        FolderStorage(tmp_path / "contest").put(new_key("jpg"), b"light", "image/jpeg")


def test_a_folder_that_was_never_written_is_empty(tmp_path: Path) -> None:
    assert list(FolderStorage(tmp_path / "none").keys()) == []
