"""What is on: events of a day or of days, as a sentence and as cards; and when nothing is on, what comes next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import best, overview, said_answer
from actions.spans import Span, day_span
from actions.turn import FOLLOW_UP, CardOf, Part, Question, Said, Say, Value, answer_turn, answers
from bot.calendar import words
from bot.calendar.facts import Event, Occurrence
from bot.calendar.occurrences import next_occurrences, occurrences

REGISTRATION = "event_registration"
AHEAD = timedelta(days=14)
MOST_CARDS = 10
# A word of a title points to its event when it is long enough to mean something and does not stand for all of them.
TELLING = 5
COMMON = frozenset(("event", "activity", "library", "campus", "university", "student", "staff"))


class ActionEvents(Action):
    """Says what is on."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_events"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer, and remember the time for the next question."""
        return answer_turn(events, dispatcher, tracker, domain)


class ActionEventRegistration(Action):
    """Says how to sign up for an event."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_event_registration"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer, and remember the topic for the next question."""
        return answer_turn(registration, dispatcher, tracker, domain)


@answers("events")
def events(question: Question) -> Said:
    """Return what is on at the time that the question names, or soon where it names none.

    Where the text names a kind or a title ("workshop", "endnote"), only such events count.
    """
    if question.impossible_date:
        return Said((Say("utter_date_impossible", {"date": question.impossible_date}),))
    every = question.library.calendar.facts.events
    such = [event for event in every if _named(event, question.words)]
    pool = such or every
    span = _span(question)
    remembered = {"topic": "events", "time": [each.to_slot() for each in question.spans] or None}
    if span is None:
        found = occurrences(pool, question.now, question.now + AHEAD) or next_occurrences(pool, question.now, 1)
        if found:
            return Said(_listed(question, found, "utter_events_coming", {}), remembered)
        return Said((Say("utter_events_none_known"),), remembered)
    when = {"when": question.days(span)}
    found = occurrences(pool, span.starts, span.ends)
    if found:
        return Said(_listed(question, found, "utter_events_on", when), remembered)
    none = Say("utter_events_none_such" if such else "utter_events_none", when)
    coming = next_occurrences(pool, max(question.now, span.ends), 1) or next_occurrences(pool, question.now, 1)
    if not coming:
        return Said((none, Say("utter_events_none_known")), remembered)
    return Said((none, Say("utter_events_next", _values(question, coming[0])), *_cards(question, coming)), remembered)


@answers(REGISTRATION)
def registration(question: Question) -> Said:
    """Return how to sign up: for the event that the words name, else in general and for what comes next."""
    every = question.library.calendar.facts.events
    named = [event for event in every if _named(event, question.words)]
    span = _span(question)
    then = occurrences(named or every, span.starts, span.ends) if span else ()
    coming = then or next_occurrences(named or every, question.now, 1 if named else 3)
    remembered = {"topic": "events", "about": REGISTRATION}
    if named and coming:
        return Said(tuple(_sign_up(question, coming[0])), remembered)
    answer = next(iter(best(question)), overview(question.library.answers, REGISTRATION))
    says = said_answer(question, answer) if answer else []
    if coming:
        lines = [Part("part_event", _values(question, each)) for each in coming]
        says += [Say("utter_events_coming", {"events": lines}), *_cards(question, coming)]
    return Said(tuple(says) or (Say("utter_events_none_known"),), remembered)


def _sign_up(question: Question, occurrence: Occurrence) -> list[Say]:
    event, values = occurrence.event, _values(question, occurrence)
    link = event.registration_url
    says = [Say("utter_event_sign_up", {**values, "link": link}) if link else Say("utter_event_no_sign_up", values)]
    if event.capacity:
        says.append(Say("utter_event_capacity", {"capacity": str(event.capacity)}))
    return [*says, Say("utter_event_audience", {"audience": event.audience})] if event.audience else says


def _span(question: Question) -> Span | None:
    spans = question.spans or (question.earlier_spans if question.intent == FOLLOW_UP else ())
    if not spans:
        return None
    span = spans[0]
    # Asked about a moment ("at 6 pm"), a person wants the day; a day that only begins is asked about as a whole.
    if span.grain == "moment":
        span = day_span(span.starts.date(), question.library.calendar.zone)
    # What is over need not be announced any more.
    return Span(question.now, span.ends, span.grain) if span.starts < question.now < span.ends else span


def _named(event: Event, asked: frozenset[str]) -> bool:
    title = {word for word in re.findall(r"\w+", event.title.casefold()) if len(word) >= TELLING}
    kinds = set(re.findall(r"\w+", event.type.casefold()))
    telling = {_singular(word) for word in title | kinds} - COMMON
    return bool(telling & {_singular(word) for word in asked})


def _singular(word: str) -> str:
    return word.removesuffix("es") if word.endswith("sses") else word.removesuffix("s")


def _listed(
    question: Question, found: Sequence[Occurrence], response: str, values: Mapping[str, str]
) -> tuple[Say, ...]:
    if len(found) == 1:
        one = Say(f"{response}_one", {**values, **_values(question, found[0])})
        return (one, *_about(found[0].event), *_cards(question, found))
    lines = [Part("part_event", _values(question, each)) for each in found[:MOST_CARDS]]
    more = len(found) - len(lines)
    rest = (Say("utter_events_more", {"count": str(more)}),) if more else ()
    return (Say(response, {**values, "events": lines}), *_cards(question, found[:MOST_CARDS]), *rest)


def _about(event: Event) -> tuple[Say, ...]:
    return (Say("utter_event_about", {"about": event.description}),) if event.description else ()


def _values(question: Question, occurrence: Occurrence) -> dict[str, Value]:
    return {
        "title": occurrence.event.title,
        "at": _at(question, occurrence),
    }


def _at(question: Question, occurrence: Occurrence) -> str | Part:
    zone = question.library.calendar.zone
    if occurrence.starts < question.now < occurrence.ends and not occurrence.event.all_day:
        return Part("part_until", {"until": question.moment(occurrence.ends)})
    starts, ends = occurrence.starts.astimezone(zone), occurrence.ends.astimezone(zone)
    return words.span(starts, ends, question.today, all_day=occurrence.event.all_day)


def _cards(question: Question, found: Sequence[Occurrence]) -> tuple[Say, ...]:
    return (Say(cards=tuple(_card(question, each) for each in found)),)


def _card(question: Question, occurrence: Occurrence) -> CardOf:
    event = occurrence.event
    place = question.library.calendar.find_place(event.place) if event.place else None
    lines = (_at(question, occurrence), place.name if place else event.place)
    links = (("part_sign_up", event.registration_url), ("part_more", event.url))
    card = CardOf(title=event.title, subtitle=tuple(line for line in lines if line), image=event.image_url)
    return replace(card, links=tuple(link for link in links if link[1]))
