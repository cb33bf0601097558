"""The words that channels and the rest of Carrel share: frozen, JSON-safe, no I/O.

Nothing here knows a platform. A channel turns a webhook into these types and these types into calls.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What arrived. Only the kinds in `ANSWERED` lead to a turn of the dialogue; the others are recorded."""

    TEXT = "text"  # typed words; a quick reply or a button is a text that carries a `choice`
    POSTBACK = "postback"  # a menu entry, get started, an ice breaker: a `choice` with no typed words
    MEDIA = "media"  # image, voice, file, sticker: kept as metadata, never downloaded unasked
    LOCATION = "location"
    CONTACTS = "contacts"
    REFERRAL = "referral"
    REACTION = "reaction"
    EDIT = "edit"
    DELETED = "deleted"
    ECHO = "echo"  # something that the page itself sent, by us or by staff
    STANDBY = "standby"  # another app owns the thread
    HANDOVER = "handover"  # control of the thread moved
    OPTIN = "optin"
    STATUS = "status"  # delivery or read receipt of a message of ours
    SYSTEM = "system"  # a person's number or id changed
    UNSUPPORTED = "unsupported"  # the platform says that it cannot carry what was sent
    IGNORED = "ignored"  # recognised, and of no use to a library


ANSWERED = frozenset({Kind.TEXT, Kind.POSTBACK, Kind.MEDIA, Kind.LOCATION, Kind.CONTACTS, Kind.UNSUPPORTED})


@dataclass(frozen=True)
class Address:
    """Where a person can be reached. Both parts are opaque strings, never parsed."""

    channel: str
    person: str


@dataclass(frozen=True)
class Media:
    """Something other than words that a person sent. `url` is as the platform gave it and must not be trusted."""

    type: str
    url: str | None = None
    id: str | None = None
    mime: str | None = None
    title: str | None = None


@dataclass(frozen=True)
class IncomingMessage:
    """One event of one webhook.

    `id` is the key against duplicates: the platform's own where it has one, else made from the event's content.
    `sender` is None for events that no one person caused. `sent_at` is the platform's time, UTC.
    `choice` is the payload of a button, quick reply or menu entry; `text` is then its label.
    `status`, `refers_to` and `watermark` describe receipts: which messages of ours, or all up to a moment.
    `details` keeps small JSON-safe facts of the event that staff or a later step may need.
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
    """Something a person may tap, or type, next. `payload` comes back as `IncomingMessage.choice`."""

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
    """What the bot says, with no platform's words in it. Any part may be absent, not all of them."""

    text: str | None = None
    choices: tuple[Choice, ...] = ()
    cards: tuple[Card, ...] = ()
    image: str | None = None


@dataclass(frozen=True)
class OutboundCall:
    """One rendered platform call: one row of the outbox. `body` is JSON-safe.

    `purpose` is "message" for what a person reads, "typing" or "seen" for courtesies that may be lost.
    """

    channel: str
    person: str
    body: dict[str, Any]
    purpose: str = "message"
