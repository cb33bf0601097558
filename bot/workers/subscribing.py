"""Subscribing in the chat: hears the wish, asks for a clear yes, lists and ends. Beside the dialogue, without Rasa."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Engine

from bot import language
from bot.calendar import texts, words
from bot.calendar.facts import Place
from bot.calendar.hours import LibraryCalendar
from bot.dialogue import Turn
from bot.plain import plain
from bot.store import library, subscriptions, turns
from bot.store.people import Person
from bot.telling.occasions import event_of, first_seen
from bot.telling.said import Sayer
from bot.telling.words import Topic, Wanted, Wish, agrees, wanted
from bot.workers.meaning import MAYBE_STOP
from connectors.channel import Channel
from connectors.messages import Choice, IncomingMessage, Reply

# Payloads: "/subscribe:event:<uid>" asks, "/subscribe_yes:…" agrees, "/subscribe_no:…" does not; "/unsubscribe:…" ends.
ASK, YES, NO, END = "/subscribe", "/subscribe_yes", "/subscribe_no", "/unsubscribe"
OURS = (f"{ASK}:", f"{YES}:", f"{NO}:", f"{END}:")
EVERYTHING = "all"
# WhatsApp has three buttons.
MOST_BUTTONS = 3
# The place whose hours are meant where none is named.
LIBRARY = "library"


@dataclass(frozen=True)
class Subscribing:
    """Dependencies."""

    engine: Engine
    zone: ZoneInfo

    def turn(self, person: Person, message: IncomingMessage, choice: str | None, now: datetime) -> Turn | None:
        """Return the reply to a message about being told something later; None for any other message.

        `message` is as the person sent it, `choice` what it was taken for, if it chose something.
        """
        ours = choice or ""
        asked = wanted(message.text) if choice in {None, MAYBE_STOP} else None
        if choice is None and (answer := agrees(message.text)) is not None:
            ours = self._answered(person, answer, now)
        if asked is None and not ours.startswith(OURS):
            return None
        sayer = self.sayer(language.spoken(message, person.language), now)
        if asked is None:
            return self._chosen(person, ours, message.text or "", sayer, now)
        return self._wished(person, asked, sayer, now)

    def offering(self, person: Person, turn: Turn, channel: Channel, now: datetime) -> tuple[Reply, ...]:
        """Return a turn's replies, with a button to be reminded of the one event that it is about.

        Only where the platform shows it without another message, and the event is yet to come.
        """
        replies, uid = turn.replies, subscriptions.event_in(turn.understanding)
        if not uid or not replies or len(replies[-1].choices) >= MOST_BUTTONS:
            return replies
        if any(each.subject == uid for each in subscriptions.of_person(self.engine, person.id)):
            return replies
        sayer = self.sayer(person.language, now)
        if first_seen(Topic.EVENT, uid, sayer.calendar, now) is None:
            return replies
        button = Choice(sayer.say("part_remind_me"), f"{ASK}:{Topic.EVENT}:{uid}")
        more = (*replies[:-1], replace(replies[-1], choices=(*replies[-1].choices, button)))
        before, after = (sum(len(channel.render(each, person.address)) for each in every) for every in (replies, more))
        return more if after <= before else replies

    def sayer(self, spoken: str, now: datetime) -> Sayer:
        """Return what says things in a language, over the facts that may be told `now`."""
        facts = library.told_facts(self.engine, self.zone, now)
        own = texts.spoken(facts, library.read_translations(self.engine), spoken)
        return Sayer(LibraryCalendar(facts), own, spoken or language.FIRST)

    def _answered(self, person: Person, yes: bool, now: datetime) -> str:
        """Return the choice that a plain yes or no means, if the question has just been asked."""
        offered = turns.offered(self.engine, person.id, now)
        beginning = f"{YES if yes else NO}:"
        found = (each.payload for each in offered.choices if each.payload.startswith(beginning))
        return next(found, "") if offered.just_now else ""

    def _wished(self, person: Person, asked: Wanted, sayer: Sayer, now: datetime) -> Turn | None:
        if asked.wish is Wish.LIST:
            return self._list(person, sayer)
        if asked.wish is Wish.END:
            return self._end(person, asked, sayer, now)
        if asked.topic is Topic.EVENT:
            uid = _named(sayer, asked.rest) if asked.rest else subscriptions.told_of(self.engine, person.id)
            if not uid and asked.rest:
                return None  # "remind me of my loan": not ours
            if not uid:
                return _said(Reply(sayer.say("utter_subscribe_which_event")))
            return self._ask(person, Topic.EVENT, uid, sayer, now)
        if asked.topic is Topic.HOURS:
            return self._ask(person, Topic.HOURS, self._place(asked.rest, sayer), sayer, now)
        return self._ask(person, asked.topic or Topic.EVENTS, asked.kind, sayer, now)

    def _ask(self, person: Person, topic: Topic, subject: str, sayer: Sayer, now: datetime) -> Turn:
        seen = first_seen(topic, subject, sayer.calendar, now)
        if seen is None:
            return _said(Reply(sayer.say("utter_subscribe_too_late")))
        what = sayer.subject(topic, subject)
        if any((each.topic, each.subject) == (topic, subject) for each in self._of(person)):
            return _said(Reply(sayer.say("utter_subscribed_already", what=what)))
        choices = (
            Choice(sayer.say("part_subscribe_yes"), f"{YES}:{topic}:{subject}"),
            Choice(sayer.say("part_subscribe_no"), f"{NO}:{topic}:{subject}"),
        )
        return _said(Reply(_question(topic, subject, sayer, now), choices))

    def _chosen(self, person: Person, choice: str, words_: str, sayer: Sayer, now: datetime) -> Turn | None:
        order, topic, subject = (*choice.split(":", 2), "", "")[:3]
        if order == END:
            every = self._of(person)
            ended = [each for each in every if topic == EVERYTHING or (each.topic, each.subject) == (topic, subject)]
            return self._ended(ended, ended == list(every), sayer, now)
        if topic not in set(Topic):
            return None
        if order == ASK:
            return self._ask(person, Topic(topic), subject, sayer, now)
        if order == NO:
            return _said(Reply(sayer.say("utter_subscribe_not")))
        seen = first_seen(topic, subject, sayer.calendar, now)
        if seen is None:
            return _said(Reply(sayer.say("utter_subscribe_too_late")))
        question, what = _question(Topic(topic), subject, sayer, now), sayer.subject(topic, subject)
        new = subscriptions.begin(
            self.engine, person.id, topic, subject, asked=question, words=words_ or choice, seen=seen, now=now
        )
        return _said(Reply(sayer.say("utter_subscribed" if new else "utter_subscribed_already", what=what)))

    def _list(self, person: Person, sayer: Sayer) -> Turn:
        every = self._of(person)
        if not every:
            return _said(Reply(sayer.say("utter_subscriptions_none")))
        lines, choices, tongue = [], [], words.of(sayer.language)
        for number, each in enumerate(every, start=1):
            since = each.since.astimezone(self.zone).date()
            date = words.full_date(since, since, tongue)
            lines.append(sayer.say("part_subscription_line", what=sayer.subject(each.topic, each.subject), date=date))
            title = sayer.say("part_unsubscribe", number=str(number))
            choices.append(Choice(title, f"{END}:{each.topic}:{each.subject}"))
        if len(every) > 1:
            choices.append(Choice(sayer.say("part_unsubscribe_all"), f"{END}:{EVERYTHING}:"))
        return _said(Reply(sayer.say("utter_subscriptions", lines="\n".join(lines)), tuple(choices)))

    def _end(self, person: Person, asked: Wanted, sayer: Sayer, now: datetime) -> Turn | None:
        every = self._of(person)
        if not every:
            return None if asked.topic is None else _said(Reply(sayer.say("utter_subscriptions_none")))
        # "The event ones" are reminders of single events and news of kinds of events alike.
        topics = {Topic.EVENT, Topic.EVENTS} if asked.topic is Topic.EVENTS else {asked.topic}
        ended = [
            each
            for each in every
            if asked.topic is None
            or (each.topic in topics and (not asked.kind or each.topic == Topic.EVENT or each.subject == asked.kind))
        ]
        return self._ended(ended, len(ended) == len(every), sayer, now)

    def _ended(
        self, ended: Sequence[subscriptions.Subscription], everything: bool, sayer: Sayer, now: datetime
    ) -> Turn:
        if not ended:
            return _said(Reply(sayer.say("utter_subscriptions_none")))
        subscriptions.end(self.engine, [each.id for each in ended], "asked", now)
        if everything:
            return _said(Reply(sayer.say("utter_unsubscribed_all")))
        what = words.listed([sayer.subject(each.topic, each.subject) for each in ended], words.of(sayer.language))
        return _said(Reply(sayer.say("utter_unsubscribed", what=what)))

    def _of(self, person: Person) -> tuple[subscriptions.Subscription, ...]:
        return subscriptions.of_person(self.engine, person.id)

    def _place(self, rest: str, sayer: Sayer) -> str:
        """Return the key of the place that words name, the library's where they name none."""
        said = language.in_simplified(plain(rest)).casefold()
        names = {
            key: [language.in_simplified(plain(name)).casefold() for name in every]
            for key, every in library.place_names(self.engine).items()
        }
        found = [(len(name), key) for key, every in names.items() for name in every if len(name) > 2 and name in said]
        places: Sequence[Place] = sayer.calendar.facts.places
        default = LIBRARY if any(each.key == LIBRARY for each in places) else places[0].key if places else LIBRARY
        return max(found)[1] if found else default


def _question(topic: Topic, subject: str, sayer: Sayer, now: datetime) -> str:
    """Return the question to which a yes is consent; it says what they will be told."""
    if topic is Topic.HOURS:
        return sayer.say("utter_subscribe_hours", place=sayer.place(subject))
    if topic is Topic.CONTEST:
        return sayer.say("utter_subscribe_contest")
    if topic is Topic.EVENTS:
        return sayer.say("utter_subscribe_events", kind=sayer.subject(topic, subject))
    event, seen = event_of(sayer.calendar, subject), first_seen(topic, subject, sayer.calendar, now)
    assert event is not None  # noqa: S101 - first_seen has found it
    assert seen is not None  # noqa: S101
    at = sayer.when(event, datetime.fromisoformat(seen["starts"]), now)
    return sayer.say("utter_subscribe_event", title=sayer.text(event.title), at=at)


def _named(sayer: Sayer, rest: str) -> str:
    """Return the uid of the event whose title has all the words given, "" if none or several have."""
    said = set(plain(rest).casefold().split()) - {"please", "pls", "the", "a", "event", "thanks"}
    found = [
        each.uid
        for each in sayer.calendar.facts.events
        if said and said <= set(plain(f"{each.title} {each.type}").casefold().replace(":", " ").split())
    ]
    return found[0] if len(found) == 1 else ""


def _said(reply: Reply) -> Turn:
    intent = {"name": "subscriptions", "confidence": 1.0}
    return Turn((reply,), {"intent": intent, "actions": ["subscribing"]})
