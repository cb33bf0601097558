"""Dependencies of the public pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy.engine import Engine

from bot.contest.storage import Storage

NAME = "carrel_counter"


@dataclass(frozen=True)
class Counter:
    """The store, the clock, and `figures`: what the statement's texts are filled with, such as {"words_days": 180}.

    `storage`: where contest photos are. `app_secrets`: one of these signs Meta's deletion requests. For the contest's
    gallery: the library's `zone`, and where the bot is met: the Facebook `page`, and the WhatsApp `number` in digits,
    each "" if the bot is not there.
    """

    engine: Engine
    now: Callable[[], datetime]
    figures: Mapping[str, int]
    storage: Storage | None = None
    app_secrets: Sequence[str] = field(default=(), repr=False)
    public_url: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    page: str = ""
    number: str = ""


def counter() -> Counter:
    """Return the counter of the application serving this request."""
    return cast(Counter, current_app.extensions[NAME])
