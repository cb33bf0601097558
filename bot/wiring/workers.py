"""The background processes: the worker, which answers and sends, and the trainer."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

import httpx
from sqlalchemy.engine import Engine
from sqlalchemy.exc import NoResultFound

from bot import logs, sentences
from bot.language import LANGUAGES
from bot.settings import Settings
from bot.store import heartbeats, library, people
from bot.store.engine import connect
from bot.unasked import Quiet
from bot.wiring.channels import build_channels
from bot.wiring.common import (
    PLATFORM_TIMEOUT,
    build_dialogue,
    build_erasure,
    build_handover,
    build_photos,
    build_shop,
    data_link,
    now,
    quiet_hours,
    said_day,
    settle_memory,
    wake,
)
from bot.workers.answer import AnswerWorker
from bot.workers.contest import ContestWorker
from bot.workers.courtesy import Courtesies
from bot.workers.door_alarm import DoorAlarm
from bot.workers.erasing import Erasing
from bot.workers.importer import Importer
from bot.workers.introduction import Introduction
from bot.workers.keeping_less import KeepingLess
from bot.workers.lanes import Lanes
from bot.workers.mail import Mailer
from bot.workers.notices import Notices
from bot.workers.photo_end import PhotoEnd
from bot.workers.posting import Posting
from bot.workers.queue import Tasks, make_queue, register, run_consumer
from bot.workers.reminders import Reminders
from bot.workers.retries import awake
from bot.workers.rights import Rights
from bot.workers.send import SendWorker
from bot.workers.subscribing import Subscribing
from bot.workers.telling import Telling
from bot.workers.upkeep import Upkeep
from bot.workers.voting import Booth
from connectors.channel import Channel
from connectors.deadline import SEND_SECONDS
from connectors.messages import Reply
from connectors.messenger.matching import Matching
from connectors.messenger.page import page_of

HOLDING = "holding"


def run_worker(settings: Settings) -> None:
    """Run a worker process until it is told to stop: answers, sends, sweeps."""
    logs.configure("worker")
    engine = connect(settings.database_url)
    channels = build_channels(settings, httpx.Client(timeout=PLATFORM_TIMEOUT))
    queue = make_queue(settings.redis_url, settings.var)
    courtesies, quiet = Courtesies(), quiet_hours(settings)
    lanes = Lanes(
        awake(SendWorker(engine, channels, courtesies, now, quiet).run),
        partial(_channel_of, engine),
    )
    answer = AnswerWorker(
        engine=engine,
        channels=channels,
        dialogue=build_dialogue(settings),
        # Not through the queue: the answer is ready, and another hop would only delay it.
        wake_send=lanes.wake,
        courtesies=courtesies,
        holding=partial(_holding, engine),
        now=now,
        introduction=Introduction(engine, settings.privacy_link),
        subscribing=Subscribing(engine, settings.timezone),
        rights=Rights(engine, partial(data_link, settings), partial(said_day, settings)),
        wake_later=lambda person, seconds: _after(seconds, partial(wake, tasks.answer, person)),
        booth=Booth(engine, settings.timezone, settings.public_url.rstrip("/")),
    )
    tasks = register(queue, answer=awake(answer.run), send=awake(lanes.wake))
    name = f"{socket.gethostname()}:{os.getpid()}"
    stop = threading.Event()
    handover = build_handover(settings, engine, channels, partial(wake, tasks.send))
    # What the sweep finds to send goes through this process's lanes, not through the queue.
    found = Tasks(answer=tasks.answer, send=lanes.wake)
    notices = Notices(engine, channels, now, quiet, lanes.wake)
    erasing = Erasing(engine, build_erasure(settings, engine), _matching(settings))
    less = KeepingLess(engine, erasing.erasure, settings.keep, settings.timezone)
    telling = Telling(engine, channels, now, quiet, lanes.wake)
    photo_end = PhotoEnd(engine, build_photos(settings), now, settings.timezone)
    contest_rounds = (telling.run, photo_end.run)
    rounds = (erasing.run, less.run, handover.end_silences, notices.run, *contest_rounds, *_mails(settings, engine))
    upkeep = Upkeep(engine, found, queue, name, now, rounds)
    threading.Thread(target=upkeep.run, args=(stop,), daemon=True, name="upkeep").start()
    importer = Importer(engine, settings.timezone, now)
    threading.Thread(target=importer.run, args=(stop,), daemon=True, name="importer").start()
    contest = build_contest(settings, engine, channels, lanes.wake, quiet)
    threading.Thread(target=contest.run, args=(stop,), daemon=True, name="contest").start()
    if (posting := build_posting(settings, engine)) is not None:
        threading.Thread(target=posting.run, args=(stop,), daemon=True, name="posting").start()
    erasing.erasure.forget_again()
    sentences.prepare(LANGUAGES)
    heartbeats.beat(engine, name, now())
    settle_memory()
    run_consumer(queue, settings.answer_threads)
    stop.set()
    lanes.end(SEND_SECONDS)


def build_contest(
    settings: Settings, engine: Engine, channels: Mapping[str, Channel], wake: Callable[[int], None], quiet: Quiet
) -> ContestWorker:
    """Return what fetches the contest's photos."""
    storage = build_photos(settings)
    client = httpx.Client(timeout=PLATFORM_TIMEOUT)
    return ContestWorker(engine, channels, client, storage, now, wake, quiet)


def build_posting(settings: Settings, engine: Engine) -> Posting | None:
    """Return what publishes photos on the library's Facebook page; None where that is not switched on."""
    page = settings.messenger
    if page is None or not settings.contest_facebook:
        return None
    there = page_of(
        page_id=page.page_id,
        album="" if settings.contest_facebook == "page" else settings.contest_facebook,
        access_token=page.page_access_token,
        app_secret=page.app_secret,
        api_url=settings.graph_api_url,
        api_version=settings.graph_api_version,
        client=httpx.Client(timeout=PLATFORM_TIMEOUT),
        now=now,
    )
    return Posting(engine, there, build_photos(settings), now, settings.timezone)


def _matching(settings: Settings) -> Callable[[str], list[str]] | None:
    """Return what matches Meta's ids of a user; None while Messenger is off."""
    page = settings.messenger
    if page is None:
        return None
    client = httpx.Client(timeout=PLATFORM_TIMEOUT)
    graph = (settings.graph_api_url, settings.graph_api_version)
    return Matching(*graph, page.page_id, page.page_access_token, page.app_secret, client).page_scoped


def _channel_of(engine: Engine, person_id: int) -> str:
    """Return a person's channel; "" for somebody who was erased a moment ago."""
    try:
        return people.get(engine, person_id).address.channel
    except NoResultFound:
        return ""


def _after(seconds: float, does: Callable[[], None]) -> None:
    """Do something after a delay, unless the process ends first: another process's sweep does it then."""
    timer = threading.Timer(max(seconds, 0.0), does)
    timer.daemon = True
    timer.start()


def _mails(settings: Settings, engine: Engine) -> tuple[Callable[[], object], ...]:
    """Return the periodic jobs that mail staff; none if no mail server is configured."""
    if settings.mail is None:
        return ()
    mailer = Mailer(settings.mail)
    reminders = Reminders(
        engine=engine,
        send=mailer,
        now=now,
        zone=settings.timezone,
        address=settings.public_url,
        again=timedelta(minutes=settings.handover.remind_minutes),
        digest_hour=settings.mail.digest_hour,
    )
    return (reminders.run, DoorAlarm(engine, mailer, now, settings.public_url).run)


def _holding(engine: Engine, language: str) -> tuple[Reply, ...]:
    """Return the replies for when the dialogue is unreachable: the store's answers on the topic "holding"."""
    return tuple(Reply(text=answer.text) for answer in library.answers_in(engine, language, HOLDING))


def run_trainer(settings: Settings) -> None:
    """Run the trainer process until it is told to stop."""
    # Imported here, not above: no other process trains.
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
