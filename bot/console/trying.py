"""The test console: talk to the bot as a student would, see what each platform shows, and why the bot said it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request

from bot.console import screens
from bot.console.access import VIEWER, allows, me
from bot.console.desk import Desk, desk
from bot.console.words import topic_name
from bot.dialogue import DialogueUnavailable, Turn
from bot.language import LANGUAGES, telling
from bot.store.content import edit
from connectors.messages import Address, Choice, IncomingMessage, Kind
from connectors.plain_words import chosen

MOST_SAID = 60
STAGES = {
    "tracker_ms": "Conversation read",
    "understand_ms": "Understanding",
    "act_ms": "Policy, action and store",
    "save_ms": "Conversation kept",
}


@dataclass(frozen=True)
class Piece:
    """A piece of the student's text: the entity recognised in it, or none."""

    text: str
    entity: str = ""
    value: str = ""


def pieces(text: str, entities: Sequence[Mapping[str, Any]]) -> list[Piece]:
    """Return a text split at its entities, in order; entities that overlap an earlier one are left out."""
    found, at = [], 0
    for each in sorted(entities, key=lambda entity: entity.get("start") or 0):
        start, end = each.get("start"), each.get("end")
        if start is None or end is None or not at <= start < end <= len(text):
            continue
        found += [Piece(text[at:start])] if start > at else []
        value = each["value"] if isinstance(each["value"], str) else json.dumps(each["value"], ensure_ascii=False)
        found.append(Piece(text[start:end], each["entity"], value))
        at = end
    return [*found, Piece(text[at:])] if at < len(text) else found


def message(
    at: datetime, said: str, choice: str | None = None, channel: str = "test", language: str = ""
) -> IncomingMessage:
    """Return a student's message as a channel would pass it on; `language`: the one to answer in."""
    kind = Kind.TEXT
    made = IncomingMessage(
        id=uuid.uuid4().hex, kind=kind, sender=Address(channel, "test"), sent_at=at, text=said, choice=choice
    )
    return telling(made, language) if language in LANGUAGES else made


def new_conversation(user_id: int) -> str:
    """Return the name of a staff-only conversation: "test-" keeps it out of all statistics."""
    return f"test-{user_id}-{uuid.uuid4().hex[:12]}"


def _moment(text: str, at: Desk) -> datetime:
    """Return the moment to simulate, in the library's time zone; now if missing or invalid."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=at.zone) if text else at.local(at.now())
    except ValueError:
        return at.local(at.now())


def _offered(text: str) -> list[Choice]:
    try:
        return [Choice(str(each["title"]), str(each["payload"])) for each in json.loads(text or "[]")]
    except (ValueError, TypeError, KeyError):
        return []


def trace(turn: Turn, said: str) -> dict[str, Any]:
    """Return what a turn's understanding shows: ranking, pieces, slots, actions, timings in milliseconds."""
    told = turn.understanding
    before, after = told.get("slots_before") or {}, told.get("slots_after") or {}
    timings = told.get("timings") or {}
    return {
        "ranking": [(topic_name(each["name"]), each["confidence"]) for each in told.get("intent_ranking", ())[:6]],
        "pieces": pieces(said, told.get("entities") or ()),
        "questions": told.get("questions") or [],
        "slots": [(name, before.get(name), after.get(name)) for name in sorted({*before, *after})],
        "actions": told.get("actions") or [],
        "timings": [(label, timings[name]) for name, label in STAGES.items() if name in timings],
        "total": round(sum(timings[name] for name in STAGES if name in timings), 1),
        "model": told.get("model", ""),
    }


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/try")
    @allows(VIEWER)
    def trying() -> str:
        conditions = [(each["key"], each["name"]) for each in edit.entries(desk().engine, "conditions")]
        return render_template(
            "console/try.html",
            conversation=new_conversation(me().id),
            conditions=conditions,
            first=request.args.get("say", ""),
        )

    @pages.post("/try/turn")
    @allows(VIEWER)
    def turn() -> str:
        at, form = desk(), request.form
        said, choice = form.get("said", "").strip()[:2000], form.get("choice") or None
        conversation, name = form.get("conversation", ""), form.get("channel", "messenger")
        if not conversation.startswith(f"test-{me().id}-") or name not in at.channels:
            conversation, name = new_conversation(me().id), "messenger"
        if not said:
            return render_template("console/turn.html", problem="Type something that a student would ask.", said="")
        if choice is None and (found := chosen(said, _offered(form.get("offered", "")))):
            choice = found.payload
        moment = _moment(form.get("moment", ""), at)
        asked = message(moment, said, choice, language=form.get("language", ""))
        heard = at.trials.hear(conversation, asked)
        try:
            if heard.silent:
                told = Turn(())
            else:
                told = heard.turn or at.dialogue.rehearse(heard.message, conversation, form.getlist("conditions"))
                told = at.trials.said(conversation, heard, told, at.channels[name])
        except DialogueUnavailable:
            problem = "The bot does not answer: Rasa is starting, or down. Wait a moment and say it again."
            return render_template("console/turn.html", problem=problem, said=said)
        calls = screens.render(at.channels[name], told.replies)
        offered = [each for reply in told.replies for each in reply.choices]
        offered += [each for reply in told.replies for card in reply.cards for each in card.choices]
        return render_template(
            "console/turn.html",
            said=said,
            choice=heard.message.choice,
            moment=moment,
            pretended=json.dumps(form.getlist("conditions")),
            screens=[screens.screen(name, call.body) for call in calls],
            calls=[json.dumps(call.body, ensure_ascii=False, indent=2) for call in calls],
            offered=json.dumps([{"title": each.title, "payload": each.payload} for each in offered]),
            trace=trace(told, said),
            channel=name,
            tried=heard.turn is not None,
            silent=heard.silent,
        )
