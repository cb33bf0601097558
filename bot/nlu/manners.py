"""Fits replies to what was said before: never the same words twice, and each courtesy only once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Dict, List, Optional, Text

import numpy as np
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dangers import ACTIONS, DANGERS
from bot.nlu.courtesies import swears, wish
from bot.pieces import about
from bot.sentences import sentences
from connectors.splitting import shorten

# How many turns to look back, and how much of an answer is repeated, in characters.
LOOKED_BACK, SAID_AGAIN = 6, 300
CLOSINGS = frozenset({"acknowledge", "thanks", "goodbye"})
CHAT = CLOSINGS | {"greet", "wait", "annoyed", "confused", "affirm", "deny", "help", "bot_challenge", "restart"}
# These are given in full however often they are needed, or have rules of their own.
AS_IT_IS = CHAT | {*DANGERS, "out_of_scope", "nlu_fallback", "sent_media", "stop", "stop_asked", "start_again"}
ASKED_BACK = "action_unsure"
# Replies to what was not understood: a curse after one of these is aimed at the bot.
MISSES = frozenset(
    {
        *("utter_fallback", "utter_did_you_mean", "utter_failed_often", "utter_no_words", "utter_out_of_scope"),
        *("utter_confused", "utter_default", "utter_annoyed"),
    }
)
# What text may be classified as when it is nothing but a wish.
MAY_WISH = CLOSINGS | {"greet", "out_of_scope", "nlu_fallback"}
# The number of curses in a row that get a reply; after that, silence.
MOST_SWEARS = 2
# The replies to the second, third … insult in a row; after that, silence.
ANNOYED = ("utter_annoyed_again", "utter_annoyed_more")
PERSON = "contact_librarian"

Message = Dict[Text, Any]
Say = Callable[..., Awaitable[Optional[Message]]]


@dataclass
class Heard:
    """A turn: what was understood, whether a button was tapped, what was done and said; `asked`: it offered topics.

    `text` holds the student's words, `responses` the names of the responses given.
    """

    intent: Text
    tapped: bool = False
    actions: List[Text] = field(default_factory=list)
    said: List[Text] = field(default_factory=list)
    text: Text = ""
    asked: bool = False
    responses: List[Text] = field(default_factory=list)


def heard(tracker: DialogueStateTracker) -> List[Heard]:
    """Return the latest turns of a conversation; the last one is the current turn."""
    turns: List[Heard] = []
    for event in tracker.events:
        if isinstance(event, UserUttered):
            text = event.text or ""
            turns.append(Heard(event.intent_name or "", text.startswith("/"), text=text))
        elif turns and isinstance(event, ActionExecuted):
            turns[-1].actions.append(event.action_name or "")
        elif turns and isinstance(event, BotUttered) and event.text:
            turns[-1].said.append(event.text)
            turns[-1].responses.append(str((event.metadata or {}).get("utter_action") or ""))
        elif turns and isinstance(event, SlotSet) and event.key == "asked":
            turns[-1].asked = bool(event.value)
    return turns[-LOOKED_BACK:]


async def fitted(messages: List[Message], turns: Sequence[Heard], say: Say) -> List[Message]:
    """Return the messages to send instead of `messages`; `say` turns a response of the domain into a message."""
    if not turns:
        return messages
    now, before = turns[-1], turns[:-1]
    if not set(ACTIONS).isdisjoint(now.actions):
        return messages  # in danger, and in care afterwards, nothing is changed
    last = before[-1] if before else None
    if now.intent in MAY_WISH and (back := wish(now.text)):
        return [] if last and wish(last.text) == back else await _of(say(back))
    if now.intent == "annoyed" and swears(now.text) and not (last and MISSES.intersection(last.responses)):
        cursed = _in_a_row(before, lambda turn: turn.intent == "annoyed")
        return await _of(say("utter_swears")) if cursed < MOST_SWEARS else []
    if now.intent == "greet" and last:
        return await _of(say("utter_greet_again"))
    leaves = now.intent == "goodbye" and last is not None and last.intent != "goodbye"
    if now.intent in CLOSINGS and last and last.intent in CLOSINGS and not leaves:
        return []
    if now.intent == "acknowledge" and last and last.asked and ASKED_BACK in last.actions:
        return await _of(say("utter_acknowledge_asked"))
    if now.intent == "annoyed" and (times := _in_a_row(before, _insults)):
        return await _of(say(ANNOYED[times - 1])) if times <= len(ANNOYED) else []
    if last is None or now.tapped or now.intent in AS_IT_IS or not now.said or not set(now.said) <= set(last.said):
        return messages
    more = len(before) > 1 and set(now.said) <= set(before[-2].said)
    point = about(now.said[0], now.text)
    if not (more or point) and len(now.said[0]) > SAID_AGAIN:
        return await _of(say("utter_said_above_all")) or messages
    said = point or shorten(now.said[0], SAID_AGAIN)
    again = await _of(say("utter_said_above_more" if more else "utter_said_above", said=said))
    return again or messages


async def _of(made: Awaitable[Optional[Message]]) -> List[Message]:
    message = await made
    return [message] if message else []


def _in_a_row(before: Sequence[Heard], of: Callable[[Heard], bool]) -> int:
    return sum(1 for _ in takewhile(of, reversed(before)))


def _insults(turn: Heard) -> bool:
    return turn.intent == "annoyed" and not swears(turn.text)


def language_in(tracker: DialogueStateTracker) -> Text:
    """Return the language to answer the latest message in; "" if it is not known."""
    latest = tracker.latest_message
    language = ((latest.metadata if latest else None) or {}).get("language")
    return language if isinstance(language, str) else ""


def vary() -> None:
    """Make Rasa give each response in the turn's language (bot.sentences) if available, otherwise in the domain's.

    Variants used in the last turns are avoided if there is another one.
    """
    generate = TemplatedNaturalLanguageGenerator.generate

    async def varied(
        self: TemplatedNaturalLanguageGenerator,
        utter_action: Text,
        tracker: DialogueStateTracker,
        output_channel: Text,
        **kwargs: Any,
    ) -> Optional[Dict[Text, Any]]:
        language = kwargs.pop("language", "") or language_in(tracker)
        own = sentences(language).get(utter_action)
        variants = own or self.responses.get(utter_action) or []
        if len(variants) < 2 and not own:
            return await generate(self, utter_action, tracker, output_channel, **kwargs)
        said = {text for turn in heard(tracker) for text in turn.said}
        slots = tracker.current_slot_values()
        filled = [self._fill_response(dict(each), slots, **kwargs) for each in variants]
        new = [each for each in filled if each.get("text") not in said] or filled
        return new[int(np.random.randint(len(new)))]

    TemplatedNaturalLanguageGenerator.generate = varied
