"""What every page of the console works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy.engine import Engine

from bot.dialogue import RasaDialogue
from bot.handover import Handover
from bot.retraining.workshop import Workshop
from connectors.channel import Channel

NAME = "carrel_desk"

Health = Callable[[], Mapping[str, tuple[bool, str]]]


@dataclass(frozen=True)
class OpenIdConnect:
    """The campus's single sign-on."""

    issuer: str
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Desk:
    """The store, the clock, the library's zone, and the dialogue, for all pages.

    `channels` render as the platforms want it and never send; `on` names those that are switched on, and `live` are
    those themselves. `typing` shows a person that somebody writes to them.
    """

    engine: Engine
    zone: ZoneInfo
    now: Callable[[], datetime]
    health: Health
    channels: Mapping[str, Channel]
    on: frozenset[str]
    dialogue: RasaDialogue
    secret_key: str
    public_url: str
    conversations: Path
    shop: Workshop
    handover: Handover
    typing: Callable[[int], None]
    live: Mapping[str, Channel]
    second_approver: bool = True
    single_sign_on: OpenIdConnect | None = None

    def local(self, moment: datetime) -> datetime:
        """Return a moment in the library's zone."""
        return moment.astimezone(self.zone)

    def midnight(self, on: date) -> datetime:
        """Return the beginning of a day in the library's zone."""
        return datetime.combine(on, time(0), self.zone)

    def today(self) -> date:
        """Return the library's date."""
        return self.local(self.now()).date()


def desk() -> Desk:
    """Return the desk of the application that serves this request."""
    return cast(Desk, current_app.extensions[NAME])
