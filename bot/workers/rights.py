"""The answers to whoever asks for their data, or to be forgotten: whoever has the conversation, and after STOP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.engine import Engine

from bot import language
from bot.calendar.facts import Answer
from bot.store import data_requests, own_data, statement, turns
from bot.store.data_requests import ACCESS, ASKED, CHAT, DONE, DUE, ERASURE, STAFF, WITHDRAWN
from bot.store.people import Person
from bot.store.rights import Right, right_in, says_no, says_yes
from bot.store.wishes import SAID
from connectors.messages import Choice, IncomingMessage, Reply
from connectors.plain_words import chosen

KNOW, ASK, YES, NO, HELD = "privacy-know", "privacy-ask", "privacy-yes", "privacy-no", "privacy-held"
AGREES, DECLINES = "/privacy_yes", "/privacy_no"
# Stands for the one-time part of a link wherever the conversation is kept.
HIDDEN = "…"


@dataclass(frozen=True)
class Said:
    """An answer, and as it is kept: without the one-time part of a link."""

    reply: Reply
    kept: Reply


@dataclass(frozen=True)
class Rights:
    """Dependencies. `link` returns the address of the page that a token opens; `day` formats a moment in a language."""

    engine: Engine
    link: Callable[[str], str]
    day: Callable[[datetime, str], str]

    def heard(self, person: Person, message: IncomingMessage, now: datetime) -> Said | None:
        """Return the answer to a message about the person's own data, after recording what it asks; None for others."""
        if message.kind not in SAID:
            return None
        right = right_in(message.text) if message.choice is None else None
        agreed = self._agreed(person, message, now)
        if right is None and agreed is None:
            return None
        texts = statement.texts(self.engine, language.spoken(message, person.language))
        if not {KNOW, ASK, YES, NO, HELD} <= set(texts):
            return None  # after an upgrade, until the content is loaded
        if right is Right.ACCESS:
            return self._shows(person, texts[KNOW], language.spoken(message, person.language), now)
        open_one = data_requests.asked_of(self.engine, person.id, now)
        if agreed is False:
            if open_one is not None:
                data_requests.move(self.engine, open_one.id, WITHDRAWN, now)
            return _said(texts[NO].text)
        if agreed is None or open_one is None:
            return self._asks(person, texts, open_one is None, now)
        if data_requests.is_held(self.engine, person.id):
            data_requests.move(self.engine, open_one.id, STAFF, now, reason="legal hold")
            return _said(texts[HELD].text, code=open_one.code)
        data_requests.move(self.engine, open_one.id, DUE, now, by="the person")
        return _said(texts[YES].text, code=open_one.code)

    def _agreed(self, person: Person, message: IncomingMessage, now: datetime) -> bool | None:
        """Return what a message answers to the question whether to delete; None: it is no answer to it."""
        if message.choice in {AGREES, DECLINES}:
            return message.choice == AGREES
        if message.choice is not None or data_requests.asked_of(self.engine, person.id, now) is None:
            return None
        offered = turns.offered(self.engine, person.id, now, message.reply_to)
        if not offered.just_now or AGREES not in {each.payload for each in offered.choices}:
            return None  # something else was said since: a yes is to that
        if found := chosen(message.text or "", offered.choices, by_title=True):
            return found.payload == AGREES
        return True if says_yes(message.text) else False if says_no(message.text) else None

    def _shows(self, person: Person, text: Answer, spoken: str, now: datetime) -> Said:
        asked = data_requests.add(
            self.engine, ACCESS, source=CHAT, channel=person.address.channel, now=now, state=DONE, person_id=person.id
        )
        token = data_requests.link(self.engine, asked.id, now)
        told = own_data.summary(self.engine, person.id)
        values = {**told, "since": self.day(told["since"], spoken)}
        shown, kept = self.link(token), self.link(HIDDEN)
        return Said(
            Reply(statement.filled(text.text, {**values, "link": shown})),
            Reply(statement.filled(text.text, {**values, "link": kept})),
        )

    def _asks(self, person: Person, texts: statement.Texts, new: bool, now: datetime) -> Said:
        if new:
            channel = person.address.channel
            data_requests.add(
                self.engine, ERASURE, source=CHAT, channel=channel, now=now, state=ASKED, person_id=person.id
            )
        choices = (Choice(texts[YES].title, AGREES), Choice(texts[NO].title, DECLINES))
        said = _said(texts[ASK].text)
        return Said(*(replace(each, choices=choices) for each in (said.reply, said.kept)))


def _said(text: str, **values: str) -> Said:
    reply = Reply(statement.filled(text, values))
    return Said(reply, reply)
