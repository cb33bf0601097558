"""What several processes are built of."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import structlog
from sqlalchemy.engine import Engine

from bot import processes
from bot.calendar import words
from bot.dialogue import RasaDialogue
from bot.handover import Handover
from bot.retraining.workshop import Workshop
from bot.settings import Settings
from bot.store.engine import connect
from connectors.channel import Channel

log = structlog.get_logger("carrel.wiring")

PLATFORM_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
RASA_TIMEOUT = httpx.Timeout(10.0, connect=2.0)


def now() -> datetime:
    """Return this moment, UTC: the one clock of every process."""
    return datetime.now(UTC)


def settle_memory() -> None:
    """Tell Python's garbage collector that what is loaded by now stays.

    It would look through all of it again and again: a tenth of a second in which no webhook is answered.
    """
    gc.collect()
    gc.freeze()


def build_handover(
    settings: Settings, engine: Engine, channels: Mapping[str, Channel], wake: Callable[[int], None]
) -> Handover:
    """Return what gives conversations to people and back; of `channels` those that render for it."""

    def say_when(moment: datetime) -> str:
        return words.moment(moment.astimezone(settings.timezone), now().astimezone(settings.timezone).date())

    silence = timedelta(minutes=settings.handover.silence_minutes)
    return Handover(engine=engine, channels=channels, now=now, wake=wake, say_when=say_when, silence=silence)


def build_shop(settings: Settings) -> Workshop:
    """Return what training works with: this project's folder, and the store."""
    return Workshop(
        engine=connect(settings.database_url),
        root=Path.cwd(),
        var=settings.var.resolve(),
        models=settings.models.resolve(),
        now=now,
        environment=processes.environment(settings),
        command=processes.quietly,
    )


def build_dialogue(settings: Settings) -> RasaDialogue:
    """Return the way to Rasa."""
    return RasaDialogue(settings.rasa_url, httpx.Client(timeout=RASA_TIMEOUT))


def wake(task: Callable[[int], None], person_id: int) -> None:
    """Have a task run for a person, at once where the queue is there."""
    woke(task, person_id)


def woke(task: Callable[[int], None], person_id: int) -> bool:
    """Have a task run for a person; return whether the queue took it. What it did not take, the next sweep finds."""
    try:
        task(person_id)
        return True
    except Exception as error:  # the message is stored: a queue that is down costs a second, until the next sweep
        log.warning("queue_unavailable", error=type(error).__name__)
        return False
