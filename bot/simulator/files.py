"""The files that people send: kept by the stand-in, and given to Carrel as each platform gives them."""

from __future__ import annotations

import mimetypes
import shlex
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

# Types that Python's own table does not know on every system.
TYPES = {".heic": "image/heic", ".heif": "image/heif", ".webp": "image/webp"}


@dataclass(frozen=True)
class SentFile:
    """A file that somebody sends. `type` follows its name, as phones do it: its content may be another."""

    body: bytes
    name: str

    @property
    def type(self) -> str:
        """Its type by its name."""
        return (
            TYPES.get(Path(self.name).suffix.lower())
            or mimetypes.guess_type(self.name)[0]
            or "application/octet-stream"
        )


def named(command: str) -> list[SentFile]:
    """Return the files that a command names after its first word. Raises OSError, or ValueError for open quotes."""
    return [SentFile(Path(name).read_bytes(), Path(name).name) for name in shlex.split(command)[1:]]


@dataclass
class Files:
    """What was sent, by an id that the platform gives."""

    kept: dict[str, SentFile] = field(default_factory=dict)

    def keep(self, file: SentFile) -> str:
        """Keep a file and return its id."""
        name = uuid.uuid4().hex
        self.kept[name] = file
        return name

    def at(self, path: str) -> SentFile | None:
        """Return the file at an address of `address_of`; None: there is none."""
        parts = urlsplit(path).path.strip("/").split("/")
        return self.kept.get(parts[1]) if len(parts) == 2 and parts[0] == "files" else None

    def address_of(self, path: str, at: str) -> str:
        """Return where WhatsApp keeps the file that is asked for by its id, /version/id; "" if there is none."""
        name = urlsplit(path).path.rsplit("/", 1)[-1]
        return f"{at}/files/{name}" if name in self.kept else ""
