"""What staff who try the bot are told where the dialogue is not asked: their data, subscriptions, votes, STOP.

It is a dry run by the workers' own code, over a copy of the library's facts for each trial. The store itself is only
read: nothing is erased, nobody is subscribed, no vote is counted, no link works.
"""

from __future__ import annotations

import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Engine

from bot import language
from bot.dialogue import Heard, Turn
from bot.store import facts, inbox, people, scratch, turns
from bot.store.people import Person
from bot.workers.meaning import MAYBE_STOP, START_AGAIN, STOP, STOPPED, meant
from bot.workers.rights import HIDDEN, Rights
from bot.workers.subscribing import Subscribing
from bot.workers.voting import Booth
from connectors.channel import Channel
from connectors.messages import Address, IncomingMessage

CHANNEL = "test"
ORDERS = frozenset({STOP, MAYBE_STOP, START_AGAIN})
# Trials that are kept, the latest ones: a copy is a megabyte or two.
MOST = 20
FOR_EVER = int(timedelta(days=36500).total_seconds())


@dataclass
class _Trial:
    """One trial's copy of the facts, removed with it; `version`: of the facts."""

    engine: Engine
    folder: tempfile.TemporaryDirectory[str]
    version: int = -1


@dataclass(frozen=True)
class Trials:
    """Dependencies. `link` and `day` are those of bot.workers.rights."""

    engine: Engine
    zone: ZoneInfo
    link: Callable[[str], str]
    day: Callable[[datetime, str], str]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: OrderedDict[str, _Trial] = field(default_factory=OrderedDict)

    def hear(self, conversation: str, message: IncomingMessage) -> Heard:
        """Return what becomes of a message in a trial, which is named by its conversation."""
        engine, now = self._copy(conversation), message.sent_at.astimezone(UTC)
        said = replace(message, sender=Address(CHANNEL, conversation))
        inbox.add(engine, CHANNEL, [said], now=now, stale_after_seconds=FOR_EVER)
        person, number = scratch.person(engine), scratch.last_said(engine)
        _speaks(engine, person, said)
        asked = Rights(engine, lambda _token: self.link(HIDDEN), self.day).heard(person, said, now)
        if asked is not None:
            return Heard(message, number, Turn((asked.kept,), {"actions": ["rights"]}))
        first = meant(engine, person, number, said, now)
        if first.silent == STOPPED:
            return Heard(message, number, silent=STOPPED)
        subscribing = Subscribing(engine, self.zone)
        if (turn := subscribing.turn(person, said, first.message.choice, now)) is not None:
            return Heard(message, number, turn)
        choice = first.message.choice
        spoken = language.spoken(replace(message, choice=None), person.language)
        # Without an address for pictures: photos are shown by their titles alone.
        if voted := Booth(engine, self.zone).turn(person.id, choice, spoken, now, taps=True):
            return Heard(message, number, voted)
        return Heard(replace(message, choice=choice) if choice in ORDERS else message, number)

    def said(self, conversation: str, heard: Heard, turn: Turn, channel: Channel | None) -> Turn:
        """Record the turn that answers a message, and return it as a student gets it: events with their reminder.

        `channel`: None for the terminal, which shows no reminder.
        """
        engine, now = self._copy(conversation), heard.message.sent_at.astimezone(UTC)
        person = scratch.person(engine)
        if heard.turn is None and channel is not None:
            turn = replace(turn, replies=Subscribing(engine, self.zone).offering(person, turn, channel, now))
        # In a trial nobody is called: the bot goes on answering.
        known = {name: value for name, value in turn.understanding.items() if name != "requests"}
        turns.answered(
            engine,
            heard.number,
            person.id,
            replies=turn.replies,
            understanding=known,
            calls=[],
            now=now,
            starts_again=heard.message.choice == START_AGAIN,
        )
        return turn

    def _copy(self, conversation: str) -> Engine:
        """Return a trial's store, with the library's facts as they are now."""
        with self._lock:
            trial = self._open.pop(conversation, None) or _new()
            self._open[conversation] = trial
            version = facts.version(self.engine)
            if trial.version != version:
                scratch.fill(trial.engine, self.engine)
                trial.version = version
            while len(self._open) > MOST:
                _, oldest = self._open.popitem(last=False)
                oldest.engine.dispose()
                oldest.folder.cleanup()
            return trial.engine


def _new() -> _Trial:
    folder = tempfile.TemporaryDirectory(prefix="carrel-trial-")
    return _Trial(scratch.made(Path(folder.name) / "trial.db"), folder)


def _speaks(engine: Engine, person: Person, message: IncomingMessage) -> None:
    spoken = language.told(message) or language.spoken(message, person.language)
    if spoken != person.language:
        people.speaks(engine, person.id, spoken)
