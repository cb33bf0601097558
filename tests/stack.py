"""A whole Carrel of real processes, on ports and in a folder of its own, for end-to-end tests and benchmarks."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bot.dialogue import RasaDialogue
from bot.retraining import seed
from bot.simulator.fake_meta import FakeMeta

ROOT = Path(__file__).parents[1]
RASA_TOKEN = "token-between-the-processes"
PAGE_ID, APP_SECRET, VERIFY_TOKEN, ACCESS_TOKEN = "61550018834421", "secret-of-the-app", "word", "token-of-the-page"
PHONE_NUMBER_ID, ACCOUNT_SID, AUTH_TOKEN, NUMBER = (
    "106540352242922",
    "AC0123",
    "token-of-twilio",
    "whatsapp:+15550001111",
)


def binary(name: str) -> str:
    """Return a command of this same environment."""
    return str(Path(sys.executable).with_name(name))


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    """Return whether somebody listens on a port of this machine now."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(what: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Return as soon as `what` is true; fail with the words `otherwise` when it is not within `seconds`."""
    pause, end = threading.Event(), time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise AssertionError(f"{otherwise} (waited {seconds:.0f} s)")
        pause.wait(0.05)


def copied(root: Path) -> Path:
    """Return `root`, into which the project's own files are copied."""
    for name in ("data", "content", "evaluation"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for name in ("domain.yml", "config.yml", "endpoints.yml", "credentials.yml"):
        shutil.copy(ROOT / name, root)
    return root


def small(root: Path) -> Path:
    """Return `root` with the project on a small scale: a third of the examples, one file of test questions.

    A training goes the same way over it in half the time. The fixture `small_models` has its model.
    """
    copied(root)
    for path in (root / seed.QUESTIONS).glob("questions_*.tsv"):
        path.unlink()
    dropped, seen = defaultdict[str, set[int]](set), defaultdict[str, int](int)
    for each in seed.read(root).examples:
        if seen[each.intent] % 3:
            dropped[Path(each.file).name].add(each.line)
        seen[each.intent] += 1
    for name, lines in dropped.items():
        path = root / seed.NLU / name
        kept = [line for number, line in enumerate(path.read_text().splitlines(), 1) if number not in lines]
        path.write_text("\n".join(kept) + "\n")
    return root


def furnished(var: Path) -> Path:
    """Return `var`, made, with what the training of the tests' model has left: its encoders, the texts' vectors."""
    var.mkdir(parents=True, exist_ok=True)
    made = ROOT / "var"
    if (made / "encoders").exists() and not (var / "encoders").exists():
        (var / "encoders").symlink_to(made / "encoders")
    for name in ("examples.npz", "examples-chinese.npz", "answers.npz", "answers-chinese.npz"):
        if (made / name).exists() and not (var / name).exists():
            shutil.copy(made / name, var)
    return var


@dataclass
class Stack:
    """`carrel serve` with a Messenger channel that calls the stand-in at `graph_port`."""

    folder: Path
    models: Path
    graph_port: int
    database_url: str = ""
    redis_url: str = ""
    twilio_port: int = 0
    rasa_url: str = ""
    root: Path = ROOT
    port: int = field(default_factory=free_port)
    actions_port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    # What the command that starts it begins with.
    within: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.rasa_url = self.rasa_url or f"http://127.0.0.1:{free_port()}"
        self.database_url = self.database_url or f"sqlite:///{self.folder}/carrel.db"

    @property
    def url(self) -> str:
        """Where the web process listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def webhook(self) -> str:
        """Where Meta's webhooks go."""
        return f"{self.url}/webhooks/messenger"

    @property
    def log(self) -> Path:
        """What all processes have printed."""
        return self.folder / "log"

    def environment(self) -> dict[str, str]:
        """Return the environment of every process of this stack."""
        return {
            **os.environ,
            "PORT": str(self.port),
            "PUBLIC_URL": self.url,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "RASA_URL": self.rasa_url,
            "RASA_TOKEN": RASA_TOKEN,
            "ACTIONS_PORT": str(self.actions_port),
            "CARREL_VAR": str(self.folder),
            "CARREL_MODELS": str(self.models),
            "GRAPH_API_URL": f"http://127.0.0.1:{self.graph_port}",
            "WHATSAPP_PHONE_NUMBER_ID": PHONE_NUMBER_ID,
            "WHATSAPP_ACCESS_TOKEN": ACCESS_TOKEN,
            "WHATSAPP_APP_SECRET": APP_SECRET,
            "WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
            **(self._twilio() if self.twilio_port else {}),
            "MESSENGER_PAGE_ID": PAGE_ID,
            "MESSENGER_PAGE_ACCESS_TOKEN": ACCESS_TOKEN,
            "MESSENGER_APP_SECRET": APP_SECRET,
            "MESSENGER_VERIFY_TOKEN": VERIFY_TOKEN,
        }

    def _twilio(self) -> dict[str, str]:
        return {
            "TWILIO_API_URL": f"http://127.0.0.1:{self.twilio_port}",
            "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_WHATSAPP_NUMBER": NUMBER,
        }

    def dialogue(self) -> RasaDialogue:
        """Return the way to this stack's Rasa."""
        return RasaDialogue(self.rasa_url, httpx.Client(timeout=30), RASA_TOKEN)

    def carrel(self, *words: str, said: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command of Carrel's within this stack's settings."""
        command = [binary("carrel"), *words]
        return subprocess.run(
            command,
            cwd=self.root,
            env=self.environment(),
            input=said,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def prepare(self) -> None:
        """Make the folder."""
        furnished(self.folder)

    def start(self, seconds: float = 240) -> None:
        """Start everything and return when every part is ready, within so many seconds."""
        self.prepare()
        with self.log.open("ab") as log:
            command = [*self.within, binary("carrel"), "serve"]
            self.process = subprocess.Popen(command, cwd=self.root, env=self.environment(), stdout=log, stderr=log)
        self.wait_ready(seconds)

    def wait_ready(self, seconds: float = 240) -> None:
        """Return when every part is ready; fail with the log's end when that takes too long."""
        try:
            until(self.ready, seconds, "Carrel did not get ready")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log.read_text()[-4000:]}") from None

    def ready(self) -> bool:
        """Return whether every part is ready now."""
        assert self.process is None or self.process.poll() is None, self.log.read_text()[-4000:]
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def pids(self, words: str) -> list[int]:
        """Return the processes of this stack whose command line holds `words`."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(pid) for pid in children if words in Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")]

    def kill(self, words: str) -> None:
        """Kill processes of this stack, as an operating system out of memory would."""
        found = self.pids(words)
        assert found, f"no process of {words}"
        for pid in found:
            os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Stop everything, as Ctrl-C does, and return when it has ended."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=60)


@contextmanager
def stand_in() -> Iterator[FakeMeta]:
    """Run a stand-in for Meta."""
    meta = FakeMeta(access_token=ACCESS_TOKEN, page_id=PAGE_ID, phone_number_id=PHONE_NUMBER_ID)
    meta.start()
    try:
        yield meta
    finally:
        meta.stop()


@contextmanager
def whole(folder: Path, models: Path, root: Path = ROOT, seconds: float = 240) -> Iterator[tuple[Stack, FakeMeta]]:
    """Run a whole Carrel on `models`, its data in `folder`; give it and the stand-in for Meta that it answers to."""
    with stand_in() as meta:
        stack = Stack(folder, models, meta.port, root=root)
        try:
            stack.start(seconds)
            yield stack, meta
        finally:
            stack.stop()
