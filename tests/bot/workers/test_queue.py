"""The task queue: what one process puts in, another one does."""

from __future__ import annotations

import signal
import socket
import subprocess
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from redis.exceptions import RedisError

from bot.simulator.fake_meta import Failure, FakeMeta
from bot.store import outbox, people
from bot.store.engine import connect, upgrade
from bot.store.message_tables import OutboxRow
from bot.workers.queue import asleep, make_queue, register
from connectors.messages import Address, OutboundCall
from tests.stack import ACCESS_TOKEN, PAGE_ID, ROOT, Stack, binary, until


@pytest.mark.parametrize("on", ["sqlite", "redis"])
def test_what_one_process_wakes_another_does(tmp_path: Path, on: str) -> None:
    """The web process registers tasks that it never runs; the worker knows them by the same names."""
    url = None
    if on == "redis":
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", 6379)) != 0:
                pytest.skip("no Redis answers on 127.0.0.1:6379")
        url = "redis://127.0.0.1:6379/15"
    folder = tmp_path / uuid.uuid4().hex
    answered: list[int] = []
    sent: list[int] = []
    web = make_queue(url, folder)
    web.flush()
    tasks = register(web, answer=asleep, send=asleep)
    worker = make_queue(url, folder)
    register(worker, answer=answered.append, send=sent.append)

    tasks.answer(7)
    tasks.send(8)
    while (task := worker.dequeue()) is not None:
        worker.execute(task)

    assert (answered, sent) == ([7], [8])


def test_a_redis_that_says_nothing_is_given_up_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an error after a few seconds: the message is stored, and a sweep finds it."""
    monkeypatch.setattr("bot.workers.queue.REDIS_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        queue = make_queue(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", tmp_path)
        tasks = register(queue, answer=asleep, send=asleep)
        with pytest.raises(RedisError):
            tasks.answer(7)


@pytest.mark.slow
def test_a_worker_that_is_told_to_end_finishes_the_call_under_way(tmp_path: Path) -> None:
    """SIGTERM in the middle of a slow send: one message, made once, noted as sent."""
    meta = FakeMeta(access_token=ACCESS_TOKEN, page_id=PAGE_ID)
    meta.start()
    stack = Stack(tmp_path / "var", tmp_path, meta.port)
    stack.prepare()
    engine = connect(stack.database_url)
    upgrade(engine)
    body = {"recipient": {"id": "ann"}, "messaging_type": "RESPONSE", "message": {"text": "Hello"}}
    meta.failures.append(Failure("slow", seconds=3))
    with engine.begin() as connection:
        now = datetime.now(UTC)
        person = people.find_or_add(connection, Address("messenger", "ann"), now).id
        outbox.add(connection, person, None, [OutboundCall("messenger", "ann", body)], now)
    worker = subprocess.Popen(
        [binary("carrel"), "worker"],
        cwd=ROOT,
        env=stack.environment(),
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: not meta.failures, 60, "the call was not made")
        worker.send_signal(signal.SIGTERM)
        code = worker.wait(timeout=30)
        [row] = engine.connect().execute(sa.select(OutboxRow.__table__)).all()
    finally:
        worker.kill()
        meta.stop()

    assert (code, row.state, row.tries) == (0, "sent", 1)
    assert meta.messages_to("ann") == [{"text": "Hello", "metadata": "carrel"}]
