"""One turn: choose the function that answers, collect its reply, and pass it to Rasa's dispatcher."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeAlias

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.at_hand import at_hand
from actions.bounds import beyond
from actions.glossing import glossed
from actions.language import language_of
from actions.library import open_library
from actions.questions import Question, questions_of
from actions.saying import ChoiceOf, Part, Said, Say, Speech, distinct
from actions.who import said_who
from bot import offers
from bot.dangers import CARE, DANGERS

logger = logging.getLogger(__name__)

# An intent may be offered as a topic if the domain has a label `part_topic_<intent>`.
LABEL = "part_topic_"

FALLBACK = "nlu_fallback"
# After a clarification or a refusal the current place stays, but with less certainty.
NO_ANSWER = frozenset({FALLBACK, "out_of_scope"})
# What goes before any form.
PAUSES = frozenset({*DANGERS, "contact_librarian", "stop", "restart"})

Answering: TypeAlias = Callable[[Question], Said]
# The function that answers each intent. Each topic's module registers its own; one is registered for ANY other.
ANY = ""
_ANSWERS: dict[str, Answering] = {}


def answers(*intents: str) -> Callable[[Answering], Answering]:
    """Return a decorator that registers a function to answer `intents`."""

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
    language: str = "",
) -> list[dict[str, Any]]:
    """Send the reply that `answer` gives to the latest message, and return the slots to set.

    If the message asks two things, each is answered by its own topic's function. If anything fails, the person is told
    so in one sentence and the conversation continues. `language`: the language of the reply, if it is known from
    anything but the message's metadata.
    """
    try:
        pretended = (tracker.latest_message.get("metadata") or {}).get("pretend") or ()
        language = language or language_of(tracker.latest_message)
        library = open_library(language).pretending(pretended)
        domain = library.labelled(domain)
        questions = [replace(each, language=language) for each in questions_of(tracker, library)]
        alone = len(questions) == 1
        turns = [_bounded(each, (answer if alone else answering(each.intent))(each)) for each in questions]
        if alone:
            turns += beside(questions[0], turns[0], tracker, domain)
        care = tracker.slots.get(CARE)
        if care and not care.get("soft") and not any(CARE in said.slots for said in turns):
            # The subject changed: answer it and say that help stays available; words of distress bring care mode back.
            turns.append(Said((Say("utter_care_open"),), {CARE: {**care, "soft": True}}))
        says = distinct(say for said in turns for say in said.says)
        speech = Speech(domain, language, library.texts)
        if speech.lacks(says):
            says = (*says, Say("utter_some_first_language"))
        messages = [speech.message(say) for say in says]
    except Exception as error:
        # The store is the usual cause. The error's text may hold personal data; its type and location do not.
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
    kept = slots.setdefault("before", before(questions[-1]))
    if kept and "at" not in kept:
        slots["before"] = {**kept, "at": at_hand(questions[-1], says, turns[len(questions) - 1].slots)}
        last = (tracker.slots.get("before") or {}).get("at")
        if last and not slots["before"]["at"] and questions[-1].intent in NO_ANSWER:
            slots["before"]["at"] = {**last, "aside": True}
    if said := said_who(glossed(tracker.latest_message.get("text") or "")):
        slots["who"] = said
    if tracker.slots.get("asked"):
        slots.setdefault("asked", None)  # the unclear message has been answered or dropped
    return [*(SlotSet(name, value) for name, value in slots.items()), *_paused(tracker)]


def _paused(tracker: Tracker) -> list[dict[str, Any]]:
    """Return the events that stop a form for now: nobody is asked for a title while they need help, or a person."""
    intent = (tracker.latest_message.get("intent") or {}).get("name")
    if intent not in PAUSES or not (tracker.active_loop or {}).get("name"):
        return []
    return [ActiveLoop(None), SlotSet("requested_slot", None)]


def _bounded(question: Question, said: Said) -> Said:
    """Return the reply, preceded by a note on any part of the request that the bot cannot do or see."""
    cannot = beyond(question.read_as, question.about)
    return replace(said, says=(Say(cannot), *said.says)) if cannot and said.says else said


def beside(question: Question, said: Said, tracker: Tracker, domain: Mapping[str, Any]) -> list[Said]:
    """Return other topics that the question may be about, as choices below the answer; [] if there are none.

    If the first guess was wrong, the right topic is then one tap away, with the words kept.
    """
    typed = question.text and not question.chosen
    if not typed or not question.ranking or question.ranking[0][0] != question.intent:
        return []
    if any(say.choices or say.cards for say in said.says) or {"asked", "request", CARE} & said.slots.keys():
        return []
    if said.slots.get("topic") == "events" and question.intent not in {"events", "event_registration"}:
        return []  # it continues with an event
    given = (said.slots.get("before") or {}).get("told")
    if any(each.key == given and each.meant >= offers.SURELY_MEANT for each in question.near):
        return []  # among all answers this one is surely meant, whatever its topic's share
    others = offers.beside(question.ranking, labelled(domain))
    if not others:
        return []
    choices = tuple(ChoiceOf(Part(LABEL + intent), intent) for intent in others)
    return [Said((Say("utter_or_rather", choices=choices),), {"asked": unclear(question, others, tracker)})]


def before(question: Question, told: str = "") -> dict[str, Any]:
    """Return the value of the slot `before`: the context of the next message, as bot.nlu.readings expects it.

    A tapped button has no words, so `text` is the intent's name. `others` and `answers` are other likely topics and
    candidate answers, for when the person says "not that". `topic` is the topic of the last answer that was a text, and
    `told` the key of the answer just given, if any. The current event is kept until another replaces it.
    """
    intent = question.about or question.intent
    if intent == FALLBACK and question.ranking:
        intent = next((name for name, _ in question.ranking if name != FALLBACK), "")
    text = f"{question.text} {question.after}".strip() or intent.replace("_", " ")
    others = [name for name, share in question.ranking if name not in {intent, FALLBACK} and share >= offers.NOT_ABSURD]
    answers = [asdict(each) for each in question.near]
    kept = {"text": text, "intent": intent, "others": others[: offers.MOST_NEAREST], "answers": answers}
    events = {"event": question.event, "listed": list(question.listed)} if question.event or question.listed else {}
    return {**kept, "topic": question.earlier_intent, **events, **({"told": told} if told else {})}


def labelled(domain: Mapping[str, Any]) -> frozenset[str]:
    """Return the intents that may be offered as topics."""
    return frozenset(name.removeprefix(LABEL) for name in domain["responses"] if name.startswith(LABEL))


def unclear(question: Question, offered: Sequence[str], tracker: Tracker) -> dict[str, Any]:
    """Return the value of the slot `asked`: the unclear message, to be answered for the topic that is tapped."""
    return {
        "intents": list(offered),
        "text": question.text,
        "entities": list(tracker.latest_message.get("entities") or ()),
        "answers": [asdict(each) for each in question.near],
    }
