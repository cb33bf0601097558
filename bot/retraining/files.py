"""Files that belong together, changed together: all of them or none, by one process at a time, whoever is killed."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

# The files of a change as they were before it; it is there only while the change is being written.
JOURNAL = ".before"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep every other writer out; first put back what a killed one has left half written."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        # Of the folder itself: a lock file beside the examples would show in git.
        fcntl.flock(handle, fcntl.LOCK_EX)
        _recover(folder)
        yield
    finally:
        os.close(handle)


def _recover(folder: Path) -> None:
    journal = folder / JOURNAL
    if journal.exists():
        before = json.loads(journal.read_text(encoding="utf-8"))
        _put({folder / name: text for name, text in before.items()})
        journal.unlink()


def write(folder: Path, wanted: Mapping[Path, str | None]) -> None:
    """Put texts in the place of files (None removes one), all or none. The caller holds the lock of `folder`."""
    with writing(folder, wanted):
        pass


@contextmanager
def writing(folder: Path, wanted: Mapping[Path, str | None]) -> Iterator[None]:
    """Write as `write` does, and keep it only if what is done with it goes well: the commit of a store, for one.

    The caller holds the lock of `folder`.
    """
    if not wanted:
        yield
        return
    before = {path: path.read_text(encoding="utf-8") if path.exists() else None for path in wanted}
    journal = folder / JOURNAL
    replace(journal, json.dumps({os.path.relpath(path, folder): text for path, text in before.items()}))
    try:
        _put(wanted)
        yield
    except Exception:
        _put(before)
        journal.unlink()
        raise
    journal.unlink()


def _put(texts: Mapping[Path, str | None]) -> None:
    for path, text in texts.items():
        if text is None:
            path.unlink(missing_ok=True)
        else:
            replace(path, text)


def replace(path: Path, text: str) -> None:
    """Put `text` into the place of a file, whole: who reads sees the one or the other."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
