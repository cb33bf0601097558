"""Facebook Messenger: the channel. Webhooks are parsed in `events`, messages built in `rendering`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import httpx

from connectors import meta
from connectors.channel import Late, Pace, WebhookRequest
from connectors.downloads import DownloadError, Source
from connectors.errors import PayloadError
from connectors.messages import Address, IncomingMessage, Media, OutboundCall, Reply
from connectors.messenger.errors import ERRORS
from connectors.messenger.events import OURS, read_entry
from connectors.messenger.rendering import TEXT, messages_for
from connectors.meta import plain
from connectors.reach import MESSENGER, Category, Rules
from connectors.templates import approved_for, filled

NAME = "messenger"
# "Human agent": seven days, for text written by staff, where Meta has granted it to the page.
HUMAN_AGENT = Late(until=timedelta(days=7), template=False, longest=TEXT)


class Messenger:
    """One Facebook page. Implements `connectors.channel.Channel`. `now` returns the current time, UTC.

    `human_agent`: Meta allows the page's staff to answer for seven days. `templates`: the page's approved "utility"
    template, whose body has one variable; `languages`: the codes in which it is approved, the first as the fallback.
    """

    name = NAME
    acknowledgement = ("ok", "text/plain")
    taps = True
    pace: Pace | None = None
    rules: Rules = MESSENGER

    def __init__(
        self,
        *,
        page_id: str,
        access_token: str,
        app_secret: str,
        verify_token: str,
        api_url: str,
        api_version: str,
        client: httpx.Client,
        now: Callable[[], datetime],
        human_agent: bool = False,
        templates: Mapping[Category, str] | None = None,
        languages: Sequence[str] = ("en",),
    ) -> None:
        self._page_id = page_id
        self.templates: Mapping[Category, str] = templates or {}
        self._languages = languages
        self.late = HUMAN_AGENT if human_agent else None
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
        """Return every event of every entry, in order. Raises PayloadError for a body not in Meta's format.

        A redelivery has the same ids as the first delivery: deduplication is the inbox's job.
        """
        product, entries = meta.envelope(request)
        now = self._now()
        try:
            return tuple(message for entry in entries for message in read_entry(NAME, product, entry, now))
        except RecursionError as error:
            raise PayloadError("the body is nested too deeply") from error

    def render(self, reply: Reply, to: Address) -> tuple[OutboundCall, ...]:
        """Return the calls that show `reply`: text, image, cards, and the choices as quick replies on the last one.

        What a button can't show in full (a long title, a description, more than 13 choices) is also in the text,
        numbered, so that nothing is lost.
        """
        return _calls(reply, to, {"messaging_type": "RESPONSE"})

    def render_late(self, text: str, to: Address, language: str = "") -> tuple[OutboundCall, ...]:  # noqa: ARG002 - has one text for all languages
        """Return the calls that send a staff member's `text` under the human agent tag."""
        return _calls(Reply(text=text), to, {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"})

    def render_unasked(
        self, reply: Reply, to: Address, *, template: str = "", language: str = ""
    ) -> tuple[OutboundCall, ...]:
        """Return the calls that send what nobody has just asked for: an UPDATE, or a "utility" template."""
        if not template:
            return _calls(reply, to, {"messaging_type": "UPDATE"})
        message = {"template": filled(template, approved_for(language, self._languages), reply.text or "")}
        body = {"recipient": {"id": to.person}, "messaging_type": "UTILITY", "message": message}
        return (OutboundCall(NAME, to.person, body),)

    def source_of(self, media: Media) -> Source:
        """Return where a file is: at the URL that came with it. Raises DownloadError if there was none."""
        if not media.url:
            raise DownloadError("Messenger has given no address for this file.")
        return Source(media.url, meta.FILES, self._graph.url)

    def courtesies(self, message: IncomingMessage) -> tuple[OutboundCall, ...]:
        """Return the calls that mark the conversation as read and show typing."""
        if message.sender is None:
            return ()
        person = message.sender.person
        return tuple(
            OutboundCall(NAME, person, {"recipient": {"id": person}, "sender_action": action}, purpose)
            for action, purpose in (("mark_seen", "seen"), ("typing_on", "typing"))
        )

    def send(self, call: OutboundCall) -> str | None:
        """Make the call; return Meta's message id (none for a courtesy). Raises SendError."""
        body = call.body
        if "message" in body:
            # Comes back with the echo, which distinguishes our messages from those of staff in Meta's own inbox.
            body = {**body, "message": {**body["message"], "metadata": OURS}}
        return plain(meta.post(self._graph, self._page_id, body).get("message_id"))


def _calls(reply: Reply, to: Address, kind: dict[str, str]) -> tuple[OutboundCall, ...]:
    return tuple(
        OutboundCall(
            channel=NAME,
            person=to.person,
            body={"recipient": {"id": to.person}, **kind, "message": message},
        )
        for message in messages_for(reply)
    )
