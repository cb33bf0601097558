"""The gate on real models: wrong labels are stopped, right ones pass, and the same data give the same answers."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from bot import processes
from bot.retraining import training
from bot.retraining.course import Course
from bot.retraining.gate import Thresholds
from bot.retraining.measures import Asked, questions
from bot.retraining.workshop import Workshop
from bot.settings import read_settings
from bot.store import inbox, jobs, models, reviews, turns
from bot.store.engine import connect, upgrade
from connectors.messages import Address, IncomingMessage, Kind
from tests.bench.month import HERE, LABELS
from tests.stack import ROOT, furnished, small
from tests.stores import taught

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)
# Of the honest batch a third is held back; of so many that one question more or less right is no matter of two percent.
BATCH, HONEST = 100, 240


@pytest.fixture
def shop(small_models: Path, tmp_path: Path) -> Iterator[Workshop]:
    """A trainer's workshop over a copy of the project, with a model that answers students."""
    root = small(tmp_path / "root")
    shutil.copytree(small_models, tmp_path / "models")
    furnished(tmp_path / "var")
    address = f"sqlite:///{tmp_path}/store.db"
    environment = {"DATABASE_URL": address, "CARREL_VAR": str(tmp_path / "var"), "CARREL_MODELS": str(tmp_path)}
    settings = read_settings(environment, env_file=None)
    engine = connect(address)
    upgrade(engine)
    taught(engine, root)
    made = Workshop(
        engine=engine,
        root=root,
        var=tmp_path / "var",
        models=tmp_path / "models",
        now=lambda: NOW,
        environment={**processes.environment(settings), **environment},
        command=processes.quietly,
    )
    assert training.adopt(made)
    yield made
    engine.dispose()


def week() -> list[Asked]:
    """Return messages of topics that the bot knows, by a hand that has not seen the examples."""
    known = [each for each in questions(HERE, "month") if each.intents[0] not in LABELS]
    return random.Random(7).sample(known, 2 * HONEST)


def batch() -> list[Asked]:
    """Return those of the week that somebody looks at first."""
    return week()[:BATCH]


def decided(engine: Engine, labels: list[tuple[str, str]]) -> None:
    """Log a week, and let somebody say what those of its messages meant that have labels, one after the other."""
    meant = dict(labels)
    for number, each in enumerate(week(), 1):
        at = NOW - timedelta(minutes=2 * HONEST + 1 - number)
        sender = Address("messenger", f"p{number}")
        message = IncomingMessage(id=f"m{number}", kind=Kind.TEXT, sender=sender, sent_at=at, text=each.text)
        inbox.add(engine, "messenger", [message], now=at, stale_after_seconds=3600, request_id="r")
        understanding = {"intent": {"name": "nlu_fallback", "confidence": 0.4}, "intent_ranking": []}
        turns.answered(engine, number, number, replies=(), understanding=understanding, calls=(), now=at)
        if each.text in meant:
            reviews.decide(engine, [number], "intent", by="lib", now=at, text=each.text, intent=meant[each.text])


def ruled(shop: Workshop) -> models.Model:
    """Train from what was decided and return the candidate with the gate's verdict."""
    jobs.ask(shop.engine, "train", by="lib", now=NOW)
    job = jobs.take(shop.engine, NOW)
    assert job
    model = models.get(shop.engine, training.train(Course(shop, job), Thresholds()))
    assert model
    return model


def test_a_poisoned_batch_is_stopped(shop: Workshop) -> None:
    """A hundred messages, each under the topic of another one; the reasons are told."""
    asked = batch()
    names = [each.intents[0] for each in asked]
    wrong = [
        (each.text, next(name for name in names[place:] + names if name != each.intents[0]))
        for place, each in enumerate(asked)
    ]
    decided(shop.engine, wrong)
    model = ruled(shop)
    assert model.verdict == "stop", model.figures["reasons"]
    assert model.figures["care"]["new_wrong"] > BATCH * Thresholds().doubtful
    assert "look as if they stood under a wrong topic" in str(model.figures["reasons"])


def test_an_honest_batch_passes(shop: Workshop) -> None:
    """The same messages under their own topics; the first model's conversation tests are known for what they are."""
    decided(shop.engine, [(each.text, each.intents[0]) for each in week()[:HONEST]])
    model = ruled(shop)
    assert model.verdict == "pass", model.figures["reasons"]
    assert model.figures["exam"]["count"] == HONEST // 3
    assert model.figures["exam"]["candidate"] >= model.figures["exam"]["active"] - 0.02
    active = models.get(shop.engine, models.active(shop.engine))
    assert active
    assert active.figures["stories"]["tests"] == model.figures["stories"]["tests"]
    assert _taken_for(shop, model.name, "my friend is not breathing") == ["medical_emergency", 0.99]  # by a pattern


def test_the_same_data_give_the_same_answers(shop: Workshop, tmp_path: Path) -> None:
    """Trained once more, by itself."""
    [first] = [str(path) for path in shop.models.glob("*.tar.gz")]
    words = ["train", "nlu", "--quiet", "--nlu", str(shop.root / "data" / "nlu"), "--out", str(tmp_path / "out")]
    words += ["--fixed-model-name", "again", "--config", str(shop.root / "config.yml")]
    words += ["--domain", str(shop.root / "domain.yml")]
    _run(shop, "rasa", *words)
    before, again = _parsed(shop, [first, str(tmp_path / "out" / "again.tar.gz")], [each.text for each in batch()])
    assert before == again
    assert len(before) == BATCH


def _taken_for(shop: Workshop, model: str, text: str) -> list[object]:
    [[parsed]] = _parsed(shop, [str(shop.models / f"{model}.tar.gz")], [text])
    return list(parsed["ranking"][0])


def _parsed(shop: Workshop, files: list[str], texts: list[str]) -> list[list[dict[str, Any]]]:
    given, told = shop.var / "given.json", shop.var / "told.json"
    given.write_text(json.dumps({"models": files, "texts": texts}))
    _run(shop, "bot.nlu.judging", str(given), str(told))
    return list(json.loads(told.read_text())["parsed"])


def _run(shop: Workshop, *words: str) -> None:
    command, environment = list(shop.command(*words)), {**os.environ, **shop.environment}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
