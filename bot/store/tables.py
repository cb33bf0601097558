"""All tables, for whoever needs the whole: the migrations."""

from __future__ import annotations

from bot.store import learning_tables, library_tables, message_tables, thread_tables, user_tables
from bot.store.base import metadata

__all__ = ["learning_tables", "library_tables", "message_tables", "metadata", "thread_tables", "user_tables"]
