"""End to end on real processes: whoever asks to be forgotten is found in no file, whatever is searched for."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import zipfile
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from bot.simulator.fake_meta import FakeMeta
from bot.simulator.whatsapp_clients import WhatsAppClient
from bot.store.engine import connect
from bot.store.message_tables import PersonRow
from tests.e2e.asking import ask, number
from tests.stack import Stack, until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("printed")]

SECRET = "where can i print my zanzibar ginkgo thesis"


def holding(folder: Path, words: bytes) -> list[str]:
    """Return the files below a folder that hold some bytes; SQLite's are written anew without what was deleted."""
    for path in folder.glob("*.db"):
        with sqlite3.connect(path, timeout=30) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return [path.name for path in files if words in path.read_bytes()]


def test_nothing_is_left_of_whoever_asks(stack: Stack, on_whatsapp: WhatsAppClient, meta: FakeMeta) -> None:
    """Told at the first contact, shown what is kept by a link that works once, then forgotten within a minute."""
    person = number()
    first = ask(on_whatsapp, meta, person, SECRET)
    assert f"{stack.url}/privacy" in first
    assert first.index("print") < first.index("/privacy")
    assert httpx.get(f"{stack.url}/privacy").status_code == 200
    told = ask(on_whatsapp, meta, person, "what do you know about me?")
    link = re.search(rf"{re.escape(stack.url)}/privacy/data/[\w-]+", told)
    assert link, told
    with zipfile.ZipFile(io.BytesIO(httpx.post(link[0]).content)) as file:
        assert json.loads(file.read("my-data.json"))["messages"][0]["text"] == SECRET
    assert httpx.post(link[0]).status_code == 404
    assert holding(stack.folder, person.encode())

    assert "Shall I delete it?" in ask(on_whatsapp, meta, person, "forget me")
    assert re.search(r"code is \w{4}-\w{4}", ask(on_whatsapp, meta, person, "yes"))
    engine = connect(stack.database_url)
    mine = sa.select(PersonRow.id).where(PersonRow.person == person)

    def gone() -> bool:
        with engine.connect() as connection:
            return connection.execute(mine).scalar() is None

    until(gone, 60, "the person is still known")
    engine.dispose()
    for words in (person, "zanzibar", link[0].rsplit("/", 1)[1]):
        assert holding(stack.folder, words.encode()) == [], words
