"""A person instead of the bot: how to reach one, when somebody is there, and requests that staff find in the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import best, overview, said_answer
from actions.questions import Question
from actions.saying import ChoiceOf, Part, Said, Say
from actions.turn import answer_turn, answers

CONTACT, COMPLAINT, DISTRESS = "contact_librarian", "feedback_complaint", "distress"
ANSWER_LATER = "answer_later"
# What a tap on a choice about the staff says are the store's answers of this topic, by these names.
HANDOVER = "handover"
BACK, LATER, GOOD, POOR = (f"{HANDOVER}_{name}" for name in ("back", "later", "good", "poor"))
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


class ActionHandover(Action):
    """Says what becomes of a conversation that staff have, or are asked for, after a choice about it was tapped."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_handover"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer from the store."""
        return answer_turn(handover, dispatcher, tracker, domain)


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
    answer = best(question) or general
    says = said_answer(question, answer) if answer else [Say("utter_contact_unknown")]
    if answer != general:
        return Said((*says, *_desk(question)))
    meanwhile = ChoiceOf(Part("part_handover_back"), BACK)
    return Said((*says, Say("utter_request_noted", who_when(question), choices=(meanwhile,))), {"request": CONTACT})


@answers(BACK, LATER, GOOD, POOR)
def handover(question: Question) -> Said:
    """Return what the tapped choice says; who wants to be answered later is put on record."""
    key = question.intent.replace("_", "-")
    answer = next((each for each in question.library.answers if each.key == key), None)
    says = said_answer(question, answer) if answer else [Say("utter_default")]
    if question.intent == LATER:
        return Said((*says, *_desk(question)), {"request": ANSWER_LATER})
    return Said(tuple(says))


@answers(COMPLAINT)
def feedback(question: Question) -> Said:
    """Return that the words are kept for the staff, and how to reach somebody when it cannot wait."""
    answer = best(question)
    if answer and not answer.overview:
        return Said((*said_answer(question, answer), Say("utter_feedback_noted")), {"request": COMPLAINT})
    return Said((Say("utter_feedback_sorry"), Say("utter_feedback_noted"), *_desk(question)), {"request": COMPLAINT})


@answers(DISTRESS)
def distress(question: Question) -> Said:
    """Return the contacts that the library has chosen for this, and that a person is told."""
    answer = overview(question.library.answers, DISTRESS)
    says = said_answer(question, answer) if answer else [Say("utter_distress")]
    return Said(tuple(says), {"request": DISTRESS})


def who_when(question: Question) -> dict[str, Part]:
    """Return who answers and when: now while the desk is staffed, else from when; less where the hours are unknown."""
    place = question.library.calendar.find_place(DESK)
    state = question.library.calendar.state(place.key, question.now) if place else None
    if place and state and state.is_open and state.until:
        return {"when": Part("part_staff_now", {"place": place.name, "until": question.moment(state.until)})}
    if place and state and state.opens:
        return {"when": Part("part_staff_later", {"place": place.name, "opens": question.moment(state.opens)})}
    return {"when": Part("part_staff_unknown")}


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
