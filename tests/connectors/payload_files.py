"""Payload files and what each says that it should lead to: tests/payloads/<channel>/*.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from connectors.messages import ANSWERED, IncomingMessage, Kind

ROOT = Path(__file__).parents[1] / "payloads"
# What a file calls it, and what it is here: a library can do nothing with an order or a form's answer but say so.
SAME = {"order": "unsupported", "flow": "unsupported", "duplicate": "text"}


def files(channel: str) -> list[Path]:
    """Return the payload files of a channel."""
    return sorted((ROOT / channel).glob("*.json"))


def check(messages: Sequence[IncomingMessage], expect: dict[str, Any]) -> None:
    """Hold messages to what their file expects. To know a duplicate is the inbox's work: here it is there twice."""
    expected = expect.get("events", [expect])
    # A receipt beside a message is read as well; the file speaks of the message.
    found = [each for each in messages if len(messages) == len(expected) or each.kind is not Kind.STATUS]
    assert [message.kind for message in found] == [SAME.get(each["kind"], each["kind"]) for each in expected]
    for message, each in zip(found, expected, strict=True):
        _check_one(message, each)


def _check_one(message: IncomingMessage, expect: dict[str, Any]) -> None:
    person = message.sender and message.sender.person
    if message.kind is not Kind.IGNORED:
        assert person == expect["sender"]
    assert (message.choice if message.kind is Kind.POSTBACK else message.text) == expect["text"]
    if expect["message_id"]:
        assert expect["message_id"] in {message.id, *message.refers_to}
    assert message.id
    answered = message.kind in ANSWERED and message.sender is not None
    if expect["reply_strict"]:
        assert answered == (expect["should_reply"] or expect["kind"] == "duplicate")
    found = {
        "title": message.text,
        "latitude": message.latitude,
        "longitude": message.longitude,
        "media_type": message.media[0].type if message.media else None,
        "reply_to": message.reply_to,
        "status": message.status,
        "emoji": message.details.get("emoji"),
        "target": next(iter(message.refers_to), None),
        "user_id": message.details.get("user_id"),
        "new_wa_id": message.details.get("moved_to"),
        "marketing": message.details.get("marketing"),
    }
    for name in found.keys() & expect.keys():
        assert found[name] == expect[name], name


def payload(path: Path) -> tuple[Any, dict[str, Any]]:
    """Return a file's payload and what it expects."""
    file = json.loads(path.read_text())
    return file["payload"], file["expect"]
