"""Parses WhatsApp's webhook events into messages. Pure; accepts whatever Meta sends, and drops nothing.

Field and type names: WhatsApp Cloud API, "Webhooks reference", read in November 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors.messages import Address, IncomingMessage, Kind, Media
from connectors.meta import fingerprint, moment, part, plain
from connectors.whatsapp.errors import ERRORS

LONGEST_ID = 200
# The keys under which a `value` holds its events, and the fields whose values do.
_PREFERENCES = "user_preferences"
_LISTS = ("messages", "statuses", "message_echoes", _PREFERENCES)
_IDS = ("from", "from_user_id", "wa_id", "user_id")
_FIELDS = {None, "messages", "smb_message_echoes", _PREFERENCES}
_MEDIA = {"image", "video", "audio", "voice", "document", "sticker"}


def read_entry(channel: str, entry: object, now: datetime) -> tuple[IncomingMessage, ...]:
    """Return every event of one entry, in order; `now` is the receive time, UTC.

    Anything malformed, and every field that is not a conversation (calls, account news), becomes `Kind.IGNORED` with
    the reason in its details.
    """
    return tuple(_message(channel, raw, now) for raw in _events(entry))


@dataclass(frozen=True)
class _Raw:
    """One event of a change: the event, the list it is in, its contact, and the library's number."""

    event: Any
    place: str
    contact: Mapping[str, Any]
    number: str | None = None


def _events(entry: object) -> Iterator[_Raw]:
    changes = entry.get("changes") if isinstance(entry, dict) else None
    if not isinstance(changes, list):
        yield _Raw(entry, "entry", {})
        return
    for change in changes:
        value = part(change, "value")
        field = plain(change.get("field")) if isinstance(change, dict) else None
        found = False
        for place in _LISTS if field in _FIELDS else ():
            events = value.get(place)
            for event in events if isinstance(events, list) else []:
                found = True
                number = plain(part(value, "metadata").get("display_phone_number"))
                yield _Raw(event, place, _contact(value, event), number)
        if not found:
            yield _Raw(change, f"field:{field}", {})


def _contact(value: Mapping[str, Any], event: object) -> Mapping[str, Any]:
    """Return the contact that a message comes from: among several, the one with the message's number or id."""
    listed = value.get("contacts")
    contacts = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    ids = {plain(part({"message": event}, "message").get(name)) for name in _IDS} - {None}
    same = [each for each in contacts if {plain(each.get("wa_id")), plain(each.get("user_id"))} & ids]
    return (same or (contacts if len(contacts) == 1 else [{}]))[0]


def _message(channel: str, raw: _Raw, now: datetime) -> IncomingMessage:
    event = raw.event if isinstance(raw.event, dict) else {}
    if raw.place == "messages" and event:
        found = _read_message(event)
        user = plain(event.get("from_user_id")) or plain(raw.contact.get("user_id"))
        person = plain(event.get("from")) or plain(raw.contact.get("wa_id")) or user
        found["details"] = {**found.get("details", {}), **({"user_id": user} if user else {})}
    elif raw.place == "statuses" and event:
        found, person = _read_status(event), plain(event.get("recipient_id"))
    elif raw.place == "message_echoes" and event:
        found, person = _read_echo(event, raw.number), plain(event.get("from"))
    elif raw.place == _PREFERENCES and event:
        found, user = _read_preference(event), plain(event.get("user_id")) or plain(raw.contact.get("user_id"))
        person = plain(event.get("wa_id")) or plain(raw.contact.get("wa_id")) or user
        found["details"] |= {"user_id": user} if user else {}
    else:
        found, person = _unread(raw), None
    if person and len(person) > LONGEST_ID:
        person, found = None, _ignored("the sender's id is too long to be one")
    known = found.pop("id", None)
    return IncomingMessage(
        id=known if known and len(known) <= 255 else fingerprint(raw.place, raw.event),
        sender=Address(channel, person) if person else None,
        sent_at=moment(event.get("timestamp")) or now,
        **found,
    )


def _read_echo(event: Mapping[str, Any], number: str | None) -> dict[str, Any]:
    """Read what staff sent from the WhatsApp Business app: messages sent through the Cloud API have no echo.

    `from` is the library's own number, or should be: any other number named is the other party.
    """
    sides = [plain(event.get(side)) for side in ("to", "from")]
    spoken_with = next((each for each in sides if each and each != number and len(each) <= LONGEST_ID), None)
    return {
        "kind": Kind.ECHO,
        "id": plain(event.get("id")),
        "text": plain(part(event, "text").get("body")),
        "details": {"with": spoken_with, "type": plain(event.get("type"))},
    }


def _read_preference(event: Mapping[str, Any]) -> dict[str, Any]:
    """Read that somebody has stopped or resumed marketing messages in WhatsApp's settings.

    developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/user_preferences
    """
    wanted = plain(event.get("value"))
    if plain(event.get("category")) != "marketing_messages" or wanted not in {"stop", "resume"}:
        return _ignored("an unknown preference", field=_PREFERENCES)
    return {"kind": Kind.OPTIN, "details": {"marketing": wanted}}


def _unread(raw: _Raw) -> dict[str, Any]:
    if raw.place == "entry":
        return _ignored("the entry holds no changes")
    if not raw.place.startswith("field:"):
        return _ignored("the event is not an object")
    value = part(raw.event, "value")
    calls = value.get("calls")
    call = calls[0] if isinstance(calls, list) and calls and isinstance(calls[0], dict) else {}
    field = raw.place.removeprefix("field:")
    errors = _errors(value)
    return {**_ignored("no event that a library can use", field=field[:40], **errors), "id": plain(call.get("id"))}


def _ignored(reason: str, **facts: Any) -> dict[str, Any]:
    return {"kind": Kind.IGNORED, "details": {"reason": reason, **facts}}


def _errors(event: Mapping[str, Any]) -> dict[str, Any]:
    listed = event.get("errors")
    first = listed[0] if isinstance(listed, list) and listed and isinstance(listed[0], dict) else None
    return {"error_code": plain(first.get("code")), "error": plain(first.get("title"))} if first else {}


def _read_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the IncomingMessage fields that depend on the message's type."""
    kind = plain(message.get("type")) or ""
    reader = _READERS.get(kind)
    found: dict[str, Any] = reader(message) if reader else {"kind": Kind.UNSUPPORTED, "details": {"type": kind[:40]}}
    found["details"] = {**found.get("details", {}), **_errors(message)}
    usual = {
        "id": plain(message.get("id")),
        "reply_to": plain(part(message, "context").get("id")),
        "referral": plain(part(message, "referral").get("source_id")),
    }
    return {**usual, **found}


def _read_text(message: Mapping[str, Any]) -> dict[str, Any]:
    text = plain(part(message, "text").get("body"))
    if not text:
        return _ignored("the message has no text")
    if not text.strip():
        return {"kind": Kind.UNSUPPORTED, "details": {"type": "blank"}}
    return {"kind": Kind.TEXT, "text": text}


def _read_button(message: Mapping[str, Any]) -> dict[str, Any]:
    # The quick reply of an approved template: its keys differ from those of an interactive message's button.
    return _choice(part(message, "button"), "payload", "text")


def _read_interactive(message: Mapping[str, Any]) -> dict[str, Any]:
    interactive = part(message, "interactive")
    kind = plain(interactive.get("type"))
    if kind in {"button_reply", "list_reply"}:
        return _choice(part(interactive, kind), "id", "title")
    if kind == "nfm_reply":
        return {"kind": Kind.UNSUPPORTED, "details": {"type": "flow"}}
    if kind is None:
        return {"kind": Kind.UNSUPPORTED, "details": {"type": "interactive"}}
    return _ignored("an answer that a library does not ask for", type=kind[:40])


def _choice(chosen: Mapping[str, Any], payload: str, title: str) -> dict[str, Any]:
    choice, text = plain(chosen.get(payload)), plain(chosen.get(title))
    if choice is None and text is None:
        return _ignored("the button has neither payload nor title")
    return {"kind": Kind.POSTBACK, "choice": choice, "text": text}


def _read_media(message: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(message.get("type"))
    media = part(message, kind)
    caption = plain(media.get("caption"))
    kept = Media(
        type="audio" if kind == "voice" else kind,
        url=plain(media.get("url")),
        id=plain(media.get("id")),
        mime=plain(media.get("mime_type")),
        title=plain(media.get("filename")),
    )
    return {"kind": Kind.MEDIA, "text": caption if caption and caption.strip() else None, "media": (kept,)}


def _read_location(message: Mapping[str, Any]) -> dict[str, Any]:
    given = part(message, "location")
    place = [each for each in (given.get("latitude"), given.get("longitude")) if isinstance(each, int | float)]
    if len(place) < 2 or not (abs(place[0]) <= 90 and abs(place[1]) <= 180):
        return {"kind": Kind.UNSUPPORTED, "details": {"type": "location"}}
    return {"kind": Kind.LOCATION, "latitude": float(place[0]), "longitude": float(place[1])}


def _read_reaction(message: Mapping[str, Any]) -> dict[str, Any]:
    reaction = part(message, "reaction")
    target, emoji = plain(reaction.get("message_id")), plain(reaction.get("emoji"))
    return {
        "kind": Kind.REACTION,
        "status": "react" if emoji else "unreact",
        "refers_to": (target,) if target else (),
        "details": {"emoji": emoji},
    }


def _read_system(message: Mapping[str, Any]) -> dict[str, Any]:
    """Read that a person's number or id has changed: `moved_to` is the new one."""
    system = part(message, "system")
    facts = {
        "type": plain(system.get("type")),
        "moved_to": plain(system.get("wa_id")) or plain(system.get("new_wa_id")),
        "previous_user_id": plain(system.get("previous_user_id")),
        "new_user_id": plain(system.get("user_id")),
    }
    return {"kind": Kind.SYSTEM, "details": {name: value for name, value in facts.items() if value}}


def _read_edit(message: Mapping[str, Any]) -> dict[str, Any]:
    edit = part(message, "edit")
    original = plain(edit.get("original_message_id"))
    text = plain(part(part(edit, "message"), "text").get("body"))
    return {"kind": Kind.EDIT, "text": text, "refers_to": (original,) if original else ()}


def _read_revoke(message: Mapping[str, Any]) -> dict[str, Any]:
    original = plain(part(message, "revoke").get("original_message_id"))
    return {"kind": Kind.DELETED, "refers_to": (original,) if original else ()}


def _read_status(status: Mapping[str, Any]) -> dict[str, Any]:
    about, told = plain(status.get("id")), plain(status.get("status")) or "unknown"
    error = _errors(status)
    code = error.get("error_code") or ""
    number = int(code) if code.isdigit() and len(code) < 9 else -1
    known, repair = ERRORS.permanent.get((number, 0)), ERRORS.operator.get(number)
    reason = (
        known
        or repair
        or f"WhatsApp reports that it could not be delivered: {(error.get('error') or 'no reason given')[:100]}"
    )
    return {
        "kind": Kind.STATUS,
        # A message has several statuses, each occurring once.
        "id": about and f"{about}:{told[:40]}",
        "status": told[:40],
        "refers_to": (about,) if about else (),
        "details": {
            **({"code": code, "reason": reason, "retry": number in ERRORS.retry, "operator": repair} if error else {}),
            **_pricing(status),
        },
    }


def _pricing(status: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the message is billed as: "service", "utility", "marketing" …, and whether it is billable."""
    pricing = part(status, "pricing")
    category = plain(pricing.get("category"))
    return {"category": category[:32], "billable": pricing.get("billable") is True} if category else {}


_READERS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "text": _read_text,
    "button": _read_button,
    "interactive": _read_interactive,
    **dict.fromkeys(_MEDIA, _read_media),
    "location": _read_location,
    "contacts": lambda _message: {"kind": Kind.CONTACTS},
    "reaction": _read_reaction,
    "system": _read_system,
    "edit": _read_edit,
    "revoke": _read_revoke,
}
