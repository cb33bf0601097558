"""How well each pipeline understands the test questions, and Carrel's classifier two published sets of intents."""

from __future__ import annotations

import csv
import json
import os
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from ruamel.yaml import YAML

from bot.nlu.encoder import encoder_of
from bot.nlu.intents import QuestionClassifier
from bot.nlu.regression import KernelRegression
from bot.retraining.measures import Asked, Guess, guess, measures, questions, spread
from tests.nlu.asked_for import asked_for
from tests.nlu.asked_for import measures as asked_for_measures
from tests.nlu.asked_in_chinese import VARIETIES, by_variety, in_chinese

ROOT = Path(__file__).parents[2]
Example = tuple[str, str]
EXAMPLES_AN_INTENT, SEEDS = 10, (1, 2, 3)


def compare(parses: Sequence[tuple[str, Callable[[str], Any]]], picture: Path) -> None:
    """Print what each pipeline makes of the test questions; draw the first one's confusions into `picture`."""
    asked, labelled = questions(), _labelled()
    table = Table(title=f"Understanding, {len(asked)} questions by another hand", title_justify="left")
    table.add_column("")
    shown = []
    for name, parse in parses:
        guesses = [guess(parse(each.text)) for each in asked]
        found = measures(asked, guesses, labelled)
        low, high = spread(asked, guesses)
        shown.append((name, {**found, "first, 95 %": f"{low:.3f}–{high:.3f}"}))
        if len(shown) == 1:
            draw(asked, guesses, picture)
    for measure in shown[0][1]:
        table.add_column(measure, justify="right")
    for name, values in shown:
        table.add_row(name, *(each if isinstance(each, str) else f"{each:.3f}" for each in values.values()))
    Console(width=180).print(table)
    Console().print(f"Confusions of {shown[0][0]}: {picture}", highlight=False)


def compare_chinese(name: str, parse: Callable[[str], Any]) -> None:
    """Print what the pipeline makes of the questions in Chinese, and of those of each variety."""
    asked = in_chinese()
    found = by_variety(asked, [guess(parse(each.asked.text)) for each in asked], _labelled())
    table = Table(title=f"Chinese, {len(asked)} questions by other hands: {name}", title_justify="left")
    table.add_column("")
    for measure in found["all"]:
        table.add_column(measure, justify="right")
    for variety, values in found.items():
        table.add_row(VARIETIES.get(variety, variety), *(f"{each:.3f}" for each in values.values()))
    Console(width=180).print(table)


def compare_answers(name: str, parse: Callable[[str], Any]) -> None:
    """Print which text is told of those that the store has, where the topic too has to be understood."""
    told = []
    for each in asked_for():
        found = parse(each.text)
        near = [near for question in found["questions"][:1] for near in question["answers"]]
        told.append((each, [near for near in near if near["topic"] == found["intent"]["name"]]))
    table = Table(title=f"The store's answers, {len(told)} questions by another hand", title_justify="left")
    table.add_column("")
    shares = asked_for_measures(told)
    for measure in shares:
        table.add_column(measure, justify="right")
    table.add_row(name, *(f"{each:.3f}" for each in shares.values()))
    Console(width=180).print(table)


def _labelled() -> frozenset[str]:
    responses = YAML(typ="safe").load(ROOT / "domain.yml")["responses"]
    return frozenset(name.removeprefix("part_topic_") for name in responses if name.startswith("part_topic_"))


def draw(asked: Sequence[Asked], guesses: Sequence[Guess], picture: Path) -> None:
    """Draw the confusion matrix: a row what was meant, a column what was understood."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    names = sorted({name for each in asked for name in each.intents} | {made.first for made in guesses})
    place = {name: number for number, name in enumerate(names)}
    matrix = np.zeros((len(names), len(names)))
    for each, made in zip(asked, guesses, strict=True):
        meant = made.first if made.first in each.intents else each.intents[0]
        matrix[place[meant], place[made.first]] += 1
    figure, axes = pyplot.subplots(figsize=(14, 13))
    axes.imshow(matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xlabel("understood")
    axes.set_ylabel("meant")
    for row, column in zip(*np.nonzero(matrix), strict=True):
        dark = matrix[row, column] > matrix[row].sum() / 2
        count = str(int(matrix[row, column]))
        axes.text(column, row, count, ha="center", va="center", fontsize=7, color="white" if dark else "black")
    figure.tight_layout()
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=110)
    pyplot.close(figure)


def published(folder: Path) -> None:
    """Print Carrel's classifier, with its settings as they are, on BANKING77 and CLINC150 (read in `folder`)."""
    table = Table(title="Published sets: learnt from their training parts alone", title_justify="left")
    for heading in (
        "set",
        "accuracy in scope",
        "spread over draws",
        "out-of-scope recall",
        "Rasa's default",
    ):
        table.add_column(heading)
    banking = _csv(folder / "banking77_train.csv"), _csv(folder / "banking77_test.csv")
    drawn = [_accuracy(_draw(banking[0], seed), banking[1]) for seed in SEEDS]
    spread_ = f"{min(drawn):.3f}–{max(drawn):.3f}"
    table.add_row("BANKING77, 10 examples an intent", f"{np.mean(drawn):.3f}", spread_, "", "0.650")
    data = json.loads((folder / "clinc150_full.json").read_text(encoding="utf-8"))
    trained = [(text, intent) for text, intent in [*data["train"], *data["oos_train"]]]
    parts = ("val", "oos_val", "test", "oos_test")
    intents, told = _told(trained, [text for part in parts for text, _ in data[part]])
    cuts = np.cumsum([len(data[part]) for part in parts])[:-1]
    rows = dict(zip(parts, np.split(told, cuts), strict=True))
    scores = {part: _in_scope(intents, rows[part], [intent for _, intent in data[part]]) for part in parts}
    # The threshold under which nothing is answered, chosen on the validation part.
    thresholds = np.linspace(0, 0.95, 20)
    best = max(
        thresholds, key=lambda each: _kept(scores["val"], each) + 1 - _kept(scores["oos_val"], each, right=False)
    )
    for threshold in (0.0, float(best)):
        kept, beyond = _kept(scores["test"], threshold), 1 - _kept(scores["oos_test"], threshold, right=False)
        table.add_row(f"CLINC150 full, threshold {threshold:.2f}", f"{kept:.3f}", "", f"{beyond:.3f}", "")
    Console(width=150).print(table)


def _in_scope(intents: Sequence[str], rows: np.ndarray, truth: Sequence[str]) -> list[tuple[float, bool]]:
    """Return for each row the confidence with which it is answered, 0 if taken for oos, and whether rightly."""
    first = [intents[each] for each in rows.argmax(axis=1)]
    told = rows.max(axis=1)
    return [
        (0.0 if said == "oos" else float(confidence), said == meant)
        for said, confidence, meant in zip(first, told, truth, strict=True)
    ]


def _kept(scores: Sequence[tuple[float, bool]], threshold: float, *, right: bool = True) -> float:
    """Return the share that is answered (rightly)."""
    return sum(confidence > threshold and (good or not right) for confidence, good in scores) / len(scores)


def _csv(path: Path) -> list[Example]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    return [(row[0], row[1]) for row in rows[1:]]


def _draw(examples: Sequence[Example], seed: int) -> list[Example]:
    by_intent: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_intent[example[1]].append(example)
    chooser = random.Random(seed)
    return [each for intent in sorted(by_intent) for each in chooser.sample(by_intent[intent], EXAMPLES_AN_INTENT)]


def _told(trained: Sequence[Example], texts: Sequence[str]) -> tuple[list[str], np.ndarray]:
    config = QuestionClassifier.get_default_config()
    encoder = encoder_of(config)
    settings = {name: float(config[name]) for name in ("share", "sharpness", "noise")}
    words = [text for text, _ in trained]
    fitted = KernelRegression.fit(encoder.encode(words), words, [intent for _, intent in trained], settings)
    return fitted.intents, fitted.probabilities(encoder.encode(texts), texts)


def _accuracy(trained: Sequence[Example], tested: Sequence[Example]) -> float:
    intents, told = _told(trained, [text for text, _ in tested])
    return float(
        np.mean([intents[each] == intent for each, (_, intent) in zip(told.argmax(axis=1), tested, strict=True)])
    )


def bench_data() -> Path | None:
    """Return the folder of published sets, when BENCH_DATA names one."""
    named = os.environ.get("BENCH_DATA")
    return Path(named) if named else None
