"""From decisions to a candidate judged by the gate: export, train, examine, compare.

Everything is built in a folder of its own under var/training/, including the Rasa project, made from the shipped files
and what the store was taught. The model that answers students changes only in bot.retraining.activation.
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

from bot.retraining import gate, measuring, project
from bot.retraining.course import Course
from bot.retraining.gate import Thresholds
from bot.retraining.measuring import Exam, intent_of
from bot.retraining.workshop import TrainingError, Workshop
from bot.store import examples, models, reviews, transcripts
from bot.store.alike import same
from bot.store.examples import Example
from bot.store.models import ModelError
from bot.store.reviews import Review

KEPT_MODELS = 10
# From this many new decisions on, the newest third is held out, to see whether learning the others helps with them.
LEAST_FOR_EXAM = 9


def config_version(root: Path) -> str:
    """Return a hash of the configuration."""
    told = (root / "config.yml").read_bytes() + (root / "domain.yml").read_bytes()
    return hashlib.sha256(told).hexdigest()[:12]


@dataclass(frozen=True)
class Learnt:
    """What a candidate is made of: all examples, the decisions that no model has learnt before, and the project's hash.

    `new` are the examples of these decisions, minus those that already existed.
    """

    rows: Sequence[Example]
    reviews: Sequence[Review]
    project: str

    @property
    def new(self) -> list[Example]:
        """The examples that no model has learnt before."""
        return [each for each in self.rows if each.waiting]


def train(course: Course, limits: Thresholds) -> str:
    """Train a candidate from the examples and all new decisions, judge it, and return its name.

    Raises TrainingError, which says what to fix, and Cancelled. Neither leaves anything but a log behind.
    """
    shop, started = course.shop, time.monotonic()
    course.stage("gathering what was decided")
    name = f"{shop.now():%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
    work = _room(shop, name)
    try:
        learnt = _gathered(shop, work)
        course.log.append(f"{len(learnt.reviews)} new decisions; {len(learnt.rows)} examples in all.")
        course.stage("checking the examples")
        care = _care(course, work, learnt, held := _newest(learnt.reviews))
        course.stage("training")
        _rasa_train(course, work, name)
        seconds = time.monotonic() - started
        file, against = work / "models" / f"{name}.tar.gz", models.active(shop.engine)
        exam = Exam(held, care["held"]) if held else None
        learning = [each.id for each in learnt.reviews]
        figures = measuring.judged(course, work, file, against=against, learning=learning, exam=exam)
        # The held-out decisions are not part of the figures.
        figures["care"] = {name: each for name, each in care.items() if name != "held"}
        ruling = _weighed(course, figures, limits)
        _keep(course, name, file, learnt, figures=figures, verdict=ruling, seconds=round(seconds, 1))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return name


def _room(shop: Workshop, name: str) -> Path:
    """Return a working folder that nobody else can read: it holds students' texts for a while."""
    work = shop.var / "training" / name
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True, mode=0o700)
    return work


def sweep(shop: Workshop) -> None:
    """Remove the leftovers of killed jobs. Must not be called while a job is running."""
    shutil.rmtree(shop.var / "training", ignore_errors=True)


def _gathered(shop: Workshop, work: Path) -> Learnt:
    """Write the project to train into `work`, and return what it is made of. Raises TrainingError."""
    rows, new = examples.current(shop.engine), reviews.staged(shop.engine)
    if not rows:
        raise TrainingError("The store holds no examples yet: carrel examples load puts those that ship into it.")
    there = {(each.intent, same(each.text)) for each in rows}
    # A decision whose example was removed before any model learnt it teaches nothing.
    new = [each for each in new if (intent_of(each), same(examples.clean(each.text))) in there]
    return Learnt(rows, new, project.write(shop.engine, shop.root, work / "project", rows))


def _weighed(course: Course, figures: dict[str, Any], limits: Thresholds) -> str:
    course.stage("weighing it up")
    ruling, reasons = gate.verdict(figures, limits)
    figures["reasons"] = [[reason.kind, reason.text] for reason in reasons]
    figures["held"] = [reason.text for reason in reasons if reason.kind == "hold"]
    return ruling


def _newest(new: Sequence[Review]) -> Sequence[Review]:
    """Return the newest third of the decisions; none if there are too few to hold any out."""
    if len(new) < LEAST_FOR_EXAM:
        return ()
    return sorted(new, key=lambda each: (each.at, each.id))[len(new) - len(new) // 3 :]


def _care(course: Course, work: Path, learnt: Learnt, held: Sequence[Review]) -> dict[str, Any]:
    """Return how the examples bear on each other (bot.nlu.care): by ID, never by text."""
    rows = [{"id": each.id, "intent": each.intent, "text": each.text, "new": each.waiting} for each in learnt.rows]
    given = {
        "examples": [row for row in rows if not row["new"]],
        "new": [row for row in rows if row["new"]],
        "held": [{"intent": intent_of(each), "text": examples.clean(each.text)} for each in held],
    }
    asked, told = work / "care.json", work / "cared.json"
    asked.write_text(json.dumps(given), encoding="utf-8")
    course.run(course.shop.command("bot.nlu.care", str(asked), str(told)))
    found: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
    return found


def _rasa_train(course: Course, work: Path, name: str) -> None:
    # Rasa's own validation takes twenty seconds; loading the examples and the conversation tests cover it.
    words = ["train", "--skip-validation", "--quiet", "--out", str(work / "models"), "--fixed-model-name", name]
    course.run(course.shop.command("rasa", *words, *project.arguments(work / "project")))


def evaluate(course: Course, name: str, limits: Thresholds) -> str:
    """Judge an existing model against the active one. Raises TrainingError.

    Figures that only its training could produce (on its new examples and the held-out decisions) are kept.
    """
    shop = course.shop
    model, file = models.get(shop.engine, name), shop.model_file(name)
    if model is None or file is None:
        raise TrainingError(f"The file of the model {name} is gone.")
    if model.state == "active":
        raise TrainingError("It answers students already, so there is nothing to measure it beside.")
    work = _room(shop, f"evaluate-{name}")
    try:
        # Decisions it was trained on are no measure of it, unless the active model was trained on them too.
        active = models.get(shop.engine, models.active(shop.engine))
        shared = models.learnt_by(shop.engine, active) if active else set()
        learning = [each for each in model.changes.get("reviews", ()) if each not in shared]
        figures = measuring.judged(course, work, file, against=active.name if active else "", learning=learning)
        figures |= {key: model.figures[key] for key in ("care", "exam") if key in model.figures}
        models.measured(shop.engine, name, figures, _weighed(course, figures, limits))
    except ModelError as error:
        raise TrainingError(str(error)) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return name


def compare(course: Course, name: str, other: str) -> None:
    """Ask any two models the same questions; the figures become the job's log, as JSON, and nothing else changes."""
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
    """Ask a model and the active one about somebody's messages; the job's log gets the results by ID, without text."""
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
    """Store the candidate with the others and register it: from here on it exists."""
    shop, job = course.shop, course.job
    shop.candidates.mkdir(parents=True, exist_ok=True)
    file.replace(shop.candidates / f"{name}.tar.gz")
    changes: Mapping[str, Any] = {
        "reviews": [each.id for each in learnt.reviews],
        "knows": [each.review_id for each in learnt.rows if each.review_id is not None],
        "project": learnt.project,
    }
    with shop.engine.begin() as connection:
        models.add(
            connection,
            name,
            now=shop.now(),
            by=job.asked_by,
            reason=job.reason,
            data_version=examples.version_of(learnt.rows),
            config_version=config_version(shop.root),
            examples=len(learnt.rows),
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
    """Register the newest model file as active if no model is registered as such yet; return the active one."""
    name = models.active(shop.engine)
    if name:
        return name
    newest = max(shop.models.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime, default=None)
    if newest is None:
        return ""
    name = newest.name.removesuffix(".tar.gz")
    rows, now = examples.current(shop.engine, waiting=False), shop.now()
    with shop.engine.begin() as connection:
        models.add(
            connection,
            name,
            now=now,
            by="carrel train",
            state="active",
            reason="the first one",
            data_version=examples.version_of(rows),
            config_version=config_version(shop.root),
            examples=len(rows),
            activated_at=now,
            activated_by="carrel train",
        )
    return name
