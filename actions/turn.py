"""One turn: the question that a message asks, what is said to it, and the way from one to the other."""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeAlias

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.language import FIRST, language_of, response_in, words_in
from actions.library import Library, moment_of, open_library
from actions.spans import Span, spans_from_entities, spans_from_slot
from bot import offers
from bot.calendar import words
from bot.calendar.facts import Place
from bot.calendar.words import Words

logger = logging.getLogger(__name__)


FOLLOW_UP = "follow_up"
# What may be offered as a topic has a label `part_topic_<intent>` in the domain.
LABEL = "part_topic_"


@dataclass(frozen=True)
class Question:
    """What a message asks, and when. `now` is the moment at which it was sent, in the library's zone.

    `text` is empty when a button was tapped that stands for no words. `places` and `spans` are those that the words
    name; `earlier_…` what the turn before was about, for "and on Sunday?". `near` are the store's answers nearest to
    the words, best first; `chosen` is the key of an answer whose button was tapped. `ranking` is what the message may
    be about: intents with their confidence, best first. `impossible_date` is a date that there is not, as it was said.
    `language` is the one in which it is answered.
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
        first, last = self.day(span.starts.date()), self.day(span.last_day)
        return first if first == last else f"{first} – {last}"


@dataclass(frozen=True)
class Near:
    """An answer of the store that is near to a question: the cosine of the two sentences, 1 for the same words."""

    topic: str
    key: str
    score: float


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
class ChoiceOf:
    """A button: what it says, the intent that it stands for, and the answer where it stands for one."""

    title: Value
    intent: str
    answer: str = ""

    @property
    def payload(self) -> str:
        """What a tap sends to Rasa."""
        return f"/{self.intent}" + (json.dumps({"answer": self.answer}) if self.answer else "")


@dataclass(frozen=True)
class Say:
    """One message: a response of the domain by name, with what fills its placeholders, and buttons; or cards."""

    response: str = ""
    values: Mapping[str, Value] = field(default_factory=dict)
    cards: tuple[CardOf, ...] = ()
    choices: tuple[ChoiceOf, ...] = ()


@dataclass(frozen=True)
class Said:
    """What is said in one turn, and what is remembered for the next: slots by name."""

    says: tuple[Say, ...]
    slots: Mapping[str, Any] = field(default_factory=dict)


Answering: TypeAlias = Callable[[Question], Said]
# Which function answers an intent: every topic's file enters its own here, and one enters itself for ANY other.
ANY = ""
_ANSWERS: dict[str, Answering] = {}


def answers(*intents: str) -> Callable[[Answering], Answering]:
    """Return a decorator that enters a function as what answers `intents`."""

    def enter(function: Answering) -> Answering:
        _ANSWERS.update(dict.fromkeys(intents, function))
        return function

    return enter


def answering(intent: str) -> Answering:
    """Return the function that answers an intent."""
    return _ANSWERS.get(intent, _ANSWERS[ANY])


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
        near=tuple(Near(each["topic"], each["key"], each["score"]) for each in near or ()),
        chosen=_value_of(entities, "answer"),
        ranking=tuple((each["name"], each["confidence"]) for each in message.get("intent_ranking") or ()),
        language=language_of(message),
    )


def _value_of(entities: Iterable[Mapping[str, Any]], name: str) -> str:
    return next((str(entity["value"]) for entity in entities if entity.get("entity") == name), "")


def answer_turn(
    answer: Callable[[Question], Said],
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    domain: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Say what `answer` gives to the latest message and return the slots to set.

    Where the message asks two things, each is answered by its own topic's function. Whatever goes wrong, the person
    is told so in one sentence and the conversation goes on.
    """
    try:
        pretended = (tracker.latest_message.get("metadata") or {}).get("pretend") or ()
        language = language_of(tracker.latest_message)
        questions = questions_of(tracker, open_library(language).pretending(pretended))
        alone = len(questions) == 1
        turns = [(answer if alone else answering(each.intent))(each) for each in questions]
        if alone:
            turns += beside(questions[0], turns[0], tracker, domain)
        messages = [_message(say, domain, language) for say in distinct(say for said in turns for say in said.says)]
    except Exception as error:
        # The store is the usual cause. The error's text may hold personal data, its kind and its place do not.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(frame.filename).name}:{frame.lineno}"
        request_id = (tracker.latest_message.get("metadata") or {}).get("request_id", "")
        what = "The facts could not be looked up: %s at %s request_id=%s"
        logger.error(what, type(error).__name__, where, request_id)
        dispatcher.utter_message(response="utter_store_down")
        return []
    for message in messages:
        dispatcher.utter_message(**message)
    slots = {name: value for said in turns for name, value in said.slots.items()}
    if tracker.slots.get("asked"):
        slots.setdefault("asked", None)  # what was unclear has been answered, or dropped
    return [SlotSet(name, value) for name, value in slots.items()]


def beside(question: Question, said: Said, tracker: Tracker, domain: Mapping[str, Any]) -> list[Said]:
    """Return what else a question may be about, as choices to its answer; nothing where there is no such thing.

    The right topic is one tap away then, with the words that were said, though the first guess was a wrong one.
    """
    typed = question.text and not question.chosen
    if not typed or not question.ranking or question.ranking[0][0] != question.intent:
        return []
    if any(say.choices or say.cards for say in said.says) or {"asked", "request"} & said.slots.keys():
        return []
    others = offers.beside(question.ranking, labelled(domain))
    if not others:
        return []
    choices = tuple(ChoiceOf(Part(LABEL + intent), intent) for intent in others)
    return [Said((Say("utter_or_rather", choices=choices),), {"asked": unclear(question, others, tracker)})]


def labelled(domain: Mapping[str, Any]) -> frozenset[str]:
    """Return the intents that may be offered as topics."""
    return frozenset(name.removeprefix(LABEL) for name in domain["responses"] if name.startswith(LABEL))


def unclear(question: Question, offered: Sequence[str], tracker: Tracker) -> dict[str, Any]:
    """Return, for the slot `asked`, what the choice of one of the topics that are offered will be about."""
    return {
        "intents": list(offered),
        "text": question.text,
        "entities": list(tracker.latest_message.get("entities") or ()),
        "answers": [{"topic": each.topic, "key": each.key, "score": each.score} for each in question.near],
    }


def _message(say: Say, domain: Mapping[str, Any], language: str) -> dict[str, Any]:
    if say.cards:
        return {"json_message": {"cards": [_card(card, domain, language) for card in say.cards]}}
    filled: dict[str, Any] = {"response": response_in(language, say.response, domain)}
    filled |= {name: _filled(value, domain, language) for name, value in say.values.items()}
    if say.choices:
        filled["buttons"] = [
            {"title": _filled(each.title, domain, language), "payload": each.payload} for each in say.choices
        ]
    return filled


def _card(card: CardOf, domain: Mapping[str, Any], language: str) -> dict[str, Any]:
    shown: dict[str, Any] = {"title": card.title}
    if subtitle := _filled(card.subtitle, domain, language):
        shown["subtitle"] = subtitle
    if card.image:
        shown["image"] = card.image
    if card.links:
        shown["links"] = [{"title": _filled(Part(label), domain, language), "url": url} for label, url in card.links]
    return shown


def _filled(value: Value, domain: Mapping[str, Any], language: str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Part):
        values = {name: _filled(each, domain, language) for name, each in value.values.items()}
        name = response_in(language, value.response, domain)
        return str(domain["responses"][name][0]["text"]).format_map(values)
    return "\n".join(_filled(each, domain, language) for each in value)


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
