"""Yes and no, to what the bot has just asked back or to nothing in particular; and help, which may be offered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.language import language_of, response_in
from actions.questions import Question
from actions.saying import Said, Say
from actions.turn import answer_turn, answering, answers
from actions.unsure import ActionUnsure


class ActionAffirm(Action):
    """Takes a yes: the first of the topics that were just offered is meant."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_affirm"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer as if that topic's button had been tapped, or ask what is wanted where nothing was offered."""
        offered = _offered(tracker)
        if not offered:
            return _said("utter_affirm", dispatcher, tracker, domain)
        tapped = {"text": f"/{offered[0]}", "intent": {"name": offered[0]}, "entities": []}
        tracker.latest_message = {**tracker.latest_message, **tapped}
        return answer_turn(lambda question: answering(question.intent)(question), dispatcher, tracker, domain)


class ActionDeny(Action):
    """Takes a no: none of the topics that were just offered is meant."""

    def name(self) -> str:
        """Return the name by which the rules call this action."""
        return "action_deny"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Say so, and offer a person."""
        return _said("utter_deny_all" if _offered(tracker) else "utter_deny", dispatcher, tracker, domain)


@answers("help")
def helped(_question: Question) -> Said:
    """Return what the bot can do."""
    return Said((Say("utter_help"),))


def _said(
    response: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Say what needs no look into the store; what was offered is dropped."""
    dispatcher.utter_message(response=response_in(language_of(tracker.latest_message), response, domain))
    return [SlotSet("asked", None)] if tracker.slots.get("asked") else []


def _offered(tracker: Tracker) -> list[str]:
    """Return the topics that the turn before this one has offered, because it was not sure."""
    asked = tracker.slots.get("asked")
    users = [number for number, event in enumerate(tracker.events) if event.get("event") == "user"]
    before = tracker.events[users[-2] : users[-1]] if len(users) > 1 else []
    asked_back = any(event.get("name") == ActionUnsure().name() for event in before)
    return list(asked["intents"]) if asked_back and isinstance(asked, Mapping) else []
