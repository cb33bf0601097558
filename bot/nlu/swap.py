"""Puts a new model live in Rasa: each server checks the register every second and loads the active model itself.

The new model is loaded in a thread beside the old one. Messages are answered meanwhile, and each turn uses only one
model.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Optional, Set, Text, Tuple

from rasa.core.agent import Agent
from rasa.core.processor import MessageProcessor
from sanic import Blueprint

from bot.logs import apart
from bot.outages import Outage
from bot.settings import read_settings
from bot.store import models
from bot.store.engine import connect

logger = logging.getLogger(__name__)
lines = apart("rasa")

EVERY_SECONDS = 1.0


class Watcher:
    """Keeps a Rasa server on the model that the register names, and makes sure that it always has a model.

    `agent_of` returns the agent that answers, and `put` replaces it.
    """

    def __init__(self, agent_of: Callable[[], Any], put: Callable[[Agent], None]) -> None:
        settings = read_settings()
        self._agent_of, self._put = agent_of, put
        self._engine = connect(settings.database_url)
        self._folder = settings.models
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._home: Optional[Agent] = None
        self._refused = ""
        self._problem = ""
        self._broken: Set[Tuple[Text, float]] = set()
        self._told = (-1, -1)

    async def run(self) -> None:
        """Check every second until the server stops."""
        register, wait = Outage(lines, "register"), EVERY_SECONDS
        while True:
            try:
                await self._look()
                register.back()
                wait = EVERY_SECONDS
            except asyncio.CancelledError:
                raise
            except Exception as error:  # a store that is down must not end the watch
                wait = max(EVERY_SECONDS, register.gone(error))
            await asyncio.sleep(wait)

    async def _look(self) -> None:
        agent: Optional[Agent] = self._agent_of()
        if agent is None:
            return
        if self._home is None:
            self._home = agent  # made when the server started, with the stores of endpoints.yml
        if agent.processor is None and agent is not self._home:
            # Rasa's DELETE /model leaves an agent without a model and without the conversation store.
            agent = self._back(self._home)
        wanted = await asyncio.to_thread(models.active, self._engine)
        if agent.processor is None:
            await self._take_any(agent, wanted)
            return
        if wanted and agent is not self._home and _name(agent) != wanted:
            agent = self._back(self._home)  # Rasa's PUT /model, with another model than the library has chosen
        has = _name(agent)
        path = self._folder / f"{wanted}.tar.gz"
        if wanted and wanted not in (has, self._refused):
            if path.exists():
                await self._take(agent, path)
            else:
                self._refused, self._problem = wanted, f"{path.name} is not in this server's folder of models"
        elif wanted == has:
            self._refused = self._problem = ""
        await self._tell(agent)

    def _back(self, home: Agent) -> Agent:
        """Make the server's own agent answer again, and return it."""
        self._put(home)
        lines.warning("model_put_back", model=_name(home))
        return home

    async def _take_any(self, agent: Agent, wanted: Text) -> None:
        """Load the active model into a server that has none, or else the newest model that can be loaded."""
        found = sorted(self._folder.glob("*.tar.gz"), key=_changed, reverse=True)
        found.sort(key=lambda path: path.name != f"{wanted}.tar.gz")
        for path in found:
            if (path.name, _changed(path)) in self._broken:
                continue
            await self._take(agent, path)
            if agent.processor is not None:
                lines.warning("model_put_back", model=_name(agent))
                return
            self._broken.add((path.name, _changed(path)))
        seen = (len(found), len(self._broken))
        if seen != self._told:  # once, and again when another file has failed to load
            self._told = seen
            lines.error("model_missing", folder=str(self._folder), files=len(found), do="carrel train")

    async def _tell(self, agent: Agent) -> None:
        """Send a heartbeat that names the current model."""
        now = datetime.now(UTC)
        await asyncio.to_thread(models.serves, self._engine, self._name, _name(agent), now, self._problem)

    async def _take(self, agent: Agent, path: Path) -> None:
        loading = asyncio.create_task(asyncio.to_thread(_load, agent, path))
        try:
            # However long this takes, whoever is waiting for this server must not think that it is down.
            while not (await asyncio.wait({loading}, timeout=EVERY_SECONDS))[0]:
                await self._tell(agent)
            processor = loading.result()
        except Exception as error:  # a broken file; the old model carries on
            self._refused = path.name.removesuffix(".tar.gz")
            self._problem = f"{path.name} cannot be loaded ({type(error).__name__})"
            logger.exception("A model cannot be loaded")
            return
        # This does what Agent.load_model does, but never leaves the server without a model.
        agent.processor = processor
        agent.domain = processor.domain
        agent.tracker_store.domain = processor.domain
        if hasattr(agent.nlg, "responses"):
            agent.nlg.responses = processor.domain.responses
        self._refused = self._problem = ""


def _load(agent: Agent, path: Path) -> MessageProcessor:
    return MessageProcessor(
        model_path=path,
        tracker_store=agent.tracker_store,
        lock_store=agent.lock_store,
        action_endpoint=agent.action_endpoint,
        generator=agent.nlg,
        http_interpreter=agent.http_interpreter,
    )


def _name(agent: Agent) -> Text:
    return str(agent.processor.model_filename).removesuffix(".tar.gz") if agent.processor else ""


def _changed(path: Path) -> float:
    return path.stat().st_mtime


def watch(routes: Blueprint) -> None:
    """Make the server that takes these routes watch the register from startup to shutdown."""

    @routes.listener("after_server_start")
    async def begin(app: Any, _loop: Any) -> None:
        watcher = Watcher(lambda: getattr(app.ctx, "agent", None), lambda agent: setattr(app.ctx, "agent", agent))
        app.ctx.model_watch = asyncio.create_task(watcher.run())

    @routes.listener("before_server_stop")
    async def end(app: Any, _loop: Any) -> None:
        app.ctx.model_watch.cancel()
