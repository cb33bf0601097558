"""How events are presented: one with its details, several as a short list, or as cards if there are pictures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from actions.questions import Question
from actions.saying import CardOf, Part, Say, Value
from bot.calendar import words
from bot.calendar.facts import Event, Occurrence
from bot.pieces import sentences

# Further events are only counted: a message should be readable on a phone without much scrolling.
MOST_LISTED = 6
# Words that ask what something costs.
PRICE = frozenset(
    (
        *("free", "gratis", "cost", "costs", "price", "prices", "fee", "fees", "pay", "paid", "charge", "charged"),
        *("much", "ticket", "tickets"),
    )
)
# How a description speaks of signing up.
_SIGNING_UP = re.compile(r"\bregist|\bsign(?:ing)?[- ]?up|\bbook a|\btickets?\b|\b(?:drop|walk) in\b", re.IGNORECASE)


def listed(
    question: Question, found: Sequence[Occurrence], response: str, when: Mapping[str, Value]
) -> tuple[Say, ...]:
    """Return the events under a heading: a single one with its details, several as a list.

    The heading for a single event is the response with the suffix `_one`. Events with pictures, or with two links each,
    become cards, which channels show as tiles or as text.
    """
    if len(found) == 1:
        return _one(question, found[0], f"{response}_one", when)
    shown, more = found[:MOST_LISTED], len(found) - MOST_LISTED
    rest = (Say("utter_events_more", {"count": str(more)}),) if more > 0 else ()
    if any(each.event.image_url or (each.event.registration_url and each.event.url) for each in shown):
        cards = Say(cards=tuple(_card(question, each) for each in shown))
        return (Say(response, {**when, "events": ""}), *rest, cards)
    told = lines(question, shown, costs=bool(question.words & PRICE))
    return (Say(response, {**when, "events": told}), *rest)


def lines(question: Question, found: Sequence[Occurrence], *, costs: bool) -> list[Part]:
    """Return events as list items with time, place and links; with `costs`, also the price."""
    return [line for each in found[:MOST_LISTED] for line in _lines(question, each, costs=costs)]


def facts(question: Question, occurrence: Occurrence, *, again: Sequence[str] = (), costs: bool = True) -> list[Part]:
    """Return all details of an event, one per line; `again` lists the days on which it is repeated."""
    event = occurrence.event
    return [
        *_known(event.description, "part_event_about", "about"),
        Part("part_event_when", {"at": _at(question, occurrence)}),
        *_known(question.tongue.comma.join(again), "part_event_again", "days"),
        *_beside_its_time(question, event, costs=costs),
        *([] if event.registration_url or of_signing_up(event) else [Part("part_event_no_sign_up")]),
        *_links(event),
    ]


def of_signing_up(event: Event) -> str:
    """Return the sentence about signing up (or not needing to) in an event's description; "" if there is none."""
    return next((each for each in sentences(event.description) if _SIGNING_UP.search(each)), "")


def about(event: Event) -> tuple[Say, ...]:
    """Return what an event is about; () if it has no description."""
    return (Say("utter_event_about", {"about": event.description}),) if event.description else ()


def price(event: Event) -> list[Say]:
    """Return what an event costs, or that the price is unknown."""
    if event.price:
        return [Say("utter_event_price", {"title": event.title, "price": event.price})]
    return [Say("utter_event_price_unknown", {"title": event.title})]


def values(question: Question, occurrence: Occurrence) -> dict[str, Value]:
    """Return an event's title and time, for a sentence about it."""
    return {"title": occurrence.event.title, "at": _at(question, occurrence)}


def _one(question: Question, occurrence: Occurrence, response: str, when: Mapping[str, Value]) -> tuple[Say, ...]:
    event = occurrence.event
    first = price(event) if question.words & PRICE else []
    more = [
        *_known(event.description, "part_event_about", "about"),
        *_beside_its_time(question, event, costs=not first),
        *_links(event),
    ]
    heading = Say(response, {**when, **values(question, occurrence)}, image=event.image_url)
    return (heading, *first, *([Say("utter_event_facts", {"lines": more})] if more else []))


def _beside_its_time(question: Question, event: Event, *, costs: bool) -> list[Part]:
    return [
        *_known(_where(question, event), "part_event_where", "where"),
        *_known(event.audience, "part_event_audience", "audience"),
        *_known(event.price if costs else "", "part_event_price", "price"),
        *_known(str(event.capacity or ""), "part_event_capacity", "capacity"),
    ]


def _links(event: Event) -> list[Part]:
    return [
        *_known(event.registration_url, "part_event_sign_up", "link"),
        *_known(event.url, "part_event_more", "link"),
    ]


def _known(value: str, response: str, name: str) -> list[Part]:
    return [Part(response, {name: value})] if value else []


def at_place(question: Question, occurrence: Occurrence) -> str | Part:
    """Return when and where an event takes place."""
    at, where = _at(question, occurrence), _where(question, occurrence.event)
    return Part("part_at_place", {"at": at, "where": where}) if where else at


def _lines(question: Question, occurrence: Occurrence, *, costs: bool) -> list[Part]:
    event = occurrence.event
    told: dict[str, Value] = {"title": event.title, "at": at_place(question, occurrence)}
    if not costs:
        line = Part("part_event", told)
    elif event.price:
        line = Part("part_event_costs", {**told, "price": event.price})
    else:
        line = Part("part_event_costs_unknown", told)
    links = [
        *_known(event.registration_url, "part_event_link", "link"),
        *_known(event.url, "part_event_page", "link"),
    ]
    return [line, *links]


def _at(question: Question, occurrence: Occurrence) -> str | Part:
    zone = question.library.calendar.zone
    if occurrence.starts < question.now < occurrence.ends and not occurrence.event.all_day:
        return Part("part_until", {"until": question.moment(occurrence.ends)})
    starts, ends = occurrence.starts.astimezone(zone), occurrence.ends.astimezone(zone)
    return words.span(starts, ends, question.today, question.tongue, all_day=occurrence.event.all_day)


def _where(question: Question, event: Event) -> str:
    place = question.library.calendar.find_place(event.place) if event.place else None
    return place.name if place else event.place


def _card(question: Question, occurrence: Occurrence) -> CardOf:
    event = occurrence.event
    price = event.price if question.words & PRICE else ""
    lines = [each for each in (_at(question, occurrence), _where(question, event), price) if each]
    links = [("part_sign_up", event.registration_url), ("part_more", event.url)]
    return CardOf(
        title=event.title,
        subtitle=tuple(lines),
        image=event.image_url,
        links=tuple((label, link) for label, link in links if link),
    )
