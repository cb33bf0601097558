"""How an answer is used: how often it is given, how it fares, what led to it, what the bot answers now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, render_template, request

from bot.calendar.facts import Answer
from bot.console import trying
from bot.console.access import VIEWER, allows, me
from bot.console.desk import Desk, desk
from bot.console.words import topic_name
from bot.dialogue import DialogueUnavailable
from bot.retraining import hiding
from bot.store import answers_given, facts, library
from bot.store.content import edit
from bot.store.content.likeness import Likeness

LOOKED_BACK = timedelta(days=30)
OFTEN = 10
# Ways to ask that are tried at once.
MOST_TRIED = 12
# By language: the version of the facts, and what is alike among the answers then.
_ALIKE: dict[str, tuple[tuple[int, str], Likeness]] = {}


@dataclass(frozen=True)
class Tried:
    """What the bot answers to a question now. `title`: of the answer given; `right`: it is the one looked at."""

    question: str
    said: str
    title: str
    right: bool


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/answers/use")
    @allows(VIEWER)
    def answers_use() -> str:
        at, stored = desk(), _stored()
        given = answers_given.of_answer(at.engine, stored["key"], at.now() - LOOKED_BACK)
        words = hiding.words(at.engine, ((each.inbox_id, each.text) for each in given.questions))
        return render_template(
            "console/answer_use.html",
            name=request.args["name"],
            given=given,
            words=words,
            alike=alike(at, stored["language"]).of(edit.answer_with(edit.plain(stored))),
            reachable=at.dialogue.ready(),
            days=LOOKED_BACK.days,
        )

    @pages.post("/answers/ask")
    @allows(VIEWER)
    def answers_ask() -> str:
        at, stored = desk(), _stored()
        said = request.form.get("question", "").strip()[:300]
        asked = [said] if said else stored["questions"][:MOST_TRIED]
        try:
            tried = [_tried(at, each, stored) for each in asked]
        except DialogueUnavailable:
            return render_template("console/answer_tried.html", tried=(), away=True)
        return render_template("console/answer_tried.html", tried=tried, away=False)


def counted(at: Desk) -> dict[str, int]:
    """Return how often each answer was given lately, by key."""
    return answers_given.counts(at.engine, at.now() - LOOKED_BACK)


def alike(at: Desk, language: str) -> Likeness:
    """Return what finds nearly the same answers in a language."""
    version = (facts.version(at.engine), str(at.engine.url))
    known = _ALIKE.get(language)
    if known is None or known[0] != version:
        found = Likeness(_once(library.read_answers(at.engine, language)))
        known = _ALIKE[language] = (version, found)
    return known[1]


def _once(answers: tuple[Answer, ...]) -> list[Answer]:
    """Return each answer once: those of a renamed topic come under both of its names."""
    return list({each.key: each for each in answers}.values())


def _stored() -> dict[str, Any]:
    stored = edit.entry(desk().engine, "answers", request.args.get("name", ""))
    if stored is None:
        abort(404)
    return stored


def _tried(at: Desk, question: str, stored: Mapping[str, Any]) -> Tried:
    """Return what the bot answers to a question now, asked by itself. Raises DialogueUnavailable."""
    asked = trying.message(at.local(at.now()), question, language=stored["language"])
    turn = at.dialogue.rehearse(asked, trying.new_conversation(me().id))
    key = str(turn.understanding.get("answer") or "")
    other = edit.entry(at.engine, "answers", f"{key}/{stored['language']}") if key else None
    topic = str((turn.understanding.get("intent") or {}).get("name") or "")
    title = other["title"] if other else f"no stored answer; it takes this for {topic_name(topic)}"
    said = "\n".join(reply.text for reply in turn.replies if reply.text)
    return Tried(question, said[:400], title, key == stored["key"])
