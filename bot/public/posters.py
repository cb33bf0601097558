"""Posters of events, for the platforms that show them: while the event may be told of, and nothing else."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from bot.public.counter import counter
from bot.public.gallery import file_of
from bot.store import posters

# How long platforms and browsers may keep one: a poster that was taken back is gone after that.
SECONDS = 3600


def add(pages: Blueprint) -> None:
    """Add the page."""

    @pages.get("/<name>")
    def poster(name: str) -> Response:
        at = counter()
        if not posters.is_public(at.engine, name, at.now()):
            abort(404)
        response = file_of(at, name)
        response.headers["Cache-Control"] = f"public, max-age={SECONDS}"
        return response
