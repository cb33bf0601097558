"""The photos of a Facebook page: published, found again, taken down, and how many people like each.

Meta, "Page photos", "Photo reactions" and "Multiple id requests", read in November 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import httpx

from connectors import meta
from connectors.errors import PermanentError
from connectors.messenger.errors import ERRORS
from connectors.meta import ErrorTable, Graph, plain
from connectors.photos import AT_ONCE

# Of so many lists of a page's photos, the latest first, one may hold the photo that is looked for.
MOST_LISTS = 20
# Error codes for a photo that is not there: alone, and among several.
GONE, ONE_GONE = (100, 33), (803, 0)
_ERRORS: ErrorTable = replace(
    ERRORS,
    permanent={
        GONE: "The photo is not on the page any more.",
        ONE_GONE: "The photo is not on the page any more.",
        (324, 0): "Meta could not use the picture: check its type and size.",
    },
    retry=ERRORS.retry | {80001},
    operator={**ERRORS.operator, 200: "Meta does not let the app publish on the page."},
    permission="The page's access token lacks a permission: pages_manage_posts publishes photos, and"
    " pages_read_engagement reads likes. Grant it and make a new token.",
)
_GONE = {f"{GONE[0]}/{GONE[1]}", str(ONE_GONE[0])}


@dataclass(frozen=True)
class Page:
    """A page, or one of its albums, by the page's access token. Implements `connectors.photos.PhotoPage`."""

    graph: Graph
    page_id: str
    album: str

    def publish(self, picture: bytes, caption: str, alternative: str) -> str:
        """Publish a JPEG; return Meta's number of the photo. `alternative`: what it shows, for who can't see it."""
        fields = {
            "caption": caption,
            "alt_text_custom": alternative,
            "published": "true",
            "appsecret_proof": meta.proof(self.graph),
        }
        file = {"source": ("photo.jpg", picture, "image/jpeg")}
        answer = meta.call(self.graph, "POST", f"{self._place}/photos", data=fields, files=file)
        return plain(answer.get("id")) or ""

    def find(self, caption: str) -> str | None:
        """Return the number of a photo with this caption, among the latest thousand; None: there is none."""
        asked = {"type": "uploaded", "fields": "id,name", "limit": str(AT_ONCE)}
        for _ in range(MOST_LISTS):
            answer = meta.call(self.graph, "GET", f"{self._place}/photos", params=self._signed(asked))
            rows = answer.get("data")
            for each in rows if isinstance(rows, list) else []:
                if isinstance(each, dict) and (plain(each.get("name")) or "").strip() == caption.strip():
                    return plain(each.get("id"))
            after = plain(meta.part(meta.part(answer, "paging"), "cursors").get("after"))
            if not rows or not after:
                break
            asked["after"] = after
        return None

    def remove(self, photo: str) -> None:
        """Take a photo down; one that is not there any more is as good as taken down."""
        try:
            meta.call(self.graph, "DELETE", photo, params=self._signed({}))
        except PermanentError as error:
            if error.code not in _GONE:
                raise

    def likes(self, photos: Sequence[str]) -> dict[str, int]:
        """Return how many people reacted to each of at most AT_ONCE photos; those that are gone are left out."""
        asked = {"ids": ",".join(photos), "fields": "reactions.limit(0).summary(total_count)"}
        try:
            answer = meta.call(self.graph, "GET", "", params=self._signed(asked))
        except PermanentError as error:
            if error.code not in _GONE:
                raise
            # One that is gone spoils the answer for all.
            return {} if len(photos) == 1 else {k: v for each in photos for k, v in self.likes([each]).items()}
        found = {}
        for photo in photos:
            count = meta.part(meta.part(answer.get(photo), "reactions"), "summary").get("total_count")
            if isinstance(count, int) and not isinstance(count, bool):
                found[photo] = count
        return found

    @property
    def _place(self) -> str:
        return self.album or self.page_id

    def _signed(self, asked: dict[str, str]) -> dict[str, str]:
        return {**asked, "appsecret_proof": meta.proof(self.graph)}


def page_of(
    *,
    page_id: str,
    album: str,
    access_token: str,
    app_secret: str,
    api_url: str,
    api_version: str,
    client: httpx.Client,
    now: Callable[[], datetime],
) -> Page:
    """Return a page; `album`: the number of one of its albums, or "" for the page's own photos."""
    return Page(Graph(api_url, api_version, access_token, app_secret, client, now, _ERRORS), page_id, album)
