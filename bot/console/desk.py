"""Dependencies of the console's pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import cast
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy.engine import Engine

from bot.contest.storage import Storage
from bot.dialogue import RasaDialogue, Trials
from bot.handover import Handover
from bot.retraining.workshop import Workshop
from bot.store.sessions import Lifetimes
from connectors.channel import Channel

NAME = "carrel_desk"

Health = Callable[[], Mapping[str, tuple[bool, str]]]
# What the doctor finds: the part, its state (ok, warn, wrong), what was found, and what to do.
Checks = Callable[[], Sequence[tuple[str, str, str, str]]]


@dataclass(frozen=True)
class OpenIdConnect:
    """The campus's single sign-on."""

    issuer: str
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Desk:
    """The store, the clock, the library's time zone, and the dialogue, for all pages.

    `channels` render for the platforms and never send; `on` names the enabled ones, and `live` are the enabled channels
    themselves. `typing` shows a person the typing indicator. `approval_above`: an announcement to more people than this
    needs a second person. `keep`: for how many days each kind of data is kept. `examine` looks for what keeps Carrel
    from working. `photos` keeps the contests' files; `facebook`: they may be published on the library's page. `trials`:
    what the test console says where the dialogue is not asked.
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
    shop: Workshop
    handover: Handover
    typing: Callable[[int], None]
    live: Mapping[str, Channel]
    photos: Storage
    trials: Trials
    facebook: bool = False
    second_approver: bool = True
    approval_above: int = 100
    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    single_sign_on: OpenIdConnect | None = None
    keep: Mapping[str, int] = field(default_factory=dict)
    examine: Checks | None = None

    def local(self, moment: datetime) -> datetime:
        """Return a moment in the library's time zone."""
        return moment.astimezone(self.zone)

    def midnight(self, on: date) -> datetime:
        """Return the beginning of a day in the library's time zone."""
        return datetime.combine(on, time(0), self.zone)

    def today(self) -> date:
        """Return the library's date."""
        return self.local(self.now()).date()


def desk() -> Desk:
    """Return the desk of the application serving this request."""
    return cast(Desk, current_app.extensions[NAME])
