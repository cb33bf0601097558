"""The task queue: what one process puts in, another one does."""

from __future__ import annotations

import socket
import uuid
from pathlib import Path

import pytest

from bot.workers.queue import asleep, make_queue, register


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
