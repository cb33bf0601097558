"""A person's words taken out of everything on disk that was made of them."""

from __future__ import annotations

import json

from bot.retraining import examples, files
from bot.retraining.examples import Change
from bot.retraining.workshop import Workshop
from bot.store.alike import same
from bot.store.forgetting import Traces, without


def erase(shop: Workshop, found: Traces) -> int:
    """Take out the examples that came from a person, and copies of them under var/; return how many examples.

    An example that somebody has put under another topic by hand is found there. A topic that nobody else has asked
    about keeps its own name as an example: Rasa trains no topic without one. Raises ExamplesError, having changed
    nothing.
    """
    folder = shop.root / "data" / "nlu"
    with files.locked(folder):
        data = examples.read(folder)
        there = {(each.intent, each.text) for each in data.examples}
        elsewhere = examples.alike(data, [text for intent, text in found.examples if (intent, text) not in there])
        remove = {*(pair for pair in found.examples if pair in there), *elsewhere}
        rest = {intent for intent, _ in there - remove}
        names = tuple((intent, intent.replace("_", " ")) for intent in sorted({intent for intent, _ in remove} - rest))
        done = examples.planned(folder, Change(add=names, remove=tuple(sorted(remove - set(names)))))
        files.write(folder, done.after)
    _forget_copies(shop, found)
    return len(done.removed)


def _forget_copies(shop: Workshop, found: Traces) -> None:
    gone = {same(text) for _, text in found.examples}
    if not gone:
        return
    care = shop.var / "care.json"
    if care.exists():
        files.replace(care, json.dumps(without(json.loads(care.read_text(encoding="utf-8")), gone)))
    # The sentences' vectors are made again in seconds, and a change of topics can be undone no more.
    for path in (shop.var / "examples.npz", *(shop.var / "undo").glob("*.json")):
        path.unlink(missing_ok=True)
