"""Where photos are kept: a folder for the owner alone, whole files under names that nobody guesses."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from bot.contest.storage import FolderStorage, Missing, S3Storage, Storage, StorageError, new_key, storage_at


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


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """A bucket of a server that speaks S3, found by the variables by which operators name theirs."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL_S3": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="photos")
    yield storage_at("s3://photos/contest/2026", Path("unused"))
    server.stop()


def test_a_bucket_keeps_reads_lists_and_removes_like_a_folder(bucket: Storage) -> None:
    key, other = new_key("jpg"), new_key("png")
    bucket.put(key, b"light", "image/jpeg")
    bucket.put(other, b"dark", "image/png")
    assert bucket.open(key) == b"light"
    assert {name for name, _ in bucket.keys()} == {key, other}  # noqa: SIM118 - a storage is no dictionary
    assert boto3.client("s3").head_object(Bucket="photos", Key=f"contest/2026/{key}")["ContentType"] == "image/jpeg"
    bucket.delete(key)
    bucket.delete(key)
    with pytest.raises(Missing):
        bucket.open(key)
    with pytest.raises(Missing):
        bucket.open("../../secret")


def test_a_bucket_that_is_not_there_is_said_in_words(bucket: Storage) -> None:
    with pytest.raises(StorageError, match="refused: NoSuchBucket"):
        storage_at("s3://elsewhere", Path("unused")).put(new_key("jpg"), b"light", "image/jpeg")
    with pytest.raises(StorageError, match="can't be reached"):
        S3Storage("photos", "", boto3.client("s3", endpoint_url="http://127.0.0.1:9")).open(new_key("jpg"))
