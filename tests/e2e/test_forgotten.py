"""End to end on real processes: whoever asks to be forgotten is found in no file, whatever is searched for."""

from __future__ import annotations

import io
import json
import re
import signal
import sqlite3
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bot.simulator.whatsapp_clients import WhatsAppClient
from bot.store.engine import connect
from bot.store.message_tables import PersonRow
from tests.e2e.asking import ask, number
from tests.stack import APP_SECRET, PHONE_NUMBER_ID, ROOT, VERIFY_TOKEN, Stack, binary, stand_in, until
from tests.stores import sqlite, stated

pytestmark = pytest.mark.slow


@contextmanager
def running(stack: Stack, part: str) -> Iterator[None]:
    """Run one process of a stack."""
    with stack.log.open("ab") as log:
        process = subprocess.Popen([binary("carrel"), part], cwd=ROOT, env=stack.environment(), stdout=log, stderr=log)
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def holding(folder: Path, words: bytes) -> list[str]:
    """Return the files below a folder that hold some bytes; SQLite's are written anew without what was deleted."""
    for path in folder.glob("*.db"):
        connection = sqlite3.connect(path, timeout=30)
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [path.name for path in files if words in path.read_bytes()]


def test_nothing_is_left_of_whoever_asks(tmp_path: Path) -> None:
    """Shown what is kept by a link that works once, then forgotten within a minute; Rasa is not needed for it."""
    stated(sqlite(tmp_path / "carrel.db"), datetime.now(UTC)).dispose()
    person = number()
    with ExitStack() as parts:
        meta = parts.enter_context(stand_in())
        stack = Stack(tmp_path, tmp_path / "models", meta.port)
        parts.enter_context(running(stack, "web"))
        parts.enter_context(running(stack, "worker"))
        until(lambda: _up(stack), 120, "the web process did not come up")
        student = WhatsAppClient(f"{stack.url}/webhooks/whatsapp", PHONE_NUMBER_ID, APP_SECRET, VERIFY_TOKEN)
        assert "What we keep" in httpx.get(f"{stack.url}/privacy").text
        told = ask(student, meta, person, "what do you know about me?")
        link = re.search(rf"{re.escape(stack.url)}/privacy/data/[\w-]+", told)
        assert link, told
        with zipfile.ZipFile(io.BytesIO(httpx.post(link[0]).content)) as file:
            assert json.loads(file.read("my-data.json"))["you"]["id"] == person
        assert httpx.post(link[0]).status_code == 404
        assert holding(tmp_path, person.encode())

        assert "Shall I delete it?" in ask(student, meta, person, "forget me")
        assert re.search(r"code is \w{4}-\w{4}", ask(student, meta, person, "yes"))
        until(lambda: person not in _known(stack), 60, "the person is still known")
        for words in (person, link[0].rsplit("/", 1)[1]):
            assert holding(tmp_path, words.encode()) == [], words


def _up(stack: Stack) -> bool:
    try:
        return httpx.get(f"{stack.url}/healthz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _known(stack: Stack) -> list[str]:
    engine = connect(stack.database_url)
    try:
        with engine.connect() as connection:
            return list(connection.execute(sa.select(PersonRow.person)).scalars())
    finally:
        engine.dispose()
