"""Builds each process from the settings: the only place that names concrete channels."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

import httpx
import structlog
from flask import Flask
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot import logs
from bot.dialogue import RasaDialogue
from bot.settings import Settings, read_settings
from bot.store import figures, heartbeats, inbox, library, outbox
from bot.store.engine import connect
from bot.store.rows import healthy
from bot.workers.answer import AnswerWorker
from bot.workers.courtesy import Courtesies
from bot.workers.queue import Tasks, asleep, make_queue, register, run_consumer
from bot.workers.send import SendWorker
from bot.workers.upkeep import Upkeep
from connectors.channel import Channel
from connectors.errors import StoreUnavailable
from connectors.messages import IncomingMessage, Reply
from connectors.messenger import Messenger
from connectors.twilio import Twilio
from connectors.web import create_app
from connectors.whatsapp import WhatsApp

log = structlog.get_logger("carrel.wiring")

PLATFORM_TIMEOUT = httpx.Timeout(15.0, connect=5.0)
RASA_TIMEOUT = httpx.Timeout(10.0, connect=2.0)
HOLDING = "holding"


def now() -> datetime:
    """Return this moment, UTC: the one clock of every process."""
    return datetime.now(UTC)


def build_channels(settings: Settings, client: httpx.Client) -> dict[str, Channel]:
    """Return the channels that are switched on, by name."""
    channels: dict[str, Channel] = {}
    if settings.messenger:
        channels["messenger"] = Messenger(
            page_id=settings.messenger.page_id,
            access_token=settings.messenger.page_access_token,
            app_secret=settings.messenger.app_secret,
            verify_token=settings.messenger.verify_token,
            api_url=settings.graph_api_url,
            api_version=settings.graph_api_version,
            client=client,
            now=now,
        )
    if settings.whatsapp:
        channels["whatsapp"] = WhatsApp(
            phone_number_id=settings.whatsapp.phone_number_id,
            access_token=settings.whatsapp.access_token,
            app_secret=settings.whatsapp.app_secret,
            verify_token=settings.whatsapp.verify_token,
            api_url=settings.graph_api_url,
            api_version=settings.graph_api_version,
            client=client,
            now=now,
        )
    if settings.twilio:
        channels["twilio"] = Twilio(
            account_sid=settings.twilio.account_sid,
            auth_token=settings.twilio.auth_token,
            number=settings.twilio.whatsapp_number,
            public_url=settings.public_url,
            api_url=settings.twilio_api_url,
            now=now,
        )
    return channels


def build_web(settings: Settings | None = None) -> Flask:
    """Return the web process's application: webhooks and health. Gunicorn calls this."""
    logs.configure("web")
    settings = settings or read_settings()
    engine = connect(settings.database_url)
    queue = make_queue(settings.redis_url, settings.var)
    tasks = register(queue, answer=asleep, send=asleep)
    rasa = httpx.Client(timeout=httpx.Timeout(2.0))
    channels = build_channels(settings, httpx.Client(timeout=PLATFORM_TIMEOUT))

    def record(channel: str, messages: Sequence[IncomingMessage], request_id: str) -> None:
        try:
            added = inbox.add(
                engine,
                channel,
                messages,
                now=now(),
                stale_after_seconds=settings.stale_after_seconds,
                request_id=request_id,
            )
        except SQLAlchemyError as error:
            raise StoreUnavailable(type(error).__name__) from error
        for person_id in added.people:
            _wake(tasks.answer, person_id)

    def health() -> Mapping[str, tuple[bool, str]]:
        return {
            "store": _part(lambda: healthy(engine)),
            "queue": _part(lambda: f"{queue.pending_count()} tasks wait"),
            "rasa": _part(lambda: _rasa_state(rasa, settings.rasa_url)),
            "actions": _part(lambda: _answers(rasa, f"http://127.0.0.1:{settings.actions_port}/health")),
            "worker": _part(lambda: _workers(engine)),
            **{name: _part(partial(_channel_state, engine, name)) for name in channels},
        }

    def told() -> list[figures.Figure]:
        waiting = float(queue.pending_count())
        return [*figures.figures(engine, now()), ("carrel_queue_tasks", "Tasks that wait for a worker", {}, waiting)]

    return create_app(channels, record, health, told)


def _wake(task: Callable[[int], None], person_id: int) -> None:
    try:
        task(person_id)
    except Exception as error:  # the message is stored: a queue that is down costs a second, until the next sweep
        log.warning("queue_unavailable", error=type(error).__name__)


class NotReady(Exception):
    """A part of Carrel cannot do its work; the text says which and why."""


def _part(check: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, check()
    except NotReady as problem:
        return False, str(problem)
    except Exception as error:  # whatever a part raises, the page must say which part it was
        return False, f"does not answer ({type(error).__name__})"


def _rasa_state(client: httpx.Client, url: str) -> str:
    response = client.get(f"{url}/status")
    if response.status_code != 200:
        raise NotReady("no model is loaded yet")
    return str(response.json().get("model_file", "ready")).rsplit("/", 1)[-1]


def _answers(client: httpx.Client, url: str) -> str:
    if client.get(url).status_code != 200:
        raise NotReady("does not answer with 200")
    return "ready"


def _workers(engine: Engine) -> str:
    alive = heartbeats.alive(engine, now())
    if not alive:
        raise NotReady("no worker has given a sign of life for 15 seconds")
    return f"{alive} alive"


def _channel_state(engine: Engine, name: str) -> str:
    alarm = outbox.alarms(engine).get(name)
    if alarm:
        raise NotReady(alarm)
    return "on"


def run_worker(settings: Settings) -> None:
    """Run a worker process until it is told to stop: answers, sends, sweeps."""
    logs.configure("worker")
    engine = connect(settings.database_url)
    channels = build_channels(settings, httpx.Client(timeout=PLATFORM_TIMEOUT))
    queue = make_queue(settings.redis_url, settings.var)
    courtesies = Courtesies()
    send = SendWorker(engine, channels, courtesies, now)
    answer = AnswerWorker(
        engine=engine,
        channels=channels,
        dialogue=RasaDialogue(settings.rasa_url, httpx.Client(timeout=RASA_TIMEOUT)),
        # In the same task: the answer is there, and another hop through the queue would only delay it.
        wake_send=send.run,
        courtesies=courtesies,
        holding=lambda: _holding(engine),
        now=now,
    )
    tasks: Tasks = register(queue, answer=answer.run, send=send.run)
    name = f"{socket.gethostname()}:{os.getpid()}"
    stop = threading.Event()
    upkeep = Upkeep(engine, tasks, queue.pending_count, name, now)
    threading.Thread(target=upkeep.run, args=(stop,), daemon=True, name="upkeep").start()
    heartbeats.beat(engine, name, now())
    run_consumer(queue, settings.answer_threads)
    stop.set()


def _holding(engine: Engine) -> tuple[Reply, ...]:
    """Return what is said while the dialogue is out of reach: the store's answers of the topic "holding"."""
    return tuple(Reply(text=answer.text) for answer in library.read_answers(engine) if answer.topic == HOLDING)
