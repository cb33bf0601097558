"""Texts of staff's own for the inbox, with placeholders that are filled in."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.calendar import words
from bot.console.access import LIBRARIAN, allows, me
from bot.console.desk import Desk, desk
from bot.handover import shown_name
from bot.store import conversations, threads
from bot.store import desk as stored
from bot.store.desk import Canned

PLACEHOLDERS = {
    "{me}": "your name, as students see it",
    "{today}": "today's date",
    "{tomorrow}": "tomorrow's date",
    "{question}": "what the student asked for first",
}


def filled(at: Desk, who: str, thread_id: int, wanted: str) -> list[Canned]:
    """Return somebody's own texts that contain the words searched for, filled in for a conversation."""
    every = stored.canned_of(at.engine, who)
    found = [
        each
        for each in every
        if all(word in f"{each.title} {each.text}".casefold() for word in wanted.casefold().split())
    ]
    thread = threads.get(at.engine, thread_id)
    asked = thread.inbox_id if thread else None
    values = {
        "{me}": shown_name(who),
        "{today}": words.full_date(at.today(), at.today()),
        "{tomorrow}": words.full_date(at.local(at.now()).date().fromordinal(at.today().toordinal() + 1), at.today()),
        "{question}": conversations.texts(at.engine, [asked]).get(asked, "") if asked else "",
    }
    return [Canned(each.id, each.title, _with(each.text, values)) for each in found]


def _with(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(name, value)
    return text


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.route("/inbox/texts", methods=["GET", "POST"])
    @allows(LIBRARIAN)
    def canned_texts() -> Any:
        problem, form = "", request.form
        if request.method == "POST":
            number = form.get("id", type=int)
            problem = stored.keep_canned(desk().engine, me().name, form.get("title", ""), form.get("text", ""), number)
            if not problem:
                flash("Saved.", "success")
                return redirect(url_for("console.canned_texts"))
        every = stored.canned_of(desk().engine, me().name)
        edited = request.args.get("id", type=int)
        mine = next((each for each in every if each.id == edited), None)
        if edited and mine is None:
            abort(404)
        values = form if problem else {"title": mine.title, "text": mine.text} if mine else {}
        page = render_template(
            "console/canned_texts.html",
            every=every,
            edited=mine,
            form=values,
            problem=problem,
            placeholders=PLACEHOLDERS,
        )
        return page, 422 if problem else 200

    @pages.post("/inbox/texts/<int:canned_id>/remove")
    @allows(LIBRARIAN)
    def drop_canned(canned_id: int) -> Response:
        stored.drop_canned(desk().engine, me().name, canned_id)
        flash("Removed.", "success")
        return redirect(url_for("console.canned_texts"))
