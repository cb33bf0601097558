"""Working through the inbox: tags, putting off, closing many at once, saved filters."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response

from bot.console.access import LIBRARIAN, allows, me
from bot.console.desk import Desk, desk
from bot.store import desk as stored
from bot.store import staffing, threads
from bot.store.threads import ThreadError

MORNING = time(9)
MOST_AT_ONCE = 50


# Until when a conversation can be put off.
SNOOZES = (
    ("1h", "for an hour"),
    ("3h", "for three hours"),
    ("tomorrow", "until tomorrow, 9 am"),
    ("monday", "until Monday, 9 am"),
)


def _moment(at: Desk, key: str) -> datetime | None:
    now = at.local(at.now())
    if key in {"1h", "3h"}:
        return now + timedelta(hours=int(key[0]))
    days = {"tomorrow": 1, "monday": 7 - now.weekday()}.get(key)
    return datetime.combine(now.date() + timedelta(days=days), MORNING, at.zone) if days else None


def add(pages: Blueprint) -> None:
    """Add the routes."""

    @pages.post("/inbox/<int:thread_id>/snooze")
    @allows(LIBRARIAN)
    def snooze(thread_id: int) -> Response:
        at, key = desk(), request.form.get("until", "")
        until = _moment(at, key)
        if until is None and key != "now":
            flash("Choose until when the conversation is put off.", "danger")
            return redirect(url_for("console.thread", thread_id=thread_id))
        try:
            staffing.snooze(at.engine, thread_id, me().name, until)
        except ThreadError as error:
            flash(str(error), "danger")
            return redirect(url_for("console.thread", thread_id=thread_id))
        if until is None:
            return redirect(url_for("console.thread", thread_id=thread_id))
        flash("Put off. It comes back by itself, and at once when the student writes.", "success")
        return redirect(url_for("console.inbox"))

    @pages.post("/inbox/<int:thread_id>/tags")
    @allows(LIBRARIAN)
    def tags(thread_id: int) -> Response:
        if gone := request.form.get("remove", ""):
            stored.untag(desk().engine, thread_id, gone)
        elif threads.get(desk().engine, thread_id) is not None:
            problem = stored.tag(desk().engine, [thread_id], request.form.get("tags", ""))
            if problem:
                flash(problem, "danger")
        return redirect(url_for("console.thread", thread_id=thread_id))

    @pages.post("/inbox/many")
    @allows(LIBRARIAN)
    def many() -> Response:
        chosen = request.form.getlist("chosen", type=int)[:MOST_AT_ONCE]
        if not chosen:
            flash("No conversation was chosen: tick those that are meant.", "danger")
        elif request.form.get("does") == "close":
            flash(*_closed(desk(), chosen))
        elif problem := stored.tag(desk().engine, _there(desk(), chosen), request.form.get("tags", "")):
            flash(problem, "danger")
        else:
            flash(f"Tagged: {len(chosen)}.", "success")
        return redirect(url_for("console.inbox", tab=request.form.get("tab") or None))

    @pages.post("/inbox/filters")
    @allows(LIBRARIAN)
    def save_filter() -> Response:
        query = request.form.get("query", "")
        if gone := request.form.get("remove", type=int):
            stored.drop_filter(desk().engine, me().name, gone)
            return redirect(url_for("console.inbox"))
        if problem := stored.keep_filter(desk().engine, me().name, request.form.get("name", ""), query):
            flash(problem, "danger")
        return redirect(f"{url_for('console.inbox')}?{query}")


def _there(at: Desk, chosen: list[int]) -> list[int]:
    return [each for each in chosen if threads.get(at.engine, each) is not None]


def _closed(at: Desk, chosen: list[int]) -> tuple[str, str]:
    """Close the chosen conversations that nobody else has; return what is said, and how."""
    done, told, left = 0, 0, 0
    for thread_id in chosen:
        thread = threads.get(at.engine, thread_id)
        if thread is None or not thread.open or thread.holder not in {"", me().name} or thread.outside:
            left += 1
            continue
        told += at.handover.close(thread_id, me().name)
        done += 1
    more = f" {left} stayed: somebody else has them, or they are closed already." if left else ""
    said = f"Closed: {done}; {told} of the students were told so.{more}"
    return said, "success" if done else "danger"
