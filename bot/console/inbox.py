"""The inbox: conversations waiting for a member of staff, and those that have one; claimed, answered, closed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console import resending
from bot.console.access import LIBRARIAN, allows, may, me
from bot.console.desk import Desk, desk
from bot.console.screens import screens_of
from bot.dangers import CARE, DANGERS
from bot.language import FIRST
from bot.store import data_requests, library, people, threads, threads_shown, transcripts, turns, users
from bot.store.threads import ThreadError
from bot.store.threads_shown import MINE, TABS, WAITING, Shown
from bot.store.transcripts import Transcript

A_PAGE, MOST_CANNED = 50, 8
# For so long it is told that a conversation has ended because its student wanted to be forgotten.
CUT_OFF_SHOWN = timedelta(days=1)
# Topics that only the bot uses.
NOT_CANNED = {"handover", "holding", "privacy", "contest_entering", CARE, *DANGERS}


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.context_processor
    def waiting() -> dict[str, Any]:
        # The count beside the menu entry.
        return {"waiting_now": threads_shown.counts(desk().engine, me().name)[WAITING] if may(LIBRARIAN) else 0}

    @pages.get("/inbox")
    @allows(LIBRARIAN)
    def inbox() -> str:
        at, who = desk(), me().name
        counts = threads_shown.counts(at.engine, who)
        # Open on one's own conversations if there are any and none is waiting; otherwise on those waiting.
        tab = request.args.get("tab", MINE if counts[MINE] and not counts[WAITING] else WAITING)
        tab = tab if tab in TABS else WAITING
        before_id = request.args.get("before", type=int)
        found = threads_shown.page(at.engine, tab, who, before_id=before_id, limit=A_PAGE + 1)
        more = found[A_PAGE - 1].thread.id if len(found) > A_PAGE and tab != WAITING else None
        page = "console/inbox_list.html" if request.headers.get("HX-Request") else "console/inbox.html"
        cut_off = data_requests.cut_off(at.engine, at.now() - CUT_OFF_SHOWN)
        return render_template(
            page, cut_off=cut_off, tab=tab, tabs=TABS, counts=counts, found=found[:A_PAGE], more=more, now=at.now()
        )

    @pages.get("/inbox/<int:thread_id>")
    @allows(LIBRARIAN)
    def thread(thread_id: int) -> str:
        shown: dict[str, Any] = {**_shown(thread_id), "token": secrets.token_hex(16)}
        if kept := resending.given_back(me(), url_for("console.reply", thread_id=thread_id)):
            # With its original token: should it have been sent after all, it is not sent twice.
            problem = "You were signed out meanwhile."
            shown |= {"draft": kept[0].get("text", ""), "token": kept[0].get("token", ""), "problem": problem}
        return render_template("console/thread.html", **shown)

    @pages.get("/inbox/<int:thread_id>/log")
    @allows(LIBRARIAN)
    def thread_log(thread_id: int) -> str:
        return render_template("console/thread_log.html", **_shown(thread_id), fragment=True)

    @pages.get("/inbox/<int:thread_id>/answers")
    @allows(LIBRARIAN)
    def canned(thread_id: int) -> str:
        wanted = request.args.get("q", "").strip()
        return render_template(
            "console/canned.html", answers=_canned(desk(), thread_id, wanted), wanted=wanted, thread=thread_id
        )

    @pages.post("/inbox/<int:thread_id>/claim")
    @allows(LIBRARIAN)
    def claim(thread_id: int) -> Response:
        return _then(thread_id, lambda: desk().handover.claim(thread_id, me().name))

    @pages.post("/inbox/<int:thread_id>/pass")
    @allows(LIBRARIAN)
    def pass_on(thread_id: int) -> Response:
        to = request.form.get("to", "")
        if to and to not in _staff(desk()):
            flash(f"There is no librarian {to} who may sign in: choose one of the list.", "danger")
            return redirect(url_for("console.thread", thread_id=thread_id))
        return _then(thread_id, lambda: desk().handover.pass_on(thread_id, by=me().name, to=to))

    @pages.post("/inbox/<int:thread_id>/close")
    @allows(LIBRARIAN)
    def close_thread(thread_id: int) -> Response:
        said = "Closed. The bot answers again, and the student was told so."
        return _then(thread_id, lambda: desk().handover.close(thread_id, me().name), said)

    @pages.post("/inbox/<int:thread_id>/reply")
    @allows(LIBRARIAN)
    def reply(thread_id: int) -> Any:
        text, token = request.form.get("text", ""), request.form.get("token", "")[:64]
        at, who = desk(), me().name
        once = request.form.get("does") == "once"
        try:
            if once:
                at.handover.answer_once(thread_id, who, text, token)
            else:
                at.handover.reply(thread_id, who, text, token)
        except ThreadError as error:
            # The text stays in the box: nothing is lost because a colleague was faster.
            shown = {**_shown(thread_id), "token": secrets.token_hex(16), "draft": text, "problem": str(error)}
            page = "console/composer.html" if request.headers.get("HX-Request") else "console/thread.html"
            return render_template(page, **shown), 422
        if once:
            flash("Sent, and closed: the bot went on answering all the while.", "success")
            return _to(url_for("console.inbox"))
        if request.headers.get("HX-Request"):
            shown = {**_shown(thread_id), "token": secrets.token_hex(16), "sent": True}
            return render_template("console/composer.html", **shown), 200, {"HX-Trigger": "inbox-changed"}
        return redirect(url_for("console.thread", thread_id=thread_id))

    @pages.post("/conversations/<int:person_id>/step-in")
    @allows(LIBRARIAN)
    def step_in(person_id: int) -> Response:
        if transcripts.transcript(desk().engine, person_id, limit=1) is None:
            abort(404)
        try:
            found = desk().handover.step_in(person_id, me().name)
        except ThreadError as error:
            flash(str(error), "danger")
            return redirect(url_for("console.conversation", person_id=person_id))
        return redirect(url_for("console.thread", thread_id=found.id))


def _then(thread_id: int, does: Callable[[], Any], said: str = "") -> Response:
    try:
        does()
    except ThreadError as error:
        flash(str(error), "danger")
    else:
        if said:
            flash(said, "success")
    return redirect(url_for("console.thread", thread_id=thread_id))


def _to(address: str) -> Response:
    if request.headers.get("HX-Request"):
        return Response(status=204, headers={"HX-Redirect": address})
    return redirect(address)


def _shown(thread_id: int) -> dict[str, Any]:
    """Return what the page of a thread shows."""
    at, who = desk(), me().name
    shown = threads_shown.one(at.engine, thread_id)
    transcript = transcripts.transcript(at.engine, shown.thread.person_id, limit=200) if shown else None
    if shown is None or transcript is None:
        abort(404)
    return {
        "shown": shown,
        "thread": shown.thread,
        "transcript": transcript,
        "lines": [(each, screens_of(each, shown.channel)) for each in transcript.in_order()],
        "summary": _summary(shown, transcript),
        "window": at.handover.window_of(shown.thread.person_id),
        "mine": shown.thread.state == "held" and shown.thread.holder == who,
        "suggestion": _suggestion(at, shown, transcript),
        "staff": [name for name in _staff(at) if name != shown.thread.holder],
        "now": at.now(),
    }


def _summary(shown: Shown, transcript: Transcript) -> dict[str, Any]:
    """Return what a librarian should know before replying: what was asked, what the bot made of it."""
    before = [each for each in transcript.said if each.message.sent_at <= shown.thread.opened_at]
    asked = next((each for each in before if each.id == shown.thread.inbox_id), None)
    topics = [(each.understanding.get("intent") or {}).get("name") or "" for each in before[-8:]]
    known = dict.fromkeys(each for each in topics if each and each not in {"nlu_fallback", "out_of_scope", "greet"})
    return {
        "asked": asked.message.text if asked else "",
        "messages": len(before),
        "topics": [each for each in known if each != shown.thread.why][:4],
        "failed": sum(each.outcome in {"unsure", "out_of_scope", "failed"} for each in before[-8:]),
        "since": [each for each in transcript.said if each.message.sent_at > shown.thread.opened_at],
    }


def _suggestion(at: Desk, shown: Shown, transcript: Transcript) -> str:
    """Return what the bot would say to the student's last message, if that still awaits a reply; else "".

    Leaves out clarifying questions: their choices don't fit a staff member's text.
    """
    last = transcript.said[-1] if transcript.said else None
    if last is None or not shown.thread.open or not shown.owed:
        return ""
    return "\n".join(reply.text for reply in turns.suggested(at.engine, last.id) if reply.text and not reply.choices)


def _canned(at: Desk, thread_id: int, wanted: str) -> list[Any]:
    """Return the store's answers that contain the words searched for, in the student's language."""
    words = wanted.casefold().split()
    thread = threads.get(at.engine, thread_id)
    language = (people.get(at.engine, thread.person_id).language if thread else "") or FIRST
    every = [each for each in library.answers_in(at.engine, language) if each.topic not in NOT_CANNED]
    found = [
        each
        for each in every
        if all(word in " ".join((each.title, each.text, each.topic, *each.questions)).casefold() for word in words)
    ]
    return found[:MOST_CANNED] if words else []


def _staff(at: Desk) -> list[str]:
    return [each.name for each in users.all_users(at.engine) if each.may(LIBRARIAN)]
