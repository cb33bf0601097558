"""Opening hours, and the Learning Commons that is open day and night: which places and times a question means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import hours_said
from actions.questions import FOLLOW_UP, Question
from actions.saying import Said, Say, distinct
from actions.spans import Span
from actions.turn import answer_turn, answers
from bot.calendar.facts import Place

LEARNING_COMMONS = "learning commons"
REFERS_BACK = frozenset({"it", "there"})
MOST_PLACES = MOST_SPANS = 3


class ActionOpeningHours(Action):
    """Says whether and until when a place is open."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_opening_hours"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer, and remember place and time for the next question."""
        return answer_turn(opening_hours, dispatcher, tracker, domain)


class ActionLearningCommons(Action):
    """Says that the Learning Commons is open, and where it is."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_learning_commons"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer, and remember place and time for the next question."""
        return answer_turn(learning_commons, dispatcher, tracker, domain)


@answers("opening_hours", FOLLOW_UP)
def opening_hours(question: Question) -> Said:
    """Return the hours of the places at the times that the question names.

    A place that is not named is the main one, a time that is not named is now; a follow-up keeps what it does not name.
    """
    if question.impossible_date:
        return Said((Say("utter_date_impossible", {"date": question.impossible_date}),))
    places, spans = _places(question), _spans(question)
    if not places:
        return Said((Say("utter_hours_unknown"),))
    says: list[Say] = []
    for place in places[:MOST_PLACES]:
        if spans:
            for span in spans[:MOST_SPANS]:
                says += hours_said.in_span(question, place, span)
        elif hours_said.asks_all_day(question):
            says += hours_said.all_day(question, place)
        else:
            says += hours_said.in_general(question, place)
    says += hours_said.conditions_not_in_force(question)
    return Said(distinct(says), _remembered(places[-1], spans))


def names_when_or_where(question: Question) -> bool:
    """Return whether a follow-up asks for hours, whatever the last question was about: "and on sunday?"."""
    asked = question.spans or question.places or question.impossible_date
    return question.intent == FOLLOW_UP and bool(asked)


def hours_again(question: Question) -> Said:
    """Return the hours, the topic left as it was: a rule that a follow-up has begun with must still hold at its end."""
    said = opening_hours(question)
    return Said(said.says, {name: value for name, value in said.slots.items() if name != "topic"})


@answers("learning_commons_24h")
def learning_commons(question: Question) -> Said:
    """Return when the Learning Commons is open, where it is and what to know of it.

    Asked of another place ("is the library open all night?"), it says so of that place and names the Learning Commons.
    """
    library = question.library
    commons = library.calendar.find_place(LEARNING_COMMONS) or library.main
    if commons is None:
        return Said((Say("utter_hours_unknown"),))
    others = [place for place in question.places if place.key != commons.key]
    if others and commons not in question.places and hours_said.asks_all_day(question):
        return Said(distinct(hours_said.all_day(question, others[0])), _remembered(commons, question.spans))
    spans = question.spans[:MOST_SPANS]
    says = [say for span in spans for say in hours_said.in_span(question, commons, span)]
    says += [] if spans else hours_said.all_day(question, commons)
    return Said(distinct([*says, *hours_said.whereabouts(commons)]), _remembered(commons, spans))


def _places(question: Question) -> tuple[Place, ...]:
    if question.places:
        return question.places
    refers_back = question.intent == FOLLOW_UP or question.words & REFERS_BACK
    place = (question.earlier_place if refers_back else None) or question.library.main
    return (place,) if place else ()


def _spans(question: Question) -> tuple[Span, ...]:
    if question.spans or question.intent != FOLLOW_UP:
        return question.spans
    return question.earlier_spans


def _remembered(place: Place, spans: tuple[Span, ...]) -> dict[str, Any]:
    return {"place": place.key, "time": [span.to_slot() for span in spans] or None, "topic": "hours"}
