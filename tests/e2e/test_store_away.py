"""PostgreSQL goes away while everything runs: webhooks hear 503, and the log tells it once and once more at the end."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.simulator.messenger_client import MessengerClient
from tests import needed
from tests.stack import APP_SECRET, PAGE_ID, VERIFY_TOKEN, Stack, binary, listens, until
from tests.stores import database
from tests.wire import Wire, wired

pytestmark = pytest.mark.slow

POSTGRES = "postgresql://postgres@127.0.0.1"
PROCESSES = ("web", "worker", "trainer")
EVENT = re.compile(r"event=(\w+_(?:unavailable|back)) process=(\w+)")
# What each process looks at by itself: without a webhook the web process hears of nothing.
LOOKED_AT = {("store", "web"), ("sweep", "worker"), ("imports", "worker"), ("store", "trainer")}


@pytest.fixture
def wire() -> Iterator[Wire]:
    needed.postgresql()
    with wired() as made:
        yield made


@pytest.fixture
def running(wire: Wire, tmp_path: Path) -> Iterator[Stack]:
    """The processes that use the store and no model, each as a unit of systemd starts it."""
    with database("away") as name:
        stack = Stack(tmp_path / "var", tmp_path, graph_port=9, database_url=f"{POSTGRES}:{wire.port}/{name}")
        stack.prepare()
        prepared = stack.carrel("prepare")
        assert prepared.returncode == 0, prepared.stderr
        with stack.log.open("ab") as log:
            started = [
                subprocess.Popen([binary("carrel"), each], env=stack.environment(), stdout=log, stderr=log)
                for each in PROCESSES
            ]
        yield stack
        for each in started:
            os.kill(each.pid, signal.SIGTERM)
        for each in started:
            each.wait(timeout=60)


def _told(stack: Stack) -> Counter[tuple[str, str]]:
    return Counter(EVENT.findall(stack.log.read_text()))


def test_a_store_that_goes_away_is_one_line_of_each_part_and_one_when_it_is_back(running: Stack, wire: Wire) -> None:
    """However often it is asked meanwhile; and nobody's message is taken that is not kept."""
    student = MessengerClient(running.webhook, PAGE_ID, APP_SECRET, VERIFY_TOKEN)
    until(lambda: listens(running.port), 60, "the web process did not start")
    until(lambda: _heard(student) == 200, 30, "no message is taken")
    until(lambda: _ready(running, "worker"), 60, "the worker did not start")
    gone = {(f"{part}_unavailable", process) for part, process in LOOKED_AT}
    back = {(f"{part}_back", process) for part, process in LOOKED_AT}
    wire.close()
    refused = [_heard(student) for _ in range(20)]
    until(lambda: gone <= set(_told(running)), 30, f"not all have told: {_told(running)}")
    size = running.log.stat().st_size
    refused += [_heard(student) for _ in range(20)]
    assert set(refused) == {503}
    end = running.log.stat().st_size
    wire.open()
    until(lambda: _heard(student) == 200, 30, "no message is taken again")
    until(lambda: back <= set(_told(running)), 30, f"not all are back: {_told(running)}")

    assert {each: count for each, count in _told(running).items() if count > 1} == {}
    while_away = running.log.read_bytes()[size:end].decode()
    assert len([line for line in while_away.splitlines() if "event=webhook " not in line]) <= 2 * len(back) + 5
    assert "Traceback" not in running.log.read_text()


def _ready(stack: Stack, part: str) -> bool:
    return bool(httpx.get(f"{stack.url}/readyz", timeout=10).json()[part]["ok"])


def _heard(student: MessengerClient) -> int:
    return int(student.text(uuid.uuid4().hex, "hello").status_code)
