"""The promise that every channel keeps, and the request shape that frees it from any web framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from connectors.messages import Address, IncomingMessage, OutboundCall, Reply


@dataclass(frozen=True)
class WebhookRequest:
    """A webhook request: `headers` keyed in lower case, `body` the raw bytes, `url` as the platform called it."""

    method: str
    url: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Channel(Protocol):
    """One platform. `handshake`, `verify`, `parse` and `render` are pure; only `send` talks to anybody."""

    name: str
    acknowledgement: tuple[str, str]
    """What a webhook that was stored is answered with: the body, and its type."""

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

    def courtesies(self, message: IncomingMessage) -> Sequence[OutboundCall]:
        """Return the calls that mark `message` as read and show typing."""

    def send(self, call: OutboundCall) -> str | None:
        """Make the call; return the platform's id of the message, if it gives one. Raises SendError."""
