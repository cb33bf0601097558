"""A person instead of the bot: how to reach staff, when they are there, and requests recorded for them in the store."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.choosing import LIKELY, NEAR, RIVALS, best, of_topic, overview, said_answer
from actions.glossing import has_chinese
from actions.questions import Question
from actions.saying import ChoiceOf, Part, Said, Say
from actions.turn import answer_turn, answers, before
from bot.calendar.facts import Answer

CONTACT, COMPLAINT = "contact_librarian", "feedback_complaint"
ANSWER_LATER = "answer_later"
# The replies to the buttons about staff are the store's answers with these keys.
HANDOVER = "handover"
BACK, LATER, GOOD, POOR = (f"{HANDOVER}_{name}" for name in ("back", "later", "good", "poor"))
# Explicit requests for a person here and now; for a meeting with one; and for the way to reach one.
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
# "可唔可以搵個職員", "想同真人傾": the wish for a person in Chinese.
_WISH_CHINESE = re.compile(
    r"(?:轉|转|真|活)人|人工(?:客服|服[務务])|(?:想|要|可唔可以|可不可以|可以|能不能|[幫帮]我|麻[煩烦]|叫)[^，。,.!！?？\n]{0,4}"
    r"(?:[搵揾找同跟和叫請请派][^，。,.!！?？\n]{0,4})(?:librarian|staff|[職职][員员]|[館馆][員员]|同事|[負负][責责]人)",
    re.IGNORECASE,
)
_MEETS_CHINESE = re.compile(
    "[預预][約约]|book|appointment|[續续]借|[還还][書书]|[電电][話话]|[電电][郵邮]|email", re.IGNORECASE
)
# "唔好意思，可以俾個email我": how to reach somebody, not the wish to talk to one here.
_HOW_CHINESE = re.compile(
    "[聯联][絡络系繫](?:方|[資资])|[電电](?:[話话]|[郵邮])|e-?mail|phone|[哪邊边][位個个]|[誰谁]",
    re.IGNORECASE,
)
# "not now, maybe next week": no wish at all.
_NOT_NOW = re.compile(
    r"^\W*(?:(?:no|ok|thanks|thx)\W+)?(?:not (?:now|today|yet|really|necessary)"
    r"|maybe (?:later|next|nxt|tmr|tomorrow|another)|later|next time|another (?:time|day))\b"
)
_NOT_NOW_CHINESE = re.compile(
    "^(?:暫時|暂时|而家|現在|现在)?(?:唔使|不用|唔需要|不需要)(?:住|了)?"
    "|^(?:遲啲|迟点|下次|改日|第日|之後|以后)(?:先|再)"
)
# The service where staff answer questions.
DESK = "information-desk"


class ActionContactLibrarian(Action):
    """Says how to reach a person, and when somebody is there."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_contact_librarian"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer from the store, and have the request recorded."""
        return answer_turn(contact_librarian, dispatcher, tracker, domain)


class ActionFeedback(Action):
    """Takes praise, complaints and reports for the staff."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_feedback"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Say what happens with the feedback, and have it recorded."""
        return answer_turn(feedback, dispatcher, tracker, domain)


class ActionHandover(Action):
    """Answers a tapped choice about a conversation that staff have taken over, or are asked to take over."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_handover"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer from the store."""
        return answer_turn(handover, dispatcher, tracker, domain)


def wants_a_person(question: Question) -> bool:
    """Return whether a message in Chinese asks for a person here and now, whatever else it says."""
    return (
        has_chinese(question.text)
        and bool(_WISH_CHINESE.search(question.text))
        and not _MEETS_CHINESE.search(question.text)
    )


@answers(CONTACT)
def contact_librarian(question: Question) -> Said:
    """Return how to reach the library's staff, and whether somebody is there now.

    A request for a person is recorded for the staff. A question about a phone number, or about how to reach somebody,
    gets an answer with a button for a person below it.
    """
    if _puts_off(question):
        return Said((Say("utter_acknowledge"),))
    general = overview(question.library.answers, CONTACT)
    answer = best(question) or general
    if answer and answer != general and not wants_a_person(question):
        return Said((*said_answer(question, answer), *_desk(question)), {"before": before(question, told=answer.key)})
    if told := _told_instead(question, general):
        rivals = [ChoiceOf(each.title, CONTACT, each.key) for each in told[1:]]
        asking = ChoiceOf(Part(f"part_topic_{CONTACT}"), CONTACT)
        more = Say("utter_answers_more", choices=(*rivals, asking)) if rivals else Say("utter_ask_a_person")
        return Said(
            (*said_answer(question, told[0]), *_desk(question), more), {"before": before(question, told=told[0].key)}
        )
    # Somebody who writes here need not be told where else to write.
    meanwhile = ChoiceOf(Part("part_handover_back"), BACK)
    return Said((Say("utter_request_noted", who_when(question), choices=(meanwhile,)),), {"request": CONTACT})


def _puts_off(question: Question) -> bool:
    """Return whether a message says "not now", and not also that a person is wanted: "唔使機械人，轉真人"."""
    later = _NOT_NOW.search(question.plain) or _NOT_NOW_CHINESE.search(question.text)
    return bool(later) and not wants_a_person(question) and not _WISH.search(question.plain)


def _told_instead(question: Question, general: Answer | None) -> list[Answer]:
    """Return the store's texts for somebody not asking for a person in this chat; [] if they may be asking for one.

    This is the likeliest text, even if not certain, with its rivals. For "how do i reach one" or "can i meet her" it is
    the overview or the closest text about a meeting. In Chinese only the way to reach somebody is told apart.
    """
    if not question.text or _WISH.search(question.plain):
        return []
    if has_chinese(question.text):
        asks_how = _HOW_CHINESE.search(question.text) and not wants_a_person(question)
        return [general] if asks_how and general else []
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
    """Return the reply to the tapped choice; a request for a later answer is recorded."""
    key = question.intent.replace("_", "-")
    answer = next((each for each in question.library.answers if each.key == key), None)
    says = said_answer(question, answer) if answer else [Say("utter_default")]
    if question.intent == LATER:
        return Said((*says, *_desk(question)), {"request": ANSWER_LATER})
    return Said(tuple(says))


@answers(COMPLAINT)
def feedback(question: Question) -> Said:
    """Return that the feedback is kept for the staff, and how to reach somebody if it cannot wait."""
    answer = best(question)
    if answer and not answer.overview:
        says = (*said_answer(question, answer), Say("utter_feedback_noted"))
        return Said(says, {"request": COMPLAINT, "before": before(question, told=answer.key)})
    return Said((Say("utter_feedback_sorry"), Say("utter_feedback_noted"), *_desk(question)), {"request": COMPLAINT})


def who_when(question: Question) -> dict[str, Part]:
    """Return when staff answer: now while the desk is staffed, else from its next opening; vague if unknown."""
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
