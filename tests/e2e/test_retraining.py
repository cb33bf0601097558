"""From a label to a live model, on real processes and in a real browser: two people, students writing meanwhile."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.engine import Engine

from bot.nlu.care import look
from bot.retraining import seed
from bot.simulator.fake_meta import FakeMeta
from bot.simulator.messenger_client import MessengerClient
from bot.store import examples, jobs, judgements, models, reviews, topics
from bot.store.engine import connect
from bot.store.inbox import counts
from tests.e2e.browsing import faults, launched, let_in, visits
from tests.stack import APP_SECRET, PAGE_ID, ROOT, VERIFY_TOKEN, Stack, small, stand_in, until

pytestmark = pytest.mark.slow

# What the bot takes for something else today, or is unsure of, each with what a librarian says that it means.
LABELS = {
    "my loan thingy ran out wat now": "renew_loan",
    "spilt coffee on borrowed book omg": "fines_fees",
    "wher can i prnt A3 colour": "printing_scanning_copying",
    "rnw books onlin how": "renew_loan",
    "kept it 2 weeks past the date oops": "fines_fees",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project's own files, on a small scale."""
    return small(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def meta() -> Iterator[FakeMeta]:
    with stand_in() as meta:
        yield meta


@pytest.fixture(scope="module")
def stack(
    meta: FakeMeta, small_models: Path, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("retraining")
    shutil.copytree(small_models, folder / "models")
    running = Stack(folder / "var", folder / "models", meta.port, root=project)
    running.start()
    engine = connect(running.database_url)
    let_in(engine, lib="librarian", ada="librarian")
    yield running
    running.stop()


@pytest.fixture(scope="module")
def engine(stack: Stack) -> Engine:
    return connect(stack.database_url)


@pytest.fixture(scope="module")
def student(stack: Stack) -> MessengerClient:
    return MessengerClient(stack.webhook, PAGE_ID, APP_SECRET, VERIFY_TOKEN)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from launched()


@pytest.fixture
def come(stack: Stack, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Gives a page on which somebody has signed in."""
    yield from visits(browser, stack.url, [])


def taught(engine: Engine) -> set[str]:
    """Return what is taught by now, without what waits for a model."""
    return {each.text for each in examples.current(engine, waiting=False)}


def done(engine: Engine, number: int, seconds: float = 900) -> jobs.Job:
    """Return a piece of work when it has ended."""
    found: list[jobs.Job] = []

    def ended() -> bool:
        found[:] = [each for each in [jobs.get(engine, number)] if each]
        return bool(found) and not found[0].under_way

    until(ended, seconds, "the work did not end")
    return found[0]


class Chatter(threading.Thread):
    """Students who write all the time, each once."""

    def __init__(self, student: MessengerClient) -> None:
        super().__init__(daemon=True)
        self.student, self.people, self.ended = student, list[str](), threading.Event()

    def run(self) -> None:
        """Send until told to end."""
        while not self.ended.wait(0.5):
            person = uuid.uuid4().hex
            self.people.append(person)
            assert self.student.text(person, "where are the printers").status_code == 200


def test_label_to_live_in_a_browser_with_students_writing(
    stack: Stack,
    engine: Engine,
    student: MessengerClient,
    meta: FakeMeta,
    come: Callable[[str], Page],
) -> None:
    """Reviewed, trained, gated, approved by another, live: nobody's message is lost, and the labels are known."""
    people = {text: uuid.uuid4().hex for text in LABELS}
    for text, person in people.items():
        assert student.text(person, text).status_code == 200
    assert meta.wait(lambda: all(meta.messages_to(person) for person in people.values()), 60)
    number = jobs.ask(engine, "queue", by="test", now=datetime.now(UTC))
    assert done(engine, number, 60).state == "done"
    before = models.active(engine)

    lib = come("lib")
    lib.goto("/console/review")
    decided = 0
    while lib.locator(".review-said").count():
        said = lib.locator(".review-said").inner_text()
        intent = LABELS.get(said)
        if intent is None:
            lib.keyboard.press("k")
        else:
            lib.keyboard.press("/")
            lib.keyboard.type(intent)
            lib.keyboard.press("Enter")
            decided += 1
        expect(lib.locator(".review-said").filter(has_text=said)).to_have_count(0)
    assert decided >= 3, "the queue has not brought what the bot was unsure of"
    assert faults(lib) == []
    assert {each.text: each.intent for each in reviews.staged(engine)}.items() <= LABELS.items()
    assert len(reviews.staged(engine)) == decided
    first = reviews.staged(engine)[0]

    lib.goto("/console/training")
    lib.get_by_label("Why").fill("end to end")
    lib.get_by_role("button", name="Train").click()
    expect(lib.get_by_role("progressbar", name="train")).to_be_visible()
    job = jobs.page(engine)[0]
    ended = done(engine, job.id)
    assert ended.state == "done", ended.problem
    expect(lib.get_by_role("progressbar", name="train")).to_have_count(0, timeout=10_000)
    assert not [text for text in LABELS if text in ended.log]
    model = models.get(engine, ended.model)
    assert model
    assert model.verdict == "pass", model.figures["reasons"]
    assert models.active(engine) == before
    lib.goto(f"/console/training/models/{model.name}")
    expect(lib.get_by_role("button", name="Let it answer students")).to_have_count(0)
    assert faults(lib) == []

    ada = come("ada")
    ada.goto(f"/console/training/models/{model.name}")
    ada.get_by_label("What have you looked at?").fill("All that gets worse")
    for tick in ada.get_by_label("I, ada, have looked").all():
        tick.check()
    ada.get_by_role("button", name="Approve", exact=True).click()
    ada.goto("/console/conversations")
    ada.get_by_text(first.text).first.click()
    ada.get_by_label("With another model").select_option(model.name)
    ada.get_by_role("button", name="Ask").click()
    expect(ada.get_by_role("table")).to_contain_text(topics.every(engine)[first.intent].called, timeout=60_000)
    assert faults(ada) == []
    ada.goto(f"/console/training/models/{model.name}")
    chatter = Chatter(student)
    chatter.start()
    ada.get_by_role("button", name="Let it answer students").click()
    ada.get_by_role("button", name="Do it").click()
    ended = done(engine, jobs.page(engine)[0].id, 60)
    assert (ended.kind, ended.state) == ("activate", "done"), ended.problem
    chatter.ended.set()
    chatter.join()

    assert models.active(engine) == model.name
    assert meta.wait(lambda: all(meta.messages_to(person) for person in chatter.people), 60)
    assert counts(engine).get("failed", 0) == 0
    learnt = taught(engine)
    assert sum(text in learnt for text in LABELS) == decided
    assert reviews.staged(engine) == []
    person = uuid.uuid4().hex
    text = next(text for text in LABELS if text in learnt)
    assert student.text(person, text).status_code == 200
    assert meta.wait_for_message(person, timeout=30)
    latest = reversed(judgements.candidates(engine, datetime(2026, 1, 1, tzinfo=UTC), 500))
    found = {each["text"]: each for each in latest}
    assert found[text]["intent"] == LABELS[text]
    assert found[text]["understanding"]["model"].startswith(model.name)

    lib.goto("/console/training")
    lib.get_by_role("button", name="Go back to the model before").click()
    lib.get_by_role("button", name="Do it").click()
    ended = done(engine, jobs.page(engine)[0].id, 60)
    assert (ended.kind, ended.state) == ("rollback", "done"), ended.problem
    assert models.active(engine) == before
    assert not taught(engine) & set(LABELS)


@pytest.mark.parametrize("stage", ["checking the examples", "training", "asking both models"])
def test_a_killed_trainer_leaves_everything_as_it_was(stack: Stack, engine: Engine, stage: str) -> None:
    """The active model answers on, the data are whole, no student's word lies about, and the next work is taken."""
    told, before = taught(engine), models.active(engine)
    number = jobs.ask(engine, "train", by="test", now=datetime.now(UTC))
    until(lambda: _stage(engine, number) == stage, 240, f"the stage {stage} was not reached")
    stack.kill("carrel trainer")
    until(lambda: bool(stack.pids("carrel trainer")), 30, "the trainer was not started again")
    assert done(engine, number, 60).state == "failed"
    assert models.active(engine) == before
    assert taught(engine) == told
    assert [each.name for each in stack.models.glob("*.tar.gz") if each.name.startswith(before)]
    until(lambda: not [*(stack.folder / "training").glob("*")], 20, "what was being done lies about")


def test_a_trainer_killed_while_a_model_goes_live_leaves_one_that_answers(stack: Stack, engine: Engine) -> None:
    """Nobody knows whether the new one does, so the one before answers again, in every Rasa server."""
    before, now = models.active(engine), datetime.now(UTC)
    (stack.models / "candidates").mkdir(exist_ok=True)
    shutil.copy(stack.models / f"{before}.tar.gz", stack.models / "candidates" / "unknown.tar.gz")
    with engine.begin() as connection:
        models.add(connection, "unknown", now=now, by="lib", verdict="pass", approved_by="ada")
    number = jobs.ask(engine, "activate", by="lib", now=now, model="unknown")
    until(lambda: models.active(engine) == "unknown", 60, "the model did not go live")
    stack.kill("carrel trainer")
    ended = done(engine, number, 90)
    if ended.state == "done":  # it was quicker
        assert models.trial(engine) is None
        return
    until(lambda: models.active(engine) == before, 60, "the model before does not answer")
    until(lambda: {each.model for each in models.running(engine, datetime.now(UTC))} == {before}, 20, "no way back")
    unknown = models.get(engine, "unknown")
    assert unknown
    assert unknown.state == "failed"


def _stage(engine: Engine, number: int) -> str:
    job = jobs.get(engine, number)
    return job.stage if job else ""


def test_a_model_that_cannot_be_loaded_goes_back_by_itself(stack: Stack, engine: Engine) -> None:
    before, now = models.active(engine), datetime.now(UTC)
    (stack.models / "candidates").mkdir(exist_ok=True)
    (stack.models / "candidates" / "broken.tar.gz").write_bytes(b"no model")
    with engine.begin() as connection:
        models.add(connection, "broken", now=now, by="lib", verdict="pass", approved_by="ada")
    ended = done(engine, jobs.ask(engine, "activate", by="lib", now=now, model="broken"), 90)

    assert ended.state == "failed"
    assert "answers again" in ended.problem
    assert models.active(engine) == before
    until(lambda: {each.model for each in models.running(engine, datetime.now(UTC))} == {before}, 20, "no way back")


def test_training_is_stopped_by_a_word(stack: Stack, engine: Engine) -> None:
    number = jobs.ask(engine, "train", by="lib", now=datetime.now(UTC))
    until(lambda: _stage(engine, number) == "checking the examples", 60, "the work did not begin")
    jobs.cancel(engine, number, datetime.now(UTC))

    assert done(engine, number, 20).state == "cancelled"
    looking = ["pgrep", "-f", f"{stack.folder}/training"]
    until(lambda: not subprocess.run(looking, capture_output=True, check=False).stdout, 10, "the work goes on")


def test_wrong_labels_show_themselves_to_the_gate(tmp_path: Path) -> None:
    """A hundred right examples under wrong topics: far more of them look wrong than of a hundred right ones."""
    by_intent: dict[str, list[seed.Line]] = {}
    for line in seed.read(ROOT).examples:
        by_intent.setdefault(line.intent, []).append(line)
    data = dict(sorted(by_intent.items())[:20])
    chosen = [data[intent][number] for number in range(5, 10) for intent in data]
    rows = [{"intent": each.intent, "text": each.text} for found in data.values() for each in found]
    others = [row for row in rows if row["text"] not in {each.text for each in chosen}]
    names = list(data)
    wrong = {each.text: names[(names.index(each.intent) + 7) % len(names)] for each in chosen}
    told = partial(look, others, cache=tmp_path / "vectors.npz")
    poisoned = told([{"intent": wrong[each.text], "text": each.text} for each in chosen])
    honest = told([{"intent": each.intent, "text": each.text} for each in chosen])

    assert poisoned["new_wrong"] > 60
    assert honest["new_wrong"] < 15


def test_sigterm_ends_the_trainer(stack: Stack) -> None:
    [pid] = stack.pids("carrel trainer")
    os.kill(pid, signal.SIGTERM)
    until(lambda: pid not in stack.pids("carrel trainer"), 20, "it goes on")
    until(lambda: bool(stack.pids("carrel trainer")), 20, "it was not started again")
