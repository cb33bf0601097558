"""Where the contest's files are kept: a folder, or a bucket that speaks S3. Names are random; files never change."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

NAME = re.compile(r"[A-Za-z0-9_-]{24}\.[a-z0-9]{3,4}")
S3_SECONDS = 20


class StorageError(Exception):
    """A file can't be kept or read now; the text says why, without its name."""


class Missing(StorageError):
    """There is no such file."""


def new_key(ending: str) -> str:
    """Return a name that nobody can guess, with an ending such as "jpg"."""
    return f"{secrets.token_urlsafe(18)}.{ending}"


class Storage(Protocol):
    """A place for files. Every method raises StorageError when the place can't be used."""

    def put(self, key: str, body: bytes, mime: str) -> None:
        """Keep a file: afterwards it is there whole, or not at all."""

    def open(self, key: str) -> bytes:
        """Return a file. Raises Missing."""

    def delete(self, key: str) -> None:
        """Remove a file, if it is there."""

    def keys(self) -> Iterator[tuple[str, datetime]]:
        """Return every file's name with when it was written, UTC."""


def storage_at(address: str, folder: Path) -> Storage:
    """Return the storage at s3://bucket/prefix, or in `folder` if the address is empty."""
    if not address:
        return FolderStorage(folder)
    parts = urlsplit(address)
    return S3Storage(parts.netloc, parts.path.strip("/"))


class FolderStorage:
    """Files in a folder that only its owner can read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, key: str, body: bytes, mime: str) -> None:  # noqa: ARG002 (a folder keeps no types)
        """Keep a file."""
        path = self._path(key)
        half = path.with_suffix(".part")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            half.replace(path)
        except OSError as error:
            raise StorageError(f"The folder of the contest's photos can't be written: {error.strerror}.") from error

    def open(self, key: str) -> bytes:
        """Return a file. Raises Missing."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as error:
            raise Missing("This file is not there any more.") from error
        except OSError as error:
            raise StorageError(f"The folder of the contest's photos can't be read: {error.strerror}.") from error

    def delete(self, key: str) -> None:
        """Remove a file, if it is there."""
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(f"The folder of the contest's photos can't be changed: {error.strerror}.") from error

    def keys(self) -> Iterator[tuple[str, datetime]]:
        """Return every file's name with when it was written; half-written ones too, which no row ever names."""
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            try:
                written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            except FileNotFoundError:  # removed meanwhile
                continue
            yield path.name, written

    def _path(self, key: str) -> Path:
        if not NAME.fullmatch(key):
            raise Missing("This is not the name of a file.")
        return self._folder / key


class S3Storage:
    """Files in a bucket. Who may use it, and where it is, boto3 reads from AWS_… variables as everywhere."""

    def __init__(self, bucket: str, prefix: str, client: Any = None) -> None:
        waits = Config(connect_timeout=S3_SECONDS, read_timeout=S3_SECONDS, retries={"max_attempts": 2})
        self._client = client or boto3.client("s3", config=waits)
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""

    def put(self, key: str, body: bytes, mime: str) -> None:
        """Keep a file."""
        self._call("put_object", Key=self._named(key), Body=body, ContentType=mime)

    def open(self, key: str) -> bytes:
        """Return a file. Raises Missing."""
        found = self._call("get_object", Key=self._named(key))
        try:
            return bytes(found["Body"].read())
        except (BotoCoreError, OSError) as error:
            raise StorageError("The bucket of the contest's photos broke off.") from error

    def delete(self, key: str) -> None:
        """Remove a file, if it is there."""
        self._call("delete_object", Key=self._named(key))

    def keys(self) -> Iterator[tuple[str, datetime]]:
        """Return every file's name with when it was written."""
        more: dict[str, str] = {}
        while True:
            page = self._call("list_objects_v2", Prefix=self._prefix, **more)
            for each in page.get("Contents", ()):
                yield each["Key"].removeprefix(self._prefix), each["LastModified"].astimezone(UTC)
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def _named(self, key: str) -> str:
        if not NAME.fullmatch(key):
            raise Missing("This is not the name of a file.")
        return f"{self._prefix}{key}"

    def _call(self, what: str, **values: Any) -> Any:
        try:
            return getattr(self._client, what)(Bucket=self._bucket, **values)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in {"NoSuchKey", "404"}:
                raise Missing("This file is not there any more.") from error
            raise StorageError(f"The bucket of the contest's photos refused: {code or 'no reason given'}.") from error
        except BotoCoreError as error:
            raise StorageError(
                f"The bucket of the contest's photos can't be reached: {type(error).__name__}."
            ) from error
