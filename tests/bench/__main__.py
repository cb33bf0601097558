"""`make bench`: where a student's milliseconds go, Carrel beside Rasa's default pipeline."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from bot.simulator.fake_meta import FakeMeta
from bot.simulator.messenger_client import MessengerClient
from bot.store.engine import connect
from bot.store.message_tables import InboxRow, OutboxRow
from tests.bench.measure import alternate, show
from tests.bench.understanding import bench_data, compare, published
from tests.nlu.measures import questions
from tests.stack import ACCESS_TOKEN, APP_SECRET, PAGE_ID, ROOT, VERIFY_TOKEN, Stack, free_port, until

OURS, PLAIN, THEIRS = "Carrel", "a plain light project", "Rasa's default pipeline"
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


def parsed(client: httpx.Client, url: str, words: str) -> Any:
    """Return what /model/parse says of `words`."""
    return client.post(f"{url}/model/parse", json={"text": words}).raise_for_status().json()


def parse(url: str) -> Callable[[str], None]:
    """Return a call of Rasa's /model/parse."""
    client = httpx.Client(timeout=30)
    return lambda words: parsed(client, url, words) and None


def turn(url: str) -> Callable[[str], None]:
    """Return a turn over Rasa's REST channel, in one conversation of ten turns after another."""
    client, count = httpx.Client(timeout=30), iter(range(10**9))

    def call(words: str) -> None:
        sender = f"bench-{next(count) // 10}"
        response = client.post(f"{url}/webhooks/rest/webhook", json={"sender": sender, "message": words})
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


@contextmanager
def plain_rasa(name: str, models: Path, actions: Stack, folder: Path) -> Iterator[str]:
    """Run Rasa's own server on `models`, with no part of Carrel's in it; give its address."""
    port = free_port()
    credentials, endpoints = folder / f"{name}-credentials.yml", folder / f"{name}-endpoints.yml"
    credentials.write_text("rest:\n")
    endpoints.write_text(
        f"action_endpoint:\n  url: http://127.0.0.1:{actions.actions_port}/webhook\n"
        f"tracker_store:\n  type: SQL\n  dialect: sqlite\n  db: {folder / name}.db\n"
    )
    command = [str(Path(sys.executable).with_name("rasa")), "run", "--enable-api", "--port", str(port)]
    command += ["--model", str(models), "--endpoints", str(endpoints), "--credentials", str(credentials)]
    url = f"http://127.0.0.1:{port}"

    def ready() -> bool:
        try:
            return httpx.get(f"{url}/status", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    with (folder / f"{name}.log").open("wb") as log:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=actions.environment())
        try:
            until(ready, 180, f"{name} did not start")
            print(f"{name}: started in {time.monotonic() - started:.0f} s, {resident(process.pid):.0f} MB")  # noqa: T201
            yield url
        finally:
            process.terminate()
            process.wait(timeout=60)


def resident(pid: int) -> float:
    """Return the memory of a process in MB."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def turns_a_second(url: str, words: Sequence[str]) -> float:
    """Return how many turns a second Rasa answers over REST, eight conversations at once."""
    with httpx.Client(timeout=60) as client, ThreadPoolExecutor(8) as pool:
        started = time.perf_counter()

        def talk(number: int) -> None:
            for said in words[number::8]:
                message = {"sender": f"together-{number}", "message": said}
                client.post(f"{url}/webhooks/rest/webhook", json=message).raise_for_status()

        list(pool.map(talk, range(8)))
        return len(words) / (time.perf_counter() - started)


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
    with ExitStack() as running:
        running.callback(shutil.rmtree, folder)
        ours = trained("carrel", folder)
        light = trained("plain", folder, "--config", str(HERE / "light_pipeline.yml"))
        theirs = trained("baseline", folder, "--config", str(HERE / "default_pipeline.yml"))
        stacks, clients, metas = [], [], []
        for name, models in (("carrel", ours), ("baseline", theirs)):
            metas.append(FakeMeta(access_token=ACCESS_TOKEN, page_id=PAGE_ID))
            metas[-1].start()
            running.callback(metas[-1].stop)
            stacks.append(Stack(folder / f"{name}-var", models, metas[-1].port))
            started = time.monotonic()
            stacks[-1].start()
            running.callback(stacks[-1].stop)
            rasa = resident(stacks[-1].pids("quietly rasa run")[0])
            print(f"{name}: all ready in {time.monotonic() - started:.0f} s, Rasa {rasa:.0f} MB")  # noqa: T201
            clients.append(MessengerClient(stacks[-1].webhook, PAGE_ID, APP_SECRET, VERIFY_TOKEN))
        plain = running.enter_context(plain_rasa("plain", light, stacks[0], folder))
        default = running.enter_context(plain_rasa("default", theirs, stacks[0], folder))
        servers = [(OURS, stacks[0].rasa_url), (PLAIN, plain), (THEIRS, default)]
        parses = [(name, partial(parsed, httpx.Client(timeout=30), url)) for name, url in servers]
        compare(parses, Path("var") / "bench" / "confusions.png")
        words = [MESSAGES[number % len(MESSAGES)] for number in range(CALLS + WARM_UP)]
        varied = [each.text for each in questions()][: CALLS + WARM_UP]
        for title, said, calls in (
            ("Rasa: /model/parse, the same eight messages", words, [parse(url) for _, url in servers]),
            ("Rasa: /model/parse, each message a new one", varied, [parse(url) for _, url in servers]),
            ("Rasa: one turn over REST", words, [turn(url) for _, url in servers]),
        ):
            rows = alternate(list(zip([name for name, _ in servers], calls, strict=True)), said, WARM_UP)
            show(title, rows, baseline=rows[-1])
        rates = [(name, turns_a_second(url, words)) for name, url in servers]
        print("Turns a second, 8 at once: " + ", ".join(f"{name} {rate:.0f}" for name, rate in rates))  # noqa: T201
        answers = [answer(client, meta) for client, meta in zip(clients, metas, strict=True)]
        for title, calls in (
            ("Carrel's web process: webhook to 200", [acknowledge(client) for client in clients]),
            ("Webhook in to answer at the platform", answers),
        ):
            for stack in stacks:
                until(partial(drained, stack), 300, "the messages of the table before were not answered")
            rows = alternate(list(zip((OURS, f"Carrel with {THEIRS}"), calls, strict=True)), words, WARM_UP)
            show(title, rows, baseline=rows[1])
    folder_of_sets = bench_data()
    if folder_of_sets:
        published(folder_of_sets)
    else:
        print("BENCH_DATA names no folder: BANKING77 and CLINC150 are left out.")  # noqa: T201


if __name__ == "__main__":
    main()
