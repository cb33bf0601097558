"""What a message asks: its question, or its two, with the places, times and answers that its words name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from rasa_sdk import Tracker

from actions.language import FIRST, language_of, words_in
from actions.library import Library, moment_of
from actions.spans import Span, spans_from_entities, spans_from_slot
from bot.calendar import words
from bot.calendar.facts import Place
from bot.calendar.words import Words

FOLLOW_UP = "follow_up"


@dataclass(frozen=True)
class Near:
    """An answer of the store that is near to a question.

    `score` is the cosine with the nearest way to ask for it, 1 for the same words; `sure`, between 0 and 1, how likely
    it is the one that is meant among its topic's answers.
    """

    topic: str
    key: str
    score: float
    sure: float = 1.0  # of what was offered before there was such a figure


@dataclass(frozen=True)
class Question:
    """What a message asks, and when. `now` is the moment at which it was sent, in the library's zone.

    `text` is empty when a button was tapped that stands for no words. `places` and `spans` are those that the words
    name; `earlier_…` what the turn before was about, for "and on Sunday?". `near` are the store's answers that the
    words may ask for, a topic's likeliest first; `chosen` is the key of an answer whose button was tapped. `ranking`
    is what the message may be about: intents with their confidence, best first. `impossible_date` is a date that there
    is not, as it was said. `language` is the one in which it is answered.
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
    near: tuple[Near, ...] = ()
    chosen: str = ""
    ranking: tuple[tuple[str, float], ...] = ()
    language: str = FIRST

    @property
    def tongue(self) -> Words:
        """How the language of the turn says days and hours."""
        return words_in(self.language)

    @property
    def about(self) -> str:
        """The intent that decides: of a follow-up, the question's that it follows."""
        return self.earlier_intent if self.intent == FOLLOW_UP else self.intent

    @property
    def today(self) -> date:
        """The day on which the message was sent, in the library's zone."""
        return self.now.date()

    @property
    def words(self) -> frozenset[str]:
        """The words of the text, in lower case: "What's on?" gives what, s, on."""
        return frozenset(re.findall(r"\w+", self.text.casefold()))

    def moment(self, at: datetime) -> str:
        """Return a moment in words, in the library's zone: "11 pm today"."""
        return words.moment(at.astimezone(self.library.calendar.zone), self.today, self.tongue)

    def day(self, on: date) -> str:
        """Return a day in words: "today", "Sunday"."""
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
        understood = message.get("questions") or []
        if len(understood) < 2:
            near = understood[0].get("answers") if understood else ()
            return [_question(tracker, library, text, intent, message.get("entities"), near)]
        return [
            _question(
                tracker,
                library,
                text[each["start"] : each["end"]],
                each["intent"],
                [part for part in message.get("entities") or () if each["start"] <= part["start"] < each["end"]],
                each.get("answers"),
            )
            for each in understood
        ]
    entities = message.get("entities") or []
    asked = tracker.slots.get("asked")
    if isinstance(asked, Mapping) and intent in asked["intents"] and not _value_of(entities, "answer"):
        return [_question(tracker, library, asked["text"], intent, asked["entities"], asked["answers"])]
    return [_question(tracker, library, "", intent, entities, ())]


def _question(
    tracker: Tracker, library: Library, text: str, intent: str, entities: Iterable[Any] | None, near: Any
) -> Question:
    message = tracker.latest_message
    zone = library.calendar.zone
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
        near=tuple(Near(**each) for each in near or ()),
        chosen=_value_of(entities, "answer"),
        ranking=tuple((each["name"], each["confidence"]) for each in message.get("intent_ranking") or ()),
        language=language_of(message),
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
