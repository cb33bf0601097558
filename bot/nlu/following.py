"""Keeps what the bot needs from the store's facts up to date, rebuilding it when the facts change."""

from __future__ import annotations

import threading
import time
import weakref
from typing import Any, Callable, Generic, Optional, TypeVar

from bot.logs import apart
from bot.outages import Outage
from bot.settings import read_settings
from bot.store.engine import connect
from bot.store.facts import version

lines = apart("rasa")
Made = TypeVar("Made")

# How often at most to check whether the facts have changed: nobody adds an answer and asks for it faster.
EVERY_SECONDS = 0.25


class Following(Generic[Made]):
    """Holds what `make` builds from the store at DATABASE_URL; `nothing` if there is no store or it was never up.

    `part`: the name to report if the store is down; the last result is then kept. `beside`: a thread checks for changes
    and rebuilds, and the last result is used meanwhile. Otherwise callers call `look` first.
    """

    def __init__(self, make: Callable[[Any], Made], nothing: Made, *, part: str, beside: bool = False) -> None:
        """Build it for the first time, so that the first message does not have to wait."""
        self.made = nothing
        self._make = make
        self._engine: Any = None
        self._version: Optional[int] = None
        self._store = Outage(lines, part)
        self.look()
        if beside:
            threading.Thread(target=_follow, args=(weakref.ref(self),), daemon=True, name="facts").start()

    def look(self) -> Made:
        """Rebuild if the facts have changed, and return the result."""
        try:
            if self._store.waiting:
                return self.made
            if self._engine is None:
                self._engine = connect(read_settings().database_url)
            now = version(self._engine)
            if now != self._version:
                self.made, self._version = self._make(self._engine), now
            self._store.back()
        except Exception as error:  # the action reports that the store is down; the message is understood anyway
            self._store.gone(error)
        return self.made


def _follow(of: weakref.ReferenceType[Following[Any]]) -> None:
    """Check again and again while somebody still holds it: the thread of a replaced model ends."""
    while True:
        time.sleep(EVERY_SECONDS)
        following = of()
        if following is None:
            return
        following.look()
        del following
