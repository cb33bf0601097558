"""Entries of a contest with real photos in a real storage, for tests of what staff and voters do with them."""

from __future__ import annotations

import io
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from PIL import Image
from sqlalchemy.engine import Engine

from bot.contest.storage import Storage, new_key
from bot.store import content, people
from bot.store.contest_tables import EntryRow, PhotoRow
from connectors.messages import Address
from tests.contest import CONTEST

ROOT = Path(__file__).parents[1]
ENTRIES, PHOTOS = EntryRow.__table__, PhotoRow.__table__


TEXTS = ("contest_told", "contest_reason")


def told_texts(engine: Engine, now: datetime) -> None:
    """Load what entrants and voters are told, and no other content: the whole of it takes seconds."""
    with tempfile.TemporaryDirectory() as folder:
        for path in (f"answers/{language}{name}.yml" for language in ("", "zh-Hant/") for name in TEXTS):
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / "content" / path, Path(folder) / path)
        content.apply(engine, content.plan(engine, content.read(Path(folder))), now=now)


def picture(number: int, size: tuple[int, int] = (320, 240)) -> bytes:
    """Return a JPEG in a colour of its own."""
    made = io.BytesIO()
    Image.new("RGB", size, (40 + number * 37 % 200, 40 + number * 91 % 200, 40 + number * 53 % 200)).save(made, "JPEG")
    return made.getvalue()


def somebody(engine: Engine, name: str, wrote: datetime, language: str = "en", channel: str = "messenger") -> int:
    """Add somebody who wrote at a moment; return their number."""
    with engine.begin() as connection:
        found = people.find_or_add(connection, Address(channel, name), wrote, wrote_at=wrote)
    people.speaks(engine, found.id, language)
    return found.id


def entry(
    engine: Engine, number: int, person_id: int | None, now: datetime, storage: Storage | None = None, **other: Any
) -> int:
    """Add an entry with its photo, cleaned and stored; return its row's number."""
    values: dict[str, Any] = {
        "contest": CONTEST,
        "number": number,
        "person_id": person_id,
        "state": "entered",
        "language": "en",
        "title": f"Photo {number}",
        "description": f"What photo {number} shows",
        "shown_name": f"Entrant {number}",
        "who": "students",
        "began_at": now,
        "entered_at": now,
        "changed_at": now,
    }
    phash = other.pop("phash", f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}")
    keys = {name: new_key("jpg") for name in ("original", "web", "thumb")}
    if storage:
        for name, key in keys.items():
            storage.put(key, picture(number, (160, 120) if name == "thumb" else (640, 480)), "image/jpeg")
    with engine.begin() as connection:
        added = connection.execute(sa.insert(ENTRIES).values({**values, **other}))
        entry_id = int(added.inserted_primary_key[0])
        photo = {"entry_id": entry_id, "sent_as": f"sent-{number}", "state": "ready", "source": {}, "phash": phash}
        sizes = {"width": 640, "height": 480, "bytes": 2_000_000, "mime": "image/jpeg"}
        moments = {"next_try_at": now, "received_at": now, "ready_at": now}
        connection.execute(sa.insert(PHOTOS).values(**photo, **sizes, **moments, **keys))
    return entry_id


def many(engine: Engine, count: int, now: datetime, storage: Storage | None = None, **other: Any) -> list[int]:
    """Add entries by as many people over three weeks; return their rows' numbers."""
    who = [somebody(engine, f"person-{number}", now) for number in range(1, count + 1)]
    return [
        entry(engine, number, person, now - timedelta(days=number % 21), storage, **other)
        for number, person in enumerate(who, start=1)
    ]
