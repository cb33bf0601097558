"""Readiness of each part of Carrel: what /readyz reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import httpx
from sqlalchemy.engine import Engine

from bot.store import contacts, heartbeats, outbox

WHERE = "console, Emergency contacts; or content/contacts.yml and carrel content load"


class NotReady(Exception):
    """A part of Carrel isn't ready; the text says which and why."""


def part(check: Callable[[], str]) -> tuple[bool, str]:
    """Return whether a part is ready, and the text of its `check`."""
    try:
        return True, check()
    except NotReady as problem:
        return False, str(problem)
    except Exception as error:  # whatever a part raises, the page must say which part it was
        return False, f"does not answer ({type(error).__name__})"


def rasa(client: httpx.Client, url: str) -> str:
    """Return the model that Rasa at `url` has loaded. Raises NotReady."""
    response = client.get(f"{url}/status")
    if response.status_code != 200:
        raise NotReady("no model is loaded yet")
    return str(response.json().get("model_file", "ready")).rsplit("/", 1)[-1]


def answers(client: httpx.Client, url: str) -> str:
    """Return that something answers at `url`. Raises NotReady."""
    if client.get(url).status_code != 200:
        raise NotReady("does not answer with 200")
    return "ready"


def workers(engine: Engine, now: datetime) -> str:
    """Return how many workers have sent a heartbeat recently. Raises NotReady when none has."""
    alive = heartbeats.alive(engine, now)
    if not alive:
        raise NotReady("no worker has given a sign of life for 15 seconds")
    return f"{alive} alive"


def channel(engine: Engine, name: str, *, real: bool) -> str:
    """Return that a channel is on. Raises NotReady with what an operator has to repair.

    `real`: it reaches the platform, and so students, who must not be left without a number to call in danger; with a
    stand-in a missing one is only reported.
    """
    alarm = outbox.alarms(engine).get(name)
    if alarm:
        raise NotReady(alarm)
    found = contacts.missing(contacts.read_contacts(engine))
    if not found:
        return "on"
    told = f"to be filled in before anybody may need it: {', '.join(found)} ({WHERE})"
    if real:
        raise NotReady(told)
    return f"on; {told}"
