"""Markup that students would see as typed: HTML, which no platform renders."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bot.store.content.schema import Record

_TAGS = "a|b|i|u|em|strong|p|br|div|span|ul|ol|li|h[1-6]|font|img|table|tr|td|sup|sub|small"
_HTML = re.compile(rf"</?(?:{_TAGS})\b[^<>]*>|&(?:nbsp|amp|lt|gt|quot|#\d+);", re.IGNORECASE)


def of_markup(record: Record) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield where an entry's text contains HTML, and what to write instead."""
    for name, value in record.items():
        found = _HTML.search(value) if isinstance(value, str) else None
        if found:
            yield (name,), f"students read “{found[0][:40]}” as it stands; write **bold** or [words](https://…)"
