"""Parses Messenger's webhook events into messages. Pure; accepts whatever Meta sends, and drops nothing.

Event names: Messenger Platform, "Webhook events", read in November 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.messages import ANSWERED, Address, IncomingMessage, Kind, Media
from connectors.meta import fingerprint, moment, part, plain

# Far longer than any id seen; anything longer is not an id, and databases index it badly.
LONGEST_ID = 128
# Every message of ours carries this, and its echo too: "Custom string that is delivered as a message echo" (Send API).
OURS = "carrel"


def read_entry(channel: str, product: str, entry: object, now: datetime) -> tuple[IncomingMessage, ...]:
    """Return every event of one entry, in order; `product` is the webhook's `object`, `now` the receive time, UTC.

    Anything malformed becomes `Kind.IGNORED` with the reason in its details. What students send to another product
    (`product` is not "page") is ignored too: they can't be reached through the page.
    """
    return tuple(_message(channel, raw, product, now) for raw in _events(entry))


@dataclass(frozen=True)
class _Raw:
    """One event of an entry: the event, the list it is in, the entry's time, and the page's id."""

    event: Any
    place: str
    time: object
    page: str | None = None


def _events(entry: object) -> Iterator[_Raw]:
    places = [name for name in ("messaging", "standby", "changes") if isinstance(entry, dict) and name in entry]
    if not isinstance(entry, dict) or not places:
        yield _Raw(entry, "entry", None)
        return
    for place in places:
        events = entry[place] if isinstance(entry[place], list) else [entry[place]]
        for event in events:
            # The dashboard's Test button wraps the event: {"field": …, "value": event}.
            inner = event.get("value") if place == "changes" and isinstance(event, dict) else event
            yield _Raw(inner, place, entry.get("time"), plain(entry.get("id")))


def _message(channel: str, raw: _Raw, product: str, now: datetime) -> IncomingMessage:
    event = raw.event
    stamp = event.get("timestamp") if isinstance(event, dict) else None
    sender = part(event, "sender")
    person = plain(sender.get("id"))
    found = _read(event)
    if person and len(person) > LONGEST_ID:
        person, found = None, _ignored("the sender's id is too long to be one")
    if raw.place == "entry":
        found = _ignored("the entry holds no events")
    if product != "page" and found["kind"] in ANSWERED:
        found = {**found, **_ignored(f"of another product: {product[:40]}")}
    if raw.place == "standby" and found["kind"] is not Kind.ECHO:
        # With a separate id, lest the message count as a duplicate if the thread comes back to us.
        found = {**found, "kind": Kind.STANDBY, "id": f"{found['id']}:standby" if found.get("id") else None}
    if found["kind"] is Kind.ECHO:
        found = {**found, "details": {**found["details"], "with": _spoken_with(event, raw.page)}}
    if user_ref := plain(sender.get("user_ref")):
        found = {**found, "details": {**found.get("details", {}), "user_ref": user_ref}}
    known = found.pop("id", None)
    own_time = stamp if moment(stamp) else raw.time
    return IncomingMessage(
        id=known if known and len(known) <= 2 * LONGEST_ID else fingerprint(raw.place, own_time, event),
        sender=Address(channel, person) if person else None,
        sent_at=moment(stamp) or moment(raw.time) or now,
        **found,
    )


def _spoken_with(event: object, page: str | None) -> str | None:
    """Return the other party of an event sent by the page itself: an echo names the page as its sender."""
    sides = [plain(part(event, side).get("id")) for side in ("recipient", "sender")]
    return next((each for each in sides if each and each != page and len(each) <= LONGEST_ID), None)


def _read(event: object) -> dict[str, Any]:
    """Return the IncomingMessage fields that depend on the event's kind; `id` only where Meta gives one."""
    if not isinstance(event, dict):
        return _ignored("the event is not an object")
    for name, reader in _READERS.items():
        if isinstance(event.get(name), dict):
            found = reader(event[name])
            if name in _HANDOVERS:
                found["details"]["event"] = name
            return found
    names = sorted(name for name in event if name not in {"sender", "recipient", "timestamp"})
    return _ignored("no event that a library can use", fields=[plain(name) for name in names[:10]])


def _ignored(reason: str, **facts: Any) -> dict[str, Any]:
    return {"kind": Kind.IGNORED, "details": {"reason": reason, **facts}}


def _read_message(message: Mapping[str, Any]) -> dict[str, Any]:
    mid = plain(message.get("mid"))
    text = plain(message.get("text"))
    attachments = message.get("attachments")
    attachments = [each for each in attachments if isinstance(each, dict)] if isinstance(attachments, list) else []
    found: dict[str, Any] = {
        "kind": Kind.TEXT,
        "id": mid,
        "text": text if text and text.strip() else None,
        "choice": plain(part(message, "quick_reply").get("payload")),
        "media": tuple(_media(each) for each in attachments),
        "reply_to": plain(part(message, "reply_to").get("mid")),
        "referral": plain(part(message, "referral").get("ref")),
    }
    if message.get("is_echo"):
        ours = plain(message.get("metadata")) == OURS
        return {**found, "kind": Kind.ECHO, "details": {"app_id": plain(message.get("app_id")), "ours": ours}}
    if message.get("is_deleted"):
        # The message itself already has this mid, so the deletion needs its own id.
        return {**found, "kind": Kind.DELETED, "id": mid and f"{mid}:deleted", "refers_to": (mid,) if mid else ()}
    if found["text"] or found["choice"]:
        return found
    if coordinates := next(filter(None, map(_coordinates, attachments)), None):
        return {**found, "kind": Kind.LOCATION, "latitude": coordinates[0], "longitude": coordinates[1]}
    if message.get("is_unsupported") or (attachments and not any(map(_shows_something, attachments))):
        return {**found, "kind": Kind.UNSUPPORTED}
    if attachments:
        return {**found, "kind": Kind.MEDIA}
    if text:
        return {**found, "kind": Kind.UNSUPPORTED, "details": {"type": "blank"}}
    return {**found, **_ignored("the message has neither text nor attachments")}


def _shows_something(attachment: Mapping[str, Any]) -> bool:
    # A fallback stands for content that Messenger could not deliver; without a payload nothing is left of it.
    return plain(attachment.get("type")) != "fallback" or isinstance(attachment.get("payload"), dict)


def _media(attachment: Mapping[str, Any]) -> Media:
    payload = part(attachment, "payload")
    sticker = plain(payload.get("sticker_id"))
    urls = (payload.get("url"), attachment.get("url"), attachment.get("URL"))
    return Media(
        # Until August 2026 a sticker came as an image with a sticker_id.
        type="sticker" if sticker else plain(attachment.get("type")) or "unknown",
        url=next(filter(None, map(plain, urls)), None),
        id=sticker or plain(payload.get("attachment_id")),
        title=plain(payload.get("title")) or plain(attachment.get("title")),
    )


def _coordinates(attachment: Mapping[str, Any]) -> tuple[float, float] | None:
    given = part(part(attachment, "payload"), "coordinates")
    latitude, longitude = given.get("lat"), given.get("long")
    if attachment.get("type") != "location" or isinstance(latitude, bool) or isinstance(longitude, bool):
        return None
    if not isinstance(latitude, int | float) or not isinstance(longitude, int | float):
        return None
    return (float(latitude), float(longitude)) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _read_postback(postback: Mapping[str, Any]) -> dict[str, Any]:
    choice, title = plain(postback.get("payload")), plain(postback.get("title"))
    if choice is None and title is None:
        return _ignored("the postback has neither payload nor title")
    referral = plain(part(postback, "referral").get("ref"))
    return {
        "kind": Kind.POSTBACK,
        "id": plain(postback.get("mid")),
        "choice": choice,
        "text": title,
        "referral": referral,
    }


def _read_edit(edit: Mapping[str, Any]) -> dict[str, Any]:
    mid, number = plain(edit.get("mid")), plain(edit.get("num_edit"))
    return {
        "kind": Kind.EDIT,
        "id": mid and f"{mid}:edit:{number}",
        "text": plain(edit.get("text")),
        "refers_to": (mid,) if mid else (),
    }


def _read_reaction(reaction: Mapping[str, Any]) -> dict[str, Any]:
    mid = plain(reaction.get("mid"))
    return {
        "kind": Kind.REACTION,
        "status": plain(reaction.get("action")),
        "refers_to": (mid,) if mid else (),
        "details": {"reaction": plain(reaction.get("reaction")), "emoji": plain(reaction.get("emoji"))},
    }


def _read_receipt(status: str) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    def read(receipt: Mapping[str, Any]) -> dict[str, Any]:
        mids = receipt.get("mids")
        return {
            "kind": Kind.STATUS,
            "status": status,
            "refers_to": tuple(filter(None, map(plain, mids))) if isinstance(mids, list) else (),
            "watermark": moment(receipt.get("watermark")),
        }

    return read


def _read_referral(kind: Kind) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    def read(referral: Mapping[str, Any]) -> dict[str, Any]:
        facts = {name: plain(referral.get(name)) for name in ("type", "source", "ad_id")}
        return {"kind": kind, "referral": plain(referral.get("ref")), "details": facts}

    return read


def _read_handover(handover: Mapping[str, Any]) -> dict[str, Any]:
    names = ("new_owner_app_id", "previous_owner_app_id", "requested_owner_app_id")
    return {"kind": Kind.HANDOVER, "details": {name: plain(handover[name]) for name in names if name in handover}}


def _read_policy(enforcement: Mapping[str, Any]) -> dict[str, Any]:
    facts = {name: plain(enforcement.get(name)) for name in ("action", "reason")}
    return _ignored("Meta enforces a policy on the page", policy=facts)


_HANDOVERS = ("pass_thread_control", "take_thread_control", "request_thread_control")
# The first one present in an event decides. Events without a reader are recorded as ignored, with their field names.
_READERS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "message": _read_message,
    "postback": _read_postback,
    "message_edit": _read_edit,
    "reaction": _read_reaction,
    "delivery": _read_receipt("delivered"),
    "read": _read_receipt("read"),
    "optin": _read_referral(Kind.OPTIN),
    "referral": _read_referral(Kind.REFERRAL),
    **dict.fromkeys(_HANDOVERS, _read_handover),
    "policy-enforcement": _read_policy,
    "policy_enforcement": _read_policy,
}
