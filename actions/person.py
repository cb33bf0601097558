"""A person instead of the bot: how to reach one, when somebody is there, and requests that staff find in the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import best, overview, said_answer
from actions.turn import Question, Said, Say, answer_turn, answers
from bot.calendar.facts import Answer

CONTACT, COMPLAINT, DISTRESS = "contact_librarian", "feedback_complaint", "distress"
# The service at which staff answer questions.
DESK = "information-desk"


class ActionContactLibrarian(Action):
    """Says how to reach a person, and when somebody is there."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_contact_librarian"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer from the store, and ask for the request to be recorded."""
        return answer_turn(contact_librarian, dispatcher, tracker, domain)


class ActionFeedback(Action):
    """Takes praise, complaints and reports for the staff."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_feedback"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Say what happens with it, and ask for it to be recorded."""
        return answer_turn(feedback, dispatcher, tracker, domain)


class ActionDistress(Action):
    """Answers words of distress with the contacts that help."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_distress"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer from the store, the same each time."""
        return answer_turn(distress, dispatcher, tracker, domain)


@answers(CONTACT)
def contact_librarian(question: Question) -> Said:
    """Return how to reach the library's staff, and whether somebody is there now.

    One who asks for a person is put on record for the staff; one who asks for a telephone number is answered.
    """
    general = overview(question.library.answers, CONTACT)
    found = best(question)
    answer: Answer | None = found[0] if found else general
    says = said_answer(question, answer) if answer else [Say("utter_contact_unknown")]
    if answer != general:
        return Said((*says, *_desk(question)))
    return Said((Say("utter_request_noted"), *says, *_desk(question)), {"request": CONTACT})


@answers(COMPLAINT)
def feedback(question: Question) -> Said:
    """Return that the words are kept for the staff, and how to reach somebody when it cannot wait."""
    answer = next(iter(best(question)), None)
    if answer and not answer.overview:
        return Said((*said_answer(question, answer), Say("utter_feedback_noted")), {"request": COMPLAINT})
    return Said((Say("utter_feedback_sorry"), Say("utter_feedback_noted"), *_desk(question)), {"request": COMPLAINT})


@answers(DISTRESS)
def distress(question: Question) -> Said:
    """Return the contacts that the library has chosen for this, and that a person is told."""
    answer = overview(question.library.answers, DISTRESS)
    says = said_answer(question, answer) if answer else [Say("utter_distress")]
    return Said(tuple(says), {"request": DISTRESS})


def _desk(question: Question) -> list[Say]:
    calendar = question.library.calendar
    place = calendar.find_place(DESK)
    if place is None:
        return []
    state = calendar.state(place.key, question.now)
    if state.is_open:
        until = question.moment(state.until) if state.until else ""
        return [Say("utter_contact_staffed", {"place": place.name, "until": until})] if until else []
    if state.opens is None:
        return []
    return [Say("utter_contact_not_staffed", {"place": place.name, "opens": question.moment(state.opens)})]
