"""When the bot is not sure: between topics it asks which; below that it says so, and offers the nearest or a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.turn import ChoiceOf, Part, Question, Said, Say, answer_turn

# What may stand behind an unclear message as a choice has a label `part_topic_<intent>` in the domain.
LABEL = "part_topic_"
PERSON = "contact_librarian"
HELP = "help"
# From here on an intent is worth asking about, or not quite unlikely; chosen by measurement (docs/model.md).
WORTH_ASKING, NOT_UNLIKELY = 0.15, 0.03
MOST_ASKED, MOST_NEAREST = 3, 3


class ActionUnsure(Action):
    """Asks what a message means."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_unsure"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Offer choices, and keep the words for the one that is chosen."""
        labelled = _labelled(domain)
        return answer_turn(lambda question: unsure(question, labelled, tracker), dispatcher, tracker, domain)


class ActionOutOfScope(Action):
    """Declines kindly."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_out_of_scope"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Decline, and offer what else the words could have meant."""
        labelled = _labelled(domain)
        return answer_turn(lambda question: out_of_scope(question, labelled, tracker), dispatcher, tracker, domain)


def out_of_scope(question: Question, labelled: Iterable[str], tracker: Tracker) -> Said:
    """Return that this is beyond the bot; topics that are not quite unlikely are offered as well."""
    known = set(labelled)
    nearest = [intent for intent, confidence in question.ranking if intent in known and confidence >= NOT_UNLIKELY]
    offered = nearest[:MOST_NEAREST]
    choices = [ChoiceOf(Part(LABEL + intent), intent) for intent in dict.fromkeys((*offered, PERSON, HELP))]
    says = (Say("utter_out_of_scope", choices=tuple(choices)),)
    return Said(says, {"asked": _asked(question, offered, tracker)} if offered else {})


def unsure(question: Question, labelled: Iterable[str], tracker: Tracker) -> Said:
    """Return the question back: two or three topics when some are likely, else the nearest topics and a person."""
    if not any(letter.isalnum() for letter in question.text):
        return Said((Say("utter_no_words"),))
    known = set(labelled)
    possible = [(intent, confidence) for intent, confidence in question.ranking if intent in known]
    likely = [intent for intent, confidence in possible if confidence >= WORTH_ASKING][:MOST_ASKED]
    nearest = [intent for intent, _ in possible[:MOST_NEAREST]]
    beyond = bool(question.ranking) and question.ranking[0][0] == "out_of_scope"
    offered = likely if len(likely) > 1 or (likely and not beyond) else nearest
    response = "utter_did_you_mean" if offered is likely else "utter_fallback"
    choices = [ChoiceOf(Part(LABEL + intent), intent) for intent in offered if intent != PERSON]
    says = (Say(response, choices=(*choices, ChoiceOf(Part(LABEL + PERSON), PERSON))),)
    return Said(says, {"asked": _asked(question, offered, tracker)})


def _labelled(domain: Mapping[str, Any]) -> set[str]:
    return {name.removeprefix(LABEL) for name in domain["responses"] if name.startswith(LABEL)}


def _asked(question: Question, offered: list[str], tracker: Tracker) -> dict[str, Any]:
    """Return what the choice of one of the topics that were offered will be about."""
    return {
        "intents": offered,
        "text": question.text,
        "entities": list(tracker.latest_message.get("entities") or ()),
        "answers": [{"topic": each.topic, "key": each.key, "score": each.score} for each in question.near],
    }
