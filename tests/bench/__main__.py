"""`make bench`: where a student's milliseconds go, Carrel beside Rasa's default pipeline."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import sqlalchemy as sa

from bot.simulator.fake_meta import FakeMeta
from bot.simulator.messenger_client import MessengerClient
from bot.store.engine import connect
from bot.store.message_tables import InboxRow, OutboxRow
from tests.bench.measure import alternate, show
from tests.stack import ACCESS_TOKEN, APP_SECRET, PAGE_ID, ROOT, VERIFY_TOKEN, Stack, until

HERE = Path(__file__).parent
CALLS, WARM_UP = 200, 20
MESSAGES = (
    "how late are you open tonight?",
    "is the learning commons open at 3am",
    "what's on this week",
    "can staff join the photo contest?",
    "when do u open tmr",
    "who won the photo contest",
    "i need to talk to a person",
    "whats the weather like",
)


def trained(name: str, folder: Path, *words: str) -> Path:
    """Return the folder of a model trained with `rasa train` and `words`."""
    print(f"Training {name} …", flush=True)  # noqa: T201
    out = folder / name
    command = [str(Path(sys.executable).with_name("rasa")), "train", "--quiet", "--out", str(out), *words]
    subprocess.run(command, cwd=ROOT, check=True)
    return out


def parse(stack: Stack) -> Callable[[str], None]:
    """Return a call of Rasa's /model/parse."""
    client = httpx.Client(timeout=30)
    return lambda words: client.post(f"{stack.rasa_url}/model/parse", json={"text": words}).raise_for_status() and None


def turn(stack: Stack) -> Callable[[str], None]:
    """Return a turn over Rasa's REST channel, in one conversation of ten turns after another."""
    client, count = httpx.Client(timeout=30), iter(range(10**9))

    def call(words: str) -> None:
        sender = f"bench-{next(count) // 10}"
        response = client.post(f"{stack.rasa_url}/webhooks/rest/webhook", json={"sender": sender, "message": words})
        response.raise_for_status()

    return call


def acknowledge(client: MessengerClient) -> Callable[[str], None]:
    """Return the sending of a signed webhook, until it is acknowledged."""

    def call(words: str) -> None:
        assert client.text(uuid.uuid4().hex, words).status_code == 200

    return call


def answer(client: MessengerClient, meta: FakeMeta) -> Callable[[str], None]:
    """Return the sending of a signed webhook, until the answer's first message is at the platform."""

    def call(words: str) -> None:
        person = uuid.uuid4().hex
        assert client.text(person, words).status_code == 200
        assert meta.wait_for_message(person, timeout=30)

    return call


def drained(stack: Stack) -> bool:
    """Return whether every message has been answered and sent."""
    with connect(stack.database_url).connect() as connection:
        waiting = [
            connection.execute(sa.select(sa.func.count()).where(table.state == "waiting")).scalar_one()
            for table in (InboxRow, OutboxRow)
        ]
    return not any(waiting)


def main() -> None:
    """Run everything and print the tables."""
    folder = Path(tempfile.mkdtemp(prefix="carrel-bench-"))
    stacks: list[Stack] = []
    metas: list[FakeMeta] = []
    try:
        ours = trained("carrel", folder)
        theirs = trained("baseline", folder, "--config", str(HERE / "default_pipeline.yml"))
        for name, models in (("carrel", ours), ("baseline", theirs)):
            meta = FakeMeta(access_token=ACCESS_TOKEN, page_id=PAGE_ID)
            meta.start()
            metas.append(meta)
            stacks.append(Stack(folder / f"{name}-var", models, meta.port))
            stacks[-1].start()
        clients = [MessengerClient(stack.webhook, PAGE_ID, APP_SECRET, VERIFY_TOKEN) for stack in stacks]
        names = ("Carrel", "Rasa's default pipeline")
        words = [MESSAGES[number % len(MESSAGES)] for number in range(CALLS + WARM_UP)]
        for title, calls in (
            ("Rasa: /model/parse", [parse(stack) for stack in stacks]),
            ("Rasa: one turn over REST", [turn(stack) for stack in stacks]),
            ("Carrel's web process: webhook to 200", [acknowledge(client) for client in clients]),
            (
                "Webhook in to answer at the platform",
                [answer(client, meta) for client, meta in zip(clients, metas, strict=True)],
            ),
        ):
            for stack in stacks:
                until(partial(drained, stack), 300, "the messages of the table before were not answered")
            rows = alternate(list(zip(names, calls, strict=True)), words, WARM_UP)
            show(title, rows, baseline=rows[1])
    finally:
        for stack in stacks:
            stack.stop()
        for meta in metas:
            meta.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
