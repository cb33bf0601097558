"""The task queue: huey on SQLite or Redis. Its tasks only wake workers; the tables are the source of truth.

The queue holds a task's name and a person's id as JSON, and is parsed as nothing else: whoever can write to Redis can
wake a worker, and no more.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from huey import Huey
from huey.registry import Message
from huey.serializer import Serializer
from huey.storage import RedisStorage, SqliteStorage
from redis import ConnectionPool

from bot.outages import Outage

log = structlog.get_logger("carrel.queue")

Wake = Callable[[int], None]
REDIS_SECONDS = 3.0
# Then the calls in progress get about as long again: supervisor, systemd and compose kill after 45 seconds.
DRAIN_SECONDS = 20.0

TASKS = ("answer", "send")
MOST_BYTES = 100
MOST_ID = 2**63 - 1


class QueueAway(Exception):
    """The queue was found down a moment ago, and is not tried for now."""


class NoTask(ValueError):
    """What was read from the queue is not one of our tasks; the text says why, without quoting it."""


@dataclass(frozen=True)
class Tasks:
    """How a process wakes the workers. Each takes a person's id and returns at once."""

    answer: Wake
    send: Wake


class Wakes(Serializer):
    """Writes a task as {"task": …, "person": …}, and reads only that format."""

    def _serialize(self, data: Any) -> bytes:
        person_id = _person(data.args[0]) if len(data.args) == 1 and not data.kwargs else None
        if person_id is None:
            raise NoTask("a task is given a person's id and nothing else")
        return json.dumps({"task": data.name.rpartition(".")[2], "person": person_id}).encode()

    def _deserialize(self, data: Any) -> Message:
        # An older Carrel wrote pickles, which run code when loaded: they are never unpickled.
        if len(data) > MOST_BYTES:
            raise NoTask("too long")
        try:
            task = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise NoTask("no JSON") from error
        if not isinstance(task, dict) or task.keys() != {"task", "person"}:
            raise NoTask("another form")
        person_id = _person(task["person"])
        if person_id is None or task["task"] not in TASKS:
            raise NoTask("an unknown task" if person_id else "no person's id")
        return Message(uuid.uuid4().hex, f"{__name__}.{task['task']}", args=(person_id,), kwargs={})


def _person(value: Any) -> int | None:
    """Return `value` if it is a person's id, else None; True is an int in Python, but not an id."""
    return value if type(value) is int and 0 < value <= MOST_ID else None


class Queue(Huey):
    """huey as Carrel uses it: tasks that run now or never, and a server that may be down at any time.

    Nothing is revoked, scheduled or kept as a result: huey's queries for these are skipped, so that only the tasks
    themselves are read from the server.
    """

    def __init__(self, **storage: Any) -> None:
        super().__init__("carrel", serializer=Wakes(), results=False, **storage)
        self.outage = Outage(log, "queue")

    def enqueue(self, task: Any) -> Any:
        """Enqueue a task. Raises QueueAway without trying if the server was just found down, else what it raises."""
        if self.outage.waiting:
            raise QueueAway
        try:
            done = super().enqueue(task)
        except Exception as error:
            self.outage.gone(error)
            raise
        self.outage.back()
        return done

    def dequeue(self) -> Any:
        """Return the next task, or None if there is none, if it is not one of ours, or if the server is down."""
        began = time.monotonic()
        try:
            data = self.storage.dequeue()
            if data is None and time.monotonic() - began >= REDIS_SECONDS:
                raise TimeoutError  # huey takes an unresponsive server for an empty one
        except Exception as error:  # whatever it is, the worker asks again
            time.sleep(self.outage.gone(error))
            return None
        self.outage.back()
        if data is None:
            return None
        try:
            return self.deserialize_task(data)
        except NoTask as problem:
            log.warning("task_dropped", why=str(problem))
            return None

    def is_revoked(self, *_: Any, **__: Any) -> bool:
        """Return False."""
        return False

    def read_schedule(self, *_: Any, **__: Any) -> list[Any]:
        """Return nothing."""
        return []


def make_queue(redis_url: str | None, folder: Path) -> Queue:
    """Return the queue: on Redis if there is an address, else in a file in `folder`."""
    if redis_url:
        # A stopped Redis never answers, and must not block a webhook. Longer than huey's blocking read of 1 s.
        reach = {"socket_connect_timeout": REDIS_SECONDS, "socket_timeout": REDIS_SECONDS}
        return Queue(storage_class=RedisStorage, connection_pool=ConnectionPool.from_url(redis_url, **reach))
    folder.mkdir(parents=True, exist_ok=True)
    return Queue(storage_class=SqliteStorage, filename=str(folder / "queue.db"), fsync=False, journal_mode="wal")


def register(queue: Huey, answer: Wake, send: Wake) -> Tasks:
    """Register the two tasks. A process that only enqueues passes placeholders that are never called."""

    # huey identifies a task by its function's module and name, so every process registers these two functions.
    @queue.task(name="answer", retries=0)
    def wake_answer(person_id: int) -> None:
        answer(person_id)

    @queue.task(name="send", retries=0)
    def wake_send(person_id: int) -> None:
        send(person_id)

    return Tasks(wake_answer, wake_send)


def asleep(person_id: int) -> None:
    """Placeholder for processes that only enqueue."""
    raise RuntimeError(f"this process runs no tasks (person {person_id})")


def run_consumer(queue: Huey, threads: int) -> None:
    """Run tasks until SIGTERM, then finish those in progress for at most DRAIN_SECONDS. Polling: 7 ms p50 on SQLite.

    SIGINT ends at once. Ctrl-C of `carrel serve` is handled by the supervisor, which sends SIGTERM.
    """
    queue.create_consumer(
        workers=threads,
        worker_type="thread",
        periodic=False,
        initial_delay=0.01,
        backoff=1.0,
        max_delay=0.02,
        check_worker_health=True,
        graceful_signal="TERM",
        shutdown_timeout=DRAIN_SECONDS,
    ).run()
