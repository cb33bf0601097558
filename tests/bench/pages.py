"""How long the console's pages take in the server, over 100,000 messages."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import bot.store.content as files
from bot.settings import read_settings
from bot.store import users
from bot.store.engine import connect, upgrade
from bot.wiring.web import build_web
from tests.bench.measure import Timings, show
from tests.console.many import fill

PASSWORD = "correct horse battery staple"
CALLS = 12
PAGES = (
    "",
    "?days=90",
    "try",
    "conversations",
    "conversations?outcome=unsure",
    "conversations?q=book+777",
    "conversations?q=zeppelin",
    "conversations?q=99+number+777",
    "conversations?topic=renew_loan&q=zeppelin",
    "conversations?show=low",
    "conversations?show=feedback",
    "conversations?since=2020-01-01&until=2020-02-01",
    "conversations?before=500",
    "conversations/77",
    "places",
    "closures",
    "events",
    "events?view=month",
    "conditions",
    "contests",
    "terms",
    "answers",
    "review",
    "training",
    "examples",
    "examples?text=wifi",
    "learning",
    "changes",
    "changes?who=nobody",
    "staff",
)


def pages(folder: Path) -> None:
    """Time each page, after a first call that warms the caches."""
    address = f"sqlite:///{folder}/pages.db"
    engine = connect(address)
    upgrade(engine)
    now = datetime.now(UTC)
    files.apply(engine, files.plan(engine, files.read(Path("content"))), now=now)
    added = users.add(engine, "ada", "administrator", PASSWORD, actor="bench", now=now)
    users.set_password(engine, added.id, PASSWORD, actor="ada", now=now)
    fill(engine, now)
    environment = {"DATABASE_URL": address, "CARREL_VAR": str(folder / "pages"), "CARREL_MODELS": str(folder)}
    client = build_web(read_settings(environment, env_file=None)).test_client()
    token = re.search(r'name="csrf-token" content="([^"]+)"', client.get("/console/sign-in").text)
    assert token
    form = {"name": "ada", "password": PASSWORD}
    assert client.post("/console/sign-in", data=form, headers={"X-CSRFToken": token[1]}).status_code == 302
    rows = []
    for page in PAGES:
        times = []
        for number in range(CALLS + 1):
            started = time.perf_counter()
            assert client.get(f"/console/{page}").status_code == 200, page
            if number:
                times.append((time.perf_counter() - started) * 1000)
        rows.append(Timings(f"/console/{page}", tuple(times)))
    show("The console's pages over 100,000 messages, in the server", rows)
