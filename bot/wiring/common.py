"""Building blocks shared by several processes."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
from sqlalchemy.engine import Engine

from bot import processes
from bot.calendar import words
from bot.contest.storage import Storage, storage_at
from bot.dialogue import RasaDialogue
from bot.handover import Handover
from bot.retraining.erasure import Erasure
from bot.retraining.workshop import Workshop
from bot.settings import Settings
from bot.store.engine import connect
from bot.unasked import Quiet
from bot.workers.trial import Trials
from connectors.channel import Channel

PLATFORM_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
RASA_TIMEOUT = httpx.Timeout(10.0, connect=2.0)


def now() -> datetime:
    """Return the current time, UTC: the one clock of every process."""
    return datetime.now(UTC)


def settle_memory() -> None:
    """Tell Python's garbage collector that everything loaded so far is permanent.

    Otherwise it would scan all of it again and again: a tenth of a second in which no webhook is answered.
    """
    gc.collect()
    gc.freeze()


def build_handover(
    settings: Settings, engine: Engine, channels: Mapping[str, Channel], wake: Callable[[int], None]
) -> Handover:
    """Return what hands conversations over to staff and back; `channels` are those that render for it."""

    def say_when(moment: datetime, language: str) -> str:
        today = now().astimezone(settings.timezone).date()
        return words.moment(moment.astimezone(settings.timezone), today, words.of(language))

    silence = timedelta(minutes=settings.handover.silence_minutes)
    return Handover(engine=engine, channels=channels, now=now, wake=wake, say_when=say_when, silence=silence)


def quiet_hours(settings: Settings) -> Quiet:
    """Return the hours in which nobody is disturbed."""
    return Quiet(settings.timezone, settings.unasked.quiet_from, settings.unasked.quiet_until)


def build_photos(settings: Settings) -> Storage:
    """Return where the contests' photos are kept."""
    return storage_at(settings.contest_storage, settings.var / "contest")


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


def build_erasure(settings: Settings, engine: Engine) -> Erasure:
    """Return what erases a person everywhere."""
    storage = storage_at(settings.contest_storage, settings.var / "contest")
    return Erasure(engine, settings.var.resolve(), settings.forgotten_key, now, storage)


def build_dialogue(settings: Settings) -> RasaDialogue:
    """Return the Rasa client."""
    return RasaDialogue(settings.rasa_url, httpx.Client(timeout=RASA_TIMEOUT), settings.rasa_token)


def data_link(settings: Settings, token: str) -> str:
    """Return the address of the page that a one-time token opens."""
    return f"{settings.public_url}/privacy/data/{token}"


def said_day(settings: Settings, moment: datetime, language: str) -> str:
    """Return a moment's date as it is said in a language."""
    today = now().astimezone(settings.timezone).date()
    return words.full_date(moment.astimezone(settings.timezone).date(), today, words.of(language))


def build_trials(settings: Settings, engine: Engine) -> Trials:
    """Return what tells staff who try the bot what a student would be told beside the dialogue."""
    return Trials(engine, settings.timezone, partial(data_link, settings), partial(said_day, settings))


def wake(task: Callable[[int], None], person_id: int) -> None:
    """Enqueue a task for a person, if the queue is available."""
    woke(task, person_id)


def woke(task: Callable[[int], None], person_id: int) -> bool:
    """Enqueue a task for a person; return whether the queue accepted it. If not, the next sweep finds it."""
    try:
        task(person_id)
        return True
    except Exception:  # the message is stored; the queue reports its own outage
        return False
