"""Students' attachments, shown to staff: fetched on request, never stored."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

import httpx
from flask import Blueprint, Response, abort

from bot.console.access import LIBRARIAN, allows, me
from bot.console.desk import desk
from bot.store import conversations as stored
from connectors.downloads import Download, DownloadError, fetch

# Of what a student sends, only pictures are displayed; anything else is a download, never opened by this page.
MOST_LETTERS = 120
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}
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
        return _file(found, named(message.media[number].title, f"attachment-{inbox_id}-{number}", found.type))


def named(given: str | None, otherwise: str, kind: str) -> str:
    """Return the name under which a file is saved: its sender's, as far as that is a name and not a path.

    A picture, recognised by its first bytes, gets the matching extension, whatever its name says.
    """
    plain = unicodedata.normalize("NFC", given or "").replace("\\", "/").rsplit("/", 1)[-1]
    letters = "".join(each for each in plain if each.isprintable() and unicodedata.category(each)[0] != "C")
    stem, dot, ending = re.sub(r'[<>:"|?*]', "_", letters).strip(" .")[-MOST_LETTERS:].rpartition(".")
    if not stem:
        stem, dot, ending = (ending or otherwise), "", ""
    if kind:
        right = (_ENDINGS[kind], "jpeg") if kind == "image/jpeg" else (_ENDINGS[kind],)
        return f"{stem}.{ending if ending.casefold() in right else right[0]}"
    return f"{stem}{dot}{ending}" if dot else f"{stem}.bin"


def _file(found: Download, name: str) -> Response:
    response = Response(found.body, content_type=found.type or "application/octet-stream")
    # RFC 6266: an ASCII name for clients that support no other, and the real one beside it.
    simple = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or "file"
    real = {} if simple == name else {"filename*": f"UTF-8''{quote(name, safe='')}"}
    response.headers.set("Content-Disposition", "inline" if found.type else "attachment", filename=simple, **real)
    return response


def _not_had(why: str) -> Response:
    return Response(why, status=422, content_type="text/plain; charset=utf-8")
