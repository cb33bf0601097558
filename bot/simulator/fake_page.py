"""What the stand-in for Meta's Graph API knows of a page's photos: published, listed, liked, taken down."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Json = dict[str, Any]
NO_SUCH = (100, 33, "Unsupported request. Object does not exist, or cannot be loaded due to missing permissions.")


@dataclass
class PagePhoto:
    """A photo on the page."""

    picture: bytes
    caption: str
    alternative: str
    likes: int = 0


@dataclass
class PagePhotos:
    """A page's photos by their number. `allowed`: the app may publish there; `albums`: the page's own."""

    kept: dict[str, PagePhoto] = field(default_factory=dict)
    allowed: bool = True
    albums: set[str] = field(default_factory=set)
    _numbers: Any = field(default_factory=lambda: itertools.count(9001))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, method: str, path: str, page_id: str, kind: str, body: bytes) -> Json | None:
        """Return the Graph API's answer to a call about photos; None: the call is about something else."""
        parts = urlsplit(path)
        node, asked = parts.path.strip("/").split("/")[1:], dict(parse_qsl(parts.query))
        place = len(node) == 2 and node[1] == "photos" and node[0] in {page_id, *self.albums}
        if place and method == "POST":
            return self._publish(kind, body)
        if place and method == "GET":
            with self._lock:
                rows = [{"id": number, "name": each.caption} for number, each in reversed(self.kept.items())]
            first = int(asked.get("after", 0))
            last = first + int(asked.get("limit", 25))
            return {"data": rows[first:last], "paging": {"cursors": {"before": str(first), "after": str(last)}}}
        if method == "DELETE" and len(node) == 1:
            with self._lock:
                return {"success": True} if self.kept.pop(node[0], None) else problem(*NO_SUCH)
        if method == "GET" and node in ([], [""]) and "ids" in asked:
            return self._likes(asked["ids"].split(","))
        return None

    def _publish(self, kind: str, body: bytes) -> Json:
        if not self.allowed:
            return problem(200, None, "(#200) The permission(s) pages_manage_posts are not available.")
        fields = _form(kind, body)
        picture = fields.get("source", b"")
        if not picture.startswith(b"\xff\xd8\xff"):
            return problem(324, None, "(#324) Missing or invalid image file")
        caption, alternative = (fields.get(name, b"").decode() for name in ("caption", "alt_text_custom"))
        with self._lock:
            number = str(next(self._numbers))
            self.kept[number] = PagePhoto(picture, caption, alternative)
        return {"id": number, "post_id": f"1_{number}"}

    def _likes(self, photos: list[str]) -> Json:
        with self._lock:
            if gone := [each for each in photos if each not in self.kept]:
                return problem(803, None, f"(#803) Some of the aliases you requested do not exist: {','.join(gone)}")
            found = {each: self.kept[each].likes for each in photos}
        return {
            each: {"id": each, "reactions": {"data": [], "summary": {"total_count": likes}}}
            for each, likes in found.items()
        }


def problem(code: int, subcode: int | None, words: str) -> Json:
    """Return an error as the Graph API tells it."""
    error: Json = {"message": words, "type": "OAuthException", "code": code, "fbtrace_id": "stand-in"}
    return {"error": {**error, "error_subcode": subcode} if subcode else error}


def _form(kind: str, body: bytes) -> Mapping[str, bytes]:
    """Return the parts of a form by their names."""
    whole = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    parts = [each for each in whole.walk() if not each.is_multipart()]
    named = (str(each.get_param("name", header="content-disposition")) for each in parts)
    return dict(zip(named, (bytes(each.get_payload(decode=True) or b"") for each in parts), strict=True))
