"""Whether other users of this machine may read what Carrel has written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx

from bot import private
from bot.doctor.findings import Finding
from bot.settings import Settings

SHOWN = 3


def rights(settings: Settings, _client: httpx.Client) -> Iterator[Finding]:
    """Yield what other users can read, and what to do about it."""
    found = list(private.open_to_others(private.places(settings)))
    if found:
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        says = f"Other users of this machine may read {', '.join(map(str, found[:SHOWN]))}{more}."
        folders = f"{settings.var} {settings.models}"
        yield Finding("files", "wrong", says, f"Start Carrel again as the owner, or: chmod -R go-rwx {folders}")
    else:
        yield Finding("files", "ok", "What Carrel writes is readable by its own user alone.")
    secrets = Path(".env")
    if secrets.exists() and list(private.open_to_others([secrets])):
        yield Finding("files", "warn", "Other users of this machine may read .env.", "chmod 600 .env")
