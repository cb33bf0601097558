"""One thought in several messages: which waiting messages belong together, and their combined text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.dialogue import Reading
from bot.store.inbox import Waiting

# How long uncertain text waits for more: after the last message, and since the first.
PATIENCE, MOST_PATIENCE = timedelta(seconds=1.5), timedelta(seconds=2)
# A fragment continues its sentence; longer text, and text phrased as a question, goes on its own line.
PIECE = 5
_ASKS = re.compile(
    r"(?:what|where|when|how|who|which|why|can|could|do|does|did|is|are|will|may|should|hi|hello|hey)\b", re.IGNORECASE
)
# Nobody who has said everything ends with these: "how do i", "is there a".
_BROKEN_OFF = re.compile(
    r"(?:^|\s)(?:the|a|an|my|your|ur|and|or|but|if|because|cos|i|to|is|are|do|does|can|could|should|for|with|about|of)"
    r"(?:\s*(?:\.\.+|…|,|-))?\s*$"
    # … nor with an announcement such as "quick question".
    r"|^\W*(?:hi|hey|hello|so|ok|and|just)?\W*(?:i (?:have|got) |i ve got )?(?:an?|one|two|some|another)? ?(?:quick )?"
    r"(?:q|qn|qs|questions?)\W*$|\b(?:can|may|could) i ask (?:you )?(?:something|sth|smth|a (?:quick )?question)\W*$",
    re.IGNORECASE,
)
_ENDED = re.compile(r"[.!?。！？]\s*$")


@dataclass(frozen=True)
class Thought:
    """How many of the waiting messages it takes, from the first, and their text."""

    messages: int
    words: str


def asks(words: str) -> bool:
    """Return whether text is phrased as a question: by its first word, or by the question mark."""
    return bool(_ASKS.match(words.strip())) or words.rstrip().endswith(("?", "？"))


def broken_off(words: str) -> bool:
    """Return whether text stops in mid-sentence: more will come, whatever it could be taken for."""
    return bool(_BROKEN_OFF.search(words))


def patient_until(line: Sequence[Waiting]) -> datetime:
    """Return until when to wait for more text after the messages in `line`."""
    return min(line[-1].received_at + PATIENCE, line[0].received_at + MOST_PATIENCE)


def thought(said: Sequence[str], read: Callable[[str], Reading]) -> Thought:
    """Return the first thought in what somebody wrote in several messages; `read` tells how a text would be understood.

    Text understood with certainty is a thought of its own; uncertain text joins it if the combination is certain, first
    of all the text that it precedes. Courtesies join anything. Urgent text takes everything before it along.
    """
    readings = [_read(each, read) for each in said]
    urgent = next((place for place, each in enumerate(readings) if each.urgent), None)
    if urgent is not None:
        return Thought(urgent + 1, "\n".join(said[: urgent + 1]))
    asks = [each.sure and not each.light for each in readings]
    count = asks.index(True) + 1 if True in asks else len(said)
    words = _told(said[:count], readings)
    if True in asks and count > 1 and not read(words).sure:
        words = said[count - 1]
    while True in asks and count < len(said) and not asks[count]:
        longer = words if readings[count].light else joined([words, said[count]])
        if longer != words and not read(longer).sure:
            break
        words, count = longer, count + 1
    return Thought(count, words)


def _read(words: str, read: Callable[[str], Reading]) -> Reading:
    found = read(words)
    return Reading(sure=False) if broken_off(words) and not found.urgent else found


def _told(said: Sequence[str], readings: Sequence[Reading]) -> str:
    """Return messages joined, without the courtesies among them; only the last one where all are courtesies."""
    return joined([each for each, how in zip(said, readings, strict=False) if not how.light] or said[-1:])


def joined(said: Sequence[str]) -> str:
    """Return messages as one: a fragment continues the sentence before it, anything else starts a new line."""
    words = ""
    for each in said:
        piece = len(each.split()) <= PIECE and not _ASKS.match(each.strip())
        between = " " if piece and not _ENDED.search(words) else "\n"
        words = f"{words}{between}{each.strip()}" if words else each.strip()
    return words
