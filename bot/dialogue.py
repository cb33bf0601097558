"""The dialogue: a message in, replies and what was understood out. Rasa keeps the promise, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from connectors.messages import Card, Choice, IncomingMessage, Kind, Link, Reply

STARTS = frozenset({"get_started", "getstarted", "__get_started__", "get started", "start"})
GREET, SENT_MEDIA = "/greet", "/sent_media"


class DialogueUnavailable(Exception):
    """The dialogue cannot answer now; asking again later may help."""


@dataclass(frozen=True)
class Turn:
    """What the bot says to one message, and its understanding of it, JSON-safe, for staff to review."""

    replies: tuple[Reply, ...]
    understanding: Mapping[str, Any] = field(default_factory=dict)


class Dialogue(Protocol):
    """Whoever can hold a conversation."""

    def reply_to(self, message: IncomingMessage, conversation: str, request_id: str = "") -> Turn:
        """Return the turn that `message` leads to in `conversation`. Raises DialogueUnavailable.

        `request_id` stands in the logs of whoever works on it.
        """

    def ready(self) -> bool:
        """Return whether messages would be answered now."""


class RasaDialogue:
    """Rasa's server with the channel of `bot.nlu.channel`."""

    def __init__(self, url: str, client: httpx.Client) -> None:
        self._url = url
        self._client = client

    def reply_to(self, message: IncomingMessage, conversation: str, request_id: str = "") -> Turn:
        """Return the turn that `message` leads to. Raises DialogueUnavailable."""
        return self._turn(message, conversation, {"request_id": request_id})

    def rehearse(self, message: IncomingMessage, conversation: str, conditions: Sequence[str] = ()) -> Turn:
        """Return the turn that `message` would lead to for staff who try the bot. Raises DialogueUnavailable.

        `conversation` begins with "test-"; in such a one alone the special `conditions` are taken as switched on.
        """
        return self._turn(message, conversation, {"pretend": list(conditions)})

    def _turn(self, message: IncomingMessage, conversation: str, more: Mapping[str, Any]) -> Turn:
        asked = {"conversation": conversation, "time": message.sent_at.isoformat(), **more, **words(message)}
        try:
            response = self._client.post(f"{self._url}/webhooks/carrel/webhook", json=asked)
            response.raise_for_status()
            data = response.json()
            return Turn(tuple(_reply(each) for each in data["replies"]), data["understanding"])
        except httpx.HTTPStatusError as error:
            raise DialogueUnavailable(f"Rasa answered with {error.response.status_code}") from error
        except httpx.HTTPError as error:
            raise DialogueUnavailable(f"Rasa does not answer ({type(error).__name__})") from error
        except (ValueError, KeyError, TypeError) as error:
            raise DialogueUnavailable("Rasa's answer is not to be understood") from error

    def ready(self) -> bool:
        """Return whether Rasa answers and has a model."""
        try:
            return self._client.get(f"{self._url}/status").status_code == 200
        except httpx.HTTPError:
            return False


def words(message: IncomingMessage) -> dict[str, str]:
    """Return what Rasa is told of a message: {"choice": …} for a payload of ours, else {"text": …}."""
    if message.choice is not None:
        if message.choice.startswith("/"):
            return {"choice": message.choice}
        if message.choice.strip().lower() in STARTS:
            return {"choice": GREET}
        return {"text": message.text or message.choice}
    if message.kind in {Kind.TEXT, Kind.POSTBACK}:
        return {"text": message.text or ""}
    return {"choice": SENT_MEDIA}


def _reply(data: Mapping[str, Any]) -> Reply:
    return Reply(
        text=data.get("text"),
        choices=_choices(data),
        cards=tuple(
            Card(
                title=card["title"],
                subtitle=card.get("subtitle"),
                image=card.get("image"),
                links=tuple(Link(link["title"], link["url"]) for link in card.get("links", ())),
                choices=_choices(card),
            )
            for card in data.get("cards", ())
        ),
        image=data.get("image"),
    )


def _choices(data: Mapping[str, Any]) -> tuple[Choice, ...]:
    return tuple(Choice(each["title"], each["payload"], each.get("description")) for each in data.get("choices", ()))
