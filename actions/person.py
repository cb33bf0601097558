"""A person instead of the bot: how to reach one, when somebody is there, and requests that staff find in the store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import LIKELY, NEAR, RIVALS, best, of_topic, overview, said_answer
from actions.glossing import has_chinese
from actions.questions import Question
from actions.saying import ChoiceOf, Part, Said, Say
from actions.turn import answer_turn, answers, before
from bot.calendar.facts import Answer

CONTACT, COMPLAINT = "contact_librarian", "feedback_complaint"
ANSWER_LATER = "answer_later"
# What a tap on a choice about the staff says are the store's answers of this topic, by these names.
HANDOVER = "handover"
BACK, LATER, GOOD, POOR = (f"{HANDOVER}_{name}" for name in ("back", "later", "good", "poor"))
# Who asks for a person here and now, in so many words; who asks of meeting one; and who asks the way to one.
_WISH = re.compile(
    r"\b(?:humans?|real (?:person|people|staff|librarian|one)|live (?:chat|agent|person)|operator|agent|not a bot"
    r"|(?:customer|manual) service)\b"
    r"|\b(?:get|give|bring|find|send|hand|pass|put|connect|transfer|refer|switch|let|forward|show) (?:me|us|this|my)\b"
    r"|\b(?:want|wanna|need|would like|rather|prefer|must|have|can i|could i|may i|can we)(?: to)?"
    r"(?: (?:just|please|pls|really))?(?: to)? (?:talk|speak|speek|chat|text|write|message|msg|leave)\b"
    r"|^\W*(?:(?:ok|pls|please|just|then|can|hi|no)\W+){0,3}(?:talk|speak|speek|chat) (?:to|2|w|with)\b"
    r"|\b(?:need|want)(?: (?:a|an|the|some|real))* (?:staff|stuff|librarian|person|someone|somebody|sb|help from)\b"
    r"|\b(?:urgent|emergency)\b"
)
_MEETS = re.compile(
    r"\b(?:meet|sit down|appointment|appt|consultation|zoom"
    r"|about (?:my|our) (?:\w+ )?(?:thesis|dissertation|research|fyp|review|paper|capstone|proposal|assignment))\b"
)
_HOW = re.compile(
    r"\W*(?:(?:hi|hey|hello|ok|so|and|n|but|also|btw|pls|please)\W+){0,3}"
    r"(?:how|where|when|which|who|whos|whats?|is there (?:a|any) (?:way|form|email|number))\b"
)
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


@answers(CONTACT)
def contact_librarian(question: Question) -> Said:
    """Return how to reach the library's staff, and whether somebody is there now.

    One who asks for a person is put on record for the staff; one who asks for a telephone number, or how somebody can
    be reached, is answered, with the person beneath it.
    """
    general = overview(question.library.answers, CONTACT)
    answer = best(question) or general
    if answer and answer != general:
        return Said((*said_answer(question, answer), *_desk(question)), {"before": before(question, told=answer.key)})
    if told := _told_instead(question, general):
        rivals = [ChoiceOf(each.title, CONTACT, each.key) for each in told[1:]]
        asking = ChoiceOf(Part(f"part_topic_{CONTACT}"), CONTACT)
        more = Say("utter_answers_more", choices=(*rivals, asking)) if rivals else Say("utter_ask_a_person")
        return Said(
            (*said_answer(question, told[0]), *_desk(question), more), {"before": before(question, told=told[0].key)}
        )
    # Who writes here need not be told where else they could write.
    meanwhile = ChoiceOf(Part("part_handover_back"), BACK)
    return Said((Say("utter_request_noted", who_when(question), choices=(meanwhile,)),), {"request": CONTACT})


def _told_instead(question: Question, general: Answer | None) -> list[Answer]:
    """Return what the store tells whoever does not ask to be answered by a person here; [] where they may do so.

    That is the likeliest text, though it is not surely meant, with its rivals; and to "how do i reach one", or "can i
    meet her", the overview or what is nearest of meeting one. What is said in Chinese is not weighed so finely.
    """
    if not question.text or has_chinese(question.text) or _WISH.search(question.plain):
        return []
    every = {each.key: each for each in of_topic(question.library.answers, CONTACT)}
    near = [each for each in question.near if each.topic == CONTACT and each.key in every]
    if near and every[near[0].key] != general and near[0].score >= NEAR and near[0].sure >= LIKELY:
        rivals = [every[each.key] for each in near[1 : 1 + RIVALS] if each.score >= NEAR]
        return [every[near[0].key], *(each for each in rivals if each != general)]
    meets, asks_how = bool(_MEETS.search(question.plain)), bool(_HOW.match(question.plain))
    others = [each for each in near if every[each.key] != general and each.score >= NEAR]
    if others and meets:
        return [every[max(others, key=lambda each: each.score).key]]
    return [general] if asks_how and general else []


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
        says = (*said_answer(question, answer), Say("utter_feedback_noted"))
        return Said(says, {"request": COMPLAINT, "before": before(question, told=answer.key)})
    return Said((Say("utter_feedback_sorry"), Say("utter_feedback_noted"), *_desk(question)), {"request": COMPLAINT})


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
