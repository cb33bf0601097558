"""`make bench`: where a student's milliseconds go, Carrel beside Rasa's default pipeline."""

from __future__ import annotations

import hashlib
import json
import os
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
from ruamel.yaml import YAML

from bot.console.keeping import KEPT
from bot.retraining.measures import questions
from bot.simulator.fake_meta import FakeMeta
from bot.simulator.messenger_client import MessengerClient
from bot.store.engine import connect
from bot.store.message_tables import InboxRow, OutboxRow
from tests.bench.live import live
from tests.bench.load import Channel, at_rate, sustained
from tests.bench.measure import alternate, show
from tests.bench.month import month
from tests.bench.pages import pages
from tests.bench.understanding import bench_data, compare, published
from tests.stack import ACCESS_TOKEN, APP_SECRET, PAGE_ID, ROOT, VERIFY_TOKEN, Stack, free_port, stand_in, until, whole

OURS, PLAIN, THEIRS = "Carrel", "a plain light project", "Rasa's default pipeline"
WITH_TED = "Carrel with TED"
HERE = Path(__file__).parent
MODELS = ROOT / "var" / "bench" / "models"
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


def binary(name: str) -> str:
    """Return a command of this same environment."""
    return str(Path(sys.executable).with_name(name))


def trained(name: str, folder: Path, config: Path = ROOT / "config.yml") -> Path:
    """Return the folder of the model that `rasa train` makes of the project with `config`.

    It is kept under var/bench for as long as nothing of what it is made of changes: Rasa's default pipeline takes most
    of an hour.
    """
    made_of = [config, ROOT / "domain.yml", *sorted((ROOT / "data").rglob("*.yml"))]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in made_of)).hexdigest()[:12]
    out = MODELS / f"{name}-{digest}"
    if not out.exists():
        print(f"Training {name} …", flush=True)  # noqa: T201
        command = [binary("rasa"), "train", "--quiet", "--out", str(folder / name), "--config", str(config)]
        subprocess.run(command, cwd=ROOT, check=True, env={**os.environ, "PYTHONWARNINGS": "ignore"})
        for old in MODELS.glob(f"{name}-*"):
            shutil.rmtree(old)
        MODELS.mkdir(parents=True, exist_ok=True)
        shutil.move(folder / name, out)
    return out


def with_ted(folder: Path) -> Path:
    """Write Carrel's own configuration with Rasa's TED policy beside its policies, and return the file."""
    reader = YAML()
    config = reader.load(ROOT / "config.yml")
    config["policies"].append({"name": "TEDPolicy", "max_history": 5, "epochs": 100, "constrain_similarities": True})
    path = folder / "ted.yml"
    reader.dump(config, path)
    return path


def told(models: Path, folder: Path) -> tuple[int, int]:
    """Return how many of the conversations in tests/conversations go as they are told, and how many there are."""
    out, stories = folder / f"{models.name}-told", folder / f"{models.name}-stories"
    shutil.copytree(ROOT / "tests" / "conversations", stories, ignore=shutil.ignore_patterns(KEPT))
    command = [binary("rasa"), "test", "core", "--stories", str(stories), "--model", str(models), "--out", str(out)]
    # The stories are about the model: no store of this machine's may have a say.
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/none.db"}
    subprocess.run([*command, "--no-plot"], cwd=ROOT, env=environment, check=True, capture_output=True)
    found = json.loads((out / "story_report.json").read_text())["conversation_accuracy"]
    return found["correct"], found["total"]


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
def plain_rasa(name: str, models: Path, actions: Stack, folder: Path, graph_url: str = "") -> Iterator[str]:
    """Run Rasa's own server on `models`, with no part of Carrel's in it; give its address.

    Where there is a `graph_url`, Rasa's own Facebook channel answers to it.
    """
    port = free_port()
    credentials, endpoints = folder / f"{name}-credentials.yml", folder / f"{name}-endpoints.yml"
    facebook = f"facebook:\n  verify: {VERIFY_TOKEN}\n  secret: {APP_SECRET}\n  page-access-token: {ACCESS_TOKEN}\n"
    credentials.write_text("rest:\n" + (facebook if graph_url else ""))
    endpoints.write_text(
        f"action_endpoint:\n  url: http://127.0.0.1:{actions.actions_port}/webhook\n"
        f"tracker_store:\n  type: SQL\n  dialect: sqlite\n  db: {folder / name}.db\n"
    )
    rasa = [sys.executable, "-m", "tests.bench.rasa_facebook"] if graph_url else [binary("rasa")]
    command = [*rasa, "run", "--enable-api", "--port", str(port)]
    command += ["--model", str(models), "--endpoints", str(endpoints), "--credentials", str(credentials)]
    url, environment = f"http://127.0.0.1:{port}", {**actions.environment(), "BENCH_GRAPH_URL": graph_url}

    def ready() -> bool:
        try:
            return httpx.get(f"{url}/status", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    with (folder / f"{name}.log").open("wb") as log:
        started = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment)
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


def everything(stack: Stack) -> list[int]:
    """Return all processes of a stack, the supervisor among them."""
    assert stack.process is not None
    found, new = [], [stack.process.pid]
    while new:
        found += new
        new = [int(pid) for each in new for pid in Path(f"/proc/{each}/task/{each}/children").read_text().split()]
    return found


def memory(stack: Stack) -> dict[str, float]:
    """Return the memory of all processes of a stack in MB, by what each is, the largest first."""
    found: dict[str, float] = {}
    for pid in everything(stack):
        words = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
        kinds = ("rasa_sdk", "rasa run", "gunicorn", "carrel worker", "carrel trainer", "supervisord")
        name = next((kind for kind in kinds if kind in words), "others")
        found[name] = found.get(name, 0.0) + resident(pid)
    return dict(sorted(found.items(), key=lambda each: -each[1]))


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


def understanding(folder: Path, *, default: bool) -> None:
    """Compare what models understand and how long they take; Rasa's default pipeline among them where it is wanted."""
    with ExitStack() as running:
        ours = trained("carrel", folder)
        light = trained("plain", folder, HERE / "light_pipeline.yml")
        ted = trained("ted", folder, with_ted(folder))
        for name, models in ((OURS, ours), (WITH_TED, ted)):
            right, all_ = told(models, folder)
            print(f"{name}: {right} of {all_} conversations go as they are told")  # noqa: T201
        theirs = trained("baseline", folder, HERE / "default_pipeline.yml") if default else None
        stacks = [running.enter_context(carrel("carrel", folder, ours))]
        with_it, _ = running.enter_context(carrel("ted", folder, ted))
        plain = running.enter_context(plain_rasa("plain", light, stacks[0][0], folder))
        servers = [(OURS, stacks[0][0].rasa_url), (PLAIN, plain)]
        if theirs:
            stacks.append(running.enter_context(carrel("baseline", folder, theirs)))
            servers.append((THEIRS, running.enter_context(plain_rasa("default", theirs, stacks[0][0], folder))))
        clients = [MessengerClient(stack.webhook, PAGE_ID, APP_SECRET, VERIFY_TOKEN) for stack, _ in stacks]
        turning = [servers[0], (WITH_TED, with_it.rasa_url), *servers[1:]]
        parses = [(name, partial(parsed, httpx.Client(timeout=30), url)) for name, url in servers]
        compare(parses, Path("var") / "bench" / "confusions.png")
        words = said(CALLS + WARM_UP)
        varied = [each.text for each in questions()][: CALLS + WARM_UP]
        for title, asked, call, which in (
            ("Rasa: /model/parse, the same eight messages", words, parse, servers),
            ("Rasa: /model/parse, each message a new one", varied, parse, servers),
            ("Rasa: one turn over REST", words, turn, turning),
        ):
            rows = alternate([(name, call(url)) for name, url in which], asked, WARM_UP)
            show(title, rows, baseline=rows[-1])
        rates = [(name, turns_a_second(url, words)) for name, url in turning]
        print("Turns a second, 8 at once: " + ", ".join(f"{name} {rate:.0f}" for name, rate in rates))  # noqa: T201
        answers = [answer(client, meta) for client, (_, meta) in zip(clients, stacks, strict=True)]
        for title, calls in (
            ("Carrel's web process: webhook to 200", [acknowledge(client) for client in clients]),
            ("Webhook in to answer at the platform", answers),
        ):
            for stack, _ in stacks:
                until(partial(drained, stack), 300, "the messages of the table before were not answered")
            names = (OURS, f"Carrel with {THEIRS}")[: len(calls)]
            rows = alternate(list(zip(names, calls, strict=True)), words, WARM_UP)
            show(title, rows, baseline=rows[-1])


def load(folder: Path) -> None:
    """Put Carrel's Messenger channel and Rasa's own under the same load, one after the other, on the same model."""
    with ExitStack() as running:
        models = trained("loaded", folder)
        stack, meta = running.enter_context(carrel("loaded", folder, models))
        fresh = memory(stack)
        theirs = running.enter_context(stand_in())
        rasa = running.enter_context(plain_rasa("facebook", models, stack, folder, theirs.url))
        channels = [
            Channel(OURS, stack.webhook, meta, PAGE_ID, APP_SECRET),
            Channel("Rasa's own Facebook channel", f"{rasa}/webhooks/facebook/webhook", theirs, PAGE_ID, APP_SECRET),
        ]
        for channel in channels:
            at_rate(channel, said(WARM_UP), 5)
        for rate, count in ((1, 40), (20, 400)):
            taken, answered = zip(*[at_rate(channel, said(count), rate) for channel in channels], strict=True)
            show(f"At {rate} messages a second: webhook to 200", taken, baseline=taken[-1])
            show(f"At {rate} messages a second: webhook in to answer out", answered, baseline=answered[-1])
        rates = [(channel.name, sustained(channel, said(400))) for channel in channels]
        print("Answered messages a second, sustained: ", end="")  # noqa: T201
        print(", ".join(f"{name} {rate:.1f}" for name, rate in rates))  # noqa: T201
        taken = [at_rate(channel, said(1000), 100)[0] for channel in channels]
        show("At 100 webhooks a second, answering meanwhile: webhook to 200", taken, baseline=taken[-1])
        until(partial(drained, stack), 300, "the messages were not answered")
        print("Carrel, all processes together: ", end="")  # noqa: T201
        print(f"{sum(fresh.values()):.0f} MB when ready, {sum(memory(stack).values()):.0f} MB after the load")  # noqa: T201
        print(", ".join(f"{name} {size:.0f} MB" for name, size in memory(stack).items()))  # noqa: T201


def said(count: int) -> list[str]:
    """Return so many messages, the same few over and over."""
    return [MESSAGES[number % len(MESSAGES)] for number in range(count)]


@contextmanager
def carrel(name: str, folder: Path, models: Path) -> Iterator[tuple[Stack, FakeMeta]]:
    """Run a whole Carrel on `models`, and say how long its start took and what Rasa takes."""
    started = time.monotonic()
    with whole(folder / f"{name}-var", models) as (stack, meta):
        rasa = resident(stack.pids("quietly rasa run")[0])
        print(f"{name}: all ready in {time.monotonic() - started:.0f} s, Rasa {rasa:.0f} MB")  # noqa: T201
        yield stack, meta


# "default" is "understanding" with Rasa's default pipeline beside it, which trains for most of an hour.
PARTS = ("understanding", "default", "load", "month", "live", "pages", "published")


def main() -> None:
    """Run the parts that are named, or all, and print their tables."""
    parts = sys.argv[1:] or PARTS
    if unknown := set(parts) - set(PARTS):
        raise SystemExit(f"There is no part {', '.join(sorted(unknown))}; the parts are {', '.join(PARTS)}.")
    folder = Path(tempfile.mkdtemp(prefix="carrel-bench-"))
    try:
        if {"understanding", "default"} & set(parts):
            understanding(folder, default="default" in parts)
        if "load" in parts:
            load(folder)
        if "month" in parts:
            month(folder / "month")
        if "live" in parts:
            live(folder / "live")
        if "pages" in parts:
            pages(folder)
        sets = bench_data() if "published" in parts else None
        if sets:
            published(sets)
        elif "published" in parts:
            print("BENCH_DATA names no folder: BANKING77 and CLINC150 are left out.")  # noqa: T201
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
