"""Calendar file imports: uploaded, previewed before anything is stored, imported with progress, undone."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for

from bot.calendar import ical_lines
from bot.console.access import LIBRARIAN, allows, me
from bot.console.desk import desk
from bot.store import imports, jobs
from bot.store.content import coming
from bot.store.imports import Import

# Files up to this size are read while the page waits; larger ones are left to a worker.
AT_ONCE_BYTES = 48 * 1024
MOST_SHOWN = 300
MOST_MIB = ical_lines.MOST_BYTES // 1024 // 1024
ORDER = (coming.LEFT_OUT, coming.ASKED, coming.CHANGED, coming.ADDED, coming.SAME)
LIMITS = (
    f"At most {MOST_MIB} MiB and {ical_lines.MOST_EVENTS:,} events a file. What is private, "
    "confidential or not settled is left out unless you tick it."
)


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.route("/events/import", methods=["GET", "POST"])
    @allows(LIBRARIAN)
    def import_events() -> Any:
        if request.method == "GET":
            return _begin()
        at, file = desk(), request.files.get("file")
        data = file.read() if file and file.filename else request.form.get("text", "").encode()
        if len(data) > ical_lines.MOST_BYTES:
            return _begin(f"The file has {len(data) / 1024 / 1024:.1f} MiB; {MOST_MIB} at most."), 422
        name = file.filename if file and file.filename else "calendar"
        number = imports.ask(at.engine, name, data, by=me().name, now=at.now())
        if len(data) > AT_ONCE_BYTES:
            return redirect(url_for("console.import_page", number=number), 303)
        found = _at_once(number)
        if found.state == "failed":
            return _begin(found.problem), 422
        if request.form.get("does") == "import" and found.state == "looked":
            return _take(found, [])
        return _page(found)

    @pages.get("/events/import/<int:number>")
    @allows(LIBRARIAN)
    def import_page(number: int) -> Any:
        return _page(_found(number))

    @pages.get("/events/import/<int:number>/progress")
    @allows(LIBRARIAN)
    def import_progress(number: int) -> Any:
        found = _found(number)
        job = jobs.get(desk().engine, found.job_id)
        # Once the job has ended, the page reloads.
        headers = {} if job is not None and job.under_way else {"HX-Refresh": "true"}
        return render_template("console/import_progress.html", found=found, job=job), 200, headers

    @pages.post("/events/import/<int:number>")
    @allows(LIBRARIAN)
    def import_next(number: int) -> Any:
        at, found, does = desk(), _found(number), request.form.get("does", "")
        if does == "stop":
            jobs.cancel(at.engine, found.job_id, at.now())
            imports.stop_waiting(at.engine, number)
            return redirect(url_for("console.import_page", number=number))
        if does == "take":
            chosen = [int(each) for each in request.form.getlist("chosen") if each.isdecimal() and len(each) < 6]
            return _take(found, chosen)
        if does == "undo":
            _next(found, "events_undo", "taken", [], few=len(found.before) <= MOST_SHOWN)
        return redirect(url_for("console.import_page", number=number))


def _found(number: int) -> Import:
    found = imports.get(desk().engine, number)
    if found is None:
        abort(404)
    return found


def _at_once(number: int) -> Import:
    """Run the job within this request, unless a worker was faster, and return the result."""
    at, found = desk(), _found(number)
    job = jobs.claim(at.engine, found.job_id, at.now())
    if job is not None:
        imports.work(at.engine, job, at.zone, at.now)
    return _found(number)


def _next(found: Import, kind: str, of: str, chosen: list[int], *, few: bool) -> None:
    """Ask for the next step; for a few events it runs within this request."""
    at = desk()
    asked = imports.next_step(at.engine, found.id, kind, of=of, by=me().name, now=at.now(), chosen=chosen)
    if not asked:
        flash("Somebody was faster. This is how it stands now.", "danger")
    elif few:
        _at_once(found.id)


def _take(found: Import, chosen: list[int]) -> Any:
    _next(found, "events_take", "looked", chosen, few=len(found.plan) <= MOST_SHOWN)
    return redirect(url_for("console.import_page", number=found.id))


def _begin(problem: str = "") -> str:
    latest = imports.page(desk().engine)
    return render_template("console/import.html", problem=problem, latest=latest, limits=LIMITS)


def _page(found: Import) -> Any:
    job = jobs.get(desk().engine, found.job_id)
    counts = [(does, found.count(does)) for does in ORDER]
    rows = sorted(found.plan, key=lambda each: (ORDER.index(each["does"]), each["number"]))
    return render_template(
        "console/import_page.html",
        found=found,
        job=job,
        counts=[(does, count) for does, count in counts if count],
        rows=rows[:MOST_SHOWN],
        more=max(0, len(rows) - MOST_SHOWN),
        storing=found.count(coming.ADDED) + found.count(coming.CHANGED),
        ASKED=coming.ASKED,
        LEFT_OUT=coming.LEFT_OUT,
    )
