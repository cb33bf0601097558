"""Webhooks as Meta sends them for a WhatsApp number, and as Twilio sends them: built, signed, posted."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

import httpx
from twilio.request_validator import RequestValidator

from bot.simulator.files import Files, SentFile

Json = dict[str, Any]


class WhatsAppClient:
    """Acts as Meta does when people write to a WhatsApp number. `now` returns seconds since 1970."""

    def __init__(
        self,
        webhook_url: str,
        phone_number_id: str,
        app_secret: str,
        verify_token: str,
        client: httpx.Client | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._url = webhook_url
        self._number = phone_number_id
        self._app_secret = app_secret
        self._verify_token = verify_token
        self._client = client or httpx.Client(timeout=10)
        self._now = now

    def text(self, person: str, words: str, *, mid: str = "") -> httpx.Response:
        """Send what a person types."""
        return self.message(person, mid, type="text", text={"body": words})

    def postback(self, person: str, title: str, payload: str) -> httpx.Response:
        """Send a tap on a button or a row of a list."""
        reply = {"type": "button_reply", "button_reply": {"id": payload, "title": title}}
        return self.message(person, type="interactive", interactive=reply)

    def image(self, person: str, caption: str = "") -> httpx.Response:
        """Send a picture."""
        media = {"id": uuid.uuid4().hex, "mime_type": "image/jpeg", **({"caption": caption} if caption else {})}
        return self.message(person, type="image", image=media)

    def files(self, person: str, sent: Sequence[SentFile], meta: Files, address: str) -> httpx.Response:  # noqa: ARG002
        """Send files that the stand-in keeps: an album is one message for each."""
        answered = httpx.Response(200)
        for each in sent:
            kind = each.type.split("/")[0]
            # WhatsApp shows only these two as pictures; a HEIC from an iPhone's files goes as a document.
            kind = (
                "document" if each.type not in {"image/jpeg", "image/png"} and kind not in {"video", "audio"} else kind
            )
            media = {
                "id": meta.keep(each),
                "mime_type": each.type,
                **({"filename": each.name} if kind == "document" else {}),
            }
            answered = self.message(person, "", type=kind, **{kind: media})
        return answered

    def status(self, wamid: str, person: str, status: str, code: int | None = None) -> httpx.Response:
        """Send a message's status."""
        told: Json = {"id": wamid, "status": status, "timestamp": str(int(self._now())), "recipient_id": person}
        if code is not None:
            told["errors"] = [{"code": code, "title": "made up"}]
        return self.value(statuses=[told])

    def read(self, person: str) -> httpx.Response:  # noqa: ARG002 - same signature as the other clients
        """Send nothing: WhatsApp reports each message by its id."""
        return httpx.Response(200)

    def message(self, person: str, mid: str = "", **parts: Any) -> httpx.Response:
        """Send one message."""
        sent = {"from": person, "id": mid or f"wamid.{uuid.uuid4().hex}", "timestamp": str(int(self._now())), **parts}
        return self.value(messages=[sent], contacts=[{"wa_id": person, "profile": {"name": "Student"}}])

    def value(self, **parts: Any) -> httpx.Response:
        """Send a webhook with one change."""
        value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": self._number}, **parts}
        entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
        return self.post(json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode())

    def post(self, body: bytes) -> httpx.Response:
        """Send raw bytes, signed."""
        signature = hmac.new(self._app_secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": f"sha256={signature}"}
        return self._client.post(self._url, content=body, headers=headers)

    def handshake(self, challenge: str) -> httpx.Response:
        """Verify the webhook as Meta does at setup."""
        query = {"hub.mode": "subscribe", "hub.verify_token": self._verify_token, "hub.challenge": challenge}
        return self._client.get(self._url, params=query)


class TwilioClient:
    """Acts as Twilio does when people write to one of its WhatsApp numbers."""

    def __init__(
        self, webhook_url: str, account_sid: str, auth_token: str, number: str, client: httpx.Client | None = None
    ) -> None:
        self._url = webhook_url
        self._account = account_sid
        self._validator = RequestValidator(auth_token)
        self._number = number
        self._client = client or httpx.Client(timeout=10)

    def text(self, person: str, words: str, *, mid: str = "") -> httpx.Response:
        """Send what a person types."""
        return self.form(From=person, Body=words, NumMedia="0", **self._ids(mid))

    def postback(self, person: str, title: str, payload: str) -> httpx.Response:
        """Send a tap on a button of an approved template."""
        return self.form(From=person, Body=title, ButtonText=title, ButtonPayload=payload, **self._ids(""))

    def files(self, person: str, sent: Sequence[SentFile], meta: Files, address: str) -> httpx.Response:
        """Send files that the stand-in keeps: from WhatsApp each comes as a message of its own."""
        answered = httpx.Response(200)
        for each in sent:
            where = f"{address}/files/{meta.keep(each)}"
            media = {"NumMedia": "1", "MediaUrl0": where, "MediaContentType0": each.type}
            answered = self.form(From=person, Body="", **media, **self._ids(""))
        return answered

    def status(self, sid: str, person: str, status: str, code: int | None = None) -> httpx.Response:
        """Send a message's status."""
        told = {"MessageSid": sid, "MessageStatus": status, "To": person, "From": self._number}
        return self.form("/status", **told, **({"ErrorCode": str(code)} if code is not None else {}))

    def read(self, person: str) -> httpx.Response:  # noqa: ARG002 - same signature as the other clients
        """Send nothing: Twilio reports each message by its id."""
        return httpx.Response(200)

    def form(self, path: str = "", **fields: str) -> httpx.Response:
        """Send a form, signed."""
        fields = {"AccountSid": self._account, "To": self._number, **fields}
        signature = self._validator.compute_signature(self._url + path, fields)
        return self._client.post(self._url + path, data=fields, headers={"X-Twilio-Signature": signature})

    def handshake(self, challenge: str) -> httpx.Response:
        """Return what a handshake would: Twilio has none, so a refusal shows that the channel is there."""
        refused = self._client.post(self._url, data={"Challenge": challenge})
        return httpx.Response(200 if refused.status_code == 403 else refused.status_code)

    @staticmethod
    def _ids(mid: str) -> dict[str, str]:
        sid = mid or f"SM{uuid.uuid4().hex}"
        return {"MessageSid": sid, "SmsMessageSid": sid, "SmsSid": sid, "SmsStatus": "received"}
