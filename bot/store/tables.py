"""All tables, for code that needs the whole schema: the migrations."""

from __future__ import annotations

from bot.store import (
    contest_staff_tables,
    contest_tables,
    desk_tables,
    import_tables,
    learning_tables,
    library_tables,
    message_tables,
    privacy_tables,
    session_tables,
    subscription_tables,
    teaching_tables,
    thread_tables,
    user_tables,
)
from bot.store.base import metadata

__all__ = [
    "contest_staff_tables",
    "contest_tables",
    "desk_tables",
    "import_tables",
    "learning_tables",
    "library_tables",
    "message_tables",
    "metadata",
    "privacy_tables",
    "session_tables",
    "subscription_tables",
    "teaching_tables",
    "thread_tables",
    "user_tables",
]
