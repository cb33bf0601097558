"""Stored messages with identifying details redacted: detected once, then cached with the message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy.engine import Engine

from bot.retraining.redaction import VERSION, Found, Redacted, find, replaced
from bot.store import redactions

# Messages scanned per batch, and how many IDs back each batch looks.
AT_ONCE, BACK = 50, 500


def of_messages(engine: Engine, texts: Mapping[int, str]) -> dict[int, Redacted]:
    """Return messages by inbox ID, redacted; new findings are cached."""
    told = {number: text for number, text in texts.items() if text}
    kept = redactions.kept(engine, told, VERSION) if told else {}
    new = {number: find(text) for number, text in told.items() if number not in kept}
    if new:
        spans = {number: [(each.start, each.end, each.kind) for each in found] for number, found in new.items()}
        redactions.keep(engine, told, spans, VERSION)
    known = {number: tuple(Found(*span) for span in spans) for number, spans in kept.items()} | new
    return {
        number: replaced(text, known[number]) if number in known else Redacted(text, ())
        for number, text in texts.items()
    }


def words(engine: Engine, messages: Iterable[tuple[int, str]]) -> dict[int, str]:
    """Return the redacted texts of (ID, text) messages, by ID."""
    return {number: each.text for number, each in of_messages(engine, dict(messages)).items()}


@dataclass
class Filling:
    """Scans messages that nobody has opened yet, in batches: new ones, then older ones back to the first."""

    engine: Engine
    _after: int = field(default=-1)
    _before: int = field(default=0)

    def run(self) -> int:
        """Scan a batch; return its size."""
        newest = redactions.newest(self.engine)
        if self._after < 0:
            self._after = self._before = newest
        # New messages since the last run; if there are none, the next range of older IDs.
        numbers = range(self._after + 1, newest + 1)
        found = redactions.lacking(self.engine, VERSION, numbers, AT_ONCE) if numbers else {}
        if len(found) < AT_ONCE:
            self._after = newest
        if not found and self._before > 0:
            numbers = range(max(0, self._before - BACK) + 1, self._before + 1)
            found = redactions.lacking(self.engine, VERSION, numbers, AT_ONCE)
            if len(found) < AT_ONCE:
                self._before = numbers.start - 1
        of_messages(self.engine, found)
        return len(found)
