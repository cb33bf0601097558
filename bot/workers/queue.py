"""The task queue: huey on SQLite, or on Redis. Its tasks only wake workers; the tables hold the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from huey import Huey, RedisHuey, SqliteHuey
from redis import ConnectionPool

Wake = Callable[[int], None]
REDIS_SECONDS = 3.0
# And the calls under way have as long again: supervisor, systemd and compose kill after 45.
DRAIN_SECONDS = 20.0


@dataclass(frozen=True)
class Tasks:
    """How a process wakes the workers. Each takes a person's id and returns at once."""

    answer: Wake
    send: Wake


def make_queue(redis_url: str | None, folder: Path) -> Huey:
    """Return the queue: on Redis when there is an address, else in a file of `folder`."""
    if redis_url:
        # A Redis that is stopped answers nothing, and must hold up no webhook. Longer than huey's blocking read of 1 s.
        reach = {"socket_connect_timeout": REDIS_SECONDS, "socket_timeout": REDIS_SECONDS}
        pool = ConnectionPool.from_url(redis_url, **reach)
        return RedisHuey("carrel", connection_pool=pool, results=False)
    folder.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("carrel", filename=str(folder / "queue.db"), results=False, fsync=False, journal_mode="wal")


def register(queue: Huey, answer: Wake, send: Wake) -> Tasks:
    """Name the two tasks. A process that only wakes others gives functions that are never called."""

    # huey knows a task by its function's module and name, so it is these two functions in every process.
    @queue.task(name="answer", retries=0)
    def wake_answer(person_id: int) -> None:
        answer(person_id)

    @queue.task(name="send", retries=0)
    def wake_send(person_id: int) -> None:
        send(person_id)

    return Tasks(wake_answer, wake_send)


def asleep(person_id: int) -> None:
    """Stand for a task in a process that runs none."""
    raise RuntimeError(f"this process runs no tasks (person {person_id})")


def run_consumer(queue: Huey, threads: int) -> None:
    """Run tasks until SIGTERM, finishing those under way for DRAIN_SECONDS at most. Polling: 7 ms p50 on SQLite.

    SIGINT ends at once. Ctrl-C of `carrel serve` is the supervisor's, which sends SIGTERM.
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
