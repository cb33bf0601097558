"""Asks the Graph API under which page-scoped ids an app-scoped user has written to a page."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from typing import Any

import httpx

from connectors.errors import MatchingError
from connectors.meta import plain


@dataclass(frozen=True)
class Matching:
    """The Graph API with the page's token. Meta, "ID Matching API": the app and the page belong to one business."""

    url: str
    version: str
    page_id: str
    access_token: str = field(repr=False)
    app_secret: str = field(repr=False)
    client: httpx.Client

    def page_scoped(self, user: str) -> list[str]:
        """Return the ids under which this page knows an app-scoped user; [] if none. Raises MatchingError."""
        proof = hmac.new(self.app_secret.encode(), self.access_token.encode(), hashlib.sha256).hexdigest()
        try:
            response = self.client.get(
                f"{self.url}/{self.version}/{user}/ids_for_pages",
                params={"page": self.page_id, "appsecret_proof": proof},
                headers={"Authorization": f"Bearer {self.access_token}"},
            )
            told: Any = response.json()
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            raise MatchingError(f"Meta does not answer ({type(error).__name__})") from error
        rows = told.get("data") if response.is_success and isinstance(told, dict) else None
        if not isinstance(rows, list):
            code = (told.get("error") or {}).get("code") if isinstance(told, dict) else None
            raise MatchingError(f"Meta refuses to match the id (error {code})")
        return [found for each in rows if isinstance(each, dict) and (found := plain(each.get("id")))]
