"""One event: in full, or only the details asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta

from actions.choosing import best, of_topic, overview, said_answer
from actions.events_at_hand import ABOUT, PRICED, SIGN_UP, WHEN, WHERE, WHO, asked
from actions.events_named import REGISTRATION
from actions.events_said import PRICE, about, at_place, facts, of_signing_up, price, values
from actions.questions import Question
from actions.saying import Say, Value
from actions.topics import topics
from actions.who import VISITOR, on_record_for, outside
from bot.calendar.facts import Answer, Event, Occurrence
from bot.calendar.occurrences import next_occurrences, occurrences
from bot.pieces import sentences

AHEAD = timedelta(days=14)
# How many upcoming dates of a repeating event are listed.
MOST_REPEATS = 3
# The audience of an event that is open to everybody.
_FOR_ALL = re.compile(
    r"\W*(?:open to )?(?:everyone|everybody|anyone|anybody|all|(?:the )?(?:general )?public)\W*$", re.IGNORECASE
)


def told_of(question: Question, event: Event, otherwise: str = ABOUT) -> tuple[Say, ...]:
    """Return the details asked for, one per line. `otherwise` is the detail to give if the words name none."""
    wanted = asked(question) or (otherwise,)
    coming = _coming(question, event)
    if event.cancelled or not coming or ABOUT in wanted:
        return in_full(question, event)
    says: list[Say] = []
    if WHEN in wanted or WHERE in wanted:
        says.append(Say("utter_event_when", {"title": event.title, "at": at_place(question, coming[0])}))
    if PRICED in wanted:
        says += price(event)
    if SIGN_UP in wanted:
        says += sign_up(question, coming[0], beside=WHO not in wanted)
    if WHO in wanted:
        says += _for_whom(question, event)
    return tuple(says)


def in_full(question: Question, event: Event) -> tuple[Say, ...]:
    """Return everything known about an event: what, when and when again, where, for whom, how to sign up."""
    title: Mapping[str, Value] = {"title": event.title}
    if event.cancelled:
        return (Say("utter_event_cancelled", title),)
    coming = _coming(question, event)
    if not coming:
        return (Say("utter_event_over", title), *about(event))
    then = [question.day(each.starts.astimezone(question.library.calendar.zone).date()) for each in coming[1:]]
    first = price(event) if question.words & PRICE else []
    told = facts(question, coming[0], again=then, costs=not first)
    return (*first, Say("utter_event_in_full", {**title, "lines": told}, image=event.image_url))


def sign_up(question: Question, occurrence: Occurrence, *, beside: bool = True) -> list[Say]:
    """Return how to sign up for an event: its link, what its description says, or else what holds for all events."""
    event, when = occurrence.event, values(question, occurrence)
    written = of_signing_up(event)
    if event.registration_url:
        says = [Say("utter_event_sign_up", {**when, "link": event.registration_url})]
    elif written:
        says = [Say("utter_event_written", {**when, "line": _in_own_language(question, event, written)})]
    else:
        answer = best(question) if question.about == REGISTRATION else None
        answer = answer or overview(question.library.answers, REGISTRATION)
        says = [Say("utter_event_no_sign_up", when), *(said_answer(question, answer) if answer else [])]
    if event.capacity:
        says.append(Say("utter_event_capacity", {"capacity": str(event.capacity)}))
    return [*says, *(_audience(event) if beside else [])]


def _in_own_language(question: Question, event: Event, line: str) -> str:
    """Return a sentence of a description in the language of the turn, where its translation has as many sentences."""
    own, first = sentences(question.said(event.description)), sentences(event.description)
    return own[first.index(line)] if len(own) == len(first) else line


def _coming(question: Question, event: Event) -> tuple[Occurrence, ...]:
    running = occurrences([event], question.now, question.now + AHEAD)[:1]
    after = next_occurrences([event], question.now, MOST_REPEATS)
    return (*running, *(each for each in after if each not in running))


def _audience(event: Event) -> list[Say]:
    return [Say("utter_event_audience", {"audience": event.audience})] if event.audience else []


def _for_whom(question: Question, event: Event) -> list[Say]:
    """Return whom an event is for; if it is open to everybody, also how outsiders or guests get in."""
    if not event.audience:
        return [Say("utter_event_audience_unknown", {"title": event.title})]
    way = _way_in(question) if _FOR_ALL.match(event.audience) else None
    return [*_audience(event), *(said_answer(question, way) if way else [])]


def _way_in(question: Question) -> Answer | None:
    visiting = topics().visiting
    every = question.library.answers
    who = question.who if outside(question.who) else VISITOR
    return (best(question) if question.about == visiting else None) or on_record_for(
        who, visiting, of_topic(every, visiting), every
    )
