"""What to do when unsure: ask which topic is meant, or else say so and offer the closest topics or a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import A_PERSON, PERSON, not_told, nothing_told, of_who_says_so, told_apart
from actions.choosing import likeliest, said_answer
from actions.events_at_hand import OF_EVENTS, goes_on_with_it
from actions.events_named import EVENTS, named, partly_titled, titled
from actions.hours import hours_again, names_when_or_where
from actions.hours_weather import weather
from actions.person import LATER, wants_a_person, who_when
from actions.questions import Question
from actions.saying import ChoiceOf, Part, Said, Say
from actions.turn import LABEL, answer_turn, answering, labelled, unclear
from bot import offers
from bot.calendar.facts import Answer

HELP, HOURS = "help", "opening_hours"
# A person is offered after every so many consecutive messages that were not understood.
MISSES = 3
# A message continues the current topic if the topic has at least probability GOES_ON and one of its answers at least
# cosine ITS_OWN with the new words alone; from SURELY_ITS_OWN on, the cosine is enough.
GOES_ON, ITS_OWN, SURELY_ITS_OWN = 0.2, 0.35, 0.55
# A message that asks nothing, with at most this many words, is a remark on the previous answer.
REMARK = 8
# With a storm's name this asks about the library, not for the forecast.
_SHUTS = re.compile(r"\b(?:clos|open|shut|stay|leave|librar)")
_THANKS = re.compile(r"\b(?:thank(?:s|u| you| u)?|thx|tks|thnx|ty|tysm|cheers|merci|gracias|danke)\b")


class ActionUnsure(Action):
    """Asks what a message means."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_unsure"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Offer choices, and keep the message for the choice that is tapped."""
        topics = labelled(domain)
        return answer_turn(lambda question: unsure(question, topics, tracker), dispatcher, tracker, domain)


class ActionOutOfScope(Action):
    """Declines politely."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_out_of_scope"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Decline, and offer what else the message could have meant."""
        topics = labelled(domain)
        return answer_turn(lambda question: out_of_scope(question, topics, tracker), dispatcher, tracker, domain)


def out_of_scope(question: Question, topics: frozenset[str], tracker: Tracker) -> Said:
    """Return that this is out of scope, and offer topics that are reasonably likely."""
    sure = max((share for name, share in question.ranking if name == question.intent), default=0.0) >= offers.SURE
    if of_an_event(question):
        return answering(EVENTS)(question)
    if _SHUTS.search(question.plain) and weather(question):
        return answering(HOURS)(question)
    if missed(tracker) % MISSES == 0 and not sure:
        return offer_a_person(question, tracker)  # somebody clearly asking for dim sum has been understood
    if for_them := of_who_says_so(question):
        return for_them
    if goes_on := going_on(question, tracker):
        return goes_on
    if not question.asks and question.told:
        return Said((Say("utter_remark"),))
    if not question.asks and len(question.words) <= REMARK:
        return Said((Say("utter_remark_else"),))
    nearest = [intent for intent, confidence in question.ranking if intent in topics and confidence >= offers.POSSIBLE]
    offered = nearest[: offers.MOST_NEAREST]
    choices = [ChoiceOf(Part(LABEL + intent), intent) for intent in dict.fromkeys((*offered, PERSON, HELP))]
    says = (Say("utter_out_of_scope", choices=tuple(choices)),)
    return Said(says, {"asked": unclear(question, offered, tracker)} if offered else {})


def unsure(question: Question, topics: frozenset[str], tracker: Tracker) -> Said:
    """Return a clarification: two to four likely topics, or else a request to rephrase."""
    if not any(letter.isalnum() for letter in question.text):
        return Said((Say("utter_no_words"),))
    if _THANKS.search(question.plain) and not question.asks:
        return Said((Say("utter_thanks"),))
    if of_an_event(question):
        return answering(EVENTS)(question)
    if wants_a_person(question):
        return answering(PERSON)(replace(question, intent=PERSON))
    if names_when_or_where(question):
        return hours_again(question)
    if for_them := of_who_says_so(question):
        return for_them
    if goes_on := going_on(question, tracker):
        return goes_on
    if question.asks and nothing_told(question):
        return not_told(question)
    if missed(tracker) % MISSES == 0:
        return offer_a_person(question, tracker)
    if found := meant(question):
        if len(found) == 1:  # offering a single choice would force the person to confirm it
            return _telling(question, found[0], Say("utter_ask_a_person"))
        return Said((Say("utter_did_you_mean", choices=(*told_apart(found), A_PERSON)),))
    if not question.asks and question.earlier_intent and len(question.words) <= REMARK:
        return not_told(question)
    offered = offers.nearest(question.ranking, topics)
    if not offered:
        return Said((Say("utter_fallback", choices=(A_PERSON, ChoiceOf(Part(LABEL + HELP), HELP))),))
    choices = [ChoiceOf(Part(LABEL + intent), intent) for intent in offered if intent != PERSON]
    says = (Say("utter_did_you_mean", choices=(*choices, A_PERSON)),)
    return Said(says, {"asked": unclear(question, offered, tracker)})


def meant(question: Question) -> list[Answer]:
    """Return the answers that may be meant, the likeliest first; [] if "none of them" is likelier."""
    found = likeliest(question, max(offers.MAYBE_MEANT, question.none))
    return [answer for answer, _ in found[: offers.MOST_NEAREST]]


def of_an_event(question: Question) -> bool:
    """Return whether a message on no clear topic is about an event: named, picked from a list, or the current one."""
    events = question.library.calendar.facts.events
    if question.last in OF_EVENTS and (
        goes_on_with_it(question) or (question.listed and named(events, question.read_as).events)
    ):
        return True
    return titled(events, question.read_as) or partly_titled(events, question.read_as)


def _telling(question: Question, answer: Answer, *more: Say) -> Said:
    return Said((*said_answer(question, answer), *more), {"about": answer.topic, "topic": "answers"})


def going_on(question: Question, tracker: Tracker) -> Said | None:
    """Return the current topic's answer to a message that may continue it; None if no answer is close."""
    topic = question.earlier_intent
    share = next((share for name, share in question.ranking if name == topic), 0.0)
    own = max((each.own for each in question.near if each.topic == topic), default=0.0)
    if own < ITS_OWN or (share < GOES_ON and own < SURELY_ITS_OWN):
        return None
    after = str((tracker.slots.get("before") or {}).get("text") or topic)
    return answering(topic)(replace(question, intent=topic, after=after))


def offer_a_person(question: Question, tracker: Tracker) -> Said:
    """Return the offer of a person after several misses in a row; staff are told only after a yes."""
    ways = (A_PERSON, ChoiceOf(Part("part_handover_later"), LATER), ChoiceOf(Part("part_no_person"), "deny"))
    says = (Say("utter_failed_often", who_when(question), choices=ways),)
    return Said(says, {"asked": unclear(question, [PERSON], tracker)})


def missed(tracker: Tracker) -> int:
    """Return how many consecutive messages were not understood, counting this one."""
    turns = "".join("U" if each.get("event") == "user" else "?" if _missed(each) else "" for each in tracker.events)
    count = 1
    while turns.endswith("U?" * count + "U"):
        count += 1
    return count


def _missed(event: Mapping[str, Any]) -> bool:
    names = {ActionUnsure().name(), ActionOutOfScope().name()}
    return event.get("event") == "action" and event.get("name") in names
