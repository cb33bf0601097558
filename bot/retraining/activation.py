"""Activation and rollback: every Rasa server loads the model and a rehearsal succeeds, or the old model is restored."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Sequence
from typing import Any, Protocol

from bot.retraining.course import Course
from bot.retraining.workshop import Cancelled, TrainingError, Workshop
from bot.store import jobs, models, reviews
from connectors.messages import Address, IncomingMessage, Kind

WITHIN_SECONDS = 60.0
STAGES = {
    "handing the model over": (0, 1.0),
    "waiting for the Rasa servers": (10, 5.0),
    "rehearsing a conversation": (80, 1.0),
}
# What any library model must answer without asking back.
SMOKE = ("hello", "when is the library open today", "i want to talk to a librarian", "thank you")


def refused(model: models.Model | None, *, second: bool) -> str:
    """Return why a model may not go live, as text; "" when it may. `second`: another person must approve it."""
    if model is None or model.state == "pruned":
        return "There is no such model any more."
    if model.state == "active":
        return "It answers students already."
    if model.state == "failed":
        return "It failed when it went live. Measure it again first."
    if model.activated_at is not None:
        return ""  # it has answered students before
    if model.verdict != "pass":
        return "The gate has stopped it." if model.verdict else "The gate has not looked at it yet."
    if second and not model.approved_by:
        return "Somebody else has to approve it first."
    if model.held and not model.approved_by:
        return "The gate holds it until somebody has looked at it and approved it."
    return ""


class Rehearsal(Protocol):
    """Anything that can rehearse a turn, such as bot.dialogue.RasaDialogue."""

    def rehearse(self, message: IncomingMessage, conversation: str, conditions: Sequence[str] = ()) -> Any:
        """Return the turn."""


def activate(course: Course, name: str, dialogue: Rehearsal, *, back: bool = False) -> str:
    """Make a model the one that answers students, and return a report. Raises TrainingError after rolling back.

    The candidate's file is copied to where Rasa looks, the registry marks it active, each Rasa server loads it within
    a second or two while still answering with the old one, and four questions are rehearsed. Until then it is on
    trial: if the process is killed in between, `recover` cleans up. `back`: this is a rollback from another model.
    """
    shop, by = course.shop, course.job.asked_by
    file = shop.model_file(name)
    if file is None:
        raise TrainingError(f"The file of the model {name} is gone; train it anew.")
    course.stage("handing the model over")
    served = shop.models / f"{name}.tar.gz"
    if file != served:
        shutil.copy(file, served.with_suffix(".part"))
        os.replace(served.with_suffix(".part"), served)
    os.utime(served)  # a Rasa that cannot read the registry loads the newest file
    seen = {each.name for each in models.running(shop.engine, shop.now())}
    try:
        was = models.activate(shop.engine, name, by=by, now=shop.now(), back=back)
    except models.ModelError as error:
        raise TrainingError(str(error)) from error
    try:
        course.stage("waiting for the Rasa servers")
        said = _taken(course, name, bool(seen))
        course.stage("rehearsing a conversation")
        if said:
            with course.beating():
                _smoke(dialogue, name, shop)
    except Exception as error:
        # Whatever went wrong, the previous model answers students again.
        _back(shop, name, was, str(error) or "It was stopped.", by)
        if isinstance(error, TrainingError | Cancelled):
            raise
        raise TrainingError(
            f"The new model did not answer, so the one before answers again ({type(error).__name__})."
        ) from error
    told = _settle(shop, name)
    (shop.candidates / f"{name}.tar.gz").unlink(missing_ok=True)
    return " ".join([said or "No Rasa server runs now; the next one that starts takes it.", *told])


def _taken(course: Course, name: str, seen: bool) -> str:
    """Wait until every Rasa server has loaded the model, and return how many there are, as text.

    Returns "" if there are none and were none (`seen`) at the start; a server that is briefly away is waited for.
    """
    shop, end = course.shop, time.monotonic() + WITHIN_SECONDS
    pause = threading.Event()
    while True:
        servers = models.running(shop.engine, shop.now())
        if all(each.model == name for each in servers) and (servers or not seen):
            return f"{len(servers)} of {len(servers)} Rasa servers answer with it." if servers else ""
        problems = [each.problem for each in servers if each.problem and each.model != name]
        if problems:
            raise TrainingError(f"A Rasa server cannot take it, so the model before answers again: {problems[0]}")
        if time.monotonic() > end:
            raise TrainingError("Not every Rasa server has taken it in time, so the model before answers again.")
        if not course.tick(WITHIN_SECONDS - (end - time.monotonic())):
            raise Cancelled
        pause.wait(0.2)


def _smoke(dialogue: Rehearsal, name: str, shop: Workshop) -> None:
    conversation = f"test-smoke-{name}"
    for number, said in enumerate(SMOKE):
        message = IncomingMessage(
            id=f"{name}-{number}", kind=Kind.TEXT, sender=Address("test", "smoke"), sent_at=shop.now(), text=said
        )
        turn = dialogue.rehearse(message, conversation)
        told = str(turn.understanding.get("model", ""))
        if not any(reply.text for reply in turn.replies):
            raise TrainingError(f'"{said}" got no answer, so the model before answers again.')
        if "action_unsure" in turn.understanding.get("actions", ()):
            raise TrainingError(f'The new model does not understand "{said}", so the model before answers again.')
        if told.removesuffix(".tar.gz") != name:
            raise TrainingError("A Rasa server still answers with another model, so the model before answers again.")


def _back(shop: Workshop, name: str, was: str, problem: str, by: str) -> None:
    if was and (served := shop.models / f"{was}.tar.gz").exists():
        os.utime(served)
    shop.candidates.mkdir(parents=True, exist_ok=True)
    if (shop.models / f"{name}.tar.gz").exists() and was:
        os.replace(shop.models / f"{name}.tar.gz", shop.candidates / f"{name}.tar.gz")
    models.gone_back(shop.engine, name, was, problem, by=by, now=shop.now())


def _settle(shop: Workshop, name: str) -> list[str]:
    """End a model's trial in one transaction: decisions it has learnt become examples, those only others have do not.

    Returns what was done, as text. Examples that come from no decision stay as they are.
    """
    model = models.get(shop.engine, name)
    if model is None:
        return []
    known = models.learnt_by(shop.engine, model)
    with shop.engine.begin() as connection:
        came, gone = reviews.settle(connection, name, model.changes.get("reviews", ()), known)
        models.change_notes(connection, name, trial=None)
    return [
        *([f"{came} decisions are among the examples now."] if came else []),
        *([f"{gone} decisions that it has not learnt were taken back."] if gone else []),
    ]


def rollback(course: Course, dialogue: Rehearsal) -> str:
    """Reactivate the previous model; decisions that only the active one has learnt are withdrawn with it."""
    before = models.before_active(course.shop.engine)
    if before is None:
        raise TrainingError("There is no earlier model to go back to.")
    return activate(course, before.name, dialogue, back=True)


def recover(shop: Workshop) -> str:
    """Clean up after a trainer killed while a model was going live; return what was done, "" for nothing.

    A model reactivated by a rollback, or without a predecessor, stays active. Any other is unproven, so the previous
    one is restored.
    """
    found = models.trial(shop.engine)
    if found is None or jobs.running(shop.engine):
        return ""
    if found.back or not found.was:
        _settle(shop, found.name)
        return f"The trainer died while {found.name} went live; it had shown that it answers, and goes on."
    problem = f"The trainer died while {found.name} went live, so {found.was} answers again. Ask for it again."
    _back(shop, found.name, found.was, problem, "carrel trainer")
    return problem
