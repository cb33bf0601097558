"""A sample edition that takes photos in the chat, and photos made byte by byte, for tests of the contest."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
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
