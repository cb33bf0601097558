"""From decisions to a candidate that the gate has looked at: export, train, examine, compare.

Everything is made in a folder of its own under var/training/. What students are answered with, and data/nlu, change
only in bot.retraining.activation: whatever breaks here leaves both as they were.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.retraining import examples, files, gate, measuring
from bot.retraining.course import Course
from bot.retraining.examples import Change, Dataset, ExamplesError
from bot.retraining.gate import Thresholds
from bot.retraining.measuring import Exam, intent_of
from bot.retraining.workshop import TrainingError, Workshop
from bot.store import models, reviews, transcripts
from bot.store.models import ModelError
from bot.store.reviews import Review

KEPT_MODELS = 10
# Of so many new decisions or more, the newest third is held back, to see whether what the others teach helps there.
LEAST_FOR_EXAM = 9


def wanted(engine: Any) -> tuple[list[Review], Change]:
    """Return the decisions that no model has learnt yet, and the examples that they become."""
    new = reviews.staged(engine)
    return new, Change(add=tuple((intent_of(each), each.text) for each in new))


def config_version(root: Path) -> str:
    """Return a name for exactly this configuration."""
    told = (root / "config.yml").read_bytes() + (root / "domain.yml").read_bytes()
    return hashlib.sha256(told).hexdigest()[:12]


@dataclass(frozen=True)
class Learnt:
    """What a candidate is made of: the decisions, the examples that they add, and all examples with them."""

    reviews: Sequence[Review]
    change: Change
    data: Dataset
    upon: Sequence[str]


def train(course: Course, limits: Thresholds) -> str:
    """Train a candidate from the examples and all new decisions, judge it, and return its name.

    Raises TrainingError, which says what to mend, and Cancelled. Neither leaves anything but a log behind.
    """
    shop, started = course.shop, time.monotonic()
    course.stage("gathering what was decided")
    name = f"{shop.now():%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
    work = _room(shop, name)
    try:
        learnt = _gathered(shop, work)
        course.log.append(f"{len(learnt.reviews)} new decisions; {len(learnt.data.examples)} examples in all.")
        course.stage("checking the examples")
        care = _care(course, work, learnt, held := _newest(learnt.reviews))
        course.stage("training")
        _rasa_train(course, work, name)
        seconds = time.monotonic() - started
        file, against = work / "models" / f"{name}.tar.gz", models.active(shop.engine)
        exam = Exam(held, care["held"]) if held else None
        learning = [each.id for each in learnt.reviews]
        figures = measuring.judged(course, work, file, against=against, learning=learning, exam=exam)
        figures["care"] = {key: care[key] for key in ("new", "new_wrong", "new_contradictions")}
        ruling = _weighed(course, figures, limits)
        _keep(course, name, file, learnt, figures=figures, verdict=ruling, seconds=round(seconds, 1))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return name


def _room(shop: Workshop, name: str) -> Path:
    """Return a folder to work in that nobody else can read: students' words stand there for a while."""
    work = shop.var / "training" / name
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, mode=0o700)
    return work


def sweep(shop: Workshop) -> None:
    """Remove what killed work has left of itself. Not for a moment in which any work runs."""
    shutil.rmtree(shop.var / "training", ignore_errors=True)


def _gathered(shop: Workshop, work: Path) -> Learnt:
    # With the examples held still: what stands in them and which models have written it belong together.
    with files.locked(shop.root / "data" / "nlu"):
        new, change = wanted(shop.engine)
        upon = [each.name for each in models.taught(shop.engine) if "taken" not in each.changes]
        shutil.copytree(shop.root / "data", work / "data", ignore=shutil.ignore_patterns(".*"))
        shutil.copy(shop.root / "domain.yml", work)
        shutil.copy(shop.root / "config.yml", work)
    return Learnt(new, change, _with(work, change), upon)


def _weighed(course: Course, figures: dict[str, Any], limits: Thresholds) -> str:
    course.stage("weighing it up")
    ruling, reasons = gate.verdict(figures, limits)
    figures["reasons"] = [[reason.kind, reason.text] for reason in reasons]
    return ruling


def _with(work: Path, change: Change) -> Dataset:
    """Return the examples in `work` with the new ones among them, which are written there. Raises TrainingError."""
    before = examples.read(work / "data" / "nlu")
    if before.problems:
        # Told of the file that a person edits, not of its copy.
        lines = [str(each).replace(f"{work}/", "") for each in before.problems]
        raise TrainingError("The examples cannot be used as they are; nothing was trained.\n" + "\n".join(lines))
    try:
        examples.change(work / "data" / "nlu", change)
    except ExamplesError as error:
        raise TrainingError(str(error).replace(f"{work}/", "")) from error
    return examples.read(work / "data" / "nlu")


def _newest(new: Sequence[Review]) -> Sequence[Review]:
    """Return the newest third of the decisions; none where there are too few to hold any back."""
    if len(new) < LEAST_FOR_EXAM:
        return ()
    return sorted(new, key=lambda each: (each.at, each.id))[len(new) - len(new) // 3 :]


def _care(course: Course, work: Path, learnt: Learnt, held: Sequence[Review]) -> dict[str, Any]:
    """Return what the examples tell of each other (bot.nlu.care); kept under var/ for the console's page too."""
    added = {(intent, examples.clean(text)) for intent, text in learnt.change.add}
    rows = [{"intent": each.intent, "text": each.text} for each in learnt.data.examples]
    given = {
        "examples": [row for row in rows if (row["intent"], row["text"]) not in added],
        "new": [row for row in rows if (row["intent"], row["text"]) in added],
        "held": [{"intent": intent_of(each), "text": examples.clean(each.text)} for each in held],
    }
    asked, told = work / "care.json", work / "cared.json"
    asked.write_text(json.dumps(given), encoding="utf-8")
    course.run(course.shop.command("bot.nlu.care", str(asked), str(told)))
    found: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
    # Of the decisions held back nobody reads there.
    kept = {name: each for name, each in found.items() if name != "held"}
    files.replace(course.shop.var / "care.json", json.dumps(kept))
    return found


def _rasa_train(course: Course, work: Path, name: str) -> None:
    # What Rasa would look for, twenty seconds long, the examples' reader and the conversation tests have seen or will.
    words = ["train", "--skip-validation", "--quiet", "--out", str(work / "models"), "--fixed-model-name", name]
    words += ["--config", str(work / "config.yml"), "--domain", str(work / "domain.yml"), "--data", str(work / "data")]
    course.run(course.shop.command("rasa", *words))


def evaluate(course: Course, name: str, limits: Thresholds) -> str:
    """Judge a model that is there already against the active one. Raises TrainingError.

    What its training alone could tell (of its new examples, of the decisions held back) stays as it was.
    """
    shop = course.shop
    model, file = models.get(shop.engine, name), shop.model_file(name)
    if model is None or file is None:
        raise TrainingError(f"The file of the model {name} is gone.")
    if model.state == "active":
        raise TrainingError("It answers students already, so there is nothing to measure it beside.")
    work = _room(shop, f"evaluate-{name}")
    try:
        # What it was taught is no measure of it, unless the model beside it was taught the same.
        active = models.get(shop.engine, models.active(shop.engine))
        shared = (active.changes.get("with", ()), active.name) if active else ((), "")
        learning = () if name in shared[0] else model.changes.get("reviews", ())
        figures = measuring.judged(course, work, file, against=shared[1], learning=learning)
        figures |= {key: model.figures[key] for key in ("care", "exam") if key in model.figures}
        models.measured(shop.engine, name, figures, _weighed(course, figures, limits))
    except ModelError as error:
        raise TrainingError(str(error)) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return name


def compare(course: Course, name: str, other: str) -> None:
    """Ask any two models the same questions; the figures are the job's log, as JSON, and change nothing else."""
    shop = course.shop
    file = shop.model_file(name)
    if file is None or shop.model_file(other) is None or name == other:
        raise TrainingError("Choose two models whose files are still there.")
    work = _room(shop, f"compare-{uuid.uuid4().hex[:8]}")
    try:
        taught = [
            number
            for each in (name, other)
            if (model := models.get(shop.engine, each))
            for number in model.changes.get("reviews", ())
        ]
        figures = measuring.judged(course, work, file, against=other, learning=taught)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    course.log[:] = [json.dumps(figures)]


def replay(course: Course, name: str, person_id: int) -> None:
    """Ask a model and the active one about somebody's messages; what they say is the job's log, by number, no words."""
    shop = course.shop
    given = [shop.model_file(models.active(shop.engine)), shop.model_file(name)]
    found = transcripts.transcript(shop.engine, person_id)
    if None in given or found is None:
        raise TrainingError("The model's file or the conversation is gone.")
    said = [each for each in found.said if each.message.text and each.understanding]
    work = _room(shop, f"replay-{uuid.uuid4().hex[:8]}")
    try:
        course.stage("asking both models")
        told = measuring.ask(course, work, [each for each in given if each], [str(each.message.text) for each in said])
    finally:
        shutil.rmtree(work, ignore_errors=True)
    before, after = ([gate.answers(measuring.guess_of(each)) for each in answers] for answers in told["parsed"])
    rows = [
        {"inbox_id": each.id, "before": old, "after": new} for each, old, new in zip(said, before, after, strict=True)
    ]
    course.log[:] = [json.dumps(rows)]


def _keep(course: Course, name: str, file: Path, learnt: Learnt, **measured: Any) -> None:
    """Put the candidate beside the others and into the register: from here on it is there."""
    shop, job = course.shop, course.job
    shop.candidates.mkdir(parents=True, exist_ok=True)
    file.replace(shop.candidates / f"{name}.tar.gz")
    changes: Mapping[str, Any] = {
        "add": [[intent, examples.clean(text)] for intent, text in learnt.change.add],
        "reviews": [each.id for each in learnt.reviews],
        "with": list(learnt.upon),
    }
    with shop.engine.begin() as connection:
        models.add(
            connection,
            name,
            now=shop.now(),
            by=job.asked_by,
            reason=job.reason,
            data_version=learnt.data.version(),
            config_version=config_version(shop.root),
            examples=len(learnt.data.examples),
            changes=changes,
            **measured,
        )
    prune(shop)


def prune(shop: Workshop) -> None:
    """Delete the files of all but the newest models."""
    for name in models.pruned(shop.engine, KEPT_MODELS):
        for folder in (shop.models, shop.candidates):
            (folder / f"{name}.tar.gz").unlink(missing_ok=True)


def adopt(shop: Workshop) -> str:
    """Take the newest model that is there as the active one, where none is registered yet; return the active one."""
    name = models.active(shop.engine)
    if name:
        return name
    newest = max(shop.models.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, default=None)
    if newest is None:
        return ""
    name = newest.name.removesuffix(".tar.gz")
    data = examples.read(shop.root / "data" / "nlu")
    now = shop.now()
    with shop.engine.begin() as connection:
        models.add(
            connection,
            name,
            now=now,
            by="carrel train",
            state="active",
            reason="the first one",
            data_version=data.version(),
            config_version=config_version(shop.root),
            examples=len(data.examples),
            activated_at=now,
            activated_by="carrel train",
        )
    return name
