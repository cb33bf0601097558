"""The interface every channel implements, and a request type independent of any web framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from connectors.downloads import Source
from connectors.messages import Address, IncomingMessage, Media, OutboundCall, Reply
from connectors.reach import Category, Rules


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
    """How many messages a platform accepts for one person: `burst` at once, and in the long run one per `seconds`."""

    burst: int
    seconds: float


# WhatsApp's "pair rate limit", whichever provider carries the message. WhatsApp Cloud API, "Throughput", November 2026.
WHATSAPP_PAIR_LIMIT = Pace(burst=45, seconds=6.0)


@dataclass(frozen=True)
class Late:
    """How a staff member's text may still be sent once the window (connectors.reach) is over.

    `until`: for how long after the student's last message; None: without limit. `template`: the text goes into a
    template that the platform has approved, else it is sent as is. `longest`: the maximum length of the text.
    """

    until: timedelta | None
    template: bool
    longest: int


class Channel(Protocol):
    """One platform. `handshake`, `verify`, `parse` and `render` are pure; `send` and `source_of` may do I/O."""

    name: str
    acknowledgement: tuple[str, str]
    """What a webhook that was stored is answered with: the body, and its type."""
    taps: bool
    """Whether choices can be tapped; if not, they are a list whose numbers are typed."""
    pace: Pace | None
    """What one person may be sent, or None where the platform names no such limit."""
    late: Late | None
    """How staff may write after the window, or None where they may not."""
    rules: Rules
    """What may go that the person has not just asked for."""
    templates: Mapping[Category, str]
    """The templates that the platform has approved for such messages, by name or SID."""

    def handshake(self, request: WebhookRequest) -> str:
        """Return the text that answers the platform's verification GET. Raises SignatureError."""

    def verify(self, request: WebhookRequest) -> None:
        """Return if the platform signed this request. Raises SignatureError."""

    def parse(self, request: WebhookRequest) -> Sequence[IncomingMessage]:
        """Return every event of every entry, in order; unknown ones as `Kind.IGNORED`.

        A malformed event never affects others. Raises PayloadError when the body as a whole is not the platform's.
        """

    def render(self, reply: Reply, to: Address) -> Sequence[OutboundCall]:
        """Return the calls that show `reply`, within the platform's limits, without losing text."""

    def render_late(self, text: str, to: Address, language: str = "") -> Sequence[OutboundCall]:
        """Return the calls that send `text`, written by staff, after the window; () where `late` is None.

        `language`: the student's, such as zh-Hant, for platforms whose template is approved in several languages.
        """

    def render_unasked(
        self, reply: Reply, to: Address, *, template: str = "", language: str = ""
    ) -> Sequence[OutboundCall]:
        """Return the calls that send what nobody has just asked for: as it is, or its text in a `template`.

        `language`: the student's, as above. A template has no choices.
        """

    def source_of(self, media: Media) -> Source:
        """Return where to download a file that a person sent. Raises DownloadError if the platform does not say."""

    def courtesies(self, message: IncomingMessage) -> Sequence[OutboundCall]:
        """Return the calls that mark `message` as read and show typing."""

    def send(self, call: OutboundCall) -> str | None:
        """Make the call; return the platform's message id, if it gives one. Raises SendError."""
