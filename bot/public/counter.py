"""Dependencies of the public pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from flask import current_app
from sqlalchemy.engine import Engine

from bot.contest.storage import Storage

NAME = "carrel_counter"


@dataclass(frozen=True)
class Counter:
    """The store, the clock, and `figures`: what the statement's texts are filled with, such as {"words_days": 180}.

    `storage`: where contest photos are.
    """

    engine: Engine
    now: Callable[[], datetime]
    figures: Mapping[str, int]
    storage: Storage | None = None


def counter() -> Counter:
    """Return the counter of the application serving this request."""
    return cast(Counter, current_app.extensions[NAME])
