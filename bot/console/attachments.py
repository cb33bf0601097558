"""What students sent besides words, shown to staff: fetched when somebody asks for it, kept nowhere."""

from __future__ import annotations

import httpx
from flask import Blueprint, Response, abort

from bot.console.access import LIBRARIAN, allows, me
from bot.console.desk import desk
from bot.store import conversations as stored
from connectors.downloads import Download, DownloadError, fetch

# Of what a student sends only a picture is shown; anything else is a file to be kept, never opened by this page.
_CLIENT = httpx.Client(timeout=httpx.Timeout(10.0, connect=5.0))


def add(pages: Blueprint) -> None:
    """Add the route."""

    @pages.get("/inbox/files/<int:inbox_id>/<int:number>")
    @allows(LIBRARIAN)
    def attachment(inbox_id: int, number: int) -> Response:
        at = desk()
        message = stored.message(at.engine, inbox_id)
        if message is None or message.sender is None or not 0 <= number < len(message.media):
            abort(404)
        channel = at.live.get(message.sender.channel)
        if channel is None:
            return _not_had("The channel is switched off, and only the platform has this file.")
        stored.note_file(at.engine, inbox_id, actor=me().name, now=at.now())
        try:
            found = fetch(_CLIENT, channel.source_of(message.media[number]))
        except DownloadError as error:
            return _not_had(str(error))
        return _file(found, f"attachment-{inbox_id}-{number}")


def _file(found: Download, name: str) -> Response:
    response = Response(found.body, content_type=found.type or "application/octet-stream")
    endings = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}
    shown = "inline" if found.type else "attachment"
    name = f"{name}.{endings.get(found.type, 'bin')}"
    response.headers["Content-Disposition"] = f'{shown}; filename="{name}"'
    return response


def _not_had(why: str) -> Response:
    return Response(why, status=422, content_type="text/plain; charset=utf-8")
