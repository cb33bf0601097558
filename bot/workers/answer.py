"""The answer worker: one person's messages, oldest first, each through the dialogue and into the outbox."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.engine import Engine

from bot.dialogue import Dialogue, DialogueUnavailable, Turn
from bot.handover import BACK, tapped
from bot.store import inbox, people, threads, turns, wishes
from bot.workers.courtesy import Courtesies
from bot.workers.retries import delay
from connectors.channel import Channel
from connectors.messages import IncomingMessage, Kind, Reply
from connectors.plain_words import chosen

log = structlog.get_logger("carrel.answer")

START_AGAIN = "/start_again"
# The dialogue is asked so often at least, however long ago the message came: a worker may have been away.
LEAST_TRIES = 8
# Rasa is given up on after ten seconds: the lease outlives every turn, and a killed worker holds nobody up for long.
LEASE_SECONDS = 25.0


@dataclass(frozen=True)
class AnswerWorker:
    """What it takes to answer. `holding` gives the replies for a message that the dialogue could not answer in time."""

    engine: Engine
    channels: Mapping[str, Channel]
    dialogue: Dialogue
    wake_send: Callable[[int], None]
    courtesies: Courtesies
    holding: Callable[[], tuple[Reply, ...]]
    now: Callable[[], datetime]
    give_up_after: timedelta = timedelta(minutes=10)

    def run(self, person_id: int) -> None:
        """Answer everything that waits for `person_id`; nothing, when another worker does so already."""
        holder = uuid.uuid4().hex
        more = True
        while more and people.lease(self.engine, person_id, "answer", holder, self.now(), LEASE_SECONDS):
            try:
                self._answer_all(person_id, holder)
            finally:
                people.release(self.engine, person_id, "answer", holder)
            # A message that came between the last look and the release woke a worker that found the lease taken.
            waiting = inbox.oldest_waiting(self.engine, person_id, self.now())
            more = waiting is not None and waiting.due

    def _answer_all(self, person_id: int, holder: str) -> None:
        while True:
            waiting = inbox.oldest_waiting(self.engine, person_id, self.now())
            if waiting is None or not waiting.due:
                return
            if not people.lease(self.engine, person_id, "answer", holder, self.now(), LEASE_SECONDS):
                return
            # Read anew for each message: the one before may have been STOP.
            with structlog.contextvars.bound_contextvars(request_id=waiting.request_id):
                if not self._answer(people.get(self.engine, person_id), waiting):
                    return

    def _answer(self, person: people.Person, waiting: inbox.Waiting) -> bool:
        """Answer one message. False: it has to wait, and with it what came after."""
        channel = self.channels.get(person.address.channel)
        if channel is None:
            inbox.retry_later(
                self.engine, waiting.id, self.now() + timedelta(minutes=1), "The channel is switched off."
            )
            return False
        message = self._meant(person, waiting.message)
        if message is None:
            turns.answered(
                self.engine,
                waiting.id,
                person.id,
                replies=(),
                understanding={},
                calls=(),
                now=self.now(),
                state="recorded",
                problem="The person has told the bot to stop.",
            )
            return True
        if self._is_for_staff(person, message):
            return self._keep(person, waiting, message)
        self.courtesies.show(channel, person.id, waiting.message)
        started = time.perf_counter()
        problem, state = "", "answered"
        try:
            turn = self.dialogue.reply_to(message, person.conversation, waiting.request_id)
            replies, understanding = turn.replies, dict(turn.understanding)
            calls = [call for reply in replies for call in channel.render(reply, person.address)]
        except Exception as error:  # one message that breaks something must not hold up a person for ever
            problem = str(error) if isinstance(error, DialogueUnavailable) else f"Unexpected: {type(error).__name__}"
            if waiting.tries + 1 < LEAST_TRIES or self.now() - waiting.received_at < self.give_up_after:
                later = delay(waiting.tries, base=0.5, cap=15.0)
                inbox.retry_later(self.engine, waiting.id, self.now() + timedelta(seconds=later), problem)
                log.warning("no_answer_yet", problem=problem, tries=waiting.tries + 1, again_in=round(later, 1))
                return False
            state, replies, understanding = "failed", self.holding(), {}
            calls = [call for reply in replies for call in channel.render(reply, person.address)]
        understanding.setdefault("timings", {})["dialogue_ms"] = _ms(started)
        stored = turns.answered(
            self.engine,
            waiting.id,
            person.id,
            replies=replies,
            understanding=understanding,
            calls=calls,
            now=self.now(),
            state=state,
            problem=problem,
            starts_again=message.choice == START_AGAIN,
        )
        if stored:
            self.wake_send(person.id)
            log.info("turn", channel=channel.name, state=state, ms=_ms(started), **_topic(understanding))
        return True

    def _is_for_staff(self, person: people.Person, message: IncomingMessage) -> bool:
        """Return whether staff have the conversation, after doing what a tapped choice of the handover's says."""
        key = tapped(message.choice)
        if key == BACK and threads.on_their_own(self.engine, person.id, self.now()):
            return False
        threads.rate(self.engine, person.id, key, self.now())
        return person.quiet

    def _keep(self, person: people.Person, waiting: inbox.Waiting, message: IncomingMessage) -> bool:
        """Leave a message to the staff, who have the conversation, with what the bot would have said to it.

        The suggestion comes from a conversation of its own: the bot's memory of the student stays as it was.
        """
        try:
            turn = self.dialogue.reply_to(message, people.aside(person.conversation), waiting.request_id)
        except Exception as error:  # staff read the message all the same
            log.info("no_suggestion", error=type(error).__name__)
            turn = Turn(())
        turns.answered(
            self.engine,
            waiting.id,
            person.id,
            replies=turn.replies,
            understanding=turn.understanding,
            calls=(),
            now=self.now(),
            state=turns.KEPT,
            starts_again=message.choice == START_AGAIN,
        )
        log.info("kept", channel=person.address.channel, **_topic(turn.understanding))
        return True

    def _meant(self, person: people.Person, message: IncomingMessage) -> IncomingMessage | None:
        """Return the message as it is to be understood; None for one that is not to be answered.

        The whole message "STOP" ends the bot's answers at once, "START" begins them again with its answer. A number, or
        a title, that was offered as a choice is that choice, however long ago its list has scrolled away.
        """
        words = wishes.words_of(message)
        if words in wishes.STOP:
            people.stop(self.engine, person.id, self.now())
            return replace(message, choice="/stop")
        if person.stopped:
            return replace(message, choice=START_AGAIN) if words in wishes.START else None
        if message.kind is Kind.TEXT and message.choice is None and words:
            choice = chosen(words, turns.offered(self.engine, person.id, self.now()))
            return replace(message, choice=choice.payload) if choice else message
        return message


def _ms(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)


def _topic(understanding: Mapping[str, Any]) -> dict[str, Any]:
    """What may be logged of a turn: the intent's name, never the words."""
    intent = understanding.get("intent") or {}
    return {"intent": intent.get("name"), "confidence": round(intent.get("confidence") or 0.0, 2)}
