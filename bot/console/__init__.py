"""The staff console: pages under /console/, one module and its templates per group of pages."""

from __future__ import annotations

import traceback
from pathlib import Path

import structlog
from flask import Blueprint, Flask, current_app, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import MapAdapter, RequestRedirect
from werkzeug.wrappers import Response

from bot.console import (
    access,
    announcements,
    answer_use,
    answers,
    attachments,
    calendar_pages,
    changes,
    closures,
    conditions,
    contacts,
    contest_entries,
    contest_jury,
    contest_life,
    contest_posts,
    contest_results,
    contests,
    conversations,
    costs,
    data_requests,
    doctor,
    event_poster,
    events,
    examples,
    figures,
    home,
    imports,
    inbox,
    inbox_desk,
    inbox_live,
    inbox_texts,
    keeping,
    kept,
    learning,
    menu,
    places,
    replays,
    review,
    sessions,
    sign_in,
    staff,
    told,
    training,
    translations,
    trying,
    unanswered,
    words,
)
from bot.console.access import ANYBODY, allows
from bot.console.desk import NAME, Desk

log = structlog.get_logger("carrel.console")

SAID = {
    403: ("You may not open this page", "Your role does not allow it. An administrator can give you another one."),
    404: ("There is no such page", "It may have been removed, or the address was cut."),
    405: ("That does not work here", "Go back and use the page's own buttons."),
    413: ("That file is too large", "The most that can be uploaded is 4 MiB."),
}


def install(app: Flask, at: Desk) -> None:
    """Install the console in the web process's application."""
    app.secret_key = at.secret_key
    app.extensions[NAME] = at
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    pages = Blueprint("console", __name__, url_prefix="/console", template_folder="templates", static_folder="static")
    access.guard(app, pages, at)
    words.add(pages)
    told.add(pages)
    sign_in.add(app, pages, at)
    _groups(pages)

    @pages.route("/<path:rest>")
    @allows(ANYBODY)
    def nothing(rest: str) -> Response:
        # The address of a form, loaded anew or come back to: its page is the nearest one above.
        if above := _page_above(rest):
            return redirect(above)
        raise NotFound

    @pages.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> tuple[str, int]:
        title = "The page was open for too long"
        text = "Nothing was changed. Go back, load the page anew, and do it again; what you typed is still there."
        return render_template("console/error.html", title=title, text=text), 400

    @pages.errorhandler(HTTPException)
    def refused(error: HTTPException) -> tuple[str, int]:
        title, text = SAID.get(error.code or 500, (str(error.name), "Go back and try it again."))
        return render_template("console/error.html", title=title, text=text), error.code or 500

    @pages.errorhandler(Exception)
    def failed(error: Exception) -> tuple[str, int]:
        # The error message and the URL may contain a student's text; the error's type and location do not.
        frames = [each for each in traceback.extract_tb(error.__traceback__) if "/bot/" in each.filename]
        where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
        log.error("page_failed", page=request.endpoint, error=type(error).__name__, where=where)
        text = "Nothing was changed. Try it again; if it stays so, tell whoever runs Carrel: the log says more."
        return render_template("console/error.html", title="A fault of ours", text=text), 500

    app.register_blueprint(pages)


def _page_above(rest: str) -> str:
    """Return the nearest page above an address to which only forms are sent; "" if nothing is sent there."""
    routes = current_app.url_map.bind("", url_scheme="http")
    parts = ["console", *rest.strip("/").split("/")]
    if not _answers(routes, parts, "POST"):
        return ""
    while len(parts) > 1:
        parts.pop()
        if _answers(routes, parts, "GET"):
            break
    return f"{request.script_root}/{'/'.join(parts)}{'/' if len(parts) == 1 else ''}"


def _answers(routes: MapAdapter, parts: list[str], method: str) -> bool:
    path = f"/{'/'.join(parts)}{'/' if len(parts) == 1 else ''}"
    try:
        endpoint, _ = routes.match(path, method)
    except (HTTPException, RequestRedirect):
        return False
    return endpoint != "console.nothing"


def _groups(pages: Blueprint) -> None:
    talking = (trying, keeping, inbox, inbox_live, inbox_desk, inbox_texts, attachments, conversations, replays)
    content = (calendar_pages, places, closures, conditions, events, imports, contests, translations, contacts)
    answered = (answers, answer_use, event_poster)
    contest = (contest_life, contest_entries, contest_jury, contest_posts, contest_results)
    telling, learnt = (announcements, costs), (review, training, examples, learning)
    ours = (changes, staff, sessions, doctor, kept, data_requests)
    for group in (home, unanswered, figures, *talking, *content, *answered, *contest, *telling, *learnt, *ours):
        group.add(pages)
    pages.context_processor(lambda: {"menu_groups": menu.GROUPS})
