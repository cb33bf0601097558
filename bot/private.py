"""File permissions: what Carrel writes is for its own user only, folders 0700, files 0600, including existing files.

It contains students' words and ids, password hashes and keys. Not covered: who may see what in the console.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from bot.settings import Settings

OTHERS = 0o077
SQLITE = "sqlite:///"
# Files that SQLite writes beside a database.
BESIDE = ("", "-wal", "-shm", "-journal")


def begin() -> None:
    """Set the umask so that this process, and its children, write nothing that others can read."""
    os.umask(OTHERS)


def places(settings: Settings) -> tuple[Path, ...]:
    """Return where Carrel writes: its folders, and the database if it is a file."""
    address = settings.database_url
    file = address.removeprefix(SQLITE).partition("?")[0] if address.startswith(SQLITE) else ""
    return (settings.var, settings.models, *(Path(f"{file}{end}") for end in BESIDE if file))


def open_to_others(found: Iterable[Path]) -> Iterator[Path]:
    """Yield what other users of this machine may read, write or enter: the paths, and everything below them."""
    for path in _all(found):
        if stat.S_IMODE(path.lstat().st_mode) & OTHERS:
            yield path


def close(found: Iterable[Path]) -> None:
    """Remove other users' permissions. Files owned by somebody else are left to them, and reported by the doctor."""
    for path in open_to_others(found):
        status = path.lstat()
        # A folder like /tmp is shared on purpose, whatever a setting says.
        if status.st_uid == os.getuid() and not status.st_mode & stat.S_ISVTX:
            path.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS)


def _all(found: Iterable[Path]) -> Iterator[Path]:
    for path in found:
        if path.is_symlink() or not path.exists():
            continue
        yield path
        for folder, folders, files in os.walk(path):  # doesn't follow symlinks
            for name in (*folders, *files):
                below = Path(folder) / name
                if not below.is_symlink() and below.exists():
                    yield below
