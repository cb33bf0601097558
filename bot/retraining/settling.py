"""The examples on disk made to match the model that answers students, and whose decisions it has learnt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.retraining import examples, files
from bot.retraining.examples import Change, Done, ExamplesError
from bot.retraining.workshop import TrainingError, Workshop
from bot.store import models, reviews
from bot.store.models import Model

TAKEN_BACK = "taken back with "
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Plan:
    """What has to change in data/nlu: (intent, text) to be there, those to be gone, and of which models."""

    first: bool
    add: Pairs
    out: dict[str, Pairs]
    back: dict[str, Pairs]


def settle(shop: Workshop, name: str) -> list[str]:
    """End a model's trial, with the examples as it has learnt them; return what was done in words.

    What it has added is written the first time that it goes live. What models have added that it does not know is taken
    out, and comes back with them: that alone, never what stood there before or what people have done since. Killed at
    any point it can be done again.
    """
    folder = shop.root / "data" / "nlu"
    model = models.get(shop.engine, name)
    if model is None:
        return []
    plan = _planned(shop, model)
    remove = tuple(pair for pairs in plan.out.values() for pair in pairs)
    add = (*plan.add, *(pair for pairs in plan.back.values() for pair in pairs))
    try:
        with files.locked(folder):
            done = examples.planned(folder, Change(add=add, remove=remove))
            # Written down before the files are: whoever is killed in between knows what is its own.
            _note(shop, model, plan, done)
            files.write(folder, done.after)
    except (ExamplesError, OSError) as error:
        raise TrainingError(f"The model answers, but its examples could not be written to data/nlu: {error}") from error
    _end(shop, model, plan)
    told = [f"{len(done.added)} examples were written."] if done.added else []
    return [*told, f"{len(done.removed)} examples were taken out again."] if done.removed else told


def _pairs(model: Model, key: str) -> Pairs:
    return tuple((str(intent), str(text)) for intent, text in model.changes.get(key, ()))


def _planned(shop: Workshop, model: Model) -> _Plan:
    known = {model.name, *model.changes.get("with", ())}
    taught = models.taught(shop.engine)
    trial = model.changes.get("trial") or {}
    settling = bool(trial.get("settling"))
    # Those it has written the first time are its own; what staff have removed of them since is not written again.
    first = "written" not in model.changes or bool(trial.get("first"))
    out = {
        each.name: _pairs(each, "written")
        for each in taught
        if each.name not in known and ("taken" not in each.changes or settling)
    }
    back = {each.name: _pairs(each, "taken") for each in taught if each.name in known and "taken" in each.changes}
    return _Plan(first, _learnt(shop, model) if first else (), out, back)


def _learnt(shop: Workshop, model: Model) -> Pairs:
    """Return what a model adds, but for decisions that were taken back while it was being trained."""
    numbers = model.changes.get("reviews", ())
    undone = reviews.undone(shop.engine, numbers)
    pairs = _pairs(model, "add")
    gone = {pair for pair, number in zip(pairs, numbers, strict=False) if number in undone}
    return tuple(pair for pair in pairs if pair not in gone)


def _note(shop: Workshop, model: Model, plan: _Plan, done: Done) -> None:
    trial = {**(model.changes.get("trial") or {"was": "", "back": False}), "settling": True, "first": plan.first}
    notes: dict[str, Any] = {"trial": trial}
    if "written" not in model.changes:
        notes["written"] = [list(pair) for pair in done.added if pair in set(plan.add)]
    with shop.engine.begin() as connection:
        models.change_notes(connection, model.name, **notes)
        for name, pairs in plan.out.items():
            other = models.get(shop.engine, name)
            if other is not None and "taken" not in other.changes:
                taken = [list(pair) for pair in done.removed if pair in set(pairs)]
                models.change_notes(connection, name, taken=taken)


def _end(shop: Workshop, model: Model, plan: _Plan) -> None:
    with shop.engine.begin() as connection:
        models.change_notes(connection, model.name, trial=None)
        for name in plan.back:
            models.change_notes(connection, name, taken=None)
        for name in (model.name, *plan.out, *plan.back):
            learnt = f"{TAKEN_BACK}{name}"[:128] if name in plan.out else name
            of = model if name == model.name else models.get(shop.engine, name)
            numbers = of.changes.get("reviews", ()) if of else ()
            undone = reviews.undone(shop.engine, numbers)
            reviews.learnt(connection, [each for each in numbers if each not in undone], learnt)
