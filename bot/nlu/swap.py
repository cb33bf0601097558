"""Rasa's side of going live: each server looks at the register each second, and takes the active model by itself.

The new model is loaded beside the old one, in a thread: messages go on being answered meanwhile, each turn wholly by
one model.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Optional, Text

from rasa.core.agent import Agent
from rasa.core.processor import MessageProcessor
from sanic import Blueprint

from bot.settings import read_settings
from bot.store import models
from bot.store.engine import connect

logger = logging.getLogger(__name__)

EVERY_SECONDS = 1.0


class Watcher:
    """Keeps one Rasa server's model the one that the register says."""

    def __init__(self, agent_of: Any) -> None:
        settings = read_settings()
        self._agent_of = agent_of
        self._engine = connect(settings.database_url)
        self._folder = settings.models
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._refused = ""
        self._problem = ""

    async def run(self) -> None:
        """Look each second, until the server ends."""
        while True:
            try:
                await self._look()
            except asyncio.CancelledError:
                raise
            except Exception as error:  # a store that is down must not end the watch
                logger.warning("The register of models could not be read: %s", type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def _look(self) -> None:
        agent: Optional[Agent] = self._agent_of()
        if agent is None or agent.processor is None:
            return
        wanted = await asyncio.to_thread(models.active, self._engine)
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

    async def _tell(self, agent: Agent) -> None:
        """Give a sign of life, with the model that answers now."""
        now = datetime.now(UTC)
        await asyncio.to_thread(models.serves, self._engine, self._name, _name(agent), now, self._problem)

    async def _take(self, agent: Agent, path: Path) -> None:
        loading = asyncio.create_task(asyncio.to_thread(_load, agent, path))
        try:
            # However long it takes: whoever waits for this server must not take it for gone.
            while not (await asyncio.wait({loading}, timeout=EVERY_SECONDS))[0]:
                await self._tell(agent)
            processor = loading.result()
        except Exception as error:  # a file that is broken; the old model goes on
            self._refused = path.name.removesuffix(".tar.gz")
            self._problem = f"{path.name} cannot be loaded ({type(error).__name__})"
            logger.exception("A model cannot be loaded")
            return
        # What Agent.load_model does, without a moment in which the server has no model.
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


def watch(routes: Blueprint) -> None:
    """Have the server that takes these routes watch the register, from its start to its end."""

    @routes.listener("after_server_start")
    async def begin(app: Any, _loop: Any) -> None:
        app.ctx.model_watch = asyncio.create_task(Watcher(lambda: getattr(app.ctx, "agent", None)).run())

    @routes.listener("before_server_stop")
    async def end(app: Any, _loop: Any) -> None:
        app.ctx.model_watch.cancel()
