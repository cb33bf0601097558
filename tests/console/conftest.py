"""The console over a real store with the sample library, and somebody of each role at its door."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine
from werkzeug.test import TestResponse

import bot.store.content as files
from bot import console
from bot.console.desk import Desk
from bot.contest.storage import FolderStorage
from bot.dialogue import DialogueUnavailable, Turn
from bot.handover import Handover
from bot.retraining.workshop import Workshop
from bot.store import users
from bot.store.engine import connect, upgrade
from bot.wiring.channels import previews
from bot.workers.trial import Trials
from connectors.messages import Choice, IncomingMessage, Reply
from connectors.web import create_app
from tests.stack import ROOT
from tests.stores import taught

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)  # noon of a Tuesday in Hong Kong
HONG_KONG = ZoneInfo("Asia/Hong_Kong")
PASSWORD = "correct horse battery staple"
ROLES = {"vic": "viewer", "lib": "librarian", "ada": "administrator"}


SPANS = [
    {"starts": f"{starts}:00+08:00", "ends": f"{ends}:00+08:00", "grain": grain}
    for starts, ends, grain in (
        ("2026-11-24T22:00", "2026-11-24T22:01", "moment"),
        ("2026-11-25T18:00", "2026-11-26T00:00", "part"),
        ("2026-11-26T00:00", "2026-11-27T00:00", "day"),
        ("2026-12-24T00:00", "2026-12-27T00:00", "days"),
    )
]


class Rehearsed:
    """Stands for Rasa where no model is needed: says the hours, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[IncomingMessage, str, tuple[str, ...]]] = []
        self.down = False

    def ready(self) -> bool:
        """Return whether it answers."""
        return not self.down

    def rehearse(self, message: IncomingMessage, conversation: str, conditions: Any = ()) -> Turn:
        """Return one answer, with everything that a trace shows."""
        if self.down:
            raise DialogueUnavailable("down")
        self.asked.append((message, conversation, tuple(conditions)))
        understanding = {
            "intent": {"name": "opening_hours", "confidence": 0.98},
            "intent_ranking": [{"name": "opening_hours", "confidence": 0.98}, {"name": "greet", "confidence": 0.01}],
            "entities": [{"entity": "time", "start": 0, "end": 3, "value": "2026-11-24T00:00:00+08:00"}],
            "slots_before": {},
            "slots_after": {"topic": "hours", "time": SPANS},
            "actions": ["action_opening_hours"],
            "timings": {"understand_ms": 5.0},
        }
        return Turn(
            (Reply(text="Open until 11 pm.", choices=(Choice("A person", "/contact_librarian"),)),), understanding
        )


class Clock:
    """The time of the tests, which moves when it is told to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now


class Visitor:
    """A browser without a screen: keeps cookies, sends the token that the last page gave."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **more: Any) -> TestResponse:
        """Open a page."""
        return self.client.get(path, **more)

    def token(self, page: str = "/console/sign-in") -> str:
        """Return the token of a page."""
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.client.get(page, follow_redirects=True).text)
        assert found
        return found[1]

    def post(self, path: str, data: Any = None, **more: Any) -> TestResponse:
        """Send a form with the token of the session."""
        headers = {"X-CSRFToken": self.token(), **more.pop("headers", {})}
        return self.client.post(path, data=data or {}, headers=headers, **more)

    def sign_in(self, name: str, password: str = PASSWORD, **more: Any) -> TestResponse:
        """Sign in by the form."""
        return self.post(f"/console/sign-in{more.pop('query', '')}", {"name": name, "password": password}, **more)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the sample library, the examples and one person of each role, to be copied: Argon2 is slow."""
    path = tmp_path_factory.mktemp("console") / "store.db"
    engine = connect(f"sqlite:///{path}")
    upgrade(engine)
    files.apply(engine, files.plan(engine, files.read(Path("content"))), now=NOW)
    for name, role in ROLES.items():
        users.add(engine, name, role, PASSWORD, actor=name, now=NOW)
        added = users.named(engine, name)
        assert added
        users.set_password(engine, added.id, PASSWORD, actor=name, now=NOW)
    taught(engine, ROOT)
    engine.dispose()
    return path


@pytest.fixture
def engine(template: Path, tmp_path: Path) -> Iterator[Engine]:
    """A store of this test's own."""
    copy = tmp_path / "store.db"
    copy.write_bytes(template.read_bytes())
    made = connect(f"sqlite:///{copy}")
    yield made
    made.dispose()


@pytest.fixture
def clock() -> Clock:
    """The clock of the console."""
    return Clock()


@pytest.fixture
def rehearsed() -> Rehearsed:
    """What stands for Rasa."""
    return Rehearsed()


def health() -> dict[str, tuple[bool, str]]:
    """Return how the parts fare: Rasa is down."""
    return {"store": (True, "sqlite"), "rasa": (False, "does not answer")}


def installed(at: Desk) -> Flask:
    """Return the web process's application with the console over `at`."""
    made = create_app({}, lambda *_: None, health)
    console.install(made, at)
    return made


@pytest.fixture
def at(engine: Engine, clock: Clock, rehearsed: Rehearsed, tmp_path: Path) -> Desk:
    """What the pages work with."""
    return Desk(
        engine=engine,
        zone=HONG_KONG,
        now=clock,
        health=health,
        channels=previews(),
        on=frozenset({"messenger"}),
        dialogue=rehearsed,  # type: ignore[arg-type]
        secret_key="a secret of the tests",
        public_url="http://localhost",
        handover=Handover(
            engine=engine,
            channels=previews(),
            now=clock,
            wake=lambda _person_id: None,
            say_when=lambda moment, language: f"{moment:%A}",
        ),
        typing=lambda _person_id: None,
        live={},
        photos=FolderStorage(tmp_path / "photos"),
        trials=Trials(
            engine, HONG_KONG, lambda token: f"http://localhost/privacy/data/{token}", lambda at, _: f"{at:%d %B %Y}"
        ),
        shop=Workshop(engine=engine, root=ROOT, var=tmp_path / "var", models=tmp_path / "models", now=clock),
    )


@pytest.fixture
def app(at: Desk) -> Flask:
    """The web process's application."""
    return installed(at)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody who is not signed in."""
    return Visitor(app.test_client())


@pytest.fixture
def signed_in(app: Flask) -> Callable[[str], Visitor]:
    """Gives somebody who is signed in, by role."""

    def come(role: str) -> Visitor:
        name = next(name for name, its in ROLES.items() if its == role)
        visitor = Visitor(app.test_client())
        assert visitor.sign_in(name).status_code == 302
        return visitor

    return come


@pytest.fixture
def administrator(signed_in: Callable[[str], Visitor]) -> Visitor:
    """An administrator who is signed in."""
    return signed_in("administrator")


@pytest.fixture
def librarian(signed_in: Callable[[str], Visitor]) -> Visitor:
    """A librarian who is signed in."""
    return signed_in("librarian")
