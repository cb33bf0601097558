"""How long the console's pages take in the server, over 100,000 messages."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.engine import Engine

from bot.retraining.redaction import find
from bot.store import inbox, people, turns
from bot.store.engine import connect, upgrade
from bot.store.message_tables import InboxRow
from connectors.messages import Address, IncomingMessage, Kind
from tests.bench.measure import Timings, show
from tests.console.many import fill
from tests.console.test_hiding import HOSTILE
from tests.visiting import furnish, visit

CALLS, WORST = 12, 50
# Those that begin with what was said last.
LATEST = ("", "conversations", "inbox")
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
    furnish(engine)
    fill(engine, datetime.now(UTC))
    client = visit(address, folder / "pages")
    show(
        "The console's pages over 100,000 messages, in the server", [timed(client, f"console/{page}") for page in PAGES]
    )
    _say_worst(engine)
    looked = [timed(client, f"console/{page}", 1, name=f"/console/{page}, the first time") for page in LATEST]
    rows = [
        row for pair in zip(looked, [timed(client, f"console/{page}") for page in LATEST], strict=True) for row in pair
    ]
    show("The same with the worst fifty messages that platforms deliver before all others", rows)


def timed(client: FlaskClient, page: str, calls: int = CALLS, name: str = "") -> Timings:
    """Return how long a page takes; without a `name` after a first call that warms the caches."""
    times = []
    for _ in range(calls if name else calls + 1):
        find.cache_clear()  # as in a process that has not looked at these messages
        started = time.perf_counter()
        assert client.get(f"/{page}").status_code == 200, page
        times.append((time.perf_counter() - started) * 1000)
    return Timings(name or f"/{page}", tuple(times if name else times[1:]))


def _say_worst(engine: Engine) -> None:
    """Have fifty people say the worst, ask for a person, and not be understood."""
    now = datetime.now(UTC)
    for number in range(WORST):
        who, text = Address("messenger", f"worst {number}"), f"{number} {HOSTILE[number % len(HOSTILE)] * 4096}"[:4096]
        said = IncomingMessage(f"worst {number}", Kind.TEXT, who, now, text)
        inbox.add(engine, "messenger", [said], now=now, stale_after_seconds=3600)
        with engine.begin() as connection:
            person_id = people.find_or_add(connection, who, now).id
            row = connection.execute(sa.select(sa.func.max(InboxRow.id))).scalar_one()
        understanding = {"intent": {"name": "nlu_fallback", "confidence": 0.2}, "requests": ["contact_librarian"]}
        understanding |= {"actions": ["action_unsure"]}
        turns.answered(engine, row, person_id, replies=(), understanding=understanding, calls=(), now=now)
