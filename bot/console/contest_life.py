"""One edition of a contest: its life as a line with dates, what students are told in each phase, what Meta asks."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, abort, render_template, request

from bot.calendar.contests import line, phase
from bot.calendar.facts import Contest
from bot.calendar.promotion import lacks
from bot.console.access import VIEWER, allows, me
from bot.console.desk import Desk, desk
from bot.console.trying import message, new_conversation
from bot.dialogue import DialogueUnavailable
from bot.store import library

# The phases' names on the pages, and what each means.
PHASES = {
    "draft": ("Draft", "No dates yet: the bot says nothing of it."),
    "announced": ("Announced", "The bot tells when it opens."),
    "open": ("Open", "Entries come in."),
    "voting": ("Voting", "Entries are closed; students vote."),
    "judging": ("Judging", "Staff judge and decide; nobody has won yet."),
    "results": ("Results", "The bot names the winners."),
    "archived": ("Archived", "The last edition, until the next is announced."),
}
COLOURS = {"announced": "azure", "open": "green", "voting": "purple", "judging": "yellow"}
# What is asked of the bot in each phase: the intent, and the words that a student would write.
ASKED = (
    ("contest_deadline", "When is the deadline?"),
    ("contest_entry", "How do I take part?"),
    ("contest_winners", "Who won?"),
)


def contest_named(at: Desk, key: str) -> Contest:
    """Return the edition that a page is about. Answers 404 if there is none."""
    found = next((each for each in library.read_facts(at.engine, at.zone).contests if each.key == key), None)
    if found is None:
        abort(404)
    return found


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.app_context_processor
    def named() -> dict[str, object]:
        return {"contest_phases": PHASES, "contest_colours": COLOURS, "contest_facebook": desk().facebook}

    @pages.get("/contests/edition")
    @allows(VIEWER)
    def contest_edition() -> str:
        at = desk()
        contest = contest_named(at, request.args.get("name", ""))
        return render_template(
            "console/contest.html",
            contest=contest,
            phase=phase(contest, at.now()),
            line=line(contest, at.now()),
            lacks=lacks(contest),
        )

    @pages.get("/contests/told")
    @allows(VIEWER)
    def contest_told() -> str:
        """Show what the bot answers at a moment: asked of the bot itself, so that nothing here can differ from it."""
        at = desk()
        try:
            moment = datetime.fromisoformat(request.args.get("at", ""))
            moment = moment if moment.tzinfo else moment.replace(tzinfo=at.zone)
        except ValueError:
            abort(404)
        try:
            told = [(words, _answer(at, moment, intent, words)) for intent, words in ASKED]
        except DialogueUnavailable:
            told = []
        return render_template("console/contest_told.html", moment=at.local(moment), told=told)


def _answer(at: Desk, moment: datetime, intent: str, words: str) -> str:
    asked = message(at.local(moment), words, f"/{intent}")
    turn = at.dialogue.rehearse(asked, new_conversation(me().id), ())
    return "\n".join(reply.text for reply in turn.replies if reply.text)
