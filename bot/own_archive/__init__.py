"""Everything about one person as a file to hand out: to read, for programs, and with their photos."""

from __future__ import annotations

import io
import json
import zipfile
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from sqlalchemy.engine import Engine

from bot.contest.storage import Storage, StorageError
from bot.store import own_data


def packed(engine: Engine, storage: Storage | None, person_id: int) -> bytes:
    """Return everything about a person as a ZIP file: my-data.html, my-data.json, photos/.

    Raises sqlalchemy.exc.NoResultFound if they are not known.
    """
    told = own_data.everything(engine, person_id)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("my-data.json", json.dumps(told, ensure_ascii=False, indent=2))
        file.writestr("my-data.html", _pages().get_template("my-data.html").render(told=told))
        for name in own_data.photo_files(engine, person_id):
            if (photo := _photo(storage, name)) is not None:
                file.writestr(f"photos/{name}", photo)
    return made.getvalue()


@cache
def _pages() -> Environment:
    return Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)


def _photo(storage: Storage | None, name: str) -> bytes | None:
    try:
        return storage.open(name) if storage is not None else None
    except StorageError:
        return None
