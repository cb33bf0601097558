"""One turn: the question that a message asks, what is said to it, and the way from one to the other."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeAlias

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.library import Library, moment_of, open_library
from actions.spans import Span, spans_from_entities, spans_from_slot
from bot.calendar import words
from bot.calendar.facts import Place

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Question:
    """What a message asks, and when. `now` is the moment at which it was sent, in the library's zone.

    `text` is empty when a button was tapped. `places` and `spans` are those that the message names;
    `earlier_place` and `earlier_spans` those of the turn before, for "and on Sunday?".
    """

    library: Library
    now: datetime
    text: str = ""
    intent: str = ""
    places: tuple[Place, ...] = ()
    spans: tuple[Span, ...] = ()
    earlier_place: Place | None = None
    earlier_spans: tuple[Span, ...] = ()

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
        return words.moment(at.astimezone(self.library.calendar.zone), self.today)

    def day(self, on: date) -> str:
        """Return a day in words: "today", "Sunday"."""
        return words.day_name(on, self.today)

    def days(self, span: Span) -> str:
        """Return the days of a span in words: "today", "today – Sunday"."""
        first, last = self.day(span.starts.date()), self.day(span.last_day)
        return first if first == last else f"{first} – {last}"


@dataclass(frozen=True)
class Part:
    """A response of the domain that stands inside another: a line of a list, a label."""

    response: str
    values: Mapping[str, Value] = field(default_factory=dict)


Value: TypeAlias = str | Part | Sequence[str | Part]


@dataclass(frozen=True)
class CardOf:
    """A card whose links are labelled by responses of the domain: (response, address)."""

    title: str
    subtitle: Value = ""
    image: str = ""
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Say:
    """One message: a response of the domain by name, with what fills its placeholders; or cards."""

    response: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    cards: tuple[CardOf, ...] = ()


@dataclass(frozen=True)
class Said:
    """What is said in one turn, and what is remembered for the next: slots by name."""

    says: tuple[Say, ...]
    slots: Mapping[str, Any] = field(default_factory=dict)


def question_of(tracker: Tracker, library: Library) -> Question:
    """Return the question that the latest message of `tracker` asks."""
    message = tracker.latest_message
    zone = library.calendar.zone
    entities = message.get("entities") or []
    text = message.get("text") or ""
    named = [_place(library, entity.get("value")) for entity in entities if entity.get("entity") == "place"]
    return Question(
        library=library,
        now=moment_of(message, zone),
        text="" if text.startswith("/") else text,
        intent=(message.get("intent") or {}).get("name") or "",
        places=_without_parents(place for place in named if place),
        spans=spans_from_entities(entities, zone),
        earlier_place=_place(library, tracker.slots.get("place")),
        earlier_spans=spans_from_slot(tracker.slots.get("time"), zone),
    )


def answer_turn(
    answer: Callable[[Question], Said],
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    domain: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Say what `answer` gives to the latest message and return the slots to set.

    Whatever goes wrong, the person is told so in one sentence and the conversation goes on.
    """
    try:
        said = answer(question_of(tracker, open_library()))
        messages = [_message(say, domain) for say in said.says]
    except Exception as error:
        # The store is the usual cause. The message may hold personal data, the kind of error does not.
        logger.error("The facts could not be looked up: %s", type(error).__name__)
        dispatcher.utter_message(response="utter_store_down")
        return []
    for message in messages:
        dispatcher.utter_message(**message)
    return [SlotSet(name, value) for name, value in said.slots.items()]


def _message(say: Say, domain: Mapping[str, Any]) -> dict[str, Any]:
    if say.cards:
        return {"json_message": {"cards": [_card(card, domain) for card in say.cards]}}
    return {"response": say.response, **{name: _filled(value, domain) for name, value in say.values.items()}}


def _card(card: CardOf, domain: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"title": card.title}
    if subtitle := _filled(card.subtitle, domain):
        shown["subtitle"] = subtitle
    if card.image:
        shown["image"] = card.image
    if card.links:
        shown["links"] = [{"title": _filled(Part(label), domain), "url": url} for label, url in card.links]
    return shown


def _filled(value: Value, domain: Mapping[str, Any]) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Part):
        values = {name: _filled(each, domain) for name, each in value.values.items()}
        return str(domain["responses"][value.response][0]["text"]).format_map(values)
    return "\n".join(_filled(each, domain) for each in value)


def _place(library: Library, words: Any) -> Place | None:
    return library.calendar.find_place(words) if isinstance(words, str) and words else None


def _without_parents(places: Iterable[Place]) -> tuple[Place, ...]:
    """Return the places without doubles; in "the counter in the library" only the counter is asked about."""
    found = tuple({place.key: place for place in places}.values())
    parents = {place.parent for place in found if place.kind == "service"}
    return tuple(place for place in found if place.key not in parents)


def distinct(says: Iterable[Say]) -> tuple[Say, ...]:
    """Return the messages without repeating one that has been said in this turn."""
    kept: list[Say] = []
    for say in says:
        if say not in kept:
            kept.append(say)
    return tuple(kept)
