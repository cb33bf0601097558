"""A sample edition that takes photos in the chat, and photos made byte by byte, for tests of the contest."""

from __future__ import annotations

import io
import random
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from PIL import ExifTags, Image
from pillow_heif import register_heif_opener
from sqlalchemy.engine import Engine

from bot.store import facts
from bot.store.library_tables import ContestRow

CONTEST = "photo-contest-sample"
RULES = ["The photo shows the library.", "You took it yourself."]


def edition(engine: Engine, now: datetime, **other: Any) -> str:
    """Add an edition that opened a week before `now` and closes a week after; return its key."""
    values: dict[str, Any] = {
        "key": CONTEST,
        "title": "Light in the Library",
        "edition": "2026",
        "theme": "Light in the Library",
        "hashtag": "#lightinthelibrary",
        "about": "",
        "opens": now - timedelta(days=7),
        "closes": now + timedelta(days=7),
        "may_enter": ["students", "staff"],
        "may_not_enter": ["alumni"],
        "entries_per_person": 2,
        "max_file_mb": 10,
        "file_types": ["JPEG", "PNG", "WebP", "HEIC"],
        "how_to_enter": "Send your photo in this chat.",
        "rules": RULES,
        "awards": [{"name": "Winning entry", "prize": ""}],
        "results": [],
        "figures": "",
        "url": "",
        "entries_in_chat": True,
        "contact_asked": False,
        "sample": "all of it",
        "changed_at": now,
        "changed_by": "test",
    }
    with engine.begin() as connection:
        connection.execute(sa.insert(ContestRow.__table__).values({**values, **other}))
        facts.changed(connection)
    return str(values["key"])


# A position that no test may find in a stored byte, and the words around it.
GPS_WORDS = (b"Clear Water Bay", b"GPSLatitude", b"Exif\x00", b"SecretCamera")


def picture(width: int = 320, height: int = 200, seed: int = 1) -> Image.Image:
    """Return a picture that looks like no other `seed`'s."""
    chance = random.Random(seed)
    made = Image.new("RGB", (width, height), tuple(chance.randrange(256) for _ in range(3)))
    for _ in range(24):
        left, top = chance.randrange(width), chance.randrange(height)
        block = (left, top, left + chance.randrange(8, width), top + chance.randrange(8, height))
        made.paste(tuple(chance.randrange(256) for _ in range(3)), block)
    return made


def exif(orientation: int = 1) -> Image.Exif:
    """Return EXIF that tells the camera, the place and the words of a caption."""
    told = Image.Exif()
    told[ExifTags.Base.Orientation] = orientation
    told[ExifTags.Base.Model] = "SecretCamera 9000"
    told[ExifTags.Base.ImageDescription] = "Clear Water Bay"
    place = told.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitudeRef] = "N"
    place[ExifTags.GPS.GPSLatitude] = (22.0, 20.0, 13.0)
    place[ExifTags.GPS.GPSAreaInformation] = b"ASCII\x00\x00\x00Clear Water Bay"
    return told


def photo(format_: str = "JPEG", *, orientation: int = 1, seed: int = 1, profile: bytes | None = None) -> bytes:
    """Return a photo as a phone makes it, in a format of Pillow's: EXIF, GPS and a comment inside."""
    register_heif_opener()
    file = io.BytesIO()
    more: dict[str, Any] = {"comment": b"Clear Water Bay"} if format_ == "JPEG" else {}
    if profile is not None:
        more["icc_profile"] = profile
    picture(seed=seed).save(file, format_, exif=exif(orientation).tobytes(), **more)
    return file.getvalue()


def bomb() -> bytes:
    """Return a small file of forty million pixels."""
    file = io.BytesIO()
    Image.new("L", (8000, 5000)).save(file, "PNG")
    return file.getvalue()
