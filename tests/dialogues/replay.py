"""Replaying dialogues: the real store, workers, channels' rendering, Rasa and actions; the clock is moved by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from sqlalchemy.engine import Engine

import bot.store.content as content
from bot.dialogue import RasaDialogue
from bot.simulator.chat import lines_of, twilio_lines, whatsapp_lines
from bot.store import inbox, threads
from bot.store.people import people
from bot.store.turns import turns
from bot.wiring.channels import previews
from bot.workers.answer import AnswerWorker
from bot.workers.courtesy import Courtesies
from bot.workers.queue import Tasks
from bot.workers.rights import Rights
from bot.workers.send import SendWorker
from bot.workers.subscribing import Subscribing
from bot.workers.upkeep import sweep
from bot.workers.voting import Booth
from connectors.channel import Channel
from connectors.messages import Address, IncomingMessage, Kind, OutboundCall, Reply
from tests.dialogues.files import ZONE, Dialogue, Line
from tests.stack import RASA_TOKEN, ROOT
from tests.stores import sqlite

CHANNELS = ("messenger", "whatsapp", "twilio")
# Between two thoughts, and between the fragments of one.
APART, QUICK = timedelta(seconds=25), timedelta(seconds=0.7)
# Nothing that a message leads to by itself comes later than this.
LATEST, STEP = timedelta(seconds=12), timedelta(seconds=0.5)


@dataclass(frozen=True)
class Heard:
    """What came of one thought: its lines, what was said as a person reads it, in how many messages.

    `wrong`: which expressions it does not keep to. `intents`: what was understood, for whoever looks into it. `staff`:
    why staff are wanted in the conversation by now, "" where they are not.
    """

    lines: tuple[Line, ...]
    said: str
    messages: int
    wrong: tuple[str, ...]
    intents: tuple[str, ...]
    staff: str

    @property
    def kind(self) -> str:
        """The kind of answer that is wanted of the whole thought: its last line's."""
        return self.lines[-1].kind


@dataclass
class Recorded:
    """A channel that renders as it does and sends nothing."""

    channel: Channel
    taken: list[OutboundCall] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.channel, name)

    def courtesies(self, _message: IncomingMessage) -> Sequence[OutboundCall]:
        return ()

    def send(self, call: OutboundCall) -> str:
        self.taken.append(call)
        return f"sent-{len(self.taken)}"


@dataclass
class Clock:
    """A clock that the replay moves."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment


@dataclass
class Stage:
    """A store with the sample library, a worker, and the three channels."""

    engine: Engine
    clock: Clock
    channels: Mapping[str, Recorded]
    tasks: Tasks

    def hear(self, channel: str, dialogue: Dialogue) -> list[Heard]:
        """Return what came of each thought of `dialogue` on a channel."""
        who, heard = _address(channel, dialogue), list[Heard]()
        self.clock.moment = dialogue.now.astimezone(UTC)
        for thought in thoughts(dialogue.lines):
            before = len(self.channels[channel].taken)
            for number, line in enumerate(thought):
                self.clock.moment += QUICK if number else APART
                self._deliver(who, line, f"{dialogue.id}-{len(heard)}-{number}")
                self._work()
            self._settle()
            calls = self.channels[channel].taken[before:]
            said = "\n".join(shown(channel, call) for call in calls)
            wrong = [each for line in thought for each in line.wrong(said)]
            heard.append(Heard(thought, said, len(calls), tuple(wrong), *self._known(who, len(thought))))
        return heard

    def _deliver(self, who: Address, line: Line, key: str) -> None:
        message = IncomingMessage(f"{who.channel}-{key}", Kind.TEXT, who, self.clock.moment, text=line.says)
        inbox.add(self.engine, who.channel, [message], now=self.clock.moment, stale_after_seconds=3600)

    def _work(self) -> None:
        while sweep(self.engine, self.tasks, self.clock.moment):
            pass

    def _settle(self) -> None:
        """Let the time pass in which something may still come by itself."""
        end = self.clock.moment + LATEST
        while self.clock.moment < end:
            self.clock.moment += STEP
            self._work()

    def _known(self, who: Address, lines: int) -> tuple[tuple[str, ...], str]:
        with self.engine.connect() as connection:
            number = connection.execute(
                sa.select(people.c.id).where(people.c.channel == who.channel, people.c.person == who.person)
            ).scalar_one()
            rows = connection.execute(
                sa.select(turns.c.intent, turns.c.confidence)
                .where(turns.c.person_id == number)
                .order_by(turns.c.id.desc())
                .limit(lines)
            ).all()
        thread = threads.open_of(self.engine, number)
        return tuple(f"{row.intent} {row.confidence:.2f}" for row in reversed(rows)), thread.why if thread else ""


def stage(rasa_url: str, folder: Path, client: httpx.Client | None = None, token: str = RASA_TOKEN) -> Stage:
    """Return a stage whose dialogue is the Rasa server at `rasa_url`; its store is made in `folder`."""
    engine = sqlite(folder / "dialogues.db")
    clock = Clock(datetime.now(UTC))
    facts = content.read(ROOT / "content")
    assert not facts.problems, facts.problems
    content.apply(engine, content.plan(engine, facts), now=clock.moment)
    channels = {name: Recorded(channel) for name, channel in previews().items()}
    courtesies = Courtesies(1)
    send = SendWorker(engine, channels, courtesies, clock)
    worker = AnswerWorker(
        engine=engine,
        channels=channels,
        dialogue=RasaDialogue(rasa_url, client or httpx.Client(timeout=30), token),
        wake_send=send.run,
        courtesies=courtesies,
        holding=lambda _language: (Reply("(out of order)"),),
        now=clock,
        subscribing=Subscribing(engine, ZONE),
        rights=Rights(
            engine, lambda token: f"https://carrel.example/privacy/data/{token}", lambda at, _: f"{at:%d %B}"
        ),
        booth=Booth(engine, ZONE),
    )
    return Stage(engine, clock, channels, Tasks(worker.run, send.run))


def thoughts(lines: Sequence[Line]) -> Iterator[tuple[Line, ...]]:
    """Return lines that follow each other quickly together."""
    held: list[Line] = []
    for line in lines:
        if held and not line.quick:
            yield tuple(held)
            held = []
        held.append(line)
    if held:
        yield tuple(held)


def shown(channel: str, call: OutboundCall) -> str:
    """Return a call as the simulator shows it: text, and what can be tapped."""
    show: Callable[[dict[str, Any], list[Any]], list[str]]
    show = {"messenger": lines_of, "whatsapp": whatsapp_lines, "twilio": twilio_lines}[channel]
    body = call.body["message"] if channel == "messenger" else call.body
    return "\n".join(show(body, []))


def transcript(channel: str, dialogue: Dialogue, heard: Iterable[Heard]) -> str:
    """Return a dialogue as it went, for whoever judges it by reading."""
    parts = [f"## {dialogue.id} ({dialogue.who}, {channel}, {dialogue.now:%A %d %B %Y %H:%M})"]
    for each in heard:
        parts += [f"> {line.says}" for line in each.lines]
        parts.append(each.said or "    (nothing)")
        parts.append(f"    [{', '.join(each.intents)}; messages {each.messages}; staff: {each.staff or 'no'}]")
        parts += [f"    WANT: {line.want}" for line in each.lines if line.want]
        parts += [f"    WRONG: {problem}" for problem in each.wrong]
    return "\n".join(parts) + "\n"


def _address(channel: str, dialogue: Dialogue) -> Address:
    digits = f"852{int(sha256(dialogue.id.encode()).hexdigest(), 16) % 10**8:08d}"
    person = {"messenger": dialogue.id, "whatsapp": digits, "twilio": f"whatsapp:+{digits}"}[channel]
    return Address(channel, person)
