"""What messages are understood by, made of the store's facts: made anew when these have changed."""

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

# Whether the facts have changed is asked no more often than this: nobody asks for a new answer faster.
EVERY_SECONDS = 0.25


class Following(Generic[Made]):
    """Keeps what `make` makes of the store of DATABASE_URL; `nothing` where there is none, or while it was never there.

    `part`: what a store that is away is told of as; what was made stays then. `beside`: a thread looks for changes and
    makes it anew, and what was made before answers meanwhile. Without, whoever needs it calls `look` first.
    """

    def __init__(self, make: Callable[[Any], Made], nothing: Made, *, part: str, beside: bool = False) -> None:
        """Make it for the first time, so that the first message need not wait for it."""
        self.made = nothing
        self._make = make
        self._engine: Any = None
        self._version: Optional[int] = None
        self._store = Outage(lines, part)
        self.look()
        if beside:
            threading.Thread(target=_follow, args=(weakref.ref(self),), daemon=True, name="facts").start()

    def look(self) -> Made:
        """Make it anew where the facts have changed, and return it."""
        try:
            if self._store.waiting:
                return self.made
            if self._engine is None:
                self._engine = connect(read_settings().database_url)
            now = version(self._engine)
            if now != self._version:
                self.made, self._version = self._make(self._engine), now
            self._store.back()
        except Exception as error:  # a store that is down is the action's to tell; the message is understood anyway
            self._store.gone(error)
        return self.made


def _follow(of: weakref.ReferenceType[Following[Any]]) -> None:
    """Look again and again, for as long as somebody has it: a model that was replaced ends its thread."""
    while True:
        time.sleep(EVERY_SECONDS)
        following = of()
        if following is None:
            return
        following.look()
        del following
