"""Processes killed at random moments under load: nothing lost, nothing crossed, and what comes twice is counted."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.store.engine import connect
from bot.store.message_tables import InboxRow, OutboxRow, PersonRow
from tests import needed
from tests.e2e.asking import words
from tests.e2e.sides import Side, platforms, sides
from tests.grown import Grown
from tests.stack import Stack, until
from tests.stores import POSTGRES, database

pytestmark = pytest.mark.slow

SAID = {
    "where are the printers": "Learning Commons",
    "how many books can i borrow": "30 items",
    "can i eat in the library": "refreshment zone",
    "is there a lost and found": "Circulation Counter",
}
PEOPLE = 4  # on each channel
EMBEDDED = ("carrel web", "carrel worker", "rasa_sdk", "rasa run", "carrel worker", "carrel web")
GROWN = ("web", "worker", "actions", "rasa", "worker", "web")


@dataclass
class Site:
    """A Carrel of its own, and the platforms: how each delivers, what it has been sent, how it calls somebody new."""

    stack: Stack
    sides: list[Side]
    victims: tuple[str, ...]


@pytest.fixture(
    params=[
        ("embedded", EMBEDDED),
        ("grown", GROWN),
        ("grown", ()),
    ],
    ids=["embedded on SQLite", "grown on PostgreSQL and Redis", "grown, and nobody dies"],
)
def site(request: pytest.FixtureRequest, models: Path, tmp_path: Path) -> Iterator[Site]:
    """By one command, or two of each process."""
    layout, victims = request.param
    grown = layout == "grown"
    with ExitStack() as made:
        meta, twilio = made.enter_context(platforms())
        running = (Grown if grown else Stack)(tmp_path / "var", models, meta.port, twilio_port=twilio.port)
        if grown:
            needed.postgresql()
            needed.redis()
            name = made.enter_context(database("kills"))
            running.database_url, running.redis_url = f"{POSTGRES}/{name}", "redis://127.0.0.1:6379/14"
        running.start()
        yield Site(running, [*sides(running, meta, twilio).values()], victims)
        running.stop()


def deliver(client: Any, person: str, words: str, mid: str) -> None:
    """Send a message as platforms do: again, under the same id, until somebody takes it."""

    def taken() -> bool:
        try:
            return bool(client.text(person, words, mid=mid).status_code == 200)
        except httpx.HTTPError:
            return False

    until(taken, 60, "nobody takes the message")


def left(running: Stack) -> list[dict[str, object]]:
    """Return what is not done, for whoever reads why the test failed."""
    found = []
    with connect(running.database_url).connect() as connection:
        for table in (InboxRow.__table__, OutboxRow.__table__):
            waiting = connection.execute(sa.select(table).where(table.c.state == "waiting")).mappings()
            found += [{"table": table.name, **row} for row in waiting]
        ids = {row["person_id"] for row in found}
        people = connection.execute(sa.select(PersonRow.__table__).where(PersonRow.id.in_(ids))).mappings()
        return [*found, *map(dict, people)]


def test_kills_under_load(site: Site) -> None:
    """Every person gets the answers to their own questions, in their order, whoever dies meanwhile."""
    running = site.stack
    people = [(*side[:2], side[2]()) for side in site.sides for _ in range(PEOPLE)]
    chance = random.Random(7)
    pause, ended = threading.Event(), threading.Event()

    def talk() -> None:
        for turn, said in enumerate(SAID):
            for client, _, person in people:
                deliver(client, person, said, f"m_{person}_{turn}")
                pause.wait(0.05)
        ended.set()

    talking = threading.Thread(target=talk)
    talking.start()
    for victim in site.victims:
        pause.wait(chance.uniform(0.3, 2.0))
        until(lambda victim=victim: bool(running.pids(victim)), 30, f"{victim} does not run")
        running.kill(victim)
    talking.join(180)
    assert ended.is_set()

    def answered() -> bool:
        # One that has come twice stands for none that is still on its way.
        return all(len(set(map(words, server.messages_to(person)))) >= len(SAID) for _, server, person in people)

    until(answered, 150, f"not all is answered: {left(running)}")

    twice, lost, disordered = 0, [], []
    for _, server, person in people:
        answers = [words(message) for message in server.messages_to(person)]
        once = [answer for place, answer in enumerate(answers) if answer not in answers[:place]]
        twice += len(answers) - len(once)
        places = [next((place for place, each in enumerate(once) if word in each), -1) for word in SAID.values()]
        lost += [answers] if -1 in places or len(once) != len(SAID) else []
        disordered += [answers] if places != sorted(places) else []
    with connect(running.database_url).connect() as connection:
        cut = connection.execute(sa.select(sa.func.count()).where(OutboxRow.tries > 1)).scalar_one()
    assert (lost, disordered) == ([], [])
    # A send that was cut between the platform's acceptance and our commit is made again: no other is.
    assert twice <= cut
    if not site.victims:
        assert twice == 0
    if isinstance(running, Grown):
        assert running.served() == {"web": 2, "worker": 2, "rasa": 2}
