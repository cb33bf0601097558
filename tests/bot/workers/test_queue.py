"""The task queue: what one process puts in, another one does."""

from __future__ import annotations

import json
import pickle
import signal
import socket
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from redis.exceptions import RedisError

from bot.simulator.fake_meta import Failure, FakeMeta
from bot.store import outbox, people
from bot.store.engine import connect, upgrade
from bot.store.message_tables import OutboxRow, WorkerRow
from bot.workers.queue import asleep, make_queue, register
from connectors.messages import Address, OutboundCall
from tests import needed
from tests.stack import ACCESS_TOKEN, PAGE_ID, ROOT, Stack, binary, free_port, listens, until


@pytest.mark.parametrize("on", ["sqlite", "redis"])
def test_what_one_process_wakes_another_does(tmp_path: Path, on: str) -> None:
    """The web process registers tasks that it never runs; the worker knows them by the same names."""
    url = None
    if on == "redis":
        needed.redis()
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


class Planted:
    """A pickle that leaves a file behind where somebody loads it."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.file,)


@pytest.mark.parametrize("on", ["sqlite", "redis"])
def test_what_is_no_task_of_ours_is_dropped_with_a_line_and_never_run(
    tmp_path: Path, on: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Pickles, somebody else's, tasks that there are not, ids that are none; the next task is done."""
    url = None
    if on == "redis":
        needed.redis()
        url = "redis://127.0.0.1:6379/15"
    done: list[int] = []
    queue = make_queue(url, tmp_path)
    queue.flush()
    tasks = register(queue, answer=done.append, send=asleep)
    planted = [
        pickle.dumps(Planted(tmp_path / "run")),
        b"\x80\x04",
        b"",
        b"null",
        b"7",
        b"[" * 90,
        b'{"task": "answer", "person": 7, "more": 1}',
        b'{"task": "answer", "person": true}',
        b'{"task": "answer", "person": -1}',
        b'{"task": "answer", "person": "7"}',
        b'{"task": "answer", "person": 99999999999999999999}',
        b'{"task": "os.system", "person": 7}',
        b'{"task": ["answer"], "person": 7}',
        json.dumps({"task": "answer", "person": 7, "pad": "x" * 5000}).encode(),
    ]
    for data in planted:
        queue.storage.enqueue(data)
    tasks.answer(8)

    taken = [queue.dequeue() for _ in planted]
    last = queue.dequeue()
    assert last
    queue.execute(last)
    assert (taken, done) == ([None] * len(planted), [8])
    assert not (tmp_path / "run").exists()
    assert capsys.readouterr().out.count("task_dropped") == len(planted)


def test_a_task_is_plain_json(tmp_path: Path) -> None:
    """So that whoever looks into the queue sees what it is, and nothing of a student."""
    queue = make_queue(None, tmp_path)
    register(queue, answer=asleep, send=asleep).answer(7)

    assert json.loads(queue.storage.dequeue()) == {"task": "answer", "person": 7}


@contextmanager
def own_redis(folder: Path, port: int) -> Iterator[None]:
    """Run a Redis of this test's own."""
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until(lambda: listens(port), 20, "Redis did not start")
        yield
    finally:
        server.terminate()
        server.wait(timeout=20)


@pytest.mark.slow
def test_a_redis_that_goes_and_comes_is_told_of_twice_and_what_is_due_is_sent_meanwhile(tmp_path: Path) -> None:
    """One line when it goes, one when it is back, the heart beats on, and sends need no queue."""
    needed.program("redis-server")
    meta = FakeMeta(access_token=ACCESS_TOKEN, page_id=PAGE_ID)
    meta.start()
    port = free_port()
    stack = Stack(tmp_path / "var", tmp_path, meta.port, redis_url=f"redis://127.0.0.1:{port}/0")
    stack.prepare()
    engine = connect(stack.database_url)
    upgrade(engine)
    log = tmp_path / "log"

    def beats_after(moment: datetime) -> bool:
        with engine.connect() as connection:
            return any(each > moment for each in connection.execute(sa.select(WorkerRow.beat_at)).scalars())

    with log.open("wb") as told:
        worker = subprocess.Popen([binary("carrel"), "worker"], cwd=ROOT, env=stack.environment(), stderr=told)
    try:
        with own_redis(tmp_path, port):
            until(lambda: beats_after(datetime.now(UTC) - timedelta(seconds=2)), 60, "the worker has not begun")
        gone = datetime.now(UTC)
        body = {"recipient": {"id": "ann"}, "messaging_type": "RESPONSE", "message": {"text": "Hello"}}
        with engine.begin() as connection:
            person = people.find_or_add(connection, Address("messenger", "ann"), gone).id
            outbox.add(connection, person, None, [OutboundCall("messenger", "ann", body)], gone)
        assert meta.wait_for_message("ann", timeout=20)
        until(lambda: beats_after(gone + timedelta(seconds=5)), 30, "the heart has stopped")
        away = log.read_text()
        with own_redis(tmp_path, port):
            until(lambda: "queue_back" in log.read_text(), 20, "it is not found again")
    finally:
        worker.terminate()
        worker.wait(timeout=40)
        meta.stop()

    assert away.count("queue_unavailable") == 1
    assert "Traceback" not in away
    assert len(away.splitlines()) < 10
    assert log.read_text().count("queue_back") == 1


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
