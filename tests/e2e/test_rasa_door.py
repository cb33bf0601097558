"""Rasa's own API on a running Carrel: closed without the token, and a Rasa without its model gets it back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from bot import passes
from bot.simulator.fake_meta import FakeMeta
from bot.simulator.messenger_client import MessengerClient
from bot.store import people
from bot.store.engine import connect
from connectors.messages import Address
from tests.e2e.asking import ask
from tests.stack import APP_SECRET, PAGE_ID, RASA_TOKEN, VERIFY_TOKEN, Stack, until, whole

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, FakeMeta]]:
    """A Carrel of its own: what is done to its Rasa is nobody else's concern."""
    with whole(tmp_path_factory.mktemp("door"), models) as found:
        yield found


@pytest.fixture
def rasa(running: tuple[Stack, FakeMeta]) -> Iterator[httpx.Client]:
    """Somebody on this machine who has no token."""
    with httpx.Client(base_url=running[0].rasa_url, timeout=60) as client:
        yield client


def test_without_the_token_a_message_is_understood_and_nothing_else_is_done(
    rasa: httpx.Client, running: tuple[Stack, FakeMeta]
) -> None:
    """Also with a wrong one; Rasa's rest channel is off even with the right one."""
    tried = [
        ("DELETE", "/model"),
        ("PUT", "/model"),
        ("POST", "/model/train"),
        ("POST", "/webhooks/carrel/webhook"),
        ("POST", "/webhooks/rest/webhook"),
        ("GET", "/conversations/test/tracker"),
        ("GET", "/domain"),
    ]
    for method, path in tried:
        for query in ({}, {"token": "guessed"}):
            assert rasa.request(method, path, params=query, json={}).status_code == 401, path
    parsed = rasa.post("/model/parse", json={"text": "how late are you open tonight"})
    rest = rasa.post("/webhooks/rest/webhook", json={"sender": "a", "message": "b"}, headers=passes.headers(RASA_TOKEN))

    assert parsed.json()["intent"]["name"] == "opening_hours"
    assert rasa.get("/status").status_code == 200
    assert rest.status_code == 404
    stack = running[0]
    commands = b"".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in stack.pids(""))
    assert RASA_TOKEN.encode() not in commands, "the command line is for every user to read"
    assert RASA_TOKEN not in stack.log.read_text()


@pytest.mark.parametrize("done", ["unloaded", "broken", "another"])
def test_a_rasa_without_its_model_gets_it_back(
    rasa: httpx.Client, running: tuple[Stack, FakeMeta], done: str, tmp_path: Path
) -> None:
    """Within seconds, with the conversations that it knew: unloaded, a broken file, a file that is not there."""
    stack, meta = running
    student, person = MessengerClient(stack.webhook, PAGE_ID, APP_SECRET, VERIFY_TOKEN), uuid.uuid4().hex
    assert ask(student, meta, person, "what are your opening hours")
    before = rasa.get("/status").json()["model_file"]
    headers = passes.headers(RASA_TOKEN)
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"no model")
    if done == "unloaded":
        assert rasa.delete("/model", headers=headers).status_code == 204
    else:
        file = broken if done == "broken" else tmp_path / "missing.tar.gz"
        assert rasa.put("/model", json={"model_file": str(file)}, headers=headers).status_code >= 400

    until(lambda: rasa.get("/status").status_code == 200, 20, "the model is not back")
    assert rasa.get("/status").json()["model_file"] == before
    assert ask(student, meta, person, "and on sunday?")
    tracker = rasa.get(f"/conversations/{_conversation(stack, person)}/tracker", headers=headers).json()
    said = [each["text"] for each in tracker["events"] if each["event"] == "user"]
    assert said[-2:] == ["what are your opening hours", "and on sunday?"]


def _conversation(stack: Stack, person: str) -> str:
    engine = connect(stack.database_url)
    with engine.begin() as connection:
        known = people.find_or_add(connection, Address("messenger", person), datetime.now(UTC)).id
    return people.get(engine, known).conversation
