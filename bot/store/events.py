"""IncomingMessage and Reply to JSON and back, for the rows that store them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from connectors.messages import Address, Card, Choice, IncomingMessage, Kind, Link, Media, Reply


def message_to_json(message: IncomingMessage) -> dict[str, Any]:
    """Return `message` as JSON-safe data; moments as ISO 8601."""
    data = asdict(message)
    data["sent_at"] = message.sent_at.isoformat()
    data["watermark"] = message.watermark.isoformat() if message.watermark else None
    return data


def message_from_json(data: dict[str, Any]) -> IncomingMessage:
    """Return the message that `message_to_json` wrote."""
    return IncomingMessage(
        **{
            **data,
            "kind": Kind(data["kind"]),
            "sender": Address(**data["sender"]) if data["sender"] else None,
            "sent_at": datetime.fromisoformat(data["sent_at"]),
            "watermark": datetime.fromisoformat(data["watermark"]) if data["watermark"] else None,
            "media": tuple(Media(**each) for each in data["media"]),
            "refers_to": tuple(data["refers_to"]),
        }
    )


def reply_to_json(reply: Reply) -> dict[str, Any]:
    """Return `reply` as JSON-safe data."""
    return asdict(reply)


def reply_from_json(data: dict[str, Any]) -> Reply:
    """Return the reply that `reply_to_json` wrote."""
    return Reply(
        text=data["text"],
        choices=tuple(Choice(**each) for each in data["choices"]),
        cards=tuple(
            Card(
                **{
                    **each,
                    "links": tuple(Link(**link) for link in each["links"]),
                    "choices": tuple(Choice(**choice) for choice in each["choices"]),
                }
            )
            for each in data["cards"]
        ),
        image=data["image"],
    )
