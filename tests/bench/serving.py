"""The models and the servers that are measured beside each other."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import sqlalchemy as sa
from ruamel.yaml import YAML

from bot.simulator.fake_meta import FakeMeta
from bot.store.engine import connect
from bot.store.message_tables import InboxRow, OutboxRow
from tests.stack import ACCESS_TOKEN, APP_SECRET, ROOT, VERIFY_TOKEN, Stack, binary, free_port, until, whole

MODELS = ROOT / "var" / "bench" / "models"


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


@contextmanager
def carrel(name: str, folder: Path, models: Path) -> Iterator[tuple[Stack, FakeMeta]]:
    """Run a whole Carrel on `models`, and say how long its start took and what Rasa takes."""
    started = time.monotonic()
    with whole(folder / f"{name}-var", models) as (stack, meta):
        rasa = resident(stack.pids("quietly rasa run")[0])
        print(f"{name}: all ready in {time.monotonic() - started:.0f} s, Rasa {rasa:.0f} MB")  # noqa: T201
        yield stack, meta


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
        kinds = ("rasa_sdk", "rasa run", "carrel web", "carrel worker", "carrel trainer", "supervisord")
        name = next((kind for kind in kinds if kind in words), "others")
        found[name] = found.get(name, 0.0) + resident(pid)
    return dict(sorted(found.items(), key=lambda each: -each[1]))


def drained(stack: Stack) -> bool:
    """Return whether every message has been answered and sent."""
    with connect(stack.database_url).connect() as connection:
        waiting = [
            connection.execute(sa.select(sa.func.count()).where(table.state == "waiting")).scalar_one()
            for table in (InboxRow, OutboxRow)
        ]
    return not any(waiting)
