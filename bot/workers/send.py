"""The send worker: one person's calls, in order, to their platform."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.engine import Engine

from bot.store import notices, outbox, people, subscriptions, verdicts
from bot.unasked import REASONS, Quiet, disturbs
from bot.workers.courtesy import Courtesies
from bot.workers.retries import delay, insist
from connectors.channel import Channel
from connectors.errors import OperatorError, PermanentError, RetryableError, SendError
from connectors.reach import WINDOW

log = structlog.get_logger("carrel.send")

# Longer than a channel's call may take (connectors.deadline), so that no other worker repeats a call in progress.
LEASE_SECONDS = 25.0
# How long the store may be down before a call that was made is forgotten.
NOTE_SECONDS = 60.0
# With the delays of `retries.delay` about a day: a platform's outage of an hour loses nothing.
MOST_TRIES = 20
# After these, a call may have been made: an answer is sent again, but nothing that nobody has just asked for.
UNCERTAIN = frozenset({"timeout", "connection", "no json", "http 200"})
# WhatsApp's and Twilio's codes for a person who has told the platform that they want no such messages.
REFUSED = frozenset({"131050", "21610"})
OPERATOR_WAIT = timedelta(seconds=60)


@dataclass(frozen=True)
class SendWorker:
    """Dependencies. `quiet`: the hours in which nothing goes that nobody has just asked for; None: there are none."""

    engine: Engine
    channels: Mapping[str, Channel]
    courtesies: Courtesies
    now: Callable[[], datetime]
    quiet: Quiet | None = None

    def run(self, person_id: int) -> None:
        """Send everything pending for `person_id`; do nothing if another worker is already doing so."""
        holder = uuid.uuid4().hex
        more = True
        while more and people.lease(self.engine, person_id, "send", holder, self.now(), LEASE_SECONDS):
            try:
                self._send_all(person_id, holder)
            finally:
                people.release(self.engine, person_id, "send", holder)
            pending = outbox.first_waiting(self.engine, person_id, self.now())
            more = pending is not None and pending.due

    def _send_all(self, person_id: int, holder: str) -> None:
        self.courtesies.settle(person_id)
        while True:
            pending = outbox.first_waiting(self.engine, person_id, self.now())
            if pending is None or not pending.due:
                return
            if not people.lease(self.engine, person_id, "send", holder, self.now(), LEASE_SECONDS):
                return
            with structlog.contextvars.bound_contextvars(request_id=pending.request_id):
                if not self._send(person_id, pending):
                    return

    def _send(self, person_id: int, pending: outbox.Pending) -> bool:
        """Make one call. False: it has to wait, and so do those after it."""
        name = pending.call.channel
        channel = self.channels.get(name)
        if channel is None:
            self._later(pending, OPERATOR_WAIT, "", "The channel is switched off.")
            return False
        if not pending.late and pending.wrote_at is not None and self.now() - pending.wrote_at > WINDOW:
            outbox.give_up(
                self.engine, pending.id, "window", "The 24 hours in which the platform lets a bot answer are over."
            )
            log.warning("not_deliverable", channel=name, code="window")
            return True
        if pending.unasked_id is not None and (why := self._unwanted(person_id, pending)):
            self._leave(pending, why)
            return True
        if pending.about and people.get(self.engine, person_id).stopped:
            outbox.give_up(self.engine, pending.id, "stopped", REASONS["stopped"])
            return True
        if self._puts_off(pending):
            return True
        wait = self._pace(channel, person_id)
        if wait > timedelta():
            self._later(pending, wait, "pace", "Held back: the platform takes no more for this person now.")
            return False
        outbox.trying(self.engine, pending.id, self.now() + timedelta(seconds=LEASE_SECONDS))
        try:
            platform_id = channel.send(pending.call)
        except RetryableError as error:
            if pending.unasked_id is not None and error.code in UNCERTAIN:
                self._leave(pending, "cut_off")
                return True
            if self._is_enough(pending, error):
                return True
            seconds = delay(pending.tries, base=1.0, cap=7200.0, floor=error.retry_after, growth=error.growth)
            self._later(pending, timedelta(seconds=seconds), error.code, error.reason)
            return False
        except OperatorError as error:
            outbox.raise_alarm(self.engine, name, error.reason, self.now())
            if error.most_tries and self._is_enough(pending, error):
                return True
            self._later(pending, OPERATOR_WAIT, error.code, error.reason)
            log.error("operator_needed", channel=name, code=error.code, reason=error.reason)
            return False
        except PermanentError as error:
            outbox.give_up(self.engine, pending.id, error.code, error.reason)
            if error.code in REFUSED:
                subscriptions.refused(self.engine, person_id, self.now())
            log.warning("not_deliverable", channel=name, code=error.code)
            return True
        # The platform has it: if this is not recorded, the student gets the message twice.
        insist(lambda: outbox.sent(self.engine, pending.id, name, platform_id, self.now()), NOTE_SECONDS)
        log.info("sent", channel=name, tries=pending.tries + 1)
        return True

    def _unwanted(self, person_id: int, pending: outbox.Pending) -> str:
        """Return why a message that nobody has just asked for must not go now, although it is queued; "" if it may.

        Much can happen between queueing and sending: STOP, a call for staff, an outage until late at night.
        """
        person = people.get(self.engine, person_id)
        if person.stopped:
            return "stopped"
        if person.quiet:
            return "staff"
        if self.quiet is not None and self.quiet.holds(self.now()):
            return "quiet"
        return "cut_off" if pending.cut_off else notices.withdrawn(self.engine, pending.unasked_id or 0)

    def _puts_off(self, pending: outbox.Pending) -> bool:
        """Return whether a decision is told after the quiet hours instead, which have begun since it was queued.

        What is half told is told to its end.
        """
        if self.quiet is None or pending.decision_id is None:
            return False
        if not disturbs(self.quiet, pending.wrote_at, self.now()):
            return False
        return verdicts.put_back(self.engine, pending.decision_id, self.quiet.over(self.now()))

    def _leave(self, pending: outbox.Pending, why: str) -> None:
        """Give up a message that nobody has just asked for."""
        outbox.give_up(self.engine, pending.id, why, REASONS[why])
        notices.unsent(self.engine, pending.unasked_id or 0, why, self.now())
        log.info("unasked_left", channel=pending.call.channel, why=why)

    def _is_enough(self, pending: outbox.Pending, error: SendError) -> bool:
        """Return whether a call has been tried often enough, after giving it up if so."""
        most = error.most_tries or MOST_TRIES
        if pending.tries + 1 < most:
            return False
        outbox.give_up(self.engine, pending.id, error.code, f"{error.reason} Given up after {most} tries.")
        log.error("given_up", channel=pending.call.channel, code=error.code)
        return True

    def _pace(self, channel: Channel, person_id: int) -> timedelta:
        """Return how long a person's next message has to wait, so that it never hits the platform's rate limit."""
        if channel.pace is None:
            return timedelta()
        earlier = outbox.nth_latest(self.engine, person_id, channel.pace.burst)
        whole = timedelta(seconds=channel.pace.burst * channel.pace.seconds)
        return earlier + whole - self.now() if earlier else timedelta()

    def _later(self, pending: outbox.Pending, wait: timedelta, code: str, reason: str) -> None:
        outbox.retry_later(self.engine, pending.id, self.now() + wait, code, reason)
        log.warning("send_later", channel=pending.call.channel, code=code, again_in=round(wait.total_seconds(), 1))
