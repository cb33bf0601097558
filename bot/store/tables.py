"""All tables, for whoever needs the whole: the migrations."""

from __future__ import annotations

from bot.store import library_tables, message_tables
from bot.store.base import metadata

__all__ = ["library_tables", "message_tables", "metadata"]
