"""Webhooks as Meta sends them: built, signed, posted."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import httpx

from bot.simulator.files import Files, SentFile

Json = dict[str, Any]


class MessengerClient:
    """Acts as Meta does when people write to a page. `now` returns seconds since 1970."""

    def __init__(
        self,
        webhook_url: str,
        page_id: str,
        app_secret: str,
        verify_token: str,
        client: httpx.Client | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._url = webhook_url
        self._page_id = page_id
        self._app_secret = app_secret
        self._verify_token = verify_token
        self._client = client or httpx.Client(timeout=10)
        self._now = now

    def text(self, person: str, words: str, *, mid: str = "", payload: str | None = None) -> httpx.Response:
        """Send what a person types, or taps as a quick reply when there is a `payload`."""
        message: Json = {"mid": mid or f"m_{uuid.uuid4().hex}", "text": words}
        if payload is not None:
            message["quick_reply"] = {"payload": payload}
        return self.events(self.event(person, message=message))

    def postback(self, person: str, title: str, payload: str) -> httpx.Response:
        """Send a tap on a button, a menu entry or "Get started"."""
        postback = {"mid": f"m_{uuid.uuid4().hex}", "title": title, "payload": payload}
        return self.events(self.event(person, postback=postback))

    def image(self, person: str, url: str) -> httpx.Response:
        """Send a picture."""
        return self.attachments(person, [("image", url)])

    def attachments(self, person: str, sent: Sequence[tuple[str, str]], *, mid: str = "") -> httpx.Response:
        """Send files in one message: the type and the address of each."""
        attachments = [{"type": kind, "payload": {"url": url}} for kind, url in sent]
        message = {"mid": mid or f"m_{uuid.uuid4().hex}", "attachments": attachments}
        return self.events(self.event(person, message=message))

    def files(self, person: str, sent: Sequence[SentFile], meta: Files, address: str) -> httpx.Response:
        """Send files that the stand-in keeps, all in one message."""
        kinds = (each.type.split("/")[0] for each in sent)
        named = [kind if kind in {"image", "video", "audio"} else "file" for kind in kinds]
        return self.attachments(
            person, [(kind, f"{address}/files/{meta.keep(each)}") for kind, each in zip(named, sent, strict=True)]
        )

    def delivered(self, person: str, mids: list[str]) -> httpx.Response:
        """Send a delivery receipt for messages."""
        return self.events(self.event(person, delivery={"mids": mids, "watermark": self._milliseconds()}))

    def read(self, person: str) -> httpx.Response:
        """Send a read receipt for everything up to now."""
        return self.events(self.event(person, read={"watermark": self._milliseconds()}))

    def event(self, person: str, **parts: Any) -> Json:
        """Return one entry of a `messaging` list."""
        return {
            "sender": {"id": person},
            "recipient": {"id": self._page_id},
            "timestamp": self._milliseconds(),
            **parts,
        }

    def events(self, *events: Json) -> httpx.Response:
        """Send a webhook with `events`."""
        entry = {"id": self._page_id, "time": self._milliseconds(), "messaging": list(events)}
        return self.post(json.dumps({"object": "page", "entry": [entry]}).encode())

    def post(self, body: bytes) -> httpx.Response:
        """Send raw bytes, signed."""
        signature = hmac.new(self._app_secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}
        return self._client.post(self._url, content=body, headers=headers)

    def handshake(self, challenge: str) -> httpx.Response:
        """Verify the webhook as Meta does at setup."""
        query = {"hub.mode": "subscribe", "hub.verify_token": self._verify_token, "hub.challenge": challenge}
        return self._client.get(self._url, params=query)

    def _milliseconds(self) -> int:
        return int(self._now() * 1000)
