"""Somebody of the staff without a browser, over real HTTP."""

from __future__ import annotations

import re
import threading

import httpx


class Visitor:
    """Signed in as `name`; many threads may use one."""

    def __init__(self, url: str, name: str, password: str) -> None:
        self._client = httpx.Client(base_url=url, follow_redirects=True, timeout=30)
        self.post("/console/sign-in", name=name, password=password)

    def get(self, path: str) -> httpx.Response:
        """Open a page."""
        return self._client.get(path)

    def head(self, path: str) -> httpx.Response:
        """Ask for a page's headers alone."""
        return self._client.head(path)

    def post(self, path: str, **form: str) -> httpx.Response:
        """Send a form with the session's token."""
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.get("/console/sign-in").text)
        assert found
        return self._client.post(path, data=form, headers={"X-CSRFToken": found[1]})

    def begin(self, path: str) -> int:
        """Begin to read a page, go away, and return how it was answered."""
        with self._client.stream("GET", path) as response:
            for _ in response.iter_bytes():
                break
            return response.status_code

    def stream(self, path: str, until: threading.Event) -> None:
        """Read a page as it comes, until `until` is set or it ends."""
        with self._client.stream("GET", path) as response:
            for _ in response.iter_bytes():
                if until.is_set():
                    return
