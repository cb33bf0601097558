"""The console of a web process as it is wired, and somebody signed in at it, with no browser and no server."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy.engine import Engine

import bot.store.content as files
from bot.settings import read_settings
from bot.store import users
from bot.wiring.web import build_web

PASSWORD = "correct horse battery staple"


def furnish(engine: Engine) -> None:
    """Load the sample library into a store, and make ada its administrator."""
    now = datetime.now(UTC)
    files.apply(engine, files.plan(engine, files.read(Path("content"))), now=now)
    added = users.add(engine, "ada", "administrator", PASSWORD, actor="tests", now=now)
    users.set_password(engine, added.id, PASSWORD, actor="ada", now=now)


def visit(database_url: str, folder: Path) -> FlaskClient:
    """Return ada's way through the console over a store that `furnish` has filled; `folder`: where it may write."""
    environment = {"DATABASE_URL": database_url, "CARREL_VAR": str(folder), "CARREL_MODELS": str(folder)}
    client = build_web(read_settings(environment, env_file=None)).test_client()
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/console/sign-in").text)
    assert token
    form = {"name": "ada", "password": PASSWORD}
    assert client.post("/console/sign-in", data=form, headers={"X-CSRFToken": token[1]}).status_code == 302
    return client
