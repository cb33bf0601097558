"""What a message asks: one question or two, with the places, times and answers that its words refer to."""

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
from actions.spans import Span, beside, spans_from_entities, spans_from_slot
from actions.who import said_who, who_in
from bot.calendar import words
from bot.calendar.facts import Place
from bot.calendar.hours import LibraryCalendar
from bot.calendar.words import Words
from bot.plain import plain

FOLLOW_UP = "follow_up"
# Asks the same thing as before about something else.
_AND = re.compile(
    r"\W*(?:(?:and|n|or|also|(?:what|wat|wt|how|hw) (?:about|abt))\b|咁|那|同埋|仲有|還有|还有|另外)"
    r"|[^\n]{0,40}呢\W{0,9}$",
    re.IGNORECASE,
)
# "and patents": with at most so many words it asks, though nothing in it has the form of a question.
_MORE, FRAGMENT = re.compile(r"\W*(?:and|n|or|also)\b", re.IGNORECASE), 4
_CHINESE_DAY = re.compile("(?:星期|禮拜|礼拜|週|周)(?P<day>[一二三四五六日天])")


@dataclass(frozen=True)
class Near:
    """An answer in the store that is close to a question.

    `score` is the cosine with the closest known phrasing of the answer's question (1 for identical words). `own` is the
    same for the new words alone, without the previous question. `sure` is the probability, from 0 to 1, that this is
    the answer meant among those of its topic. `points` holds the cosine of the question with each sentence of the
    answer (bot.pieces). `meant` is the probability that this is the answer meant among those of all topics, 0 if
    unknown (bot.nlu.meant).
    """

    topic: str
    key: str
    score: float
    sure: float = 1.0  # default for answers offered before this figure existed
    own: float = 1.0
    points: tuple[float, ...] = ()
    meant: float = 0.0


@dataclass(frozen=True)
class Question:
    """What a message asks, and when. `now` is when the message was sent, in the library's time zone.

    `text`: the words; empty if a button without words was tapped. `language`: the language of the reply.

    `intent`, `ranking`: the intent, and all candidate intents with their confidence, best first. `refused`: a topic the
    person does not want. `asks`: whether the message may ask something at all.

    `places`, `spans`: those named in the words. `earlier_place`, `earlier_spans`, `earlier_intent`: those of the
    previous turn, for "and on Sunday?". `read`: the words that name places and times, as (entity, text) pairs.
    `impossible_date`: a date that does not exist, as it was written. `unread_time`: what looks like a date or time but
    could not be parsed. `doubt`: some words were not understood, so the reply must not be a plain yes.

    `near`: candidate answers from the store, per topic the likeliest first. `chosen`: the key of the answer whose
    button was tapped. `none`: the probability that no answer fits, after a previous answer.

    `after`: the words that this message follows up, "" if it stands alone. `bare`: whether the message alone reveals no
    topic ("and on sunday?"). `beside`: whether it asks for the day beside the one asked about before ("the day after").
    `of_nothing`: whether it asks about an "it" that nobody has named.

    `told`: the key of the previous answer, "" if there was none. `last`: the intent answered then. `at_hand`: the
    current place (the one the conversation is about). `room`: a room without hours on record. `aside`: whether the
    place was only named as one that may know. `shut`: the key of a place already said to be closed (actions.at_hand).

    `who`: the asker's role, or that of the person they ask for, if stated (actions.who). `event`: the uid of the event
    that was last described on its own. `listed`: the uids of events listed together.
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
    beside: bool = False
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
        """How the language of the turn writes days and hours."""
        return words_in(self.language)

    def said(self, text: str) -> str:
        """Return a text from the facts in the language of the turn, for use inside another text."""
        return self.library.texts(text)

    @property
    def about(self) -> str:
        """The intent that decides the topic: for a follow-up, that of the question it follows."""
        return self.earlier_intent if self.intent == FOLLOW_UP else self.intent

    @property
    def follows(self) -> bool:
        """Whether this continues the previous question, so that it inherits places and times it does not name."""
        return self.intent == FOLLOW_UP or bool(self.after)

    @property
    def today(self) -> date:
        """The day on which the message was sent, in the library's time zone."""
        return self.now.date()

    @property
    def words(self) -> frozenset[str]:
        """The words of the text in lower case: "What's on?" gives what, s, on."""
        return frozenset(re.findall(r"\w+", self.plain))

    @property
    def plain(self) -> str:
        """The text in plain letters and lower case; Chinese words are glossed in English where known."""
        return glossed(plain(self.text).casefold())

    @property
    def read_as(self) -> str:
        """The text as passed to the parsers; Chinese words are glossed in English where known."""
        return glossed(self.text)

    def calendar_on(self, day: date) -> LibraryCalendar:
        """Return the calendar for a day; conditions that hold until they are switched off apply only to today."""
        calendar = self.library.calendar
        return calendar.lifted if day > self.today else calendar

    def moment(self, at: datetime) -> str:
        """Return a moment in words, in the library's time zone: "11 pm today"."""
        return words.moment(at.astimezone(self.library.calendar.zone), self.today, self.tongue)

    def deadline(self, at: datetime) -> str:
        """Return the end of something in words: "midnight tonight, at the end of Friday 4 December"."""
        return words.deadline(at.astimezone(self.library.calendar.zone), self.today, self.tongue)

    def day(self, on: date) -> str:
        """Return a day in words: "today", "Sunday"; or "today, Monday" if that weekday was asked for."""
        name = self.tongue.weekdays[on.weekday()]
        named = {each for found in _CHINESE_DAY.finditer(self.text) for each in found["day"].replace("天", "日")}
        if on == self.today and (self.words & {name.casefold(), name.casefold()[:3]} or name[-1] in named):
            return self.tongue.today_named.format(weekday=name)
        return words.day_name(on, self.today, self.tongue)

    def days(self, span: Span) -> str:
        """Return the days of a span in words: "today", "today – Sunday"."""
        return words.days(span.starts.date(), span.last_day, self.today, self.tongue)


def questions_of(tracker: Tracker, library: Library) -> list[Question]:
    """Return the questions of the tracker's latest message in their order: one, or two.

    A tapped button stands for the unclear words that it was offered for (slot `asked`).
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


# Fields of Question that the model fills in.
_UNDERSTOOD = ("after", "bare", "none", "of_nothing", "refused")


def _asked(tracker: Tracker, library: Library, understood: Mapping[str, Any], intent: str) -> Question:
    """Return one of the questions that the model found in the latest message."""
    text, entities = tracker.latest_message.get("text") or "", tracker.latest_message.get("entities") or ()
    start, end = understood["start"], understood["end"]
    own = [each for each in entities if start <= each.get("start", start) < end]
    said = str(understood.get("says") or text[start:end])
    if place := understood.get("place"):
        own = [*own, {"entity": "place", "value": place}]
    question = _question(tracker, library, said, intent, own, understood.get("answers"))
    more = {name: understood[name] for name in _UNDERSTOOD if understood.get(name)}
    fragment = _MORE.match(said) is not None and len(said.split()) <= FRAGMENT
    return replace(question, asks=understood.get("asks", True) or fragment, **more)


def _going_on(question: Question, last: Question) -> Question:
    """Return a message's second question with context from its first: "where is the desk and is it open"."""
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
    earlier_spans = spans_from_slot(tracker.slots.get("time"), zone)
    next_to = beside(text, earlier_spans, zone)
    return Question(
        library=library,
        now=moment_of(message, zone),
        text=text,
        intent=intent,
        places=_without_parents(place for place in named if place),
        spans=next_to or spans_from_entities(entities, zone),
        earlier_place=_place(library, tracker.slots.get("place")),
        earlier_spans=earlier_spans,
        earlier_intent=tracker.slots.get("about") or "",
        impossible_date=_value_of(entities, "impossible_date"),
        unread_time=_value_of(entities, "unread_time"),
        read=tuple((str(each["entity"]), str(each["text"])) for each in entities if each.get("text")),
        near=tuple(Near(**each) for each in near or ()),
        beside=bool(next_to),
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
    """Return the asker's role, or whom they ask for.

    "what about the pcs" after "can alumni book a room" still asks for alumni.
    """
    return (
        said_who(text) or who_in(text) or (who_in(glossed(str(before.get("text") or ""))) if _AND.match(text) else "")
    )


def _value_of(entities: Iterable[Mapping[str, Any]], name: str) -> str:
    return next((str(entity["value"]) for entity in entities if entity.get("entity") == name), "")


def _place(library: Library, words: Any) -> Place | None:
    return library.calendar.find_place(words) if isinstance(words, str) and words else None


def _without_parents(places: Iterable[Place]) -> tuple[Place, ...]:
    """Return the places without duplicates; "the counter in the library" asks only about the counter."""
    found = tuple({place.key: place for place in places}.values())
    parents = {place.parent for place in found if place.kind == "service"}
    return tuple(place for place in found if place.key not in parents)
