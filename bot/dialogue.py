"""The dialogue: a message in; replies and the understanding out. Implemented by Rasa, over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from bot import passes
from bot.language import CHOSEN, asked_for, told
from connectors.channel import Channel
from connectors.folding import has_words
from connectors.messages import Card, Choice, IncomingMessage, Kind, Link, Reply

STARTS = frozenset({"get_started", "getstarted", "__get_started__", "get started", "start"})
GREET, SENT_MEDIA, ACKNOWLEDGE, ANNOYED = "/greet", "/sent_media", "/acknowledge", "/annoyed"
# Emoji that express approval, and disapproval. Those that express sorrow or fear are in neither.
KIND = frozenset(
    "👍👌🙏❤💕💖💗💙💚💛💜🧡🖤🤍💪🙌👏🤝✌🤞🫶😀😃😄😁😆😅🤣😂🙂😉😊😇🥰😍🤩😘☺😋😎🤓🤗🤭😌🥳💯✅✔🎉🎊✨⭐🌟🌹🌸🫡👋😺🤙🔥"
)
# Under this key an album's details say where each of its files came: "<message>#<place in it>".
ALBUM = "album"
RUDE = frozenset("👎🖕😠😡🤬💩🙄😒😤")


class DialogueUnavailable(Exception):
    """The dialogue can't answer now; a retry may help."""


class DialogueAway(DialogueUnavailable):
    """The dialogue couldn't be reached: the message isn't the cause."""


@dataclass(frozen=True)
class Turn:
    """The bot's replies to one message, and its understanding of it, JSON-safe, for staff to review."""

    replies: tuple[Reply, ...]
    understanding: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """How words would be taken: `sure`, understood; `light`, mere courtesy; `urgent`, somebody needs help at once."""

    sure: bool
    light: bool = False
    urgent: bool = False


class Dialogue(Protocol):
    """Interface of anything that can hold a conversation."""

    def reply_to(self, message: IncomingMessage, conversation: str, request_id: str = "") -> Turn:
        """Return the turn that `message` leads to in `conversation`. Raises DialogueUnavailable.

        `request_id` appears in the logs of everything that handles it.
        """

    def reply_if_sure(self, message: IncomingMessage, conversation: str, request_id: str = "") -> Turn | None:
        """Return the turn that `message` leads to, if it is surely understood. Raises DialogueUnavailable.

        None: it isn't, and the conversation is unchanged.
        """

    def read(self, message: IncomingMessage, conversation: str) -> Reading:
        """Return how `message` would be taken, without changing the conversation. Raises DialogueUnavailable."""

    def ready(self) -> bool:
        """Return whether messages would be answered now."""


@dataclass(frozen=True)
class Heard:
    """What becomes of a message in a trial: the `turn` that answers it, or the `message` as the dialogue is to hear it.

    `silent`: why nobody answers it, "" if somebody does. `number` is the message's within the trial.
    """

    message: IncomingMessage
    number: int
    turn: Turn | None = None
    silent: str = ""


class Trials(Protocol):
    """Interface of what says, as a dry run, what the dialogue is not asked: one's data, subscriptions, votes, STOP."""

    def hear(self, conversation: str, message: IncomingMessage) -> Heard:
        """Return what becomes of a message in a trial, which is named by its conversation."""

    def said(self, conversation: str, heard: Heard, turn: Turn, channel: Channel | None) -> Turn:
        """Record the turn that answers a message, and return it as a student gets it on a channel; None: on none."""


class RasaDialogue:
    """Rasa's server with the channel of `bot.nlu.channel`, which requires the token."""

    def __init__(self, url: str, client: httpx.Client, token: str = "") -> None:
        self._url = url
        self._client = client
        self._headers = passes.headers(token)

    def reply_to(self, message: IncomingMessage, conversation: str, request_id: str = "") -> Turn:
        """Return the turn that `message` leads to. Raises DialogueUnavailable."""
        return _turn(self._ask(message, conversation, {"request_id": request_id}))

    def reply_if_sure(self, message: IncomingMessage, conversation: str, request_id: str = "") -> Turn | None:
        """Return the turn that `message` leads to, or None if unsure. Raises DialogueUnavailable."""
        data = self._ask(message, conversation, {"request_id": request_id, "patient": True})
        return None if data.get("unsure") else _turn(data)

    def read(self, message: IncomingMessage, conversation: str) -> Reading:
        """Return how `message` would be taken. Raises DialogueUnavailable."""
        data = self._ask(message, conversation, {"read": True})
        try:
            return Reading(**{name: bool(data[name]) for name in ("sure", "light", "urgent")})
        except (KeyError, TypeError) as error:
            raise DialogueUnavailable("Rasa's answer is not to be understood") from error

    def rehearse(self, message: IncomingMessage, conversation: str, conditions: Sequence[str] = ()) -> Turn:
        """Return the turn that `message` would lead to, for staff who try out the bot. Raises DialogueUnavailable.

        `conversation` begins with "test-"; only in such a one are the given `conditions` treated as switched on.
        """
        return _turn(self._ask(message, conversation, {"pretend": list(conditions)}))

    def _ask(self, message: IncomingMessage, conversation: str, more: Mapping[str, Any]) -> Mapping[str, Any]:
        asked: dict[str, Any] = {
            "conversation": conversation,
            "time": message.sent_at.isoformat(),
            "message": message.id,
        }
        asked |= {**more, **words(message)}
        if message.media:
            asked["media"] = files(message)
        if language := told(message):
            asked["language"] = language
        try:
            response = self._client.post(f"{self._url}/webhooks/carrel/webhook", json=asked, headers=self._headers)
            response.raise_for_status()
            data = response.json()
            if not isinstance(data, dict):
                raise ValueError("no object")
            return data
        except httpx.HTTPStatusError as error:
            raise DialogueUnavailable(f"Rasa answered with {error.response.status_code}") from error
        except httpx.HTTPError as error:
            raise DialogueAway(f"Rasa does not answer ({type(error).__name__})") from error
        except ValueError as error:
            raise DialogueUnavailable("Rasa's answer is not to be understood") from error

    def ready(self) -> bool:
        """Return whether Rasa answers and has a model."""
        try:
            return self._client.get(f"{self._url}/status", headers=self._headers).status_code == 200
        except httpx.HTTPError:
            return False


def words(message: IncomingMessage) -> dict[str, str]:
    """Return a message in Rasa's form: {"choice": …} for a payload of ours, else {"text": …}."""
    if message.choice is not None:
        if message.choice.startswith("/"):
            return {"choice": message.choice}
        if message.choice.strip().lower() in STARTS:
            return {"choice": GREET}
        return {"text": message.text or message.choice}
    if message.kind in {Kind.TEXT, Kind.POSTBACK, Kind.EDIT}:
        sign = _sign(message.text or "") or CHOSEN.get(asked_for(message.text or ""))
        return {"choice": sign} if sign else {"text": message.text or ""}
    if message.media and all(each.type == "sticker" for each in message.media):
        return {"choice": ACKNOWLEDGE}
    return {"choice": SENT_MEDIA}


def files(message: IncomingMessage) -> list[dict[str, str]]:
    """Return what files a message brought, by where each came: where the files themselves are stays in the inbox."""
    places = message.details.get(ALBUM) or [f"{message.id}#{place}" for place in range(len(message.media))]
    found = zip(places, message.media, strict=True)
    return [{"at": place, "type": each.type, "mime": each.mime or ""} for place, each in found]


def _sign(text: str) -> str:
    """Return the meaning of an emoji-only message; "" if it is unclear, or there are words."""
    if not text.strip() or has_words(text):
        return ""
    if any(each in RUDE for each in text):
        return ANNOYED
    return ACKNOWLEDGE if any(each in KIND for each in text) else ""


def _turn(data: Mapping[str, Any]) -> Turn:
    try:
        return Turn(tuple(reply_of(each) for each in data["replies"]), data["understanding"])
    except (ValueError, KeyError, TypeError) as error:
        raise DialogueUnavailable("Rasa's answer is not to be understood") from error


def reply_of(data: Mapping[str, Any]) -> Reply:
    """Return a reply from JSON, with defaults for missing fields."""
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
