"""One turn: which function answers, what it says, and the way from the message to Rasa's dispatcher."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.language import language_of
from actions.library import open_library
from actions.questions import Question, questions_of
from actions.saying import ChoiceOf, Part, Said, Say, distinct, message
from bot import offers

logger = logging.getLogger(__name__)

# What may be offered as a topic has a label `part_topic_<intent>` in the domain.
LABEL = "part_topic_"

Answering: TypeAlias = Callable[[Question], Said]
# Which function answers an intent: every topic's file enters its own here, and one enters itself for ANY other.
ANY = ""
_ANSWERS: dict[str, Answering] = {}


def answers(*intents: str) -> Callable[[Answering], Answering]:
    """Return a decorator that enters a function as what answers `intents`."""

    def enter(function: Answering) -> Answering:
        _ANSWERS.update(dict.fromkeys(intents, function))
        return function

    return enter


def answering(intent: str) -> Answering:
    """Return the function that answers an intent."""
    return _ANSWERS.get(intent, _ANSWERS[ANY])


def answer_turn(
    answer: Callable[[Question], Said],
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    domain: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Say what `answer` gives to the latest message and return the slots to set.

    Where the message asks two things, each is answered by its own topic's function. Whatever goes wrong, the person
    is told so in one sentence and the conversation goes on.
    """
    try:
        pretended = (tracker.latest_message.get("metadata") or {}).get("pretend") or ()
        language = language_of(tracker.latest_message)
        questions = questions_of(tracker, open_library(language).pretending(pretended))
        alone = len(questions) == 1
        turns = [(answer if alone else answering(each.intent))(each) for each in questions]
        if alone:
            turns += beside(questions[0], turns[0], tracker, domain)
        messages = [message(say, domain, language) for say in distinct(say for said in turns for say in said.says)]
    except Exception as error:
        # The store is the usual cause. The error's text may hold personal data, its kind and its place do not.
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(frame.filename).name}:{frame.lineno}"
        request_id = (tracker.latest_message.get("metadata") or {}).get("request_id", "")
        what = "The facts could not be looked up: %s at %s request_id=%s"
        logger.error(what, type(error).__name__, where, request_id)
        dispatcher.utter_message(response="utter_store_down")
        return []
    for each in messages:
        dispatcher.utter_message(**each)
    slots = {name: value for said in turns for name, value in said.slots.items()}
    if tracker.slots.get("asked"):
        slots.setdefault("asked", None)  # what was unclear has been answered, or dropped
    return [SlotSet(name, value) for name, value in slots.items()]


def beside(question: Question, said: Said, tracker: Tracker, domain: Mapping[str, Any]) -> list[Said]:
    """Return what else a question may be about, as choices to its answer; nothing where there is no such thing.

    The right topic is one tap away then, with the words that were said, though the first guess was a wrong one.
    """
    typed = question.text and not question.chosen
    if not typed or not question.ranking or question.ranking[0][0] != question.intent:
        return []
    if any(say.choices or say.cards for say in said.says) or {"asked", "request"} & said.slots.keys():
        return []
    others = offers.beside(question.ranking, labelled(domain))
    if not others:
        return []
    choices = tuple(ChoiceOf(Part(LABEL + intent), intent) for intent in others)
    return [Said((Say("utter_or_rather", choices=choices),), {"asked": unclear(question, others, tracker)})]


def labelled(domain: Mapping[str, Any]) -> frozenset[str]:
    """Return the intents that may be offered as topics."""
    return frozenset(name.removeprefix(LABEL) for name in domain["responses"] if name.startswith(LABEL))


def unclear(question: Question, offered: Sequence[str], tracker: Tracker) -> dict[str, Any]:
    """Return, for the slot `asked`, what the choice of one of the topics that are offered will be about."""
    return {
        "intents": list(offered),
        "text": question.text,
        "entities": list(tracker.latest_message.get("entities") or ()),
        "answers": [asdict(each) for each in question.near],
    }
