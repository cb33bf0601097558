"""A conversation in which a photo is entered: the actions in the order in which Rasa's form runs them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from rasa_sdk.executor import ActionExecutor
from sqlalchemy.engine import Engine

from bot.sentences import variants
from bot.store import entries, inbox
from bot.store.contest_tables import PhotoRow
from bot.store.message_tables import PersonRow
from connectors.messages import Address, IncomingMessage, Kind, Media
from tests.contest import CONTEST

JOIN = "/contest_join"


@dataclass
class Entering:
    """One person's conversation. `loop`: whether the form is active; `said` and `buttons` are the last turn's."""

    executor: ActionExecutor
    domain: dict[str, Any]
    store: Engine
    now: datetime
    channel: str = "messenger"
    person: str = "7"
    language: str = "en"
    conversation: str = ""
    loop: bool = False
    slots: dict[str, Any] = field(default_factory=dict)
    said: str = ""
    buttons: dict[str, str] = field(default_factory=dict)
    sent: int = 0
    places: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.conversation:
            self.deliver()
            with self.store.connect() as connection:
                where = (PersonRow.channel == self.channel, PersonRow.person == self.person)
                self.conversation = connection.execute(sa.select(PersonRow.conversation).where(*where)).scalar_one()

    def deliver(self, *media: Media) -> str:
        """Put a message into the inbox; return its id."""
        self.sent += 1
        name = f"m{self.person}.{self.sent}"
        kind, text = (Kind.MEDIA, None) if media else (Kind.TEXT, "words")
        message = IncomingMessage(name, kind, Address(self.channel, self.person), self.now, text, media=media)
        inbox.add(self.store, self.channel, [message], now=self.now, stale_after_seconds=3600)
        return name

    def write(self, text: str, intent: str = "out_of_scope", confidence: float = 0.9) -> str:
        """Say something within the form, or outside it; return what the bot says."""
        return self._turn({"text": text, "intent": {"name": intent, "confidence": confidence}, "entities": []})

    def tap(self, title: str) -> str:
        """Tap a button of the last answer."""
        intent, _, value = self.buttons[title].removeprefix("/").partition("{")
        entities = [{"entity": "answer", "value": value.split('"')[3]}] if value else []
        message = {"text": self.buttons[title], "intent": {"name": intent, "confidence": 1.0}, "entities": entities}
        return self._turn(message)

    def send(self, *media: Media, intent: str = "sent_media") -> str:
        """Send files in one message."""
        name = self.deliver(*media)
        files = [
            {"at": f"{name}#{place}", "type": each.type, "mime": each.mime or ""} for place, each in enumerate(media)
        ]
        told = {"text": f"/{intent}", "intent": {"name": intent, "confidence": 1.0}, "entities": []}
        return self._turn(told, media=files)

    def album(self, *media: Media, at: Sequence[str] = ()) -> str:
        """Send files at once, a message each, read together; `at`: those that were sent before, too."""
        places = [*at, *(f"{self.deliver(each)}#0" for each in media)]
        self.places = places
        shown = [Media("image")] * len(at) + list(media)
        files = [
            {"at": place, "type": each.type, "mime": each.mime or ""} for place, each in zip(places, shown, strict=True)
        ]
        told = {"text": "/sent_media", "intent": {"name": "sent_media", "confidence": 1.0}, "entities": []}
        return self._turn(told, media=files)

    def photo(self) -> str:
        """Send a photo."""
        return self.send(Media("image", "https://lookaside.fbsbx.com/a", None, "image/jpeg"))

    def fetched(self, state: str = "ready") -> None:
        """Let every photo on its way be fetched, or fail."""
        with self.store.begin() as connection:
            connection.execute(sa.update(PhotoRow.__table__).where(PhotoRow.state == "fetching").values(state=state))

    def entries(self) -> Sequence[entries.Entry]:
        """Return what this person has in the store."""
        with self.store.connect() as connection:
            query = sa.select(PersonRow.id).where(PersonRow.conversation == self.conversation)
            person = connection.execute(query).scalar_one()
        return entries.of_person(self.store, person, CONTEST)

    def _turn(self, message: dict[str, Any], **metadata: Any) -> str:
        self.said, self.buttons = "", {}
        told = {"time": self.now.astimezone(UTC).isoformat(), "language": self.language, **metadata}
        message = {**message, "metadata": told}
        if self.loop:
            self._form(message)
        elif message["intent"]["name"] in {"contest_join", "contest_step"}:
            self._begin("action_contest_begin", message)
        elif message["intent"]["name"].startswith("contest_") and message["intent"]["name"] != "contest_mine":
            self._begin("action_contest", message)
        else:
            self._run(
                {"sent_media": "action_sent_media", "contest_mine": "action_contest_mine"}[message["intent"]["name"]],
                message,
            )
        return self.said

    def _begin(self, action: str, message: dict[str, Any]) -> None:
        self._run(action, message)
        if self.slots.get("contest_taking"):
            self.loop = True
            self._ask(message)

    def _form(self, message: dict[str, Any]) -> None:
        events = self._run("validate_contest_form", message)
        set_ = {each["name"]: each["value"] for each in events if each["event"] == "slot"}
        if not set(set_) - {"requested_slot"}:
            self.said = "(not for the form)"
            return
        if "requested_slot" in set_ and set_["requested_slot"] is None:
            self._over(message)
        else:
            self._ask(message)

    def _ask(self, message: dict[str, Any]) -> None:
        wanted = self.domain["forms"]["contest_form"]["required_slots"]
        self.slots["requested_slot"] = next((each for each in wanted if self.slots.get(each) is None), None)
        if self.slots["requested_slot"] is None:
            self._over(message)
        else:
            self._run(f"action_ask_{self.slots['requested_slot']}", message)

    def _over(self, message: dict[str, Any]) -> None:
        self.loop, self.slots["requested_slot"] = False, None
        self._run("action_contest_enter", message)

    def _run(self, action: str, message: dict[str, Any]) -> list[dict[str, Any]]:
        tracker = {
            "sender_id": self.conversation,
            "slots": dict(self.slots),
            "latest_message": message,
            "events": [],
            "active_loop": {"name": "contest_form"} if self.loop else {},
        }
        call = {"next_action": action, "tracker": tracker, "domain": self.domain}
        result = dict(asyncio.run(self.executor.run(call)) or {})
        events = list(result.get("events", ()))
        self.slots.update({each["name"]: each["value"] for each in events if each["event"] == "slot"})
        for each in result.get("responses", ()):
            found = variants(each.get("language", ""), each["response"], self.domain["responses"])
            self.said = f"{self.said}\n{found[0]['text'].format(**each)}".strip()
            self.buttons.update({button["title"]: button["payload"] for button in each["buttons"]})
        return events
