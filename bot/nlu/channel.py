"""Rasa's side of the conversation: a message in, replies and the turn's understanding out, in one hop."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any, Dict, List, Optional, Text

from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.core.processor import MessageProcessor
from rasa.shared.core.events import ActionExecuted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.logs import apart
from bot.nlu.swap import watch

lines = apart("rasa")

MOST_CHARACTERS = 2000
TEST = "test-"
RANKED = 10
# What is said of a slot that Rasa keeps for itself would only confuse a reader.
_OWN_SLOTS = {"session_started_metadata", "requested_slot", "asked", "request"}


def _validate_once() -> None:
    """Have Rasa check its own schema of what the action server answers once, and not in each turn.

    Half of a turn's time went into validating that schema, which never changes; answers are validated as before.
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

# The custom actions that failed in the turn of this task.
_failed: ContextVar[List[Text]] = ContextVar("failed")


class ActionsFailed(Exception):
    """An action could not be run, so that the student would be told nothing."""


def _note_failures() -> None:
    """Have a turn know which of its actions failed: Rasa goes on without them, and would answer with silence."""
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


class CarrelInput(InputChannel):
    """POST /webhooks/carrel/webhook.

    In: {"conversation", "text" or "choice", "time": ISO 8601, "reset": bool, "request_id", "pretend": [...]}. A
    choice is an intent's payload, such as "/opening_hours"; text never is, whatever it begins with. "pretend" names
    special conditions that are taken as switched on, in a conversation whose name begins with "test-".
    Out: {"replies": [{"text", "choices", "cards", "image"}], "understanding": {...}}.
    """

    @classmethod
    def name(cls) -> Text:
        """Return the part of the address that is this channel's."""
        return "carrel"

    @classmethod
    def from_credentials(cls, credentials: Optional[Dict[Text, Any]]) -> InputChannel:
        """Return the channel; it has no credentials."""
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
            except ActionsFailed as failed:
                # Nothing of the turn was kept: who asks again gets it whole.
                lines.warning("rasa_turn_failed", request_id=asked.get("request_id", ""), actions=str(failed))
                return response.json({"error": f"not run: {failed}"}, status=503)
            understanding = answered["understanding"]
            lines.info(
                "rasa_turn",
                request_id=asked.get("request_id", ""),
                intent=understanding["intent"].get("name"),
                actions=",".join(understanding["actions"]),
                ms=round((time.perf_counter() - started) * 1000, 1),
            )
            return response.json(answered)

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
    # What MessageProcessor.handle_message does, step by step, so that the tracker is at hand afterwards without
    # another reading of it, and each step's time is known.
    _failed.set([])
    started = time.perf_counter()
    tracker = await processor.fetch_tracker_and_update_session(message.sender_id, output, message.metadata)
    fetched = time.perf_counter()
    before, first = _slots(tracker), len(tracker.events)
    await processor._handle_message_with_tracker(message, tracker)
    parsed = time.perf_counter()
    tracker = await processor.run_action_extract_slots(output, tracker)
    await processor._run_prediction_loop(output, tracker)
    acted = time.perf_counter()
    if failed := _failed.get():
        raise ActionsFailed(", ".join(failed))
    await processor.save_tracker(tracker)
    saved = time.perf_counter()
    stages = {
        "tracker": fetched - started,
        "understand": parsed - fetched,
        "act": acted - parsed,
        "save": saved - acted,
    }
    return {
        "replies": replies(output.messages),
        "understanding": {
            **_understood(tracker),
            "slots_before": before,
            "slots_after": _slots(tracker),
            "actions": _actions(tracker, first),
            "requests": _requests(tracker, first),
            "timings": {f"{stage}_ms": round(seconds * 1000, 2) for stage, seconds in stages.items()},
            "model": processor.model_filename,
        },
    }


def _metadata(asked: Mapping[str, Any]) -> Dict[str, Any]:
    """Return what actions are told besides the words; what staff pretend counts in their own conversations alone."""
    told = ["time", "request_id"]
    if asked["conversation"].startswith(TEST):
        told.append("pretend")
    return {name: asked[name] for name in told if asked.get(name)}


def _words(asked: Mapping[str, Any]) -> str:
    choice = asked.get("choice")
    if isinstance(choice, str) and choice.startswith("/"):
        return choice
    # A "/" at the beginning would make the words an intent's payload.
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
    """Return what this turn asks staff to see to: what actions have put into the slot `request`."""
    new = list(tracker.events)[first:]
    return [str(event.value) for event in new if isinstance(event, SlotSet) and event.key == "request" and event.value]


def replies(messages: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
    """Return what Rasa's output channel has collected as replies, each of Rasa's messages one.

    All choices of a turn stand in one list on the last reply: Messenger takes buttons away with the next message, and
    where choices are numbered a second list would begin at 1 again.
    """
    found = []
    choices: Dict[str, Dict[str, Any]] = {}
    for message in messages:
        custom = message.get("custom") or {}
        for each in [*message.get("buttons", []), *custom.get("choices", [])]:
            choice = {"title": each["title"], "payload": each["payload"], "description": each.get("description")}
            choices.setdefault(each["payload"], choice)
        reply = {
            "text": message.get("text") or custom.get("text"),
            "choices": [],
            "cards": custom.get("cards", []),
            "image": message.get("image") or custom.get("image"),
        }
        if any(reply.values()):
            found.append(reply)
    if choices:
        found = found or [{"text": None, "choices": [], "cards": [], "image": None}]
        found[-1]["choices"] = list(choices.values())
    return found
