"""Builds each process from the settings: the only place that names concrete channels."""

from __future__ import annotations

import gc
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import structlog
from flask import Flask
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from bot import logs, processes, readiness
from bot.calendar import words
from bot.dialogue import RasaDialogue
from bot.handover import Handover
from bot.retraining.workshop import Workshop
from bot.settings import HandoverSettings, Settings, read_settings
from bot.store import figures, heartbeats, inbox, library, people
from bot.store.engine import connect
from bot.store.rows import healthy
from bot.workers.answer import AnswerWorker
from bot.workers.courtesy import Courtesies
from bot.workers.lanes import Lanes
from bot.workers.mail import Mailer
from bot.workers.queue import Tasks, asleep, make_queue, register, run_consumer
from bot.workers.reminders import Reminders
from bot.workers.retries import awake
from bot.workers.send import SendWorker
from bot.workers.upkeep import Upkeep
from connectors.channel import Channel
from connectors.deadline import SEND_SECONDS
from connectors.errors import StoreUnavailable
from connectors.messages import IncomingMessage, Reply
from connectors.messenger import Messenger
from connectors.twilio import Twilio
from connectors.web import Health, create_app
from connectors.whatsapp import WhatsApp

if TYPE_CHECKING:
    from bot.console.desk import Desk

log = structlog.get_logger("carrel.wiring")

HEARD_EVERY_SECONDS = 1.0  # that a channel was heard of is noted so often at most, however much it says
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
            human_agent=settings.handover.human_agent,
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
            template=settings.handover.whatsapp_template,
            language=settings.handover.whatsapp_template_language,
        )
    if settings.twilio:
        channels["twilio"] = Twilio(
            account_sid=settings.twilio.account_sid,
            auth_token=settings.twilio.auth_token,
            number=settings.twilio.whatsapp_number,
            public_url=settings.public_url,
            api_url=settings.twilio_api_url,
            now=now,
            template=settings.handover.twilio_template,
        )
    return channels


def build_web(settings: Settings | None = None) -> Flask:
    """Return the web process's application: webhooks, health and the console. Gunicorn calls this."""
    # Here and not above: no worker shows a page, and the console's libraries are a hundred megabytes.
    from bot import console

    logs.configure("web")
    settings = settings or read_settings()
    engine = connect(settings.database_url)
    queue = make_queue(settings.redis_url, settings.var)
    tasks = register(queue, answer=asleep, send=asleep)
    rasa = httpx.Client(timeout=httpx.Timeout(2.0))
    channels = build_channels(settings, httpx.Client(timeout=PLATFORM_TIMEOUT))

    heard_at: dict[str, float] = {}

    def record(channel: str, messages: Sequence[IncomingMessage], request_id: str) -> None:
        moment = time.monotonic()
        heard = moment - heard_at.get(channel, -HEARD_EVERY_SECONDS) >= HEARD_EVERY_SECONDS
        try:
            added = inbox.add(
                engine,
                channel,
                messages,
                now=now(),
                stale_after_seconds=settings.stale_after_seconds,
                request_id=request_id,
                heard=heard,
            )
            if heard:
                heard_at[channel] = moment
        except SQLAlchemyError as error:
            raise StoreUnavailable(type(error).__name__) from error
        for person_id in added.people:
            if not _woke(tasks.answer, person_id):
                break  # each would wait in vain for a queue that is down; the next sweep finds them all

    def health() -> Mapping[str, tuple[bool, str]]:
        return {
            "store": readiness.part(lambda: healthy(engine)),
            "queue": readiness.part(lambda: f"{queue.pending_count()} tasks wait"),
            "rasa": readiness.part(lambda: readiness.rasa(rasa, settings.rasa_url)),
            "actions": readiness.part(lambda: readiness.answers(rasa, f"{settings.actions_url}/health")),
            "worker": readiness.part(lambda: readiness.workers(engine, now())),
            **{name: readiness.part(partial(readiness.channel, engine, name)) for name in channels},
        }

    def told() -> list[figures.Figure]:
        waiting = float(queue.pending_count())
        return [*figures.figures(engine, now()), ("carrel_queue_tasks", "Tasks that wait for a worker", {}, waiting)]

    app = create_app(channels, record, health, told)
    if settings.public_url.startswith("https://"):
        # Something else ends TLS, and only it knows who calls.
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    console.install(app, build_desk(settings, engine, health, channels, partial(_wake, tasks.send)))
    settle_memory()
    return app


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


def build_desk(
    settings: Settings, engine: Engine, health: Health, live: Mapping[str, Channel], wake: Callable[[int], None]
) -> Desk:
    """Return what the console's pages work with. `live` are the channels that are on; `wake` has an outbox sent."""
    from bot.console.desk import Desk, OpenIdConnect

    campus = settings.single_sign_on
    rendering = previews(settings.handover)
    on = {name: channel for name, channel in rendering.items() if name in live}
    courtesies = Courtesies(2)

    def typing(person_id: int) -> None:
        message = inbox.last_said(engine, person_id)
        if message is not None and message.sender is not None and message.sender.channel in live:
            courtesies.show(live[message.sender.channel], person_id, message)

    return Desk(
        engine=engine,
        zone=settings.timezone,
        now=now,
        health=health,
        channels=rendering,
        on=frozenset(live),
        handover=build_handover(settings, engine, on, wake),
        typing=typing,
        live=live,
        dialogue=build_dialogue(settings),
        shop=build_shop(settings),
        second_approver=settings.second_approver,
        secret_key=settings.secret_key,
        public_url=settings.public_url,
        conversations=Path("tests") / "conversations",
        single_sign_on=OpenIdConnect(campus.issuer, campus.client_id, campus.client_secret) if campus else None,
    )


def previews(handover: HandoverSettings | None = None) -> dict[str, Channel]:
    """Return every channel as it renders, with made-up credentials: nothing is ever sent through these.

    `handover` says what the platforms allow after the 24 hours; without it, nothing.
    """
    client = httpx.Client()
    meta: Any = {"access_token": "", "app_secret": "", "verify_token": "", "api_url": "", "api_version": ""}
    return {
        "messenger": Messenger(
            page_id="", client=client, now=now, human_agent=bool(handover and handover.human_agent), **meta
        ),
        "whatsapp": WhatsApp(
            phone_number_id="",
            client=client,
            now=now,
            template=handover.whatsapp_template if handover else "",
            language=handover.whatsapp_template_language if handover else "en",
            **meta,
        ),
        "twilio": Twilio(
            account_sid="-",
            auth_token="-",  # noqa: S106 - it opens nothing
            number="whatsapp:+0",
            public_url="",
            api_url="",
            now=now,
            template=handover.twilio_template if handover else "",
        ),
    }


def _wake(task: Callable[[int], None], person_id: int) -> None:
    _woke(task, person_id)


def _woke(task: Callable[[int], None], person_id: int) -> bool:
    try:
        task(person_id)
        return True
    except Exception as error:  # the message is stored: a queue that is down costs a second, until the next sweep
        log.warning("queue_unavailable", error=type(error).__name__)
        return False


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


def run_trainer(settings: Settings) -> None:
    """Run the trainer's process until it is told to stop."""
    # Here and not above: no other process trains.
    from bot.retraining import training
    from bot.retraining.gate import Thresholds
    from bot.retraining.trainer import Trainer

    logs.configure("trainer")
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    shop = build_shop(settings)
    training.adopt(shop)
    Trainer(shop, Thresholds(**settings.gate), build_dialogue(settings)).run(stop)


def run_worker(settings: Settings) -> None:
    """Run a worker process until it is told to stop: answers, sends, sweeps."""
    logs.configure("worker")
    engine = connect(settings.database_url)
    channels = build_channels(settings, httpx.Client(timeout=PLATFORM_TIMEOUT))
    queue = make_queue(settings.redis_url, settings.var)
    courtesies = Courtesies()
    lanes = Lanes(
        awake(SendWorker(engine, channels, courtesies, now).run),
        lambda person: people.get(engine, person).address.channel,
    )
    answer = AnswerWorker(
        engine=engine,
        channels=channels,
        dialogue=build_dialogue(settings),
        # Not through the queue: the answer is there, and another hop would only delay it.
        wake_send=lanes.wake,
        courtesies=courtesies,
        holding=lambda: _holding(engine),
        now=now,
    )
    tasks: Tasks = register(queue, answer=awake(answer.run), send=awake(lanes.wake))
    name = f"{socket.gethostname()}:{os.getpid()}"
    stop = threading.Event()
    handover = build_handover(settings, engine, channels, partial(_wake, tasks.send))
    upkeep = Upkeep(engine, tasks, queue.pending_count, name, now, (handover.end_silences, *_mails(settings, engine)))
    threading.Thread(target=upkeep.run, args=(stop,), daemon=True, name="upkeep").start()
    heartbeats.beat(engine, name, now())
    settle_memory()
    run_consumer(queue, settings.answer_threads)
    stop.set()
    lanes.end(SEND_SECONDS)


def _mails(settings: Settings, engine: Engine) -> tuple[Callable[[], None], ...]:
    """Return the rounds that send mail to staff: none where no mail server is set."""
    if settings.mail is None:
        return ()
    reminders = Reminders(
        engine=engine,
        send=Mailer(settings.mail),
        now=now,
        zone=settings.timezone,
        address=settings.public_url,
        again=timedelta(minutes=settings.handover.remind_minutes),
        digest_hour=settings.mail.digest_hour,
    )
    return (reminders.run,)


def _holding(engine: Engine) -> tuple[Reply, ...]:
    """Return what is said while the dialogue is out of reach: the store's answers of the topic "holding"."""
    return tuple(Reply(text=answer.text) for answer in library.read_answers(engine) if answer.topic == HOLDING)
