"""An album: photos that somebody sends at once. A platform passes on a message each; together they get one answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.dialogue import ALBUM, files
from bot.store.inbox import Waiting
from connectors.messages import IncomingMessage, Kind

# How long a photo waits for more: after the last one, and since the first. An upload over a phone's network is slow.
PATIENCE, MOST_PATIENCE = timedelta(seconds=1.5), timedelta(seconds=8)
# What may be part of an album; a sticker or a voice message is a message of its own.
SHOWN = frozenset({"image", "video", "document", "file"})


def album(line: Sequence[Waiting]) -> Sequence[Waiting]:
    """Return the messages, from the first on, that are an album; () if the first is none."""
    count = next((place for place, each in enumerate(line) if not _belongs(each.message)), len(line))
    return line[:count]


def as_one(found: Sequence[Waiting]) -> IncomingMessage:
    """Return an album as one message: the last, with the files of all and what was written beneath them."""
    messages = [each.message for each in found]
    last = messages[-1]
    return replace(
        last,
        text="\n".join(each.text for each in messages if each.text) or None,
        media=tuple(media for each in messages for media in each.media),
        details={**last.details, ALBUM: [file["at"] for each in messages for file in files(each)]},
    )


def complete_at(found: Sequence[Waiting]) -> datetime:
    """Return until when to wait for more photos of an album."""
    return min(found[-1].received_at + PATIENCE, found[0].received_at + MOST_PATIENCE)


def _belongs(message: IncomingMessage) -> bool:
    if message.kind is not Kind.MEDIA or message.choice is not None or not message.media:
        return False
    return all(each.type in SHOWN for each in message.media)
