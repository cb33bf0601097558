"""The web process: webhooks, health and the console."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import httpx
import structlog
from flask import Flask
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from bot import logs, passes, readiness
from bot.outages import Outage
from bot.server import serve
from bot.settings import Settings
from bot.store import figures, inbox
from bot.store.engine import connect
from bot.store.rows import healthy
from bot.store.sessions import Lifetimes
from bot.wiring.channels import build_channels, previews
from bot.wiring.common import (
    PLATFORM_TIMEOUT,
    build_dialogue,
    build_handover,
    build_photos,
    build_shop,
    build_trials,
    now,
    settle_memory,
    wake,
    woke,
)
from bot.workers.courtesy import Courtesies
from bot.workers.queue import asleep, make_queue, register
from connectors.channel import Channel
from connectors.errors import StoreUnavailable
from connectors.messages import IncomingMessage
from connectors.web import Health, create_app

if TYPE_CHECKING:
    from bot.console.desk import Checks, Desk

log = structlog.get_logger("carrel.web")

# A webhook is one transaction; pages may be slow, and each librarian with the inbox open holds a thread for seconds.
THREADS = {"webhooks": 12, "pages": 36}  # of which bot.console.inbox_live takes at most 20
FIRST = ("/webhooks/", "/healthz")

HEARD_EVERY_SECONDS = 1.0  # how often, at most, a channel is noted as heard from, however many events it sends


def run_web(settings: Settings, examine: Checks | None = None) -> None:
    """Run the web process until it is told to stop. `examine`: what the console's doctor page shows."""
    application = build_web(settings, examine)

    def lane_of(path: str) -> str:
        return "webhooks" if path.startswith(FIRST) else "pages"

    serve(application, settings.host, settings.port, threads=THREADS, lane_of=lane_of)


def build_web(settings: Settings, examine: Checks | None = None) -> Flask:
    """Return the web process's application: webhooks, health and the console."""
    # Imported here, not above: no worker shows pages, and the console's libraries take a hundred megabytes.
    from bot import console, public
    from bot.public.counter import Counter

    logs.configure("web")
    engine = connect(settings.database_url)
    queue = make_queue(settings.redis_url, settings.var)
    tasks = register(queue, answer=asleep, send=asleep)
    rasa = httpx.Client(timeout=httpx.Timeout(2.0), headers=passes.headers(settings.rasa_token))
    channels = build_channels(settings, httpx.Client(timeout=PLATFORM_TIMEOUT))

    heard_at: dict[str, float] = {}
    store = Outage(log, "store")

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
            store.gone(error)
            raise StoreUnavailable(type(error).__name__) from error
        store.back()
        for person_id in added.people:
            if not woke(tasks.answer, person_id):
                break  # each would wait in vain for a queue that is down; the next sweep finds them all

    def health() -> Mapping[str, tuple[bool, str]]:
        return {
            "store": readiness.part(lambda: healthy(engine)),
            "queue": readiness.part(lambda: f"{queue.pending_count()} tasks wait"),
            "rasa": readiness.part(lambda: readiness.rasa(rasa, settings.rasa_url)),
            "actions": readiness.part(lambda: readiness.answers(rasa, f"{settings.actions_url}/health")),
            "worker": readiness.part(lambda: readiness.workers(engine, now())),
            **{
                name: readiness.part(partial(readiness.channel, engine, name, real=settings.is_real(name)))
                for name in channels
            },
        }

    def told() -> list[figures.Figure]:
        waiting = float(queue.pending_count())
        return [*figures.figures(engine, now()), ("carrel_queue_tasks", "Tasks that wait for a worker", {}, waiting)]

    app = create_app(channels, record, health, told)
    if settings.public_url.startswith("https://"):
        # A proxy terminates TLS, and only it knows the caller.
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    figures_kept = {f"{name}_days": days for name, days in settings.keep.items()}
    secrets, zone, met = _app_secrets(settings), settings.timezone, _met(settings)
    counter = Counter(engine, now, figures_kept, build_photos(settings), secrets, settings.public_url, zone, *met)
    public.install(app, counter)
    at = build_desk(settings, engine, health, channels, partial(wake, tasks.send))
    console.install(app, replace(at, examine=examine))
    settle_memory()
    return app


def _app_secrets(settings: Settings) -> tuple[str, ...]:
    """Return what Meta may sign a deletion request with; nothing while Messenger is off."""
    return (settings.messenger.app_secret,) if settings.messenger else ()


def _met(settings: Settings) -> tuple[str, str]:
    """Return where people meet the bot: the Facebook page, and the WhatsApp number's digits; "" where they do not."""
    page = settings.messenger.page_id if settings.messenger else ""
    theirs = settings.twilio.whatsapp_number.removeprefix("whatsapp:+") if settings.twilio else ""
    return page, settings.whatsapp_shown_number or theirs


def build_desk(
    settings: Settings, engine: Engine, health: Health, live: Mapping[str, Channel], send: Callable[[int], None]
) -> Desk:
    """Return what the console's pages work with. `live` are the enabled channels; `send` triggers sending an outbox."""
    from bot.console.desk import Desk, OpenIdConnect

    campus = settings.single_sign_on
    rendering = previews(settings.handover, settings.unasked)
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
        handover=build_handover(settings, engine, on, send),
        typing=typing,
        live=live,
        photos=build_photos(settings),
        facebook=bool(settings.contest_facebook),
        trials=build_trials(settings, engine),
        dialogue=build_dialogue(settings),
        shop=build_shop(settings),
        second_approver=settings.second_approver,
        approval_above=settings.unasked.approval_above,
        keep=settings.keep,
        lifetimes=Lifetimes(timedelta(hours=settings.session_idle_hours), timedelta(days=settings.session_days)),
        secret_key=settings.secret_key,
        public_url=settings.public_url,
        single_sign_on=OpenIdConnect(campus.issuer, campus.client_id, campus.client_secret) if campus else None,
    )
