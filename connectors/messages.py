"""The types shared by channels and the rest of Carrel: frozen, JSON-safe, no I/O.

Nothing here is platform-specific. A channel turns a webhook into these types, and these types into calls.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What arrived. Only kinds in `ANSWERED` lead to a dialogue turn; the others are recorded."""

    TEXT = "text"  # typed text; a quick reply is text with a `choice`
    POSTBACK = "postback"  # a button, a menu entry, get started, an ice breaker: a `choice` with no typed text
    MEDIA = "media"  # image, voice, file, sticker: stored as metadata, downloaded only on request
    LOCATION = "location"
    CONTACTS = "contacts"
    REFERRAL = "referral"
    REACTION = "reaction"
    EDIT = "edit"
    DELETED = "deleted"
    ECHO = "echo"  # something the page itself sent, by us or by staff
    STANDBY = "standby"  # another app owns the thread
    HANDOVER = "handover"  # control of the thread moved
    OPTIN = "optin"
    STATUS = "status"  # delivery or read receipt for one of our messages
    SYSTEM = "system"  # a person's number or id changed
    UNSUPPORTED = "unsupported"  # content that the platform can't pass on
    IGNORED = "ignored"  # malformed, or of no use to a library


ANSWERED = frozenset({Kind.TEXT, Kind.POSTBACK, Kind.MEDIA, Kind.LOCATION, Kind.CONTACTS, Kind.UNSUPPORTED})


@dataclass(frozen=True)
class Address:
    """Where a person can be reached. Both parts are opaque strings, never parsed."""

    channel: str
    person: str


@dataclass(frozen=True)
class Media:
    """Anything other than text that a person sent. `url` is as given by the platform and must not be trusted."""

    type: str
    url: str | None = None
    id: str | None = None
    mime: str | None = None
    title: str | None = None


@dataclass(frozen=True)
class IncomingMessage:
    """One event from a webhook.

    `id` is the deduplication key: the platform's own where it has one, else derived from the event's content.
    `sender` is None for events not caused by a single person. `sent_at` is the platform's time, UTC.
    `choice` is the payload of a button, quick reply or menu entry; `text` is then its label.
    `status`, `refers_to` and `watermark` describe receipts: which of our messages, or all up to a point in time.
    `details` holds small JSON-safe facts about the event that staff or a later step may need.
    """

    id: str
    kind: Kind
    sender: Address | None
    sent_at: datetime
    text: str | None = None
    choice: str | None = None
    media: tuple[Media, ...] = ()
    latitude: float | None = None
    longitude: float | None = None
    referral: str | None = None
    status: str | None = None
    refers_to: tuple[str, ...] = ()
    watermark: datetime | None = None
    reply_to: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """An option that a person may tap or type next. `payload` comes back as `IncomingMessage.choice`."""

    title: str
    payload: str
    description: str | None = None


@dataclass(frozen=True)
class Link:
    """A labelled web address."""

    title: str
    url: str


@dataclass(frozen=True)
class Card:
    """One item of a list that platforms may show as a tile: an event, a book, a place."""

    title: str
    subtitle: str | None = None
    image: str | None = None
    links: tuple[Link, ...] = ()
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What the bot says, in platform-neutral form. Any part may be absent, but not all of them."""

    text: str | None = None
    choices: tuple[Choice, ...] = ()
    cards: tuple[Card, ...] = ()
    image: str | None = None


@dataclass(frozen=True)
class OutboundCall:
    """One rendered platform call: one row of the outbox. `body` is JSON-safe.

    `purpose` is "message" for what a person reads; "typing" or "seen" for courtesies that may be lost.
    """

    channel: str
    person: str
    body: dict[str, Any]
    purpose: str = "message"
