"""A contest's entries for staff: the gallery, one entry at a time by keyboard, duplicates, entries by day."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from bot.calendar.facts import Contest
from bot.console.access import LIBRARIAN, VIEWER, allows, may, me
from bot.console.contest_life import contest_named
from bot.console.desk import Desk, desk
from bot.contest import alike, texts
from bot.contest.storage import Missing, StorageError
from bot.language import FIRST
from bot.store import entries_shown, library, people, verdicts
from bot.store.entries import ACCEPTED, CHANGE_ASKED, ENTERED, REFUSED, WITHDRAWN
from bot.store.entries_shown import STATES, Shown

A_PAGE = 48
MOST_WRITTEN = 1000
TABS = {
    ENTERED: "To decide",
    ACCEPTED: "Accepted",
    CHANGE_ASKED: "Change asked",
    REFUSED: "Refused",
    WITHDRAWN: "Withdrawn",
}
SIZES = {"original": 0, "web": 1, "thumb": 2}
_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp"}


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/contests/entries")
    @allows(LIBRARIAN)
    def contest_entries() -> str:
        at = desk()
        contest = contest_named(at, request.args.get("name", ""))
        return render_template("console/contest_entries.html", contest=contest, tabs=TABS, **_gallery(at, contest))

    @pages.get("/contests/entry")
    @allows(LIBRARIAN)
    def contest_entry() -> str:
        at = desk()
        contest = contest_named(at, request.args.get("name", ""))
        entry = entries_shown.one(at.engine, contest.key, request.args.get("number", -1, type=int))
        if entry is None:
            abort(404)
        return render_template("console/contest_entry.html", contest=contest, tabs=TABS, **_one(at, contest, entry))

    @pages.post("/contests/entry/<int:entry_id>/decide")
    @allows(LIBRARIAN)
    def contest_decide(entry_id: int) -> Answer:
        at, form = desk(), request.form
        entry = _known(at, entry_id)
        what, reason = form.get("does", ""), form.get("reason", "")
        if what not in verdicts.VERDICTS:
            abort(404)
        if what in {REFUSED, CHANGE_ASKED} and not (reason or form.get("note", "").strip()):
            flash("Say why: choose a reason, or write one. Nothing was decided.", "danger")
            return _to(entry.contest, entry.number)
        made = verdicts.decide(
            at.engine,
            entry.id,
            what,
            seen=form.get("seen", ""),
            by=me().name,
            now=at.now(),
            reason="" if what == ACCEPTED else reason,
            note="" if what == ACCEPTED else form.get("note", "").strip()[:MOST_WRITTEN],
        )
        if made is None:
            flash(f"#{entry.number} has changed since you opened it: look at it again.", "danger")
            return _to(entry.contest, entry.number)
        seconds = int(verdicts.GRACE.total_seconds())
        told = f"The entrant is told in {seconds} seconds, at night in the morning."
        flash(f"#{entry.number}: {TABS[what].lower()}. {told}", "success")
        _, after = entries_shown.beside(at.engine, entry.contest, entry.number, {_shelf()})
        return _to(entry.contest, after, undo=made)

    @pages.post("/contests/decisions/<int:decision_id>/undo")
    @allows(LIBRARIAN)
    def contest_undo(decision_id: int) -> Answer:
        contest, number = request.form.get("contest", ""), request.form.get("number", type=int)
        if verdicts.undo(desk().engine, decision_id, me().name, desk().now()):
            flash("Taken back. The entrant was told nothing.", "success")
        else:
            flash("Too late to take it back: the entrant has been told. Decide anew, and they are told that.", "danger")
        return _to(contest, number)

    @pages.post("/contests/entry/<int:entry_id>/note")
    @allows(LIBRARIAN)
    def contest_note(entry_id: int) -> Answer:
        entry = _known(desk(), entry_id)
        if text := request.form.get("text", "").strip()[:MOST_WRITTEN]:
            verdicts.note(desk().engine, entry.id, text, me().name, desk().now())
        return _to(entry.contest, entry.number)

    @pages.get("/contests/photo/<int:photo_id>/<size>")
    @allows(VIEWER)
    def contest_photo(photo_id: int, size: str) -> Response:
        """Serve a photo's file. What is not accepted, and originals, are for librarians."""
        at = desk()
        found = entries_shown.file_of(at.engine, photo_id)
        if found is None or size not in SIZES:
            abort(404)
        _, state, *keys = found
        if (state != ACCEPTED or size == "original") and not may(LIBRARIAN):
            abort(403)
        return file_of(at, keys[SIZES[size]])


def file_of(at: Desk, key: str) -> Response:
    """Return a stored photo as a response. Answers 404 if its file is not there, and 503 if the storage is away."""
    try:
        body = at.photos.open(key)
    except Missing:
        abort(404)
    except StorageError:
        abort(503)
    kind = _TYPES.get(key.rpartition(".")[2], "application/octet-stream")
    response = Response(body, content_type=kind)
    response.headers["Content-Disposition"] = "inline"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _shelf() -> str:
    """Return the state that the gallery shows, or in which the next entry is looked for."""
    wanted = request.values.get("state", ENTERED)
    return wanted if wanted in STATES else ENTERED


def _gallery(at: Desk, contest: Contest) -> dict[str, Any]:
    state, wanted = _shelf(), request.args.get("q", "").strip()
    number = max(request.args.get("page", 1, type=int), 1)
    photos = alike.photos(entries_shown.fingerprints(at.engine, contest.key))
    twins = photos.pairs() if request.args.get("show") == "alike" else ()
    shelf = tuple(STATES) if wanted else (state,)
    total = entries_shown.count(at.engine, contest.key, shelf, wanted)
    found = entries_shown.page(at.engine, contest.key, shelf, wanted, limit=A_PAGE, offset=(number - 1) * A_PAGE)
    numbers = {each.number for each in found}
    return {
        "state": state,
        "wanted": wanted,
        "counts": entries_shown.counts(at.engine, contest.key),
        "people": entries_shown.people_in(at.engine, contest.key, STATES[:4]),
        "found": found,
        "marked": {each for each in numbers if photos.like(each)},
        "twins": _pairs(at, contest, twins[:A_PAGE]) if request.args.get("show") == "alike" else None,
        "page": number,
        "pages": -(-total // A_PAGE),
        "chart": _chart(at, contest),
        "address": _address,
    }


def _pairs(at: Desk, contest: Contest, twins: Sequence[tuple[int, int]]) -> list[list[Shown]]:
    known = entries_shown.numbered(at.engine, contest.key, {number for pair in twins for number in pair})
    return [[known[number] for number in pair if number in known] for pair in twins]


def _chart(at: Desk, contest: Contest) -> dict[str, Any] | None:
    days = entries_shown.by_day(at.engine, contest.key, at.zone)
    if not days:
        return None
    rows = [(on.strftime("%-d %b"), entries, who) for on, entries, who in days]
    sets = [
        {"label": "Entries", "data": [row[1] for row in rows]},
        {"label": "People", "data": [row[2] for row in rows]},
    ]
    drawn = json.dumps({"labels": [row[0] for row in rows], "sets": sets, "stacked": False, "across": False})
    return {"drawn": drawn, "rows": rows}


def _one(at: Desk, contest: Contest, entry: Shown) -> dict[str, Any]:
    state = _shelf()
    before, after = entries_shown.beside(at.engine, contest.key, entry.number, {state})
    twins = alike.photos(entries_shown.fingerprints(at.engine, contest.key)).like(entry.number)
    channel = people.get(at.engine, entry.person_id).address.channel if entry.person_id else ""
    undo = request.args.get("undo", type=int)
    reasons = library.answers_in(at.engine, FIRST, texts.REASON)
    return {
        "shown": entry,
        "state": state,
        "before": before,
        "after": after,
        "twins": list(entries_shown.numbered(at.engine, contest.key, twins[:6]).values()),
        "history": verdicts.of_entries(at.engine, [entry.id]).get(entry.id, ()),
        "reasons": reasons,
        "reason_titles": {each.key: each.title for each in reasons},
        "window": at.handover.window_of(entry.person_id) if entry.person_id else None,
        "channel": channel,
        "undo": undo,
        "decidable": entry.state in verdicts.DECIDABLE,
    }


def _known(at: Desk, entry_id: int) -> Shown:
    found = entries_shown.by_id(at.engine, entry_id)
    if found is None:
        abort(404)
    return found


def _address(**changed: Any) -> str:
    """Return the gallery's address with some of its filters changed."""
    asked = {name: value for name, value in request.args.items() if name in {"name", "state", "q", "show"}}
    asked |= {name: value for name, value in changed.items() if value is not None}
    return f"{url_for('console.contest_entries')}?{urlencode({k: v for k, v in asked.items() if v != ''})}"


def _to(contest: str, number: int | None, undo: int | None = None) -> Answer:
    """Go to an entry, or to the gallery if there is none; `undo`: the decision that the page offers to take back."""
    if number is None:
        return redirect(url_for("console.contest_entries", name=contest, state=_shelf(), undo=undo))
    return redirect(url_for("console.contest_entry", name=contest, number=number, state=_shelf(), undo=undo))
