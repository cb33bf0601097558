"""What is on: events of a day or of days, as a sentence and as cards; and when nothing is on, what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import best, overview, said_answer
from actions.events_named import named
from actions.questions import FOLLOW_UP, Question
from actions.saying import CardOf, Part, Said, Say, Value
from actions.spans import Span, day_span
from actions.turn import answer_turn, answers
from bot.calendar import words
from bot.calendar.facts import Event, Occurrence
from bot.calendar.occurrences import next_occurrences, occurrences

REGISTRATION = "event_registration"
AHEAD = timedelta(days=14)
MOST_CARDS = 10
# How many of a repeating event's next times are named.
MOST_REPEATS = 3
# Words by which a person asks what something costs.
FREE = frozenset(("free", "gratis"))
PRICE = FREE | {
    "cost",
    "costs",
    "price",
    "prices",
    "fee",
    "fees",
    "pay",
    "paid",
    "charge",
    "charged",
    "much",
    "ticket",
    "tickets",
}


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

    Where the text names a kind or a title ("workshop", "endnote"), only such events count, and one that is asked for
    by its title is told in full. Where it names what there is not, that is said before what there is.
    """
    if question.impossible_date:
        return Said((Say("utter_date_impossible", {"date": question.impossible_date}),))
    every = question.library.calendar.facts.events
    wanted = named(every, question.text)
    pool = wanted.events or every
    remembered = {"topic": "events", "time": [each.to_slot() for each in question.spans] or None}
    span = _span(question)
    if wanted.by_title and len(pool) == 1 and (span is None or pool[0].cancelled):
        return Said(_in_full(question, pool[0]), remembered)
    if span is None:
        return Said(_soon(question, pool, missing=wanted.missing), remembered)
    when = {"when": question.days(span)}
    found = occurrences(pool, span.starts, span.ends)
    none_such = Say("utter_events_none_such", when)
    if found:
        listed = _told(question, found, "utter_events_on", when)
        return Said((none_such, *listed) if wanted.missing else listed, remembered)
    none = none_such if wanted.events or wanted.missing else Say("utter_events_none", when)
    coming = next_occurrences(pool, max(question.now, span.ends), 1) or next_occurrences(pool, question.now, 1)
    if not coming:
        return Said((none, Say("utter_events_none_known")), remembered)
    return Said((none, Say("utter_events_next", _values(question, coming[0])), *_cards(question, coming)), remembered)


def _soon(question: Question, pool: Sequence[Event], *, missing: bool) -> tuple[Say, ...]:
    """Return what is on in the next days, else what is next; one that repeats is named once."""
    soon = occurrences(pool, question.now, question.now + AHEAD) or next_occurrences(pool, question.now, 1)
    first: dict[str, Occurrence] = {}
    for each in soon:
        first.setdefault(each.event.uid, each)
    found = tuple(first.values())
    none_such = (Say("utter_events_none_of_kind"),) if missing else ()
    if not found:
        return (*none_such, Say("utter_events_none_known"))
    return (*none_such, *_told(question, found, "utter_events_coming", {}))


def _in_full(question: Question, event: Event) -> tuple[Say, ...]:
    """Return everything that is known of one event: what, when and when again, where, for whom, how to sign up."""
    title: Mapping[str, Value] = {"title": event.title}
    if event.cancelled:
        return (Say("utter_event_cancelled", title),)
    running = occurrences([event], question.now, question.now + AHEAD)[:1]
    coming = (
        *running,
        *(each for each in next_occurrences([event], question.now, MOST_REPEATS) if each not in running),
    )
    if not coming:
        return (Say("utter_event_over", title), *_about(event))
    then = [question.day(each.starts.astimezone(question.library.calendar.zone).date()) for each in coming[1:]]
    price = _price(event) if question.words & PRICE else []
    lines = [
        *_known(event.description, "part_event_about", "about"),
        Part("part_event_when", {"at": _at(question, coming[0])}),
        *_known(", ".join(then), "part_event_again", "days"),
        *_known(_where(question, event), "part_event_where", "where"),
        *_known(event.audience, "part_event_audience", "audience"),
        *_known(event.price, "part_event_price", "price"),
        *_known(str(event.capacity or ""), "part_event_capacity", "capacity"),
        *(_known(event.registration_url, "part_event_sign_up", "link") or [Part("part_event_no_sign_up")]),
        *_known(event.url, "part_event_more", "link"),
    ]
    told = (*price, Say("utter_event_in_full", {**title, "lines": lines}))
    return (*told, *_cards(question, coming[:1])) if event.image_url else told


def _known(value: str, response: str, name: str) -> list[Part]:
    return [Part(response, {name: value})] if value else []


@answers(REGISTRATION)
def registration(question: Question) -> Said:
    """Return how to sign up: for the event that the words name, else in general and for what comes next."""
    every = question.library.calendar.facts.events
    meant = named(every, question.text).events
    span = _span(question)
    then = occurrences(meant or every, span.starts, span.ends) if span else ()
    coming = then or next_occurrences(meant or every, question.now, 1 if meant else 3)
    remembered = {"topic": "events", "about": REGISTRATION}
    if meant and coming:
        return Said(tuple(_sign_up(question, coming[0])), remembered)
    answer = best(question) or overview(question.library.answers, REGISTRATION)
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


def _price(event: Event) -> list[Say]:
    if event.price:
        return [Say("utter_event_price", {"title": event.title, "price": event.price})]
    return [Say("utter_event_price_unknown", {"title": event.title})]


def _told(question: Question, found: Sequence[Occurrence], response: str, values: Mapping[str, str]) -> tuple[Say, ...]:
    """Return the list; asked for what is free, of that alone, and what may be besides as nobody has said its price."""
    if not question.words & FREE or "food" in question.words:
        return _listed(question, found, response, values)
    free = [each for each in found if each.event.free]
    if not free:
        return (Say("utter_events_none_free"), *_listed(question, found, response, values))
    unknown = [Part("part_event", _values(question, each)) for each in found if not each.event.price][:MOST_CARDS]
    besides = (Say("utter_events_price_unknown", {"events": unknown}),) if unknown else ()
    return (*_listed(question, free, response, values), *besides)


def _line(question: Question, occurrence: Occurrence) -> Part:
    values = _values(question, occurrence)
    if not question.words & PRICE:
        return Part("part_event", values)
    price = occurrence.event.price
    return Part("part_event_costs", {**values, "price": price}) if price else Part("part_event_costs_unknown", values)


def _listed(
    question: Question, found: Sequence[Occurrence], response: str, values: Mapping[str, str]
) -> tuple[Say, ...]:
    if len(found) == 1:
        one = Say(f"{response}_one", {**values, **_values(question, found[0])})
        price = _price(found[0].event) if question.words & PRICE else []
        return (one, *price, *_about(found[0].event), *_cards(question, found))
    lines = [_line(question, each) for each in found[:MOST_CARDS]]
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
    return words.span(starts, ends, question.today, question.tongue, all_day=occurrence.event.all_day)


def _cards(question: Question, found: Sequence[Occurrence]) -> tuple[Say, ...]:
    return (Say(cards=tuple(_card(question, each) for each in found)),)


def _where(question: Question, event: Event) -> str:
    place = question.library.calendar.find_place(event.place) if event.place else None
    return place.name if place else event.place


def _card(question: Question, occurrence: Occurrence) -> CardOf:
    event = occurrence.event
    lines = (_at(question, occurrence), _where(question, event))
    links = (("part_sign_up", event.registration_url), ("part_more", event.url))
    card = CardOf(title=event.title, subtitle=tuple(line for line in lines if line), image=event.image_url)
    return replace(card, links=tuple(link for link in links if link[1]))
