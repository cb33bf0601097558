"""The answer worker: one person's messages, oldest first, each through the dialogue and into the outbox."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.engine import Engine

from bot import language
from bot.contest import ballots
from bot.dialogue import Dialogue, DialogueAway, DialogueUnavailable, Turn
from bot.handover import BACK, tapped, way_back
from bot.outages import Outage
from bot.store import inbox, people, threads, turns
from bot.workers.courtesy import Courtesies
from bot.workers.danger import danger_of, goes_on, may_break_in
from bot.workers.introduction import Introduction, Told
from bot.workers.meaning import START_AGAIN, STOP, Meant, meant
from bot.workers.retries import delay
from bot.workers.rights import Rights, Said
from bot.workers.subscribing import Subscribing
from bot.workers.tasks import Line, Task, denies, is_answer, is_fact, next_task, with_choices
from bot.workers.thoughts import broken_off, patient_until
from bot.workers.voting import Booth
from bot.workers.waiting import asks_when, takes_back
from connectors.channel import Channel
from connectors.messages import IncomingMessage, Reply

log = structlog.get_logger("carrel.answer")

# The dialogue is tried at least this often, however old the message is: a worker may have been down.
LEAST_TRIES = 8
# Rasa times out after ten seconds: the lease outlives every turn, and a killed worker blocks nobody for long.
LEASE_SECONDS = 25.0
ORDERS = frozenset({STOP, START_AGAIN})
# The choice that asking when staff will come is treated as: the store's answer to that, by its key.
WHEN = '/contact_librarian{"answer": "contact-reply"}'


def _sleeps(_person_id: int, _seconds: float) -> None:
    """Do nothing: the sweep will wake a worker again."""


@dataclass(frozen=True)
class AnswerWorker:
    """Dependencies. `holding` returns the replies, in a language, for when the dialogue could not answer in time.

    `wake_later` has a worker look at a person again after that many seconds; the sweep does so a little later anyway.
    `introduction` tells people at the first contact what the bot is; without one, nothing is told. `rights` answers who
    asks for their data. `booth` takes votes, and shows what is voted on.
    """

    engine: Engine
    channels: Mapping[str, Channel]
    dialogue: Dialogue
    wake_send: Callable[[int], None]
    courtesies: Courtesies
    holding: Callable[[str], tuple[Reply, ...]]
    now: Callable[[], datetime]
    give_up_after: timedelta = timedelta(minutes=10)
    wake_later: Callable[[int, float], None] = _sleeps
    introduction: Introduction | None = None
    subscribing: Subscribing | None = None
    rights: Rights | None = None
    booth: Booth | None = None
    outage: Outage = field(default_factory=lambda: Outage(log, "dialogue"))

    def run(self, person_id: int) -> None:
        """Answer everything pending for `person_id`; do nothing if another worker is already doing so."""
        holder = uuid.uuid4().hex
        more = True
        while more and people.lease(self.engine, person_id, "answer", holder, self.now(), LEASE_SECONDS):
            try:
                self._answer_all(person_id, holder)
            finally:
                people.release(self.engine, person_id, "answer", holder)
            # A message that arrived between the last check and the release woke a worker that found the lease taken.
            more = bool(inbox.in_line(self.engine, person_id, self.now()))

    def _answer_all(self, person_id: int, holder: str) -> None:
        while True:
            line = inbox.in_line(self.engine, person_id, self.now())
            if not line or not people.lease(self.engine, person_id, "answer", holder, self.now(), LEASE_SECONDS):
                return
            # Reloaded for each message: the previous one may have been STOP.
            with structlog.contextvars.bound_contextvars(request_id=line[0].request_id):
                if not self._answer(people.get(self.engine, person_id), line):
                    return

    def _answer(self, person: people.Person, line: Line) -> bool:
        """Answer the first pending message. False: it has to wait, and so do those after it."""
        waiting, channel = line[0], self.channels.get(person.address.channel)
        if channel is None:
            inbox.retry_later(
                self.engine, waiting.id, self.now() + timedelta(minutes=1), "The channel is switched off."
            )
            return False
        if self.rights and (said := self.rights.heard(person, waiting.message, self.now())):
            return self._on_their_data(channel, person, waiting, said)
        first = meant(self.engine, person, waiting.id, waiting.message, self.now())
        if first.silent:
            return self._leave(person, waiting, first)
        if first.joins:
            inbox.settle(self.engine, waiting.id, turns.JOINED, self.now())
            return True
        if self._is_for_staff(person, first.message):
            return self._keep(person, waiting, first)
        started = time.perf_counter()
        if not waiting.held:
            self.courtesies.show(channel, person.id, line[-1].message)
        problem, state = "", "answered"
        task = Task(waiting, first)
        told = Told((), [])
        try:
            turn = self._about_telling(person, waiting, first)
            if turn is None:
                task = next_task(self.engine, self.dialogue, person, line, first, self.now())
                turn = self._turn(person, task)
                self.outage.back()
            if turn is None:
                until = task.waits_until or patient_until([each for each in line if each.id in task.ids])
                inbox.hold(self.engine, task.ids, until)
                self.wake_later(person.id, (until - self.now()).total_seconds())
                return False
            if self.subscribing:
                turn = replace(turn, replies=self.subscribing.offering(person, turn, channel, self.now()))
            told = self._told(person, task.meant.message, _offering(turn.replies, task.meant), turn.understanding)
            understanding = dict(turn.understanding)
        except Exception as error:  # one bad message must not block a person for ever
            problem = str(error) if isinstance(error, DialogueUnavailable) else f"Unexpected: {type(error).__name__}"
            if waiting.tries + 1 < LEAST_TRIES or self.now() - waiting.received_at < self.give_up_after:
                self._again(waiting, error, problem)
                return False
            state, understanding = "failed", {}
            replies = self.holding(language.spoken(first.message, person.language))
            told = Told(replies, [call for reply in replies for call in channel.render(reply, person.address)])
        understanding.setdefault("timings", {})["dialogue_ms"] = _ms(started)
        stored = turns.answered(
            self.engine,
            task.waiting.id,
            person.id,
            replies=told.replies,
            understanding=understanding,
            calls=told.calls,
            told=told.version,
            now=self.now(),
            state=state,
            problem=problem,
            starts_again=task.meant.message.choice == START_AGAIN,
            pieces=task.pieces,
            beside_staff=task.meant.message.choice in ORDERS,
            words=(task.meant.message.text or "") if task.meant.typed else "",
            urgent=state == "answered" and bool(danger_of(Turn((), understanding))),
        )
        if stored:
            self.wake_send(person.id)
            log.info("turn", channel=channel.name, state=state, ms=_ms(started), **_topic(understanding))
        return True

    def _on_their_data(self, channel: Channel, person: people.Person, waiting: inbox.Waiting, said: Said) -> bool:
        """Answer somebody who asks for their data, whoever has the conversation; what is kept has no working link."""
        self._telling(person, waiting.message)
        stored = turns.answered(
            self.engine,
            waiting.id,
            person.id,
            replies=(said.kept,),
            understanding={"actions": ["rights"]},
            calls=list(channel.render(said.reply, person.address)),
            now=self.now(),
            urgent=True,
        )
        if stored:
            self.wake_send(person.id)
        return True

    def _told(
        self,
        person: people.Person,
        message: IncomingMessage,
        replies: tuple[Reply, ...],
        understanding: Mapping[str, Any],
    ) -> Told:
        """Return an answer with the calls that send it; with the introduction, if the person has yet to read it."""
        channel = self.channels[person.address.channel]
        if self.introduction is None:
            return Told(replies, [call for reply in replies for call in channel.render(reply, person.address)])
        spoken = language.spoken(message, person.language)
        return self.introduction.into(channel, person, replies, understanding, spoken, self.now())

    def _about_telling(self, person: people.Person, waiting: inbox.Waiting, first: Meant) -> Turn | None:
        """Return the reply to a message about being told something later, which the dialogue knows nothing of."""
        if self.subscribing is None:
            return None
        turn = self.subscribing.turn(person, waiting.message, first.message.choice, self.now())
        if turn is not None:
            self._telling(person, waiting.message)
        return turn

    def _turn(self, person: people.Person, task: Task) -> Turn | None:
        """Return the turn, or None to wait for more."""
        if task.waits_until is not None:
            return None
        message, conversation = self._telling(person, task.meant.message), person.conversation
        request_id = task.waiting.request_id
        if self.booth is not None and message.choice is not None:
            # Typed words that were taken for the choice tell the language; a tapped choice does not.
            spoken = language.spoken(replace(message, choice=None), person.language)
            taps = self.channels[person.address.channel].taps
            if turn := self.booth.turn(person.id, message.choice, spoken, message.sent_at, taps=taps):
                return turn
        if task.patient and broken_off(message.text or "") and not self.dialogue.read(message, conversation).urgent:
            return None
        if task.patient:
            return self.dialogue.reply_if_sure(message, conversation, request_id)
        return self.dialogue.reply_to(message, conversation, request_id)

    def _telling(self, person: people.Person, message: IncomingMessage) -> IncomingMessage:
        """Return a message tagged with the language to answer it in, after storing that for the person."""
        spoken = language.spoken(message, person.language)
        if spoken != person.language:
            people.speaks(self.engine, person.id, spoken)
        return language.telling(message, spoken)

    def _is_for_staff(self, person: people.Person, message: IncomingMessage) -> bool:
        """Return whether staff have the conversation, after acting on a tapped handover choice."""
        key = tapped(message.choice)
        if key == BACK and threads.on_their_own(self.engine, person.id, self.now()):
            return False
        threads.rate(self.engine, person.id, key, self.now())
        if not person.quiet or ballots.tapped(message.choice) is not None:
            return False
        # STOP and START are confirmed until a staff member has joined.
        return message.choice not in ORDERS or not threads.is_waiting(self.engine, person.id)

    def _keep(self, person: people.Person, waiting: inbox.Waiting, first: Meant) -> bool:
        """Leave a message to the staff, who have the conversation, along with what the bot would have said to it.

        The suggestion comes from a separate conversation: the bot's memory of the student is unchanged. Until a staff
        member has joined, questions are answered, and whoever no longer wants staff ("nvm") continues with the bot.
        """
        message, request_id = self._telling(person, first.message), waiting.request_id
        words, said = (message.text or "") if first.typed else "", None
        try:
            turn = self.dialogue.reply_to(message, people.aside(person.conversation), request_id)
            back = words and not danger_of(turn) and (takes_back(words) or denies(turn))
            if back and threads.on_their_own(self.engine, person.id, self.now()):
                return True  # still pending, and answered next
            said = self._meanwhile(person, message, words, turn, request_id) if words else None
        except Exception as error:  # staff see the message all the same
            log.info("no_suggestion", error=type(error).__name__)
            turn = Turn(())
        if danger_of(turn) and may_break_in(self.engine, person, danger_of(turn), self.now()):
            return self._break_in(person, waiting, message, turn)
        turn, answers = said or turn, said is not None
        told = self._told(person, message, turn.replies, turn.understanding) if answers else Told(turn.replies, [])
        turns.answered(
            self.engine,
            waiting.id,
            person.id,
            replies=told.replies,
            understanding=turn.understanding,
            calls=told.calls,
            told=told.version,
            now=self.now(),
            state="answered" if answers else turns.KEPT,
            starts_again=message.choice == START_AGAIN,
            beside_staff=answers,
        )
        if answers:
            self.wake_send(person.id)
        log.info("kept", channel=person.address.channel, **_topic(turn.understanding))
        return True

    def _meanwhile(
        self, person: people.Person, message: IncomingMessage, words: str, aside: Turn, request_id: str
    ) -> Turn | None:
        """Return the reply to somebody who is waiting for staff, plus the way back; None for no reply.

        `aside`: what would be said. Until a staff member has joined, a question is answered as usual, and whoever asks
        when staff come is told when they are available; afterwards only questions of fact are answered, if understood
        with certainty.
        """
        thread = threads.open_of(self.engine, person.id)
        if thread is None or thread.state != "waiting":
            return None
        alone = thread.claimed_at is None and thread.staff_at is None
        if alone and (asks_when(words) or threads.CONTACT in aside.understanding.get("requests", ())):
            when = replace(message, choice=WHEN)
            turn = self.dialogue.reply_to(when, people.aside(person.conversation), request_id)
        elif (alone and is_answer(words, aside)) or is_fact(words, aside):
            turn = self.dialogue.reply_to(message, person.conversation, request_id)
            if not is_answer(words, turn):
                return None
        else:
            return None
        return replace(turn, replies=with_choices(turn.replies, way_back(self.engine, language.told(message))))

    def _leave(self, person: people.Person, waiting: inbox.Waiting, left: Meant) -> bool:
        """Leave a message unanswered that must not be answered, chiefly after STOP, unless it indicates danger."""
        message = self._telling(person, waiting.message)
        try:
            turn = self.dialogue.reply_to(message, people.aside(person.conversation), waiting.request_id)
        except Exception as error:  # as everywhere: one bad message must not block a person for ever
            if waiting.tries + 1 < LEAST_TRIES or self.now() - waiting.received_at < self.give_up_after:
                self._again(waiting, error, f"Unexpected: {type(error).__name__}")
                return False
            turn = Turn(())
        if goes_on(self.engine, person, turn) or (
            danger_of(turn) and may_break_in(self.engine, person, danger_of(turn), self.now())
        ):
            return self._break_in(person, waiting, message, turn)
        inbox.settle(self.engine, waiting.id, "recorded", self.now(), left.silent)
        return True

    def _break_in(self, person: people.Person, waiting: inbox.Waiting, message: IncomingMessage, aside: Turn) -> bool:
        """Respond to danger where the bot is otherwise silent: at once, in the student's own conversation."""
        channel = self.channels[person.address.channel]
        try:
            turn = self.dialogue.reply_to(message, person.conversation, waiting.request_id)
        except Exception as error:  # the turn made in the separate conversation will do
            log.info("answered_aside", error=type(error).__name__)
            turn = aside
        calls = [call for reply in turn.replies for call in channel.render(reply, person.address)]
        stored = turns.answered(
            self.engine,
            waiting.id,
            person.id,
            replies=turn.replies,
            understanding=turn.understanding,
            calls=calls,
            now=self.now(),
            urgent=True,
        )
        if stored:
            self.wake_send(person.id)
            log.info("turn", channel=channel.name, state="answered", **_topic(turn.understanding))
        return True

    def _again(self, waiting: inbox.Waiting, error: Exception, problem: str) -> None:
        """Schedule a retry for a message that could not be answered now."""
        later = delay(waiting.tries, base=0.5, cap=15.0)
        inbox.retry_later(self.engine, waiting.id, self.now() + timedelta(seconds=later), problem)
        if isinstance(error, DialogueAway):
            self.outage.gone(error)
        else:
            log.warning("no_answer_yet", problem=problem, tries=waiting.tries + 1, again_in=round(later, 1))


def _offering(replies: tuple[Reply, ...], task: Meant) -> tuple[Reply, ...]:
    """Return replies with the choices to be shown again beneath the last one."""
    return (*replies[:-1], replace(replies[-1], choices=task.offered)) if replies and task.offered else replies


def _ms(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)


def _topic(understanding: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be logged of a turn: the intent's name, never the text."""
    intent = understanding.get("intent") or {}
    return {"intent": intent.get("name"), "confidence": round(intent.get("confidence") or 0.0, 2)}
