"""Answers that the store keeps as texts, and the person who can help when no text can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import Question, Said, Say, answer_turn
from bot.calendar.facts import Answer

CONTACT = "contact_librarian"
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
        """Answer from the store."""
        return answer_turn(contact_librarian, dispatcher, tracker, domain)


def contact_librarian(question: Question) -> Said:
    """Return how to reach the library's staff, and whether somebody is at the information desk now."""
    answer = overview(question.library.answers, CONTACT)
    says = said_answer(question, answer) if answer else [Say("utter_contact_unknown")]
    return Said((*says, *_desk(question)))


def overview(answers: tuple[Answer, ...], topic: str) -> Answer | None:
    """Return the answer that stands for the topic: its overview or, without one, its first; None without any."""
    of_topic = [answer for answer in answers if answer.topic == topic]
    return next((answer for answer in of_topic if answer.overview), of_topic[0] if of_topic else None)


def said_answer(question: Question, answer: Answer) -> list[Say]:
    """Return the answer's text and link; one that has expired is given with that warning."""
    name = "utter_answer_link" if answer.link else "utter_answer"
    says = [Say(name, {"answer": answer.text, **({"link": answer.link} if answer.link else {})})]
    expired = answer.expires is not None and answer.expires < question.today
    return [*says, Say("utter_answer_expired")] if expired else says


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
