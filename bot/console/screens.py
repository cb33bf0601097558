"""What a platform shows for Carrel's API calls: reconstructed from the calls, for display in the console."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from bot.store.calls import Sent
from bot.store.transcripts import Said, StaffSaid
from bot.store.unasked_said import UnaskedSaid
from connectors.channel import Channel
from connectors.messages import Address, OutboundCall, Reply


@dataclass(frozen=True)
class Button:
    """A button, and what tapping it returns or opens."""

    title: str
    payload: str = ""
    url: str = ""
    description: str = ""


@dataclass(frozen=True)
class Tile:
    """A card."""

    title: str
    subtitle: str = ""
    image: str = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Screen:
    """One message as it is shown. `opens`: the label of the button that opens the list of `buttons`."""

    channel: str
    text: str = ""
    image: str = ""
    buttons: tuple[Button, ...] = ()
    tiles: tuple[Tile, ...] = ()
    opens: str = ""


def render(channel: Channel, replies: Iterable[Reply]) -> list[OutboundCall]:
    """Return the calls that a channel would make for `replies`."""
    to = Address(channel.name, "student")
    return [call for reply in replies for call in channel.render(reply, to)]


def screens_of(said: Said | StaffSaid | UnaskedSaid, channel: str) -> list[tuple[Screen, Sent]]:
    """Return what the platform shows of what was sent for a line of a transcript, each with its delivery state."""
    return [(screen(channel, each.body), each) for each in said.sent]


def screen(channel: str, body: dict[str, Any]) -> Screen:
    """Return what a platform shows for the body of a call."""
    return {"messenger": _messenger, "whatsapp": _whatsapp}.get(channel, _twilio)(channel, body)


def _in_template(template: dict[str, Any]) -> str:
    """Return what is known of a template: the text in it. The words around it are the platform's."""
    given = [each["text"] for part in template.get("components", ()) for each in part.get("parameters", ())]
    return "\n".join(given)


def _messenger(channel: str, body: dict[str, Any]) -> Screen:
    message = body.get("message", {})
    attachment = message.get("attachment", {})
    payload = attachment.get("payload", {})
    return Screen(
        channel,
        text=message.get("text", "") or _in_template(message.get("template", {})),
        image=payload.get("url", "") if attachment.get("type") == "image" else "",
        buttons=tuple(Button(each["title"], each["payload"]) for each in message.get("quick_replies", ())),
        tiles=tuple(_tile(each) for each in payload.get("elements", ())),
    )


def _tile(element: dict[str, Any]) -> Tile:
    buttons = [
        Button(each["title"], each.get("payload", ""), each.get("url", "")) for each in element.get("buttons", ())
    ]
    return Tile(element["title"], element.get("subtitle", ""), element.get("image_url", ""), tuple(buttons))


def _whatsapp(channel: str, body: dict[str, Any]) -> Screen:
    interactive = body.get("interactive", {})
    action = interactive.get("action", {})
    rows = [row for section in action.get("sections", ()) for row in section["rows"]]
    found = [*(each["reply"] for each in action.get("buttons", ())), *rows]
    parameters = action.get("parameters", {})
    links = (Button(parameters["display_text"], url=parameters["url"]),) if "url" in parameters else ()
    image = body.get("image") or interactive.get("header", {}).get("image", {})
    text = body.get("text", {}).get("body") or interactive.get("body", {}).get("text", "")
    text = text or _in_template(body.get("template", {}))
    return Screen(
        channel,
        text=text or image.get("caption", ""),
        image=image.get("link", ""),
        buttons=(*(Button(each["title"], each["id"], "", each.get("description", "")) for each in found), *links),
        opens=action.get("button", "") if rows else "",
    )


def _twilio(channel: str, body: dict[str, Any]) -> Screen:
    text = body.get("body", "")
    if "content_variables" in body:
        text = str(json.loads(body["content_variables"]).get("1", ""))
    return Screen(channel, text=text, image=body.get("media_url", ""))
