"""Reads a message's times with Duckling within a budget: text that costs too much is reported and left unread."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.nlu.duckling_pool import shared
from bot.nlu.stretches import Span, stretches

logger = logging.getLogger(__name__)

# Once this much processor time is used up, the rest of a message stays unread; nothing is killed for that.
ENOUGH_SECONDS = 0.15


@dataclass(frozen=True)
class Read:
    """Duckling's matches, with positions in the whole text, and the spans that stayed unread."""

    found: tuple[dict[str, Any], ...]
    unread: tuple[Span, ...] = ()


def start() -> None:
    """Start the Duckling processes, so that the first message does not have to wait for them."""
    shared().start()


def read(text: str, moment: datetime, zone: str, locale: str) -> Read:
    """Return the times in `text`, sent at `moment` (aware); those of a message over budget are left out."""
    cut = stretches(text)
    found: list[dict[str, Any]] = []
    seconds = 0.0
    for number, (first, last) in enumerate(cut.read):
        if seconds > ENOUGH_SECONDS:
            return Read(tuple(found), (*cut.read[number:], *cut.left))
        try:
            answer = shared().read(cut.text[first:last], int(moment.timestamp()), zone, locale)
        except (OSError, ValueError) as error:  # no process can be started: the message is understood without times
            logger.error("times_not_read %s", type(error).__name__)
            answer = None
        if answer is None:
            return Read((), ((first, last),))
        seconds += answer.seconds
        found += [{**each, "start": each["start"] + first, "end": each["end"] + first} for each in answer.found]
    return Read(tuple(found), cut.left)
