"""Yes and no, whether or not the bot has just asked something; and help, which can be offered as a choice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import A_PERSON, PERSON
from actions.glossing import glossed
from actions.language import language_of
from actions.questions import Near, Question
from actions.saying import ChoiceOf, Part, Said, Say
from actions.turn import LABEL, answer_turn, answering, answers, labelled
from actions.unsure import ActionOutOfScope, ActionUnsure

# Responses that end by asking whether a person should answer.
OFFERS_OF_A_PERSON = frozenset({"utter_annoyed_again", "utter_said_above_more"})
# A "no" that rejects the answer rather than ending the matter.
NOT_IT = re.compile(
    r"\bnot (?:that|this|it|what|the|correct|right|my)\b|\b(?:that|this|it)(?:'?s| is)? ?n[o']?t\b|\bisnt my\b"
    r"|\b(?:wrong|incorrect|mis\w*under\w+|mean|meant|asked|ask|else|another|other)\b",
    re.IGNORECASE,
)
# Minimum probability for offering another answer on the topic, and the maximum number of choices of each kind.
RIVAL, MOST_OTHERS = 0.05, 3


class ActionAffirm(Action):
    """Takes a yes as the choice of the first topic just offered."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_affirm"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Answer as if that topic's button had been tapped; if nothing was offered, ask what is wanted."""
        offered = _offered(tracker)
        if not offered:
            return _said("utter_affirm", dispatcher, tracker)
        tapped = {"text": f"/{offered[0]}", "intent": {"name": offered[0]}, "entities": []}
        tracker.latest_message = {**tracker.latest_message, **tapped}
        return answer_turn(lambda question: answering(question.intent)(question), dispatcher, tracker, domain)


class ActionDeny(Action):
    """Takes a no: the offered topics are wrong, the answer was wrong, or something is not wanted."""

    def name(self) -> str:
        """Return the name that the rules use for this action."""
        return "action_deny"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Acknowledge the no; after an answer, offer what else may have been meant."""
        if _offered(tracker):
            return _said("utter_deny_all", dispatcher, tracker)
        topics = labelled(domain)
        refused = [each["refused"] for each in tracker.latest_message.get("questions") or () if each.get("refused")]
        if refused and refused[0] in topics:
            return answer_turn(partial(not_wanted, topic=refused[0], tracker=tracker), dispatcher, tracker, domain)
        if NOT_IT.search(glossed(tracker.latest_message.get("text") or "")) and tracker.slots.get("before"):
            return answer_turn(partial(not_it, topics=topics, tracker=tracker), dispatcher, tracker, domain)
        return _said("utter_deny", dispatcher, tracker)


def not_wanted(_question: Question, topic: str, tracker: Tracker) -> Said:
    """Return that a topic is dropped; somebody who does not want a person is not offered one."""
    return Said((Say("utter_not_wanted", {"topic": Part(LABEL + topic)}),), {"before": tracker.slots.get("before")})


def not_it(question: Question, topics: frozenset[str], tracker: Tracker) -> Said:
    """Return what else the previous question may have meant: other answers on its topic, and other topics."""
    before = tracker.slots["before"]
    near = [Near(**each) for each in before.get("answers") or ()]
    titles = {(each.topic, each.key): each.title for each in question.library.answers}
    own = [each for each in near if each.topic == before["intent"] and each.sure >= RIVAL][1:]
    rivals = [ChoiceOf(titles[key], *key) for key in ((each.topic, each.key) for each in own) if key in titles]
    others = [intent for intent in before.get("others") or () if intent in topics][:MOST_OTHERS]
    choices = [*rivals[:MOST_OTHERS], *(ChoiceOf(Part(LABEL + intent), intent) for intent in others)]
    slots: dict[str, Any] = {"before": before}
    if not choices:
        return Said((Say("utter_deny_all"),), slots)
    slots["asked"] = {"intents": others, "text": before["text"], "entities": [], "answers": before.get("answers") or []}
    return Said((Say("utter_not_it", choices=(*choices, A_PERSON)),), slots)


@answers("help")
def helped(_question: Question) -> Said:
    """Return what the bot can do."""
    return Said((Say("utter_help"),))


def _said(response: str, dispatcher: CollectingDispatcher, tracker: Tracker) -> list[dict[str, Any]]:
    """Send a response that needs no data from the store, and clear what was offered."""
    dispatcher.utter_message(response=response, language=language_of(tracker.latest_message))
    return [SlotSet("asked", None)] if tracker.slots.get("asked") else []


def _offered(tracker: Tracker) -> list[str]:
    """Return the topics that the previous turn offered because it was unsure."""
    asked = tracker.slots.get("asked")
    users = [number for number, event in enumerate(tracker.events) if event.get("event") == "user"]
    before = tracker.events[users[-2] : users[-1]] if len(users) > 1 else []
    if any((event.get("metadata") or {}).get("utter_action") in OFFERS_OF_A_PERSON for event in before):
        return [PERSON]
    names = {event.get("name") for event in before}
    if not isinstance(asked, Mapping):
        return []
    asked_back = ActionUnsure().name() in names or (ActionOutOfScope().name() in names and asked["intents"] == [PERSON])
    return list(asked["intents"]) if asked_back else []
