"""The inbox: conversations waiting for a member of staff, and those that have one; claimed, answered, closed."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from bot.console import inbox_desk, inbox_texts, resending, unasked
from bot.console.access import LIBRARIAN, allows, may, me
from bot.console.desk import Desk, desk
from bot.console.screens import screens_of
from bot.dangers import CARE, DANGERS
from bot.language import FIRST
from bot.retraining import hiding
from bot.store import data_requests, library, people, threads, threads_shown, transcripts, turns, users
from bot.store import desk as stored
from bot.store.threads import ThreadError
from bot.store.threads_shown import MINE, TABS, WAITING, Shown, Wanted
from bot.store.transcripts import Transcript

A_PAGE, MOST_CANNED = 50, 8
# For so long it is told that a conversation has ended because its student wanted to be forgotten.
CUT_OFF_SHOWN = timedelta(days=1)
# For so long staff see that an answer of theirs did not reach a student.
LOST_FOR = timedelta(days=7)
# By what a list is narrowed, as its address calls it.
NARROWED = ("q", "channel", "why", "tag")
# Topics that only the bot uses.
CONTEST = ("contest_entering", "contest_reason", "contest_told")
NOT_CANNED = {"handover", "holding", "privacy", *CONTEST, CARE, *DANGERS}


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.context_processor
    def waiting() -> dict[str, Any]:
        # The count beside the menu entry.
        return {
            "waiting_now": threads_shown.counts(desk().engine, me().name, desk().now())[WAITING]
            if may(LIBRARIAN)
            else 0
        }

    @pages.get("/inbox")
    @allows(LIBRARIAN)
    def inbox() -> str:
        page = "console/inbox_list.html" if request.headers.get("HX-Request") else "console/inbox.html"
        return render_template(page, **_listed(desk(), me().name))

    @pages.get("/inbox/<int:thread_id>")
    @allows(LIBRARIAN)
    def thread(thread_id: int) -> str:
        shown: dict[str, Any] = {**_shown(thread_id), "token": secrets.token_hex(16), **_listed(desk(), me().name)}
        shown |= {**_beside(shown["found"], thread_id), "compact": thread_id}
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
            "console/canned.html",
            answers=_canned(desk(), thread_id, wanted),
            mine=inbox_texts.filled(desk(), me().name, thread_id, wanted),
            wanted=wanted,
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
        try:
            told = desk().handover.close(thread_id, me().name)
        except ThreadError as error:
            flash(str(error), "danger")
        else:
            more = "and the student was told so" if told else "but the student could not be told so"
            flash(f"Closed. The bot answers again, {more}.", "success")
        return redirect(url_for("console.thread", thread_id=thread_id))

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
            if page == "console/thread.html":
                shown |= {**_listed(at, who), "next_one": None, "one_before": None, "compact": thread_id}
            return render_template(page, **shown), 422
        if once:
            flash("Sent, and closed: the bot went on answering all the while.", "success")
            return _to(url_for("console.inbox"))
        if request.headers.get("HX-Request"):
            shown = {**_shown(thread_id), "token": secrets.token_hex(16), "sent": True}
            return render_template("console/composer.html", **shown), 200, {"HX-Trigger": "inbox-changed"}
        return redirect(url_for("console.thread", thread_id=thread_id))

    @pages.post("/inbox/<int:thread_id>/messages/<int:message_id>/again")
    @allows(LIBRARIAN)
    def send_again(thread_id: int, message_id: int) -> Response:
        try:
            found = desk().handover.send_again(thread_id, message_id, me().name)
        except ThreadError as error:
            flash(str(error), "danger")
            return redirect(url_for("console.thread", thread_id=thread_id))
        return redirect(url_for("console.thread", thread_id=found.id))

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


def _then(thread_id: int, does: Callable[[], Any]) -> Response:
    try:
        does()
    except ThreadError as error:
        flash(str(error), "danger")
    return redirect(url_for("console.thread", thread_id=thread_id))


def _listed(at: Desk, who: str) -> dict[str, Any]:
    """Return what the list of conversations shows, narrowed to what the page's address asks for."""
    now, asked = at.now(), {name: request.args.get(name, "").strip()[:80] for name in NARROWED}
    counts = threads_shown.counts(at.engine, who, now)
    # Open on one's own conversations if there are any and none is waiting; otherwise on those waiting.
    tab = request.args.get("tab", MINE if counts[MINE] and not counts[WAITING] else WAITING)
    tab = tab if tab in TABS else WAITING
    before_id = request.args.get("before", type=int)
    wanted = Wanted(asked["q"], asked["channel"], asked["why"], asked["tag"])
    found = threads_shown.page(at.engine, tab, who, now, wanted, before_id=before_id, limit=A_PAGE + 1)
    return {
        "tab": tab,
        "tabs": TABS,
        "counts": counts,
        "found": _hidden(at, found[:A_PAGE]),
        "more": found[A_PAGE - 1].thread.id if len(found) > A_PAGE and tab != WAITING else None,
        "narrowed": {name: value for name, value in asked.items() if value},
        "compact": request.args.get("compact", type=int),
        "tags_of": stored.tags_of(at.engine, [each.thread.id for each in found]),
        "every_tag": stored.every_tag(at.engine),
        "filters": stored.filters_of(at.engine, who),
        "reasons": threads.WHY,
        "lost": threads_shown.undelivered(at.engine, who, now - LOST_FOR),
        "cut_off": data_requests.cut_off(at.engine, now - CUT_OFF_SHOWN),
        "on_duty": [each for each in stored.on_duty(at.engine, now) if each.who != who],
        "now": now,
    }


def _beside(found: list[Shown], thread_id: int) -> dict[str, Any]:
    """Return the conversations before and after one in a list; the first comes after one that is not in it."""
    ids = [each.thread.id for each in found]
    place = ids.index(thread_id) if thread_id in ids else -1
    after = ids[place + 1] if place + 1 < len(ids) else None
    return {"next_one": after, "one_before": ids[place - 1] if place > 0 else None}


def _hidden(at: Desk, found: list[Shown]) -> list[Shown]:
    """Return threads as lists show them: with what names a person replaced in the words."""
    words = hiding.words(at.engine, [(each.words_id, each.words) for each in found if each.words_id])
    return [replace(each, words=words.get(each.words_id or 0, "")) for each in found]


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
        "names": unasked.names(desk(), transcript.unasked),
        "summary": _summary(shown, transcript),
        "window": at.handover.window_of(shown.thread.person_id),
        "refused": next((each for each in reversed(transcript.staff) if each.kind == "reply"), None)
        if shown.undelivered
        else None,
        "tags": stored.tags_of(at.engine, [thread_id]).get(thread_id, []),
        "others_here": [
            each for each in stored.on_duty(at.engine, at.now()) if each.thread_id == thread_id and each.who != who
        ],
        "snoozes": inbox_desk.SNOOZES if shown.thread.why not in DANGERS else [],
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
