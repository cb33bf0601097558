"""Whether each part of Carrel can do its work: what /readyz says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import httpx
from sqlalchemy.engine import Engine

from bot.store import heartbeats, outbox


class NotReady(Exception):
    """A part of Carrel cannot do its work; the text says which and why."""


def part(check: Callable[[], str]) -> tuple[bool, str]:
    """Return whether a part is ready, and what its `check` says of it."""
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
    """Return how many workers have given a sign of life. Raises NotReady when none has."""
    alive = heartbeats.alive(engine, now)
    if not alive:
        raise NotReady("no worker has given a sign of life for 15 seconds")
    return f"{alive} alive"


def channel(engine: Engine, name: str) -> str:
    """Return that a channel is on. Raises NotReady with what an operator has to repair."""
    alarm = outbox.alarms(engine).get(name)
    if alarm:
        raise NotReady(alarm)
    return "on"
