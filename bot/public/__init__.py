"""The pages that anybody may open: what is kept of people (/privacy), contests (/contest), posters (/poster)."""

from __future__ import annotations

from flask import Blueprint, Flask
from werkzeug.wrappers import Response

from bot.calendar.posters import PATH
from bot.public import deletion, gallery, own_data, posters, statement
from bot.public.counter import NAME, Counter


def install(app: Flask, at: Counter) -> None:
    """Install the public pages in the web process's application."""
    app.extensions[NAME] = at
    pages = Blueprint(
        "public",
        __name__,
        url_prefix="/privacy",
        template_folder="templates",
        static_folder="static",
        static_url_path="/files",
    )
    for group in (statement, own_data, deletion):
        group.add(pages)
    photos = Blueprint("gallery", __name__, url_prefix="/contest", template_folder="templates")
    gallery.add(photos)
    shown = Blueprint("posters", __name__, url_prefix=PATH)
    posters.add(shown)
    for each in (pages, photos, shown):
        _guard(each)
        app.register_blueprint(each)
    deletion.add_callback(app)


def _guard(pages: Blueprint) -> None:
    """Have every answer say what a browser may do with it."""

    @pages.after_request
    def headers(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response
