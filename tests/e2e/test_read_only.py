"""What librarians teach needs nothing of the project's tree but that it can be read, in one place or in containers."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.simulator.fake_meta import FakeMeta
from bot.simulator.messenger_client import MessengerClient
from bot.store import examples, inbox, jobs, models, topics
from bot.store.engine import connect
from bot.store.jobs import Job
from bot.store.message_tables import InboxRow
from tests.e2e.browsing import PASSWORD, let_in
from tests.e2e.console_client import Visitor
from tests.stack import APP_SECRET, PAGE_ID, RASA_TOKEN, VERIFY_TOKEN, Stack, binary, furnished, small, stand_in, until
from tests.stores import POSTGRES, database

pytestmark = pytest.mark.slow

PRAY = "is there a room to pray in\nwhere can i pray on campus\nquiet room for prayer"
SECRET, TAUGHT = "my zorblax printout came out blank", "frobnicate my loan please"
# What compose starts, each in a container of its own.
PARTS = {
    "actions": ("actions",),
    "rasa": ("rasa", "--port", "{rasa}"),
    "worker": ("worker",),
    "web": ("web",),
    "trainer": ("trainer",),
}


def reading(root: Path) -> tuple[str, ...]:
    """Return what a command begins with whose process can only read what is under `root`.

    Root may write where nobody may, so that it gets a view of its own in which the tree is mounted to be read.
    """
    subprocess.run(["chmod", "-R", "a-w", str(root)], check=True)
    if os.getuid():
        return ()
    mounted = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && exec "$@"'
    return ("unshare", "--mount", "sh", "-c", mounted, str(root))


def tree(root: Path) -> str:
    """Return a name for exactly these files."""
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return hashlib.sha256(
        b"".join(str(path.relative_to(root)).encode() + path.read_bytes() for path in files)
    ).hexdigest()


@dataclass
class Apart(Stack):
    """Each process as compose starts it: a tree and a var of its own, nothing but the store and the models shared."""

    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, seconds: float = 240) -> None:
        """Start everything and return when every part is ready."""
        self.prepare()
        shipped = self.root
        for name, words in {"prepare": ("prepare",), **PARTS}.items():
            self.root = self.folder / name / "project"
            shutil.copytree(shipped, self.root)
            before, environment = reading(self.root), self.of(name)
            told = [each.format(rasa=self.rasa_url.rsplit(":", 1)[1]) for each in words]
            with self.log.open("ab") as log:
                command = [*before, binary("carrel"), *told]
                process = subprocess.Popen(command, cwd=self.root, env=environment, stdout=log, stderr=log)
            if name == "prepare":
                assert process.wait(120) == 0, self.log.read_text()[-4000:]
                content = self.carrel("content", "load", "--yes")
                assert content.returncode == 0, content.stderr
            else:
                self.running.append(process)
        self.root = self.folder / "web" / "project"
        self.wait_ready(seconds)

    def of(self, name: str) -> dict[str, str]:
        """Return the environment of one part."""
        furnished(self.folder / name / "var")
        own = {"CARREL_VAR": str(self.folder / name / "var"), "SECRET_KEY": "k" * 40}
        return {**self.environment(), **own}

    def carrel(self, *words: str, said: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command of Carrel's in the tree of one part."""
        command, environment = [binary("carrel"), *words], self.of(self.root.parent.name)
        return subprocess.run(
            command,
            cwd=self.root,
            env=environment,
            input=said,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def stop(self) -> None:
        """Stop everything."""
        for each in self.running:
            each.terminate()
        for each in self.running:
            each.wait(timeout=60)


@pytest.fixture
def meta() -> Iterator[FakeMeta]:
    with stand_in() as meta:
        yield meta


@pytest.fixture
def postgres() -> Iterator[str]:
    with database("apart") as name:
        yield f"{POSTGRES}/{name}"


def done(engine: Engine, number: int) -> Job:
    """Return a piece of work that has ended well."""
    found: list[Job] = []

    def ended() -> bool:
        found[:] = [each for each in [jobs.get(engine, number)] if each]
        return bool(found) and not found[0].under_way

    until(ended, 900, "the work did not end")
    assert found[0].state == "done", found[0].problem
    return found[0]


def understood(stack: Stack, text: str) -> str:
    """Return what Rasa takes a text for."""
    headers = {"Authorization": f"Bearer {RASA_TOKEN}"}
    told = httpx.post(f"{stack.rasa_url}/model/parse", json={"text": text}, headers=headers, timeout=60)
    return str(told.raise_for_status().json()["intent"]["name"])


def taught_and_taken_back(stack: Stack, meta: FakeMeta) -> None:
    """Let a library do everything that it can do with what the bot is taught, from a new topic to a rollback."""
    engine = connect(stack.database_url)
    let_in(engine, lib="librarian", ada="librarian")
    lib, ada = (Visitor(stack.url, name, PASSWORD) for name in ("lib", "ada"))
    student = MessengerClient(stack.webhook, PAGE_ID, APP_SECRET, VERIFY_TOKEN)
    people = {text: uuid.uuid4().hex for text in (SECRET, TAUGHT)}
    for text, person in people.items():
        assert student.text(person, text).status_code == 200
    assert meta.wait(lambda: all(meta.messages_to(person) for person in people.values()), 120)
    form = {"label": "Prayer room", "asked": PRAY, "text": "Room 5-201, always open.", "link": ""}
    assert "is there" in lib.post("/console/review/topic", **form).text
    assert "Written" in lib.post("/console/examples/topics", does="rename", topic="wifi", label="Net", sure="yes").text
    with engine.connect() as connection:
        numbers = dict(connection.execute(sa.select(InboxRow.text, InboxRow.id)).all())
    for text, intent in ((SECRET, "printing_scanning_copying"), (TAUGHT, "renew_loan")):
        lib.post(f"/console/review/{numbers[text]}", does=f"is:{intent}", text=text)
    assert {SECRET, TAUGHT} <= {each.text for each in examples.current(engine)}

    before = models.active(engine)
    forgotten = stack.carrel("forget", "messenger", people[SECRET], "--yes")
    assert forgotten.returncode == 0, forgotten.stderr
    [job] = [each for each in jobs.page(engine) if each.kind == "train"]
    model = done(engine, job.id).model
    made = models.get(engine, model)
    assert made
    assert re.fullmatch(r"[0-9a-f]{16}", made.changes["project"])
    assert [each.text for each in examples.current(engine) if each.review_id in made.changes["reviews"]] == [TAUGHT]
    assert SECRET not in {each.text for each in examples.current(engine)}
    now = datetime.now(UTC)
    models.measured(engine, model, made.figures, "pass")  # a third of the examples: it may be worse, and goes live here
    ada.post(f"/console/training/models/{model}/approve", why="looked at it", looked="yes")
    done(engine, jobs.ask(engine, "activate", by="lib", now=now, model=model))
    assert models.active(engine) == model
    assert understood(stack, "quiet room for prayer") == "prayer_room"
    assert TAUGHT in {each.text for each in examples.current(engine, waiting=False)}
    done(engine, jobs.ask(engine, "rollback", by="lib", now=now))
    assert models.active(engine) == before
    assert TAUGHT not in {each.text for each in examples.current(engine)}
    assert topics.every(engine)["wifi"].called == "Net"
    assert inbox.counts(engine).get("failed", 0) == 0


def test_a_whole_carrel_only_reads_its_tree(small_models: Path, meta: FakeMeta, tmp_path: Path) -> None:
    shutil.copytree(small_models, tmp_path / "models")
    project = small(tmp_path / "project")
    before = tree(project)
    stack = Stack(tmp_path / "var", tmp_path / "models", meta.port, root=project, within=reading(project))
    try:
        stack.start(400)
        taught_and_taken_back(stack, meta)
    finally:
        stack.stop()
    assert tree(project) == before


def test_parts_in_containers_of_their_own_share_the_store_and_the_models(
    small_models: Path, meta: FakeMeta, tmp_path: Path, postgres: str
) -> None:
    shutil.copytree(small_models, tmp_path / "models")
    project = small(tmp_path / "project")
    before = tree(project)
    stack = Apart(tmp_path / "apart", tmp_path / "models", meta.port, root=project, database_url=postgres)
    try:
        stack.start(400)
        taught_and_taken_back(stack, meta)
    finally:
        stack.stop()
    assert {tree(tmp_path / "apart" / name / "project") for name in ("prepare", *PARTS)} == {before}
