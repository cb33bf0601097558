"""From a label to a live model: 20 messages reviewed, trained, judged, approved, live, by the console's own pages."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from bot.store import cards, jobs, models, users
from bot.store.engine import connect
from tests.bench.month import HERE, Said, log, trained
from tests.stack import Stack, copied, until, whole

PASSWORD = "correct horse battery staple"
MESSAGES, MOST_SECONDS, MOST_TRAINING = 20, 180.0, 60.0


class Person:
    """Somebody at the console."""

    def __init__(self, url: str, name: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=60, follow_redirects=True)
        self.post("/console/sign-in", {"name": name, "password": PASSWORD})

    def post(self, path: str, form: dict[str, str]) -> str:
        """Send a form with the token of the session, and return the page that comes."""
        page = self._client.get("/console/sign-in").text
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found
        return self._client.post(path, data=form, headers={"X-CSRFToken": found[1]}).raise_for_status().text


def live(folder: Path) -> None:
    """Do it once and print where the seconds went."""
    root = copied(folder / "project")
    trained(folder / "models", "base", root / "data")
    with whole(folder / "live-var", folder / "models", root, 600) as (stack, meta):
        engine = connect(stack.database_url)
        for name in ("lib", "ada"):
            added = users.add(engine, name, "librarian", PASSWORD, actor=name, now=datetime.now(UTC))
            users.set_password(engine, added.id, PASSWORD, actor=name, now=datetime.now(UTC))
        lib, ada = Person(stack.url, "lib"), Person(stack.url, "ada")
        rows = [line.split("\t") for line in (HERE / "month.tsv").read_text(encoding="utf-8").splitlines()]
        said = [Said(f"{text} pls", intent) for text, intent in rows if "|" not in intent]
        meant = {each.text: each.intent for each in said}
        log(stack, meta, said)
        lib.post("/console/review/refresh", {})
        until(lambda: not jobs.page(engine, 1)[0].under_way, 300, "the queue was not sorted")
        marks = [("begun", time.monotonic())]
        decided = 0
        while decided < MESSAGES and (card := cards.next_card(engine, "lib", datetime.now(UTC))):
            does = meant[card.text] if meant[card.text] not in ("prayer_room", "stationery", "board_games") else ""
            form = {"does": f"is:{does}" if does else "not_useful", "text": card.text}
            lib.post(f"/console/review/{card.inbox_id}", form)
            decided += bool(does)
        marks.append((f"{decided} decisions", time.monotonic()))
        lib.post("/console/training/train", {"reason": "bench"})
        model = _model(stack, "train")
        marks.append(("training and gate", time.monotonic()))
        stages = [line for line in jobs.page(engine, 1)[0].log.splitlines() if line.startswith(("— ", "  ("))]
        ada.post(f"/console/training/models/{model.name}/approve", {"why": "looked at it", "looked": "yes"})
        ada.post(f"/console/training/models/{model.name}/activate", {})
        _model(stack, "activate")
        marks.append(("approved and live", time.monotonic()))
        active, took = models.active(engine), marks[-1][1] - marks[0][1]
        table = Table(title=f"From a label to a live model: {took:.0f} s (at most {MOST_SECONDS:.0f})")
        table.add_column("what")
        table.add_column("seconds", justify="right")
        for (_, before), (name, at) in pairwise(marks):
            table.add_row(name, f"{at - before:.1f}")
        table.add_row(f"of it training (at most {MOST_TRAINING:.0f})", f"{model.seconds:.1f}")
        Console(width=100).print(table)
        for line in stages:
            print(line)  # noqa: T201
        state = "live" if active == model.name else f"not live: {model.figures['reasons'][:3]}"
        print(f"{model.verdict}; {state}")  # noqa: T201


def _model(stack: Stack, kind: str) -> models.Model:
    """Wait for the latest work of a kind, and return the model that it was about."""
    engine = connect(stack.database_url)

    def ended() -> bool:
        return not jobs.page(engine, 1)[0].under_way

    until(ended, 600, f"the work ({kind}) did not end")
    job = jobs.page(engine, 1)[0]
    if (job.kind, job.state) != (kind, "done"):
        raise AssertionError(f"{job.kind}: {job.state}: {job.problem}")
    model = models.get(engine, job.model)
    assert model
    return model
