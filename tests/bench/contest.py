"""How long the pages of a contest take in the server at 1,000 entries, half of them accepted, and as many votes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from bot.store import votes
from bot.store.contest_tables import EntryRow
from bot.store.engine import connect, upgrade
from tests.bench.measure import show
from tests.bench.pages import timed
from tests.contest import CONTEST, edition
from tests.contest_entries import many
from tests.visiting import furnish, visit

ENTRIES, CALLS = 1000, 40
DAY = timedelta(days=1)
PAGES = ("entries", "entries&state=accepted&page=5", "entries&show=alike", "entry&number=501", "results", "jury")


def contest(folder: Path) -> None:
    """Time each page, after a first call that warms the caches."""
    engine = connect(address := f"sqlite:///{folder}/contest.db")
    upgrade(engine)
    furnish(engine)
    now = datetime.now(UTC)
    span = {"closes": now - DAY, "voting_opens": now - DAY, "voting_closes": now + DAY}
    edition(engine, now, published=True, voting="chat", **span)
    added = many(engine, ENTRIES, now)
    with engine.begin() as connection:
        even = sa.update(EntryRow.__table__).where(EntryRow.number % 2 == 0)
        connection.execute(even.values(state="accepted"))
        people = connection.execute(sa.select(EntryRow.person_id)).scalars().all()
    for place, person in enumerate(people):
        votes.cast(engine, CONTEST, person, added[2 * (place * place % (ENTRIES // 2)) + 1], now)
    client = visit(address, folder / "contest")
    rows = [replace(timed(client, _address(page), CALLS), name=page) for page in PAGES]
    gallery = replace(timed(client, f"contest/{CONTEST}", CALLS), name="the public gallery")
    show(f"A contest's pages at {ENTRIES} entries, in the server", [*rows, gallery])


def _address(page: str) -> str:
    name, _, more = page.partition("&")
    return f"console/contests/{name}?name={CONTEST}{f'&{more}' if more else ''}"
