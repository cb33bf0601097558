"""A whole Carrel without its processes: real store, real workers; the platform and the dialogue are scripted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.dialogue import DialogueUnavailable, Reading, Turn
from bot.handover import Handover
from bot.store import inbox, people
from bot.unasked import Quiet
from bot.workers.answer import AnswerWorker
from bot.workers.courtesy import Courtesies
from bot.workers.notices import Notices
from bot.workers.queue import Tasks
from bot.workers.send import SendWorker
from bot.workers.subscribing import Subscribing
from bot.workers.upkeep import sweep
from connectors.channel import Late, Pace
from connectors.errors import SendError
from connectors.messages import Address, Choice, IncomingMessage, Kind, OutboundCall, Reply
from connectors.reach import WHATSAPP, Category, Rules

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
QUIET = Quiet(HONG_KONG)
START = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANN, BEN = Address("pigeon", "ann"), Address("pigeon", "ben")


@dataclass
class Clock:
    """A clock that a test moves."""

    moment: datetime = START

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **spans: float) -> None:
        self.moment += timedelta(**spans)


@dataclass
class Pigeon:
    """A channel of the simplest kind: it keeps what it is given, or fails as it is told."""

    name: str = "pigeon"
    taken: list[tuple[str, str]] = field(default_factory=list)
    courtesies_taken: list[str] = field(default_factory=list)
    failures: list[SendError] = field(default_factory=list)
    pace: Pace | None = None
    taps: bool = True
    late: Late | None = None
    rules: Rules = WHATSAPP
    templates: dict[Category, str] = field(default_factory=dict)

    def render(self, reply: Reply, to: Address) -> list[OutboundCall]:
        return [OutboundCall("pigeon", to.person, {"text": part}) for part in (reply.text or "").split("|")]

    def render_late(self, text: str, to: Address, language: str = "") -> list[OutboundCall]:
        return [OutboundCall("pigeon", to.person, {"text": f"late: {text}"})] if self.late else []

    def render_unasked(
        self, reply: Reply, to: Address, *, template: str = "", language: str = ""
    ) -> list[OutboundCall]:
        return [OutboundCall("pigeon", to.person, {"text": f"{template}: {reply.text}" if template else reply.text})]

    def courtesies(self, message: IncomingMessage) -> list[OutboundCall]:
        return [OutboundCall("pigeon", message.sender.person, {}, purpose="typing")] if message.sender else []

    def send(self, call: OutboundCall) -> str:
        if call.purpose == "typing":
            self.courtesies_taken.append(call.person)
            return ""
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append((call.person, call.body["text"]))
        return f"id-{len(self.taken)}"


@dataclass
class Script:
    """A dialogue that answers by a rule, or is out of reach while it is told so."""

    rule: Callable[[IncomingMessage], str] = lambda message: f"re: {message.text}"
    down: bool = False
    asked: list[str] = field(default_factory=list)
    choices: tuple[Choice, ...] = ()
    requests: tuple[str, ...] = ()
    wishes: dict[str, str] = field(default_factory=dict)
    actions: tuple[str, ...] = ()
    dangers: dict[str, str] = field(default_factory=dict)
    cares: frozenset[str] = frozenset()
    intents: dict[str, str] = field(default_factory=dict)
    sure: float = 1.0
    unsure: Callable[[str], bool] = lambda words: False
    light: Callable[[str], bool] = lambda words: False
    urgent: Callable[[str], bool] = lambda words: False

    def reply_if_sure(self, message: IncomingMessage, conversation: str, request_id: str = "") -> Turn | None:
        if not self.down and message.choice is None and self.unsure(message.text or ""):
            return None
        return self.reply_to(message, conversation, request_id)

    def read(self, message: IncomingMessage, conversation: str) -> Reading:
        if self.down:
            raise DialogueUnavailable("Rasa does not answer")
        words = message.text or ""
        return Reading(not self.unsure(words), self.light(words), self.urgent(words))

    def reply_to(self, message: IncomingMessage, conversation: str, request_id: str = "") -> Turn:
        if self.down:
            raise DialogueUnavailable("Rasa does not answer")
        self.asked.append(conversation)
        danger, words = self.dangers.get(message.text or "", ""), message.text or ""
        safe = ("action_safety",) if danger else ("action_care",) if words in self.cares else ()
        understanding = {
            "intent": {"name": danger or self.intents.get(words, "any"), "confidence": self.sure},
            "requests": [*self._asks(message), *([danger] if danger else [])],
            "actions": list(safe or self.actions),
        }
        return Turn((Reply(self.rule(message), self.choices),), understanding)

    def _asks(self, message: IncomingMessage) -> list[str]:
        wish = self.wishes.get(message.text or "")
        return [*self.requests, *([wish] if wish else [])]

    def ready(self) -> bool:
        return not self.down


@dataclass
class House:
    """A whole Carrel without its processes."""

    engine: Engine
    clock: Clock
    pigeon: Pigeon
    script: Script
    answer: AnswerWorker
    send: SendWorker
    handover: Handover
    notices: Notices

    def deliver(self, *messages: IncomingMessage) -> inbox.Added:
        return inbox.add(self.engine, "pigeon", messages, now=self.clock(), stale_after_seconds=3600)

    def people(self) -> list[int]:
        """Return the numbers of all people, in the order in which they came."""
        with self.engine.connect() as connection:
            return list(connection.execute(sa.select(people.people.c.id).order_by(people.people.c.id)).scalars())

    def work(self) -> None:
        """Do what workers and sweep do until nothing is due."""
        while sweep(self.engine, Tasks(self.answer.run, self.send.run), self.clock()):
            pass


def build(engine: Engine) -> House:
    """Return a Carrel on `engine` with one channel, the pigeon."""
    clock, pigeon, script, courtesies = Clock(), Pigeon(), Script(), Courtesies(2)
    send = SendWorker(engine, {"pigeon": pigeon}, courtesies, clock, QUIET)
    answer = AnswerWorker(
        engine=engine,
        channels={"pigeon": pigeon},
        dialogue=script,
        wake_send=send.run,
        courtesies=courtesies,
        holding=lambda language: (Reply("please hold"),),
        now=clock,
        subscribing=Subscribing(engine, HONG_KONG),
    )
    handover = Handover(
        engine=engine,
        channels={"pigeon": pigeon},
        now=clock,
        wake=lambda _person: None,
        say_when=lambda moment, language: f"on {moment:%A}",
    )
    notices = Notices(engine, {"pigeon": pigeon}, clock, QUIET, lambda _person: None)
    return House(engine, clock, pigeon, script, answer, send, handover, notices)


def text(words: str, *, id: str = "", sender: Address = ANN, after: float = 0.0) -> IncomingMessage:
    return IncomingMessage(
        id=id or f"{sender.person}:{words}",
        kind=Kind.TEXT,
        sender=sender,
        sent_at=START + timedelta(seconds=after),
        text=words,
    )
