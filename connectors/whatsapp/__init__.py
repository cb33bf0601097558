"""WhatsApp through Meta's Cloud API: the channel. Webhooks are parsed in `events`, messages built in `rendering`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from connectors import meta
from connectors.channel import WHATSAPP_PAIR_LIMIT, Late, Pace, WebhookRequest
from connectors.downloads import Source
from connectors.errors import PayloadError
from connectors.messages import Address, IncomingMessage, Media, OutboundCall, Reply
from connectors.meta import part, plain
from connectors.reach import WHATSAPP, Category, Rules
from connectors.templates import BODY, approved_for, filled
from connectors.whatsapp.errors import ERRORS
from connectors.whatsapp.events import read_entry
from connectors.whatsapp.rendering import messages_for

NAME = "whatsapp"
PRODUCT = {"messaging_product": "whatsapp"}
# A business-scoped user id: a country code, a dot, letters and digits; anything else is a phone number.
_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]+")


class WhatsApp:
    """One phone number. Implements `connectors.channel.Channel`. `now` returns the current time, UTC.

    `template` names an approved template whose body has one variable, for staff messages after 24 hours; `templates`
    those for messages that nobody has just asked for. `languages` are the codes in which they are approved; the first
    is the fallback for people who read none of them.
    """

    name = NAME
    acknowledgement = ("ok", "text/plain")
    taps = True
    pace: Pace | None = WHATSAPP_PAIR_LIMIT
    rules: Rules = WHATSAPP

    def __init__(
        self,
        *,
        phone_number_id: str,
        access_token: str,
        app_secret: str,
        verify_token: str,
        api_url: str,
        api_version: str,
        client: httpx.Client,
        now: Callable[[], datetime],
        template: str = "",
        languages: Sequence[str] = ("en",),
        templates: Mapping[Category, str] | None = None,
    ) -> None:
        self._number = phone_number_id
        self._template, self._languages = template, languages
        self.templates: Mapping[Category, str] = templates or {}
        self.late = Late(until=None, template=True, longest=BODY) if template else None
        self._app_secret = app_secret
        self._verify_token = verify_token
        self._graph = meta.Graph(api_url, api_version, access_token, app_secret, client, now, ERRORS)
        self._now = now

    def handshake(self, request: WebhookRequest) -> str:
        """Return Meta's challenge. Raises SignatureError for a wrong verify token."""
        return meta.challenge(request, self._verify_token)

    def verify(self, request: WebhookRequest) -> None:
        """Return if Meta signed the body with the app secret. Raises SignatureError."""
        meta.check_signature(request, self._app_secret)

    def parse(self, request: WebhookRequest) -> tuple[IncomingMessage, ...]:
        """Return every event of every change of every entry. Raises PayloadError for a body not in Meta's format."""
        _, entries = meta.envelope(request)
        now = self._now()
        try:
            return tuple(message for entry in entries for message in read_entry(NAME, entry, now))
        except RecursionError as error:
            raise PayloadError("the body is nested too deeply") from error

    def render(self, reply: Reply, to: Address) -> tuple[OutboundCall, ...]:
        """Return the calls that show `reply`."""
        return tuple(
            OutboundCall(NAME, to.person, {**PRODUCT, **_recipient(to.person), **message})
            for message in messages_for(reply)
        )

    def render_late(self, text: str, to: Address, language: str = "") -> tuple[OutboundCall, ...]:
        """Return the call that sends a staff member's `text` in the approved template; () if there is none."""
        return self._in_template(self._template, text, to, language) if self._template else ()

    def render_unasked(
        self, reply: Reply, to: Address, *, template: str = "", language: str = ""
    ) -> tuple[OutboundCall, ...]:
        """Return the calls that send what nobody has just asked for."""
        return self._in_template(template, reply.text or "", to, language) if template else self.render(reply, to)

    def _in_template(self, template: str, text: str, to: Address, language: str) -> tuple[OutboundCall, ...]:
        message = {"type": "template", "template": filled(template, approved_for(language, self._languages), text)}
        return (OutboundCall(NAME, to.person, {**PRODUCT, **_recipient(to.person), **message}),)

    def source_of(self, media: Media) -> Source:
        """Return where a file is: Meta gives a URL that is valid for some minutes. Raises DownloadError."""
        url = meta.file_address(self._graph, media.id)
        headers = {"Authorization": f"Bearer {self._graph.access_token}"}
        return Source(url, meta.FILES, self._graph.url, headers)

    def courtesies(self, message: IncomingMessage) -> tuple[OutboundCall, ...]:
        """Return the one call that marks the message as read and shows typing."""
        if message.sender is None or message.id.startswith("made:"):
            return ()
        body = {**PRODUCT, "status": "read", "message_id": message.id, "typing_indicator": {"type": "text"}}
        return (OutboundCall(NAME, message.sender.person, body, "typing"),)

    def send(self, call: OutboundCall) -> str | None:
        """Make the call; return WhatsApp's message id: accepted, not yet delivered. Raises SendError."""
        answer = meta.post(self._graph, self._number, call.body)
        return _message_id(answer)


def _recipient(person: str) -> Mapping[str, str]:
    # People with a user name are known only by a business-scoped id, which goes into a different field.
    return {"recipient": person} if _USER_ID.fullmatch(person) else {"to": person}


def _message_id(answer: Mapping[str, Any]) -> str | None:
    messages = answer.get("messages")
    first = {"message": messages[0]} if isinstance(messages, list) and messages else {}
    return plain(part(first, "message").get("id"))
