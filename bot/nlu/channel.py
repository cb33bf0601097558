"""Rasa's side of the conversation: one request takes a message and returns the replies and how it was understood."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any, Dict, List, Optional, Text

from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.core.lock_store import LockError
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import ActionExecuted, BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.contest.words import joins
from bot.dangers import DANGERS
from bot.dialogue import reply_of
from bot.language import ASKED, FIRST, language_of
from bot.logs import apart
from bot.nlu.guard import guard
from bot.nlu.limits import MOST_CHARACTERS
from bot.nlu.manners import Say, fitted, heard, vary
from bot.nlu.script import has_chinese
from bot.nlu.swap import watch
from bot.nlu.trackers import ConversationsAway
from bot.nlu.unsure import FALLBACK
from bot.outages import Outage
from bot.store.events import reply_to_json
from connectors.joining import as_one

lines = apart("rasa")
locks, conversations = Outage(lines, "locks"), Outage(lines, "conversations")

TEST = "test-"
RANKED = 10
# At or above this confidence a message is answered at once; below it we wait a moment for more words.
SURELY = 0.6
# Intents that may come before or after a question and ask nothing themselves.
LIGHT = frozenset({"greet", "thanks", "goodbye", "acknowledge", "wait"})
# People open with these and then write what they came for; nobody is waiting for a reply to a greeting.
OPENINGS = frozenset({"greet"})
URGENT = frozenset(DANGERS)
ENTRY, JOIN = "contest_entry", "contest_join"
CONTEST = frozenset({"contest_eligibility", "contest_deadline", "contest_rules"})
# The actions of the contest's form: what they answer is kept until the next answer.
ENTERING = frozenset({"action_contest_begin", "contest_form", "action_contest_enter", "action_contest_mine"})
# Slots that Rasa keeps for itself would only confuse a reader.
_OWN_SLOTS = {"session_started_metadata", "requested_slot", "asked", "request", "before", "answered"}


def _validate_once() -> None:
    """Make Rasa check its schema for action server responses once rather than in every turn.

    Half of each turn was spent validating that schema, which never changes. The responses are validated as before.
    """
    schema = RemoteAction.action_response_format_spec()
    validator = validator_for(schema)(schema)

    def validate(self: RemoteAction, result: Dict[Text, Any]) -> bool:
        problem = best_match(validator.iter_errors(result))
        if problem is None:
            return True
        problem.message += f" (in the action server's answer to {self.name()})"
        raise problem

    RemoteAction._validate_action_result = validate


_validate_once()

# The custom actions that have failed in the current task's turn.
_failed: ContextVar[List[Text]] = ContextVar("failed")


class ActionsFailed(Exception):
    """An action could not be run, so the student would get no answer."""


def _note_failures() -> None:
    """Record which actions failed in a turn: Rasa would carry on without them and reply with silence."""
    run = RemoteAction.run

    async def noting(self: RemoteAction, *args: Any, **kwargs: Any) -> Any:
        try:
            return await run(self, *args, **kwargs)
        except ActionExecutionRejection:
            raise
        except Exception:
            _failed.get([]).append(self.name())
            raise

    RemoteAction.run = noting


_note_failures()
vary()


class CarrelInput(InputChannel):
    """POST /webhooks/carrel/webhook.

    Request: {"conversation", "text" or "choice", "time": ISO 8601, "reset": bool, "request_id", "language", "pretend":
    [...]}. A choice is an intent payload, such as "/opening_hours"; text never is, whatever it begins with. "language"
    is the language to answer in; if omitted, it is the language of the message. "pretend" names special conditions to
    treat as active, in conversations whose name begins with "test-" only.

    Response: {"replies": [{"text", "choices", "cards", "image"}], "understanding": {...}}.

    With "patient", a message that is not understood with confidence does not lead to a turn: the response is {"unsure":
    true}, and the conversation stays as it was. With "read", no message leads to a turn: the response is {"sure",
    "light", "urgent"}, which says how the message would be understood.
    """

    @classmethod
    def name(cls) -> Text:
        """Return this channel's part of the URL."""
        return "carrel"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> InputChannel:
        """Return the channel; it needs no credentials."""
        return cls()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """Return the routes."""
        routes = Blueprint("carrel_webhook")

        @routes.get("/")
        async def health(_request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @routes.post("/webhook")
        async def webhook(request: Request) -> HTTPResponse:
            asked = request.json
            if not isinstance(asked, dict) or not isinstance(asked.get("conversation"), str):
                return response.json({"error": '"conversation" should be the name of one'}, status=400)
            agent = request.app.ctx.agent
            if agent is None or agent.processor is None:
                return response.json({"error": "no model is loaded"}, status=503)
            started = time.perf_counter()
            try:
                async with agent.lock_store.lock(asked["conversation"]):
                    answered = await _turn(agent.processor, asked)
            except LockError as error:
                # The lock server is down, or another turn of this conversation is taking too long.
                locks.gone(error)
                return response.json({"error": "no lock is to be had"}, status=503)
            except ConversationsAway as error:
                conversations.gone(error)
                return response.json({"error": "the conversations are away"}, status=503)
            except ActionsFailed as failed:
                # Nothing of the turn was saved, so a retry runs it in full.
                lines.warning("rasa_turn_failed", request_id=asked.get("request_id", ""), actions=str(failed))
                return response.json({"error": f"not run: {failed}"}, status=503)
            locks.back()
            conversations.back()
            understanding = answered.get("understanding")
            if understanding is None:
                return response.json(answered)
            lines.info(
                "rasa_turn",
                request_id=asked.get("request_id", ""),
                intent=understanding["intent"].get("name"),
                actions=",".join(understanding["actions"]),
                ms=round((time.perf_counter() - started) * 1000, 1),
            )
            return response.json(answered)

        guard(routes)
        watch(routes)
        return routes


async def _turn(processor: MessageProcessor, asked: Mapping[str, Any]) -> Dict[str, Any]:
    output = CollectingOutputChannel()
    message = UserMessage(
        text=_words(asked),
        output_channel=output,
        sender_id=asked["conversation"],
        input_channel="carrel",
        metadata=_metadata(asked),
    )
    if asked.get("reset"):
        restart = UserMessage("/restart", CollectingOutputChannel(), message.sender_id, input_channel="carrel")
        await processor.handle_message(restart)
    # This repeats MessageProcessor.handle_message step by step, so that we can time each step and do not have to read
    # the tracker again afterwards.
    _failed.set([])
    started = time.perf_counter()
    tracker = await processor.fetch_tracker_and_update_session(message.sender_id, output, message.metadata)
    fetched = time.perf_counter()
    if again := _answered(tracker, asked):
        return again
    before, first = _slots(tracker), len(tracker.events)
    # The pipeline sees only the message, so the previous question has to travel with it.
    message.metadata = {"language": _language(asked, tracker), **message.metadata, **_before(tracker)}
    message.parse_data = await processor.parse_message(message, tracker)
    message.parse_data = _joining(message.parse_data)
    taken = reading(message.parse_data, in_form=tracker.active_loop_name is not None)
    if asked.get("read"):
        return taken
    if asked.get("patient") and not taken["sure"]:
        return {"unsure": True}
    await processor._handle_message_with_tracker(message, tracker)
    parsed = time.perf_counter()
    tracker = await processor.run_action_extract_slots(output, tracker)
    await processor._run_prediction_loop(output, tracker)
    acted = time.perf_counter()
    if failed := _failed.get():
        raise ActionsFailed(", ".join(failed))
    said = await fitted(output.messages, heard(tracker), _saying(processor, tracker))
    for each in said:
        if each not in output.messages:  # so that later turns do not repeat it
            named = {"utter_action": each.get("response")}
            tracker.update(BotUttered(each.get("text"), metadata=named), processor.domain)
    made = replies(said)
    if ENTERING.intersection(_actions(tracker, first)):
        # A worker that dies before it has stored this answer asks again, and the form has gone on meanwhile.
        tracker.update(SlotSet("answered", {"message": asked.get("message"), "replies": made}), processor.domain)
    await processor.save_tracker(tracker)
    saved = time.perf_counter()
    stages = {
        "tracker": fetched - started,
        "understand": parsed - fetched,
        "act": acted - parsed,
        "save": saved - acted,
    }
    return {
        "replies": made,
        "understanding": {
            **_understood(tracker),
            "slots_before": before,
            "slots_after": _slots(tracker),
            "actions": _actions(tracker, first),
            "requests": _requests(tracker, first),
            "answer": _given(tracker, first),
            "event": str((tracker.get_slot("before") or {}).get("event") or ""),
            "timings": {f"{stage}_ms": round(seconds * 1000, 2) for stage, seconds in stages.items()},
            "model": processor.model_filename,
        },
    }


def _joining(parsed: Dict[str, Any]) -> Dict[str, Any]:
    """Return how a message was understood; words about entering the contest that say "now" begin its form."""
    name, text = parsed["intent"].get("name") or "", str(parsed.get("text") or "")
    # "我想參加攝影比賽" is near to asking who may: in Chinese the words decide among all questions about the contest.
    about_it = name == ENTRY or (name in CONTEST and has_chinese(text))
    if not about_it or not joins(text):
        return parsed
    return {**parsed, "intent": {**parsed["intent"], "name": JOIN}}


def _answered(tracker: DialogueStateTracker, asked: Mapping[str, Any]) -> Optional[Dict[str, Any]]:
    """Return the answer to a message of the contest's form that was answered before; None: it is new."""
    kept = tracker.get_slot("answered") or {}
    if asked.get("read") or not asked.get("message") or kept.get("message") != asked["message"]:
        return None
    return {"replies": kept["replies"], "understanding": {**_understood(tracker), "actions": [], "requests": []}}


def _saying(processor: MessageProcessor, tracker: DialogueStateTracker) -> Say:
    async def say(response: Text, **values: Any) -> Optional[Dict[Text, Any]]:
        found: Optional[Dict[Text, Any]] = await processor.nlg.generate(response, tracker, "carrel", **values)
        return {**found, "response": response} if found else None

    return say


def reading(parsed: Mapping[str, Any], *, in_form: bool = False) -> Dict[str, bool]:
    """Return whether a message is understood with confidence, whether it is mere courtesy, and whether it is urgent.

    `in_form`: it answers a question of the form, so that nothing has to follow it.
    """
    ranking = [each for each in parsed.get("intent_ranking") or () if each["name"] != FALLBACK]
    name, confidence = parsed["intent"].get("name"), ranking[0]["confidence"] if ranking else 0.0
    sure = name not in {None, FALLBACK} and confidence >= SURELY
    alone = sure and name not in OPENINGS
    surely = alone or name in URGENT or in_form
    return {"sure": surely, "light": name in LIGHT and sure, "urgent": name in URGENT}


def _metadata(asked: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the metadata for actions; what staff pretend counts only in their own test conversations."""
    told = ["time", "request_id", "language", "message", "media"]
    if asked["conversation"].startswith(TEST):
        told.append("pretend")
    return {name: asked[name] for name in told if asked.get(name)}


def _language(asked: Mapping[str, Any], tracker: DialogueStateTracker) -> Text:
    """Return the language to answer in if the request names none: that of the words, or the one used so far."""
    before = next((language for each in reversed(tracker.events) if (language := _told(each))), "")
    choice = asked.get("choice")
    if isinstance(choice, str):
        return ASKED.get(choice) or before or FIRST
    return language_of(str(asked.get("text") or ""), before)


def _told(event: Any) -> Text:
    return str((event.metadata or {}).get("language") or "") if isinstance(event, UserUttered) else ""


def _before(tracker: DialogueStateTracker) -> Dict[str, Any]:
    """Return the question before this message, as saved by the actions; bot.nlu.readings reads it."""
    before = tracker.get_slot("before")
    return {"before": before} if before else {}


def _words(asked: Mapping[str, Any]) -> str:
    choice = asked.get("choice")
    if isinstance(choice, str) and choice.startswith("/"):
        return choice
    # A leading "/" would turn the words into an intent payload.
    return str(asked.get("text") or "")[:MOST_CHARACTERS].strip().lstrip("/").strip()


def _understood(tracker: DialogueStateTracker) -> Dict[str, Any]:
    latest = tracker.latest_message
    data = (latest.parse_data if latest else None) or {}
    return {
        "intent": {key: data.get("intent", {}).get(key) for key in ("name", "confidence")},
        "intent_ranking": [
            {"name": each["name"], "confidence": each["confidence"]} for each in data.get("intent_ranking", [])[:RANKED]
        ],
        "entities": [
            {key: each.get(key) for key in ("entity", "start", "end", "value")} for each in data.get("entities", [])
        ],
        "questions": data.get("questions", []),
    }


def _slots(tracker: DialogueStateTracker) -> Dict[str, Any]:
    return {
        name: value
        for name, value in tracker.current_slot_values().items()
        if value is not None and name not in _OWN_SLOTS
    }


def _actions(tracker: DialogueStateTracker, first: int) -> List[str]:
    new = list(tracker.events)[first:]
    return [
        event.action_name for event in new if isinstance(event, ActionExecuted) and event.action_name != "action_listen"
    ]


def _requests(tracker: DialogueStateTracker, first: int) -> List[str]:
    """Return what this turn asks staff to deal with: the values actions have set in the slot `request`."""
    new = list(tracker.events)[first:]
    return [str(event.value) for event in new if isinstance(event, SlotSet) and event.key == "request" and event.value]


def _given(tracker: DialogueStateTracker, first: int) -> str:
    """Return the key of the stored answer given in this turn, "" if none was."""
    new = list(tracker.events)[first:]
    kept = [event.value or {} for event in new if isinstance(event, SlotSet) and event.key == "before"]
    return str(kept[-1].get("told") or "") if kept else ""


def replies(messages: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Return the messages collected in one turn as a single reply; a second picture needs a second reply."""
    found = []
    for message in messages:
        custom = message.get("custom") or {}
        reply = {
            "text": message.get("text") or custom.get("text"),
            "choices": [*message.get("buttons", []), *custom.get("choices", [])],
            "cards": custom.get("cards", []),
            "image": message.get("image") or custom.get("image"),
        }
        found.append(reply_of(reply))
    return [reply_to_json(each) for each in as_one(found)]
