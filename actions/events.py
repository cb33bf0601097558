"""What is on: events on a day or over several days, one event, signing up; and if nothing is on, what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.choosing import best, overview, said_answer
from actions.events_at_hand import OF_EVENTS, SIGN_UP, asks_for_a_kind, at_hand, in_focus, of_them
from actions.events_named import EVENTS, REGISTRATION, named, titles_said
from actions.events_one import AHEAD, in_full, sign_up, told_of
from actions.events_said import lines, listed
from actions.hours import no_such_time
from actions.questions import Question
from actions.saying import Said, Say
from actions.spans import Span, day_span
from actions.turn import answer_turn, answers, before
from bot.calendar.facts import Event, Occurrence
from bot.calendar.occurrences import next_occurrences, occurrences

_ABOUT = {"about": REGISTRATION}
# Words that ask for events that cost nothing.
FREE = frozenset(("free", "gratis"))


class ActionEvents(Action):
    """Says what is on."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_events"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer, and remember the time for the next question."""
        return answer_turn(events, dispatcher, tracker, domain)


class ActionEventRegistration(Action):
    """Says how to sign up for an event."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_event_registration"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer, and remember the topic for the next question."""
        return answer_turn(registration, dispatcher, tracker, domain)


@answers(EVENTS)
def events(question: Question) -> Said:
    """Return what is on at the time in the question, or soon if it names none.

    If the text names a kind or a title ("workshop", "endnote"), only matching events count, and an event asked for by
    its title is described in full. If the text names something that does not exist, the reply says so first. A question
    about the current event ("wt time again") gets only the detail that was asked for.
    """
    if unclear := no_such_time(question):
        return Said(unclear)
    every = question.library.calendar.facts.events
    wanted = named(every, _text(question))
    if one := at_hand(question, wanted.events):
        return Said(told_of(question, one), _remembered(question, EVENTS, [one]))
    it = in_focus(question) if question.spans else None
    pool = wanted.events or ((it,) if it else of_them(question) or every)
    times = {"time": [each.to_slot() for each in question.spans] or None}
    span = _span(question)
    if wanted.by_title and len(pool) == 1 and (span is None or pool[0].cancelled):
        return Said(in_full(question, pool[0]), _remembered(question, EVENTS, pool) | times)
    if span is None:
        found = _soon(question, pool)
        told = _coming(question, found, missing=wanted.missing)
        return Said(told, _remembered(question, EVENTS, _events_of(found)) | times)
    when = {"when": question.days(span)}
    found = occurrences(pool, span.starts, span.ends)
    none_such = Say("utter_events_none_such", when)
    remembered = _remembered(question, EVENTS, _events_of(found) or ([it] if it else [])) | times
    if found:
        told = _told(question, found, "utter_events_on", when)
        return Said((none_such, *told) if wanted.missing else told, remembered)
    none = none_such if pool is not every or wanted.missing else Say("utter_events_none", when)
    coming = next_occurrences(pool, max(question.now, span.ends), 1) or next_occurrences(pool, question.now, 1)
    if not coming:
        return Said((none, Say("utter_events_none_known")), remembered)
    remembered |= _remembered(question, EVENTS, _events_of(coming))
    return Said((none, *listed(question, coming, "utter_events_next", {})), remembered)


def _remembered(question: Question, intent: str, told: Sequence[Event]) -> dict[str, Any]:
    """Return the slots for the next question: the events just given and, if there was only one, that event."""
    uids = [each.uid for each in told]
    kept = before(replace(question, intent=intent, event=uids[0] if len(uids) == 1 else ""))
    # After one event from a list, keep the list, so that "the second one" or "and the third?" still works.
    return {"topic": "events", "before": {**kept, "listed": uids if len(uids) > 1 else list(question.listed)}}


def _events_of(found: Sequence[Occurrence]) -> list[Event]:
    return list({each.event.uid: each.event for each in found}.values())


def _soon(question: Question, pool: Sequence[Event]) -> tuple[Occurrence, ...]:
    """Return what is on in the next days, or else what comes next; a repeating event appears once."""
    soon = occurrences(pool, question.now, question.now + AHEAD) or next_occurrences(pool, question.now, 1)
    first: dict[str, Occurrence] = {}
    for each in soon:
        first.setdefault(each.event.uid, each)
    return tuple(first.values())


def _coming(question: Question, found: Sequence[Occurrence], *, missing: bool) -> tuple[Say, ...]:
    none_such = (Say("utter_events_none_of_kind"),) if missing else ()
    if not found:
        return (*none_such, Say("utter_events_none_known"))
    return (*none_such, *_told(question, found, "utter_events_coming", {}))


@answers(REGISTRATION)
def registration(question: Question) -> Said:
    """Return how to sign up: for the named event or the current one, or else in general."""
    if asks_for_a_kind(question):
        return events(question)
    every = question.library.calendar.facts.events
    meant = named(every, _text(question)).events
    one = at_hand(question, meant) or (in_focus(question) if not meant else None)
    if one:
        return Said(told_of(question, one, SIGN_UP), _remembered(question, REGISTRATION, [one]))
    span = _span(question)
    then = occurrences(meant or every, span.starts, span.ends) if span else ()
    coming = then or next_occurrences(meant or every, question.now, 1 if meant else 3)
    if meant and coming:
        event = coming[0].event
        return Said(tuple(sign_up(question, coming[0])), _remembered(question, REGISTRATION, [event]) | _ABOUT)
    answer = best(question) or overview(question.library.answers, REGISTRATION)
    says = said_answer(question, answer) if answer else []
    if not coming or question.last in OF_EVENTS:  # the events were listed in the previous turn
        return Said(tuple(says) or (Say("utter_events_none_known"),), {"topic": "events"} | _ABOUT)
    says += listed(question, coming, "utter_events_coming", {})
    return Said(tuple(says), _remembered(question, REGISTRATION, _events_of(coming)) | _ABOUT)


def _text(question: Question) -> str:
    """Return the text to search for event names, adding the original of any title named in the turn's language."""
    return " ".join(
        [question.read_as, *titles_said(question.library.calendar.facts.events, question.text, question.library.texts)]
    )


def _span(question: Question) -> Span | None:
    spans = question.spans or (question.earlier_spans if question.follows else ())
    if not spans:
        return None
    span = spans[0]
    # A question about a moment ("at 6 pm") is really about the whole day.
    if span.grain == "moment":
        span = day_span(span.starts.date(), question.library.calendar.zone)
    # Leave out what is already over.
    return Span(question.now, span.ends, span.grain) if span.starts < question.now < span.ends else span


def _told(question: Question, found: Sequence[Occurrence], response: str, when: Mapping[str, str]) -> tuple[Say, ...]:
    """Return the list. If free events were asked for, list only those, then any whose price is unknown."""
    if not question.words & FREE or "food" in question.words:
        return listed(question, found, response, when)
    free = [each for each in found if each.event.free]
    if not free:
        return (Say("utter_events_none_free"), *listed(question, found, response, when))
    unknown = [each for each in found if not each.event.price]
    besides = Say("utter_events_price_unknown", {"events": lines(question, unknown, costs=False)})
    return (*listed(question, free, response, when), *([besides] if unknown else []))
