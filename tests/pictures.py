"""The pictures of docs/, of a whole Carrel in a real browser: `python -m tests.pictures`, some four minutes.

Its students' words are those of the simulated month, spread over a fortnight: nobody has written them.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.engine import Engine

from bot.retraining.measures import questions
from bot.simulator.fake_meta import FakeMeta
from bot.simulator.messenger_client import MessengerClient
from bot.store import cards, jobs, threads
from bot.store import outbox as sent
from bot.store.engine import connect
from bot.store.message_tables import InboxRow, OutboxRow, PersonRow, TurnRow
from tests.bench.month import HERE, LABELS, Said, log, trained
from tests.e2e.browsing import launched, let_in, visits
from tests.stack import APP_SECRET, PAGE_ID, ROOT, VERIFY_TOKEN, Stack, copied, until, whole

OUT = ROOT / "docs" / "console"
SIZE = {"width": 1200, "height": 760}
MESSAGES, DAYS, DECISIONS, LOCKED_AFTER = 320, 14, 12, 5
STUDENT = "7788001122"


def main() -> None:
    """Start everything, live through it, and write the pictures."""
    with tempfile.TemporaryDirectory(prefix="carrel-pictures-") as name:
        folder = Path(name)
        root = copied(folder / "project")
        trained(folder / "models", "base", root / "data")
        with whole(folder / "var", folder / "models", root, 600) as (stack, meta):
            engine = connect(stack.database_url)
            let_in(engine, lib="librarian", ada="administrator")
            _photographed(stack, engine, meta)


def _photographed(stack: Stack, engine: Engine, meta: FakeMeta) -> None:
    written = [each for each in questions(HERE, "month") if len(each.intents) == 1]
    said = [Said(each.text, each.intents[0]) for each in random.Random(7).sample(written, MESSAGES)]
    log(stack, meta, said)
    _spread(engine, datetime.now(UTC))
    for browser in launched():
        for come in visits(browser, stack.url, []):
            lib = come("lib")
            lib.set_viewport_size(SIZE)
            shoot(lib, "/console/", "home")
            shoot(lib, "/console/conversations", "conversations")
            shoot(lib, "/console/places", "places")
            _try(lib)
            _inbox(lib, stack, engine, meta)
            _review(lib, engine, {each.text: each.intent for each in said})
            _training(lib, come, engine)
            sessions(browser, stack.url, come)


def shoot(page: Page, path: str, name: str) -> None:
    """Write the picture of a page that is quiet."""
    if path:
        answer = page.goto(path)
        assert answer, path
        assert answer.ok, path
    page.wait_for_load_state("networkidle")
    page.screenshot(path=OUT / f"{name}.png", animations="disabled")
    print(name, flush=True)  # noqa: T201


def _spread(engine: Engine, now: datetime) -> None:
    """Move what has been said into the fortnight before `now`, more of it by day than by night."""
    drawn = random.Random(7)
    inbox, turns, outbox, people = (each.__table__ for each in (InboxRow, TurnRow, OutboxRow, PersonRow))
    until(lambda: not sent.counts(engine).get("waiting"), 60, "not everything was sent")
    with engine.begin() as connection:
        rows = connection.execute(sa.select(inbox.c.id, inbox.c.person_id).order_by(inbox.c.id)).all()
        for row, at in zip(rows, sorted(_moment(drawn, now) for _ in rows), strict=True):
            connection.execute(sa.update(inbox).where(inbox.c.id == row.id).values(sent_at=at, received_at=at))
            connection.execute(sa.update(turns).where(turns.c.inbox_id == row.id).values(at=at))
            told = {"created_at": at, "sent_at": at + timedelta(seconds=1)}
            connection.execute(sa.update(outbox).where(outbox.c.inbox_id == row.id).values(**told))
            connection.execute(sa.update(people).where(people.c.id == row.person_id).values(last_message_at=at))


def _moment(drawn: random.Random, now: datetime) -> datetime:
    hours = min(drawn.gauss(7, 4) % 24, 23.9)
    at = (now - timedelta(days=drawn.randrange(DAYS))).replace(hour=int(hours), minute=drawn.randrange(60))
    return min(at, now - timedelta(minutes=5))


def _try(page: Page) -> None:
    page.goto("/console/try")
    for number, words in enumerate(("is the library open tmr at 10pm", "what about the learning commons?"), 1):
        page.get_by_label("What a student says").fill(words)
        page.keyboard.press("Enter")
        expect(page.locator(".turn")).to_have_count(number)
    shoot(page, "", "try")


def _inbox(page: Page, stack: Stack, engine: Engine, meta: FakeMeta) -> None:
    student = MessengerClient(stack.webhook, PAGE_ID, APP_SECRET, VERIFY_TOKEN)

    def writes(words: str, answers: int) -> None:
        before = len(meta.messages_to(STUDENT))
        assert student.text(STUDENT, words).status_code == 200
        assert meta.wait(lambda: len(meta.messages_to(STUDENT)) >= before + answers, 60)

    writes("hi, how do i renew my book", 1)
    writes("can i talk to a real person please", 1)
    with engine.connect() as connection:
        person = connection.execute(sa.select(PersonRow.id).where(PersonRow.person == STUDENT)).scalar_one()
    thread = threads.open_of(engine, person)
    assert thread
    page.goto(f"/console/inbox/{thread.id}")
    page.get_by_role("button", name="Take it").click()
    until(lambda: len(meta.messages_to(STUDENT)) >= 3, 30, "the student has not heard who is there")
    writes("why cant i renew it, does somebody else want it?", 0)
    shoot(page, f"/console/inbox/{thread.id}", "inbox")


def _review(page: Page, engine: Engine, meant: dict[str, str]) -> None:
    page.goto("/console/review")
    page.get_by_role("button", name="Sort anew").click()
    until(lambda: not jobs.page(engine, 1)[0].under_way and cards.waiting(engine) > DECISIONS, 300, "nothing to review")
    page.goto("/console/review")
    decided = 0
    while decided < DECISIONS:
        said = page.locator(".review-said").inner_text()
        known = meant.get(said, "")
        page.keyboard.press("/" if known and known not in LABELS else "k")
        if known and known not in LABELS:
            page.keyboard.type(known)
            page.keyboard.press("Enter")
            decided += 1
        expect(page.locator(".review-said").filter(has_text=said)).to_have_count(0)
    shoot(page, "/console/review", "review")


def _training(page: Page, come: Callable[..., Page], engine: Engine) -> None:
    page.goto("/console/training")
    page.get_by_label("Why").fill("after the first week of term")
    page.get_by_role("button", name="Train").click()
    until(lambda: jobs.page(engine, 1)[0].percent >= 60, 300, "the training does not get on")
    shoot(page, "/console/training", "training")
    until(lambda: not jobs.page(engine, 1)[0].under_way, 600, "the training does not end")
    job = jobs.page(engine, 1)[0]
    assert job.state == "done", job.problem
    ada = come("ada")
    ada.set_viewport_size(SIZE)
    shoot(ada, f"/console/training/models/{job.model}", "model")


def sessions(browser: Browser, url: str, come: Callable[..., Page]) -> None:
    """Have a stranger guess a password, and show an administrator who is signed in and what happened at the door."""
    ada = come("ada")
    ada.set_viewport_size(SIZE)
    stranger = browser.new_context(base_url=url).new_page()
    for guess in range(LOCKED_AFTER + 1):
        stranger.goto("/console/sign-in")
        stranger.get_by_label("Name").fill("lib")
        stranger.get_by_label("Password").fill(f"library{guess}")
        stranger.keyboard.press("Enter")
        stranger.wait_for_load_state("networkidle")
    shoot(ada, "/console/sessions", "sessions")


if __name__ == "__main__":
    main()
