"""When the bot is not sure: between topics it asks which; below that it says so, and offers the nearest or a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.person import LATER, who_when
from actions.questions import Question
from actions.saying import ChoiceOf, Part, Said, Say
from actions.turn import LABEL, answer_turn, labelled, unclear
from bot import offers

PERSON = "contact_librarian"
HELP = "help"
# What staff are asked to see to when the bot fails twice in a row.
FAILURES = "failures"
# From here on an intent is worth asking about, or not quite unlikely; beside one that is worth asking about, the next
# ones are offered as well, down to the last. Chosen by measurement (docs/model.md).
WORTH_ASKING, NOT_UNLIKELY, STILL_OFFERED = 0.15, 0.03, 0.01
MOST_ASKED = 4
A_PERSON = ChoiceOf(Part(LABEL + PERSON), PERSON)


class ActionUnsure(Action):
    """Asks what a message means."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_unsure"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Offer choices, and keep the words for the one that is chosen."""
        topics = labelled(domain)
        return answer_turn(lambda question: unsure(question, topics, tracker), dispatcher, tracker, domain)


class ActionOutOfScope(Action):
    """Declines kindly."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_out_of_scope"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Decline, and offer what else the words could have meant."""
        topics = labelled(domain)
        return answer_turn(lambda question: out_of_scope(question, topics, tracker), dispatcher, tracker, domain)


def out_of_scope(question: Question, topics: frozenset[str], tracker: Tracker) -> Said:
    """Return that this is beyond the bot; topics that are not quite unlikely are offered as well."""
    nearest = [intent for intent, confidence in question.ranking if intent in topics and confidence >= NOT_UNLIKELY]
    offered = nearest[: offers.MOST_NEAREST]
    choices = [ChoiceOf(Part(LABEL + intent), intent) for intent in dict.fromkeys((*offered, PERSON, HELP))]
    says = (Say("utter_out_of_scope", choices=tuple(choices)),)
    return Said(says, {"asked": unclear(question, offered, tracker)} if offered else {})


def unsure(question: Question, topics: frozenset[str], tracker: Tracker) -> Said:
    """Return the question back: up to four topics when some are likely, else the nearest topics and a person."""
    if not any(letter.isalnum() for letter in question.text):
        return Said((Say("utter_no_words"),))
    possible = [(intent, confidence) for intent, confidence in question.ranking if intent in topics]
    likely = [intent for intent, confidence in possible if confidence >= WORTH_ASKING][:MOST_ASKED]
    nearest = offers.nearest(question.ranking, topics)
    if failed_before(tracker):
        asked = likely or nearest
        choices = [ChoiceOf(Part(LABEL + intent), intent) for intent in asked if intent != PERSON]
        says = (Say("utter_failed_twice", who_when(question), choices=(*choices, A_PERSON)),)
        return Said(says, {"asked": unclear(question, asked, tracker), "request": FAILURES})
    beyond = bool(question.ranking) and question.ranking[0][0] == "out_of_scope"
    offered = likely if len(likely) > 1 or (likely and not beyond) else nearest
    response = "utter_did_you_mean" if offered is likely else "utter_fallback"
    choices = [ChoiceOf(Part(LABEL + intent), intent) for intent in offered if intent != PERSON]
    later = () if offered is likely else (ChoiceOf(Part("part_handover_later"), LATER),)
    says = (Say(response, choices=(*choices, A_PERSON, *later)),)
    return Said(says, {"asked": unclear(question, offered, tracker)})


def failed_before(tracker: Tracker) -> bool:
    """Return whether the message before this one was the first that was not understood: its turn asked back too."""
    turns = "".join("U" if each.get("event") == "user" else "?" if _asked_back(each) else "" for each in tracker.events)
    return turns.endswith("U?U") and not turns.endswith("U?U?U")


def _asked_back(event: Mapping[str, Any]) -> bool:
    return event.get("event") == "action" and event.get("name") == ActionUnsure().name()
