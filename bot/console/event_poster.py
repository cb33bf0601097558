"""An event's poster: uploaded, made fit for a chat as contest photos are, shown, taken away."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from bot.console.access import LIBRARIAN, VIEWER, allows, me
from bot.console.contest_entries import file_of
from bot.console.desk import desk
from bot.contest.photos import BROKEN, TOO_LARGE, TOO_MANY_PIXELS, WRONG_TYPE, PhotoProblem, cleaned
from bot.contest.storage import StorageError, new_key
from bot.store.content import edit

WRONG = {
    WRONG_TYPE: "This is no picture that can be shown: take a JPG, PNG, WebP or HEIC file.",
    BROKEN: "This file is broken. Open it, save it anew, and try again.",
    TOO_MANY_PIXELS: "This picture has too many pixels. Make it smaller than 40 million.",
    TOO_LARGE: "This file is too large. The most that can be uploaded is 4 MiB.",
}


def add(pages: Blueprint) -> None:
    """Add the pages."""

    @pages.get("/events/poster")
    @allows(VIEWER)
    def events_poster() -> str:
        stored = _stored()
        return render_template("console/event_poster.html", stored=stored, name=stored["key"])

    @pages.get("/events/poster/file")
    @allows(VIEWER)
    def events_poster_file() -> Response:
        return file_of(desk(), _stored()["poster"])

    @pages.post("/events/poster")
    @allows(LIBRARIAN)
    def events_poster_save() -> AnyResponse:
        at, stored, file = desk(), _stored(), request.files.get("file")
        if "remove" in request.form:
            return _changed(stored["key"], "", "The poster is taken away. It can be brought back from Changes.")
        if file is None or not file.filename:
            flash("Choose a file first.", "danger")
            return _back(stored["key"])
        try:
            # The size for pages: written anew from its pixels, without a word about where and by whom it was taken.
            picture = cleaned(file.read()).web
            key = new_key(picture.ending)
            at.photos.put(key, picture.body, picture.mime)
        except PhotoProblem as problem:
            flash(WRONG.get(problem.word, WRONG[BROKEN]), "danger")
            return _back(stored["key"])
        except StorageError:
            flash("The place for pictures can't be used just now. Nothing was changed; try again later.", "danger")
            return _back(stored["key"])
        return _changed(stored["key"], key, "The poster is stored, and sent with the event's details.")


def _stored() -> dict[str, str]:
    stored = edit.entry(desk().engine, "events", request.args.get("name", ""))
    if stored is None:
        abort(404)
    return stored


def _changed(name: str, poster: str, said: str) -> AnyResponse:
    try:
        edit.save(desk().engine, "events", {"poster": poster}, was=name, actor=me().name, now=desk().now())
        flash(said, "success")
    except edit.EditError as error:
        flash(str(error), "danger")
    return _back(name)


def _back(name: str) -> AnyResponse:
    return redirect(url_for("console.events_edit", name=name))
