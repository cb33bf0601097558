"""The promise that every channel keeps, and the request shape that frees it from any web framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from connectors.downloads import Source
from connectors.messages import Address, IncomingMessage, Media, OutboundCall, Reply


@dataclass(frozen=True)
class WebhookRequest:
    """A webhook request: `headers` keyed in lower case, `body` the raw bytes, `url` as the platform called it."""

    method: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Pace:
    """How many messages a platform takes for one person: `burst` at once, and in the long run one in `seconds`."""

    burst: int
    seconds: float


# WhatsApp's "pair rate limit", whoever carries the message. WhatsApp Cloud API, "Throughput", November 2026.
WHATSAPP_PAIR_LIMIT = Pace(burst=45, seconds=6.0)


# PLATFORMS: each of them lets a library write freely for so long after a person's last message.
WINDOW = timedelta(hours=24)


@dataclass(frozen=True)
class Late:
    """How words that a person of the staff wrote may still go when the WINDOW is over.

    `until`: for so long after the student's last message; None: for ever. `template`: they stand in a text that the
    platform has approved, and `longest` is what it holds of them; else they go as they are.
    """

    until: timedelta | None
    template: bool
    longest: int


class Channel(Protocol):
    """One platform. `handshake`, `verify`, `parse` and `render` are pure; only `send` talks to anybody."""

    name: str
    acknowledgement: tuple[str, str]
    """What a webhook that was stored is answered with: the body, and its type."""
    pace: Pace | None
    """What one person may be sent, or None where the platform names no such limit."""
    late: Late | None
    """How staff may write after the window, or None where they may not."""

    def handshake(self, request: WebhookRequest) -> str:
        """Return the text that answers the platform's verification GET. Raises SignatureError."""

    def verify(self, request: WebhookRequest) -> None:
        """Return if the platform signed this request. Raises SignatureError."""

    def parse(self, request: WebhookRequest) -> Sequence[IncomingMessage]:
        """Return every event of every entry, in order; unknown ones as `Kind.IGNORED`.

        One odd event never drops its neighbours. Raises PayloadError when the body as a whole is not the platform's.
        """

    def render(self, reply: Reply, to: Address) -> Sequence[OutboundCall]:
        """Return the calls that show `reply`, within the platform's limits, losing no text."""

    def render_late(self, text: str, to: Address) -> Sequence[OutboundCall]:
        """Return the calls that say `text`, words of a person's, after the WINDOW; () where `late` is None."""

    def source_of(self, media: Media) -> Source:
        """Return where a file is that a person sent. Raises DownloadError where the platform does not say."""

    def courtesies(self, message: IncomingMessage) -> Sequence[OutboundCall]:
        """Return the calls that mark `message` as read and show typing."""

    def send(self, call: OutboundCall) -> str | None:
        """Make the call; return the platform's id of the message, if it gives one. Raises SendError."""
