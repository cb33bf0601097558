"""What a message asks: its question, or its two, with the places, times and answers that its words name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from rasa_sdk import Tracker

from actions.glossing import glossed
from actions.language import FIRST, language_of, words_in
from actions.library import Library, moment_of
from actions.spans import Span, spans_from_entities, spans_from_slot
from actions.who import said_who, who_in
from bot.calendar import words
from bot.calendar.facts import Place
from bot.calendar.hours import LibraryCalendar
from bot.calendar.words import Words
from bot.plain import plain

FOLLOW_UP = "follow_up"
# What asks the same as before of something else.
_AND = re.compile(r"\W*(?:and|n|or|also|(?:what|wat|wt|how|hw) (?:about|abt))\b", re.IGNORECASE)
_CHINESE_DAY = re.compile("(?:星期|禮拜|礼拜|週|周)(?P<day>[一二三四五六日天])")


@dataclass(frozen=True)
class Near:
    """An answer of the store that is near to a question.

    `score` is the cosine with the nearest way to ask for it, 1 for the same words, and `own` that of the question
    without the one before; `sure`, between 0 and 1, how likely it is the one that is meant among its topic's answers;
    `points` the cosine of the question with each sentence of the answer (bot.pieces); `meant`, how likely it is the one
    that is meant among the answers of all topics, 0 where that is not known (bot.nlu.meant).
    """

    topic: str
    key: str
    score: float
    sure: float = 1.0  # of what was offered before there was such a figure
    own: float = 1.0
    points: tuple[float, ...] = ()
    meant: float = 0.0


@dataclass(frozen=True)
class Question:
    """What a message asks, and when. `now` is the moment at which it was sent, in the library's zone.

    `text` is empty when a button was tapped that stands for no words. `places` and `spans` are those that the words
    name; `earlier_…` what the turn before was about, for "and on Sunday?". `near` are the store's answers that the
    words may ask for, a topic's likeliest first; `chosen` is the key of an answer whose button was tapped. `ranking`
    is what the message may be about: intents with their confidence, best first. `impossible_date` is a date that there
    is not, as it was said; `unread_time` what looks like a date or a time and could not be read. `read` are the words
    that name places and times, with what they name, and `doubt` says that others are not understood, so that no answer
    may be a yes. `after` are the words that this goes on with, "" where it stands for itself, and `bare` is whether it
    alone tells no topic ("and on sunday?"); `asks`, whether it may ask something at all; `told` is the key of the
    answer that was given before, "" where none was, and `last` the intent that was answered then; `at_hand` the place
    that was talked about then, `room` a room without hours on record, `aside` whether the place was only named as one
    that may know, `shut` the key of one that was said to be closed (actions.at_hand); `none`, how likely it is that no
    answer is meant, behind one that was given; `of_nothing`, whether it asks of an "it" that nobody has named;
    `refused` is a topic that is not wanted. `who` is who is asking or for whom, where that was said (actions.who).
    `event` is the uid of the event that was told of last by itself, `listed` those that were told together. `language`
    is the one in which it is answered.
    """

    library: Library
    now: datetime
    text: str = ""
    intent: str = ""
    places: tuple[Place, ...] = ()
    spans: tuple[Span, ...] = ()
    earlier_place: Place | None = None
    earlier_spans: tuple[Span, ...] = ()
    earlier_intent: str = ""
    impossible_date: str = ""
    unread_time: str = ""
    read: tuple[tuple[str, str], ...] = ()
    doubt: bool = False
    near: tuple[Near, ...] = ()
    chosen: str = ""
    ranking: tuple[tuple[str, float], ...] = ()
    after: str = ""
    bare: bool = False
    asks: bool = True
    told: str = ""
    last: str = ""
    at_hand: Place | None = None
    room: str = ""
    aside: bool = False
    shut: str = ""
    none: float = 0.0
    of_nothing: bool = False
    refused: str = ""
    who: str = ""
    event: str = ""
    listed: tuple[str, ...] = ()
    language: str = FIRST

    @property
    def tongue(self) -> Words:
        """How the language of the turn says days and hours."""
        return words_in(self.language)

    def said(self, text: str) -> str:
        """Return a text of the facts in the language of the turn, to stand inside another text."""
        return self.library.texts(text)

    @property
    def about(self) -> str:
        """The intent that decides: of a follow-up, the question's that it follows."""
        return self.earlier_intent if self.intent == FOLLOW_UP else self.intent

    @property
    def follows(self) -> bool:
        """Whether it goes on with the question before, so that places and times which it does not name are that's."""
        return self.intent == FOLLOW_UP or bool(self.after)

    @property
    def today(self) -> date:
        """The day on which the message was sent, in the library's zone."""
        return self.now.date()

    @property
    def words(self) -> frozenset[str]:
        """The words of the text, in lower case: "What's on?" gives what, s, on."""
        return frozenset(re.findall(r"\w+", self.plain))

    @property
    def plain(self) -> str:
        """The text in plain letters and in lower case, Chinese told in English where the readers know its words."""
        return glossed(plain(self.text).casefold())

    @property
    def read_as(self) -> str:
        """The text as readers of it are given it: Chinese told in English where they know its words."""
        return glossed(self.text)

    def calendar_on(self, day: date) -> LibraryCalendar:
        """Return the calendar for what is asked of a day: what holds until it is switched off holds today."""
        calendar = self.library.calendar
        return calendar.lifted if day > self.today else calendar

    def moment(self, at: datetime) -> str:
        """Return a moment in words, in the library's zone: "11 pm today"."""
        return words.moment(at.astimezone(self.library.calendar.zone), self.today, self.tongue)

    def deadline(self, at: datetime) -> str:
        """Return when something ends, in words: "midnight tonight, at the end of Friday 4 December"."""
        return words.deadline(at.astimezone(self.library.calendar.zone), self.today, self.tongue)

    def day(self, on: date) -> str:
        """Return a day in words: "today", "Sunday"; where its own weekday was asked for, "today, Monday"."""
        name = self.tongue.weekdays[on.weekday()]
        named = {each for found in _CHINESE_DAY.finditer(self.text) for each in found["day"].replace("天", "日")}
        if on == self.today and (self.words & {name.casefold(), name.casefold()[:3]} or name[-1] in named):
            return self.tongue.today_named.format(weekday=name)
        return words.day_name(on, self.today, self.tongue)

    def days(self, span: Span) -> str:
        """Return the days of a span in words: "today", "today – Sunday"."""
        return words.days(span.starts.date(), span.last_day, self.today, self.tongue)


def questions_of(tracker: Tracker, library: Library) -> list[Question]:
    """Return what the latest message of `tracker` asks, in its order: two questions where it holds two.

    A tapped button stands for the words that were unclear, where it was offered for them (slot `asked`).
    """
    message = tracker.latest_message
    intent = (message.get("intent") or {}).get("name") or ""
    text = message.get("text") or ""
    if not text.startswith("/"):
        understood = message.get("questions") or [{"start": 0, "end": len(text)}]
        alone = len(understood) == 1
        found = [_asked(tracker, library, each, intent if alone else each["intent"]) for each in understood]
        return [found[0], *(_going_on(each, last) for last, each in pairwise(found))]
    entities = message.get("entities") or []
    asked = tracker.slots.get("asked")
    if isinstance(asked, Mapping) and intent in asked["intents"] and not _value_of(entities, "answer"):
        return [_question(tracker, library, asked["text"], intent, asked["entities"], asked["answers"])]
    return [_question(tracker, library, "", intent, entities, ())]


# What the model tells of a question, by the names of its fields here.
_UNDERSTOOD = ("after", "bare", "none", "of_nothing", "refused")


def _asked(tracker: Tracker, library: Library, understood: Mapping[str, Any], intent: str) -> Question:
    """Return one of the questions that the model has found in the latest message."""
    text, entities = tracker.latest_message.get("text") or "", tracker.latest_message.get("entities") or ()
    start, end = understood["start"], understood["end"]
    own = [each for each in entities if start <= each.get("start", start) < end]
    said = str(understood.get("says") or text[start:end])
    if place := understood.get("place"):
        own = [*own, {"entity": "place", "value": place}]
    question = _question(tracker, library, said, intent, own, understood.get("answers"))
    more = {name: understood[name] for name in _UNDERSTOOD if understood.get(name)}
    return replace(question, asks=understood.get("asks", True), **more)


def _going_on(question: Question, last: Question) -> Question:
    """Return the second question of a message: "where is the desk and is it open" asks of the desk."""
    return replace(
        question,
        earlier_place=last.places[-1] if last.places else last.earlier_place,
        at_hand=last.places[-1] if last.places else last.at_hand,
        earlier_spans=last.spans or last.earlier_spans,
    )


def _question(
    tracker: Tracker, library: Library, text: str, intent: str, entities: Iterable[Any] | None, near: Any
) -> Question:
    message = tracker.latest_message
    zone = library.calendar.zone
    before = tracker.slots.get("before") or {}
    at_hand = before.get("at") or {}
    entities = list(entities or ())
    named = [_place(library, entity.get("value")) for entity in entities if entity.get("entity") == "place"]
    return Question(
        library=library,
        now=moment_of(message, zone),
        text=text,
        intent=intent,
        places=_without_parents(place for place in named if place),
        spans=spans_from_entities(entities, zone),
        earlier_place=_place(library, tracker.slots.get("place")),
        earlier_spans=spans_from_slot(tracker.slots.get("time"), zone),
        earlier_intent=tracker.slots.get("about") or "",
        impossible_date=_value_of(entities, "impossible_date"),
        unread_time=_value_of(entities, "unread_time"),
        read=tuple((str(each["entity"]), str(each["text"])) for each in entities if each.get("text")),
        near=tuple(Near(**each) for each in near or ()),
        chosen=_value_of(entities, "answer"),
        ranking=tuple((each["name"], each["confidence"]) for each in message.get("intent_ranking") or ()),
        told=str(before.get("told") or ""),
        last=str(before.get("intent") or ""),
        at_hand=_place(library, at_hand.get("place")),
        room=str(at_hand.get("room") or ""),
        aside=bool(at_hand.get("aside")),
        shut=str(at_hand.get("shut") or ""),
        who=_who(glossed(text), before) or str(tracker.slots.get("who") or ""),
        event=str(before.get("event") or ""),
        listed=tuple(before.get("listed") or ()),
        language=language_of(message),
    )


def _who(text: str, before: Mapping[str, Any]) -> str:
    """Return who asks, or for whom: "can alumni book a room" and "what about the pcs" both for alumni."""
    return (
        said_who(text) or who_in(text) or (who_in(glossed(str(before.get("text") or ""))) if _AND.match(text) else "")
    )


def _value_of(entities: Iterable[Mapping[str, Any]], name: str) -> str:
    return next((str(entity["value"]) for entity in entities if entity.get("entity") == name), "")


def _place(library: Library, words: Any) -> Place | None:
    return library.calendar.find_place(words) if isinstance(words, str) and words else None


def _without_parents(places: Iterable[Place]) -> tuple[Place, ...]:
    """Return the places without doubles; in "the counter in the library" only the counter is asked about."""
    found = tuple({place.key: place for place in places}.values())
    parents = {place.parent for place in found if place.kind == "service"}
    return tuple(place for place in found if place.key not in parents)
