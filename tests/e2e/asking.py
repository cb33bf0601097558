"""What the end-to-end tests share: people nobody has heard of, and asking as they do."""

from __future__ import annotations

import uuid
from typing import Any

from bot.simulator.fake_meta import FakeMeta


def number() -> str:
    """Return a number that nobody has written from."""
    return f"852{uuid.uuid4().int % 10**8:08d}"


def words(message: dict[str, Any]) -> str:
    """Return the text of a message, whatever the platform."""
    text = message.get("text", "")
    interactive = message.get("interactive", {}).get("body", {}).get("text", "")
    return str((text.get("body", "") if isinstance(text, dict) else text) or message.get("body", "") or interactive)


def ask(client: Any, server: FakeMeta, person: str, said: str) -> str:
    """Return the first message that answers."""
    before = len(server.messages_to(person))
    response = client.text(person, said)
    assert response.status_code == 200, response.text
    assert server.wait_for_message(person, timeout=30, after=before), f"no answer to {said!r}"
    return " ".join(words(message) for message in server.messages_to(person)[before:])
