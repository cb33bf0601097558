"""Collects the gate's figures: two models are asked the same questions, in a temporary folder."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.retraining import changes, gate
from bot.retraining.course import Course
from bot.retraining.measures import OUT_OF_SCOPE, Asked, Guess
from bot.retraining.project import write_conversations
from bot.retraining.workshop import Workshop
from bot.store import evaluation, judgements, models, topics
from bot.store.reviews import Review

WEEK = timedelta(days=7)
MOST_COMPARED = 1_000


@dataclass(frozen=True)
class Exam:
    """Held-out decisions, and what each was taken for when only the others are learnt."""

    held: Sequence[Review]
    taken: Sequence[str]


def intent_of(review: Review) -> str:
    """Return the intent that a decision stands for."""
    return OUT_OF_SCOPE if review.decision == "out_of_scope" else review.intent


def judged(
    course: Course, work: Path, candidate: Path, *, against: str, learning: Sequence[int] = (), exam: Exam | None = None
) -> dict[str, Any]:
    """Return the gate's figures for a candidate compared with the model `against` ("": no comparison).

    `learning`: decisions that the candidate has learnt and the other has not; these and what was decided along with
    them are excluded from the measurement.
    """
    shop = course.shop
    other = shop.model_file(against) if against else None
    exam = exam if other else None
    course.stage("asking both models")
    fixed = [Asked(each.text, each.intents) for each in evaluation.all_questions(shop.engine)]
    before = judgements.labelled(shop.engine, learning)[-MOST_COMPARED:]
    week = _recent(shop)
    held = exam.held if exam else ()
    learnt = judgements.decided_with(shop.engine, learning, MOST_COMPARED) if other else []
    asked = [*(each.text for each in fixed), *(each.text for each in before), *(each["text"] for each in week)]
    given = [candidate, *([other] if other else [])]
    told = ask(course, work, given, [*asked, *(each.text for each in held), *(each.text for each in learnt)])
    with shop.engine.connect() as connection:
        # A model trained before a topic was renamed still uses the old name.
        called = topics.now_called(connection)
    parsed = [[guess_of(each, called) for each in answers] for answers in told["parsed"]]
    labelled = frozenset(each.name for each in topics.every(shop.engine).values() if each.labels)
    parts = _cut([len(fixed), len(before), len(week), len(held), len(learnt)])
    figures: dict[str, Any] = {
        "test": {"candidate": gate.summary(fixed, parsed[0][parts[0]], labelled)},
        "milliseconds": {"candidate": told["milliseconds"][0]},
        "questions": len(fixed),
    }
    if other:
        figures["test"]["active"] = gate.summary(fixed, parsed[1][parts[0]], labelled)
        figures["milliseconds"]["active"] = told["milliseconds"][1]
        figures["against"] = against
        figures["reviewed"] = _shares([_asked(each) for each in before], parsed[0][parts[1]], parsed[1][parts[1]])
        meant = judgements.meant(shop.engine, [each["id"] for each in week])
        figures["week"] = changes.changed(
            [each["id"] for each in week], meant, parsed[1][parts[2]], parsed[0][parts[2]]
        )
        figures["learnt"] = changes.otherwise(learnt, parsed[1][parts[4]], parsed[0][parts[4]])
    if exam:
        taken = [Guess(((name, 1.0),), sure=True) for name in exam.taken]
        figures["exam"] = _shares([_asked(each) for each in held], taken, parsed[1][parts[3]])
    course.stage("telling the conversation tests")
    figures["stories"] = _stories(course, work / "stories", candidate)
    figures["stories"]["failed_before"] = _failed_of(course, work, against, other) if other else []
    return figures


def ask(course: Course, work: Path, given: Sequence[Path], texts: Sequence[str]) -> dict[str, Any]:
    """Return what each model makes of each text (bot.nlu.judging)."""
    asked, told = work / "asked.json", work / "told.json"
    asked.write_text(json.dumps({"models": [str(each) for each in given], "texts": list(texts)}), encoding="utf-8")
    course.run(course.shop.command("bot.nlu.judging", str(asked), str(told)))
    found: dict[str, Any] = json.loads(told.read_text(encoding="utf-8"))
    return found


def guess_of(told: Mapping[str, Any], called: Mapping[str, str] | None = None) -> Guess:
    """Return a model's result for a text, under current topic names (`called`: keyed by old name)."""
    ranking = ((called or {}).get(name, name) for name, _ in told["ranking"])
    values = (float(value) for _, value in told["ranking"])
    return Guess(tuple(zip(ranking, values, strict=True)), bool(told["sure"]))


def _asked(review: Review) -> Asked:
    return Asked(review.text, (intent_of(review),))


def _cut(lengths: Sequence[int]) -> list[slice]:
    found, at = [], 0
    for length in lengths:
        found.append(slice(at, at + length))
        at += length
    return found


def _shares(asked: Sequence[Asked], candidate: Sequence[Guess], active: Sequence[Guess]) -> dict[str, Any]:
    return {
        "count": len(asked),
        "candidate": round(gate.share(asked, candidate), 4),
        "active": round(gate.share(asked, active), 4),
    }


def _recent(shop: Workshop) -> list[dict[str, Any]]:
    found = judgements.candidates(shop.engine, shop.now() - WEEK, MOST_COMPARED)
    return [each for each in found if each["intent"]]


def _stories(course: Course, out: Path, model: Path) -> dict[str, Any]:
    """Return how many conversation tests there are, and the names of those that failed."""
    told = evaluation.all_conversations(course.shop.engine)
    if not told:
        return {"total": 0, "failed": [], "tests": evaluation.version_of(told)}
    tests = write_conversations(told, out / "asked")
    words = ["test", "core", "--stories", str(tests), "--model", str(model), "--out", str(out), "--no-plot"]
    course.run(course.shop.command("rasa", *words))
    report = json.loads((out / "story_report.json").read_text(encoding="utf-8"))
    failed = (out / "failed_test_stories.yml").read_text(encoding="utf-8").splitlines()
    names = [line.split("story:")[1].split(" (")[0].strip() for line in failed if line.startswith("- story:")]
    total = report["conversation_accuracy"]["total"]
    return {"total": total, "failed": names, "tests": evaluation.version_of(told)}


def _failed_of(course: Course, work: Path, name: str, file: Path) -> list[str]:
    """Return the conversation tests that fail with a model: as recorded, or run now and recorded."""
    shop = course.shop
    model = models.get(shop.engine, name)
    known = (model.figures if model else {}).get("stories") or {}
    if known.get("tests") != evaluation.version_of(evaluation.all_conversations(shop.engine)):
        known = _stories(course, work / "stories-before", file)
        models.keep_figures(shop.engine, name, stories=known)
    return list(known["failed"])
