"""Conversations kept as tests: the test console's chats and students' conversations, redacted."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString

from bot.console.access import LIBRARIAN, allows, me
from bot.console.desk import Desk, desk
from bot.console.trying import MOST_SAID, message, new_conversation, pieces
from bot.dialogue import DialogueUnavailable, RasaDialogue
from bot.retraining.redaction import redact
from bot.store import evaluation, transcripts
from connectors.messages import Kind

KEPT = "from_console"  # the file of an export
_ANNOTATED = re.compile(r'\[([^\]]+)\]\{(?:"(?:[^"\\]|\\.)*"|[^"}])*\}')


@dataclass(frozen=True)
class Asked:
    """One turn: the text or a choice's payload, its time, and the conditions that were simulated."""

    words: str
    choice: str
    at: datetime
    conditions: tuple[str, ...] = ()


def add(pages: Blueprint) -> None:
    """Add the routes behind the pages' buttons."""

    @pages.post("/try/keep")
    @allows(LIBRARIAN)
    def keep() -> Any:
        form = request.form
        lists = [form.getlist(f"was_{name}")[:MOST_SAID] for name in ("said", "choice", "moment", "conditions")]
        asked = [
            Asked(redact(said).text, choice, _moment(moment, desk()), _names(conditions))
            for said, choice, moment, conditions in zip_longest(*lists, fillvalue="")
            if said or choice
        ]
        return _kept(asked, "From the test console", url_for("console.trying"))

    @pages.post("/conversations/<int:person_id>/keep")
    @allows(LIBRARIAN)
    def keep_conversation(person_id: int) -> Any:
        found = transcripts.transcript(desk().engine, person_id, limit=MOST_SAID)
        if found is None:
            abort(404)
        texts = [each.message for each in found.said if each.message.kind is Kind.TEXT and each.understanding]
        local = desk().local
        asked = [Asked(redact(each.text or "").text, each.choice or "", local(each.sent_at)) for each in texts]
        back = url_for("console.conversation", person_id=person_id)
        return _kept(asked, found.name, back, person_id)


def _moment(text: str, at: Desk) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return at.local(at.now())
    return moment if moment.tzinfo else moment.replace(tzinfo=at.zone)


def _names(text: str) -> tuple[str, ...]:
    try:
        return tuple(str(each) for each in json.loads(text or "[]"))
    except (ValueError, TypeError):
        return ()


def _kept(asked: Sequence[Asked], otherwise: str, back: str, person_id: int | None = None) -> Any:
    """Return the test as a file, or add it to the tests and redirect `back`; `otherwise`: the default title."""
    at = desk()
    title = redact(" ".join(request.form.get("title", "").split())[:80]).text or otherwise
    if not asked:
        flash("There is nothing to keep yet: say something first.", "danger")
        return redirect(back)
    try:
        kept = story(at.dialogue, title, asked, new_conversation(me().id))
    except DialogueUnavailable:
        flash("The bot does not answer, so nothing was kept. Wait a moment and try it again.", "danger")
        return redirect(back)
    if request.form.get("does") == "write":
        evaluation.keep(at.engine, kept, KEPT, by=me().name, now=at.now(), person_id=person_id)
        flash("Kept with the conversation tests: the gate tells it to each model from now on.", "success")
        return redirect(back)
    name = re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_") or "conversation"
    headers = {"Content-Disposition": f'attachment; filename="{name}.yml"'}
    return Response(as_file(kept), headers=headers, content_type="application/yaml; charset=utf-8")


def as_file(kept: Mapping[str, Any]) -> str:
    """Return a story as a file that `rasa test` reads."""
    yaml: Any = YAML()
    out = io.StringIO()
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    steps = [
        {key: LiteralScalarString(value) if key == "user" else value for key, value in each.items()}
        for each in kept["steps"]
    ]
    yaml.dump({"version": "3.1", "stories": [{**kept, "steps": steps}]}, out)
    return out.getvalue()


def story(dialogue: RasaDialogue, title: str, asked: Sequence[Asked], conversation: str) -> dict[str, Any]:
    """Return a conversation as a Rasa story, replayed so that it records what the bot does now.

    Its metadata records when each thing was said and what was simulated: "tonight" is another day tomorrow. `rasa test`
    cannot simulate a time and runs the story as of now; `asked_in` restores the times.
    Raises DialogueUnavailable.
    """
    steps: list[dict[str, Any]] = []
    for each in asked:
        said = message(each.at, each.words, each.choice or None)
        told = dialogue.rehearse(said, conversation, each.conditions).understanding
        intent = (told.get("intent") or {}).get("name") or "nlu_fallback"
        shown = each.choice or annotated(each.words, told.get("entities") or ())
        steps.append({"user": f"{shown}\n", "intent": intent})
        steps += [{"action": name} for name in told.get("actions") or () if name != "action_session_start"]
        topic = (told.get("slots_after") or {}).get("topic")
        if topic != (told.get("slots_before") or {}).get("topic"):
            steps.append({"slot_was_set": [{"topic": topic}]})
    said_when = [{"time": each.at.isoformat(), "pretend": list(each.conditions)} for each in asked]
    return {"story": title, "metadata": {"said": said_when}, "steps": steps}


def asked_in(kept: Mapping[str, Any]) -> list[Asked]:
    """Return what was asked in a story made by `story`, to ask it again as of the same times."""
    lines = [step["user"].strip() for step in kept["steps"] if "user" in step]
    return [
        Asked(
            words=_ANNOTATED.sub(r"\1", line),
            choice=line if line.startswith("/") else "",
            at=datetime.fromisoformat(said["time"]),
            conditions=tuple(said["pretend"]),
        )
        for line, said in zip(lines, kept["metadata"]["said"], strict=True)
    ]


def annotated(words: str, entities: Sequence[Mapping[str, Any]]) -> str:
    """Return the text with its entities annotated as in Rasa's test files."""
    return "".join(
        f"[{each.text}]" + json.dumps({"entity": each.entity, "value": each.value}, ensure_ascii=False)
        if each.entity
        else each.text
        for each in pieces(words, entities)
    )
