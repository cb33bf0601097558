"""Tells entrants what was decided about their photos: by day, in the platform's window or by its approved template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.engine import Engine

from bot.calendar.facts import Contest
from bot.contest import texts
from bot.handover import FREE, TEMPLATE, Window, window
from bot.store import library, people, verdicts
from bot.store.people import Person
from bot.store.verdicts import Due
from bot.unasked import Quiet, disturbs
from connectors.channel import Channel
from connectors.messages import Reply

log = structlog.get_logger("carrel.contest")

GONE = "The platform does not know this person any more."
STOPPED = "They have said STOP, and are sent nothing until they say START."
OFF = "The channel is switched off."
OVER = "They last wrote more than 24 hours ago, and the platform allows nothing more."
SHORT = "They last wrote more than 24 hours ago, and the text is too long for the platform's template."
# During the quiet hours it is looked this often whether somebody has just written.
LOOK_EVERY = timedelta(minutes=5)
NOTHING = "The store has no text for this: see the answers on the topic contest_told."


@dataclass(frozen=True)
class Telling:
    """Dependencies. `wake` has a person's outbox sent at once; `quiet`: when nobody is disturbed."""

    engine: Engine
    channels: Mapping[str, Channel]
    now: Callable[[], datetime]
    quiet: Quiet
    wake: Callable[[int], None]

    def run(self) -> int:
        """Tell what is due; return how many were told. What can't be told is recorded with the reason."""
        found = verdicts.due(self.engine, self.now())
        if not found:
            return 0
        contests = {each.key: each for each in library.read_facts(self.engine, self.quiet.zone).contests}
        done = 0
        for each in found:
            try:
                done += self._tell(each, contests.get(each.contest))
            except Exception as error:  # one that can't be told must not keep the others waiting
                log.warning("decision_not_told", error=type(error).__name__)
                verdicts.unreachable(self.engine, each.id, f"It could not be sent ({type(error).__name__}).")
        return done

    def _tell(self, due: Due, contest: Contest | None) -> bool:
        if due.person_id is None or contest is None:
            verdicts.unreachable(self.engine, due.id, GONE)
            return False
        person = people.get(self.engine, due.person_id)
        if disturbs(self.quiet, person.last_message_at, self.now()):
            verdicts.put_off(self.engine, due.id, min(self.quiet.over(self.now()), self.now() + LOOK_EVERY))
            return False
        channel = self.channels.get(person.address.channel)
        open_for = window(channel, person, self.now())
        text = self._text(due, contest, person)
        problem = _problem(channel, person, open_for, text)
        if channel is None or problem:
            verdicts.unreachable(self.engine, due.id, problem)
            return False
        late = open_for.way != FREE
        if late:
            calls = channel.render_late(text, person.address, person.language)
        else:
            calls = channel.render(Reply(text=text), person.address)
        told = verdicts.told(self.engine, due.id, person.id, calls, self.now(), late=late)
        if told:
            self.wake(person.id)
        return told

    def _text(self, due: Due, contest: Contest, person: Person) -> str:
        answers = library.answers_in(self.engine, person.language or due.language, texts.TOLD, texts.REASON)
        return texts.decision(
            answers,
            contest,
            what=due.what,
            number=due.number or 0,
            title=due.title,
            reason=due.reason,
            note=due.note,
        )


def _problem(channel: Channel | None, person: Person, open_for: Window, text: str) -> str:
    """Return why somebody can't be told now; "" if they can."""
    if person.stopped:
        return STOPPED
    if channel is None:
        return OFF
    if not text:
        return NOTHING
    if open_for.way == FREE:
        return ""
    # What a platform allows as a person's own words only is not for news that the bot sends.
    if open_for.way != TEMPLATE:
        return OVER
    return SHORT if len(text) > open_for.longest else ""
