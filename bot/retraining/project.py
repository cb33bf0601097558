"""The Rasa project for a training run: the shipped files, with their content replaced by what the store was taught.

Exports use the same writer: the store's content in the files' format, keeping their comments and order.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import LiteralScalarString
from sqlalchemy.engine import Engine

from bot.retraining.seed import ANSWERED, CONVERSATIONS, NLU, QUESTIONS, STORIES, answered, file_language
from bot.store import evaluation, examples, topics
from bot.store.evaluation import Conversation, called_now
from bot.store.examples import Example
from bot.store.topics import FIRST, LABEL, TEXTS, Topic, label_responses

DATA, RULES = "data", "answers.yml"


def write(engine: Engine, root: Path, folder: Path, rows: Sequence[Example]) -> str:
    """Write a project into `folder` from the files under `root` and the store; return its content hash.

    `rows`: the examples that it learns. What does not depend on the store (config.yml, data/safety) is copied.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with engine.connect() as connection:
        known, called = topics.every(connection), topics.now_called(connection)
    if root != folder:
        shutil.copy(root / "config.yml", folder)
        _untaught(root, folder)
    _domain(root, folder, known)
    _stories(root, folder, known, called)
    _examples(root, folder, known, called, rows)
    write_conversations(evaluation.all_conversations(engine), folder)
    return digest(folder)


def arguments(folder: Path) -> tuple[str, ...]:
    """Return the `rasa train` arguments for a project in `folder`."""
    of = {"--config": "config.yml", "--domain": "domain.yml", "--data": "data"}
    return tuple(word for name, path in of.items() for word in (name, str(folder / path)))


def digest(folder: Path) -> str:
    """Return a hash of the files in `folder`."""
    told = hashlib.sha256()
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        told.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return told.hexdigest()[:16]


def _yaml() -> Any:
    made: Any = YAML()
    made.width, made.preserve_quotes = 4096, True
    made.indent(mapping=2, sequence=4, offset=2)
    return made


def _loaded(path: Path) -> Any:
    return _yaml().load(path.read_text(encoding="utf-8")) or CommentedMap()


def _dump(path: Path, data: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        _yaml().dump(data, file)
    os.replace(beside, path)


def _untaught(root: Path, folder: Path) -> None:
    """Copy the training data that the store does not hold: words and patterns of danger among it."""
    for path in sorted((root / DATA).rglob("*.yml")):
        of = path.relative_to(root)
        if of.parent not in (NLU, STORIES):
            (folder / of).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / of)


def _domain(root: Path, folder: Path, known: Mapping[str, Topic]) -> None:
    domain = _loaded(root / "domain.yml")
    intents, responses = domain.setdefault("intents", CommentedSeq()), domain.setdefault("responses", CommentedMap())
    shipped = [next(iter(each)) if isinstance(each, Mapping) else str(each) for each in intents]
    for number in reversed(range(len(shipped))):
        if known and shipped[number] not in known:
            del intents[number]
            for name in [each for each in responses if each == f"{LABEL}{shipped[number]}"]:
                del responses[name]
    intents.extend(name for name in known if name not in shipped)
    for name, label in label_responses(known.values()).items():
        if name not in responses or responses[name][0]["text"] != label:
            responses[name] = CommentedSeq([CommentedMap(text=label)])
    _dump(folder / "domain.yml", domain)


def _stories(root: Path, folder: Path, known: Mapping[str, Topic], called: Mapping[str, str]) -> None:
    """Write stories and rules: one for each topic answered by texts, new ones included; none for merged topics."""
    ruled = set[str]()
    for path in sorted((root / STORIES).glob("*.yml"), key=lambda each: (each.name == RULES, each.name)):
        data = _loaded(path)
        for kind in ("rules", "stories"):
            _called(data.get(kind) or CommentedSeq(), known, called, ruled)
        if path.name == RULES:
            for name in sorted({each.name for each in known.values() if each.served == TEXTS} - ruled):
                steps = CommentedSeq([CommentedMap(intent=name), CommentedMap(action=ANSWERED)])
                data["rules"].append(CommentedMap(rule=f"The store's answers, {name.replace('_', ' ')}", steps=steps))
        _dump(folder / STORIES / path.name, data)


def _called(told: Any, known: Mapping[str, Topic], called: Mapping[str, str], ruled: set[str]) -> None:
    for number in reversed(range(len(told))):
        now = called_now(told[number], called)
        if (intent := answered(now)) and (intent in ruled or intent not in known):
            del told[number]
            continue
        ruled.add(intent)
        if now["steps"] != told[number]["steps"]:
            told[number]["steps"] = now["steps"]


def _examples(
    root: Path,
    folder: Path,
    known: Mapping[str, Topic],
    called: Mapping[str, str],
    rows: Sequence[Example],
) -> None:
    """Write the examples, each into the file for its intent and language; new topics get files of their own."""
    files = {path.name: _loaded(path) for path in sorted((root / NLU).glob("*.yml"))}
    blocks: dict[tuple[str, str], Any] = {}
    of_any: dict[str, Any] = {}
    for name, data in files.items():
        for block in data.get("nlu", ()):
            block["intent"] = called.get(block["intent"], block["intent"])
            blocks.setdefault((block["intent"], file_language(Path(name)) or FIRST), block)
            of_any.setdefault(block["intent"], block)
    texts: dict[int, list[str]] = defaultdict(list)
    for name in [
        *dict.fromkeys(each.intent for each in rows),
        *(each for each in known if known[each].served == TEXTS),
    ]:
        if name not in of_any:
            of_any[name] = CommentedMap(intent=name, examples="")
            files[f"{name}.yml"] = CommentedMap(version="3.1", nlu=CommentedSeq([of_any[name]]))
    for each in rows:
        texts[id(blocks.get((each.intent, each.language), of_any[each.intent]))].append(each.text)
    taught = {each.intent for each in rows}
    for name, block in of_any.items():
        if name not in taught and name in known:
            # Rasa needs at least one example per intent: use the topic's own name.
            texts[id(block)].append(known[name].called)
    for name, data in files.items():
        _fill(data["nlu"], texts)
        if data["nlu"]:
            _dump(folder / NLU / name, data)
        else:
            (folder / NLU / name).unlink(missing_ok=True)


def _fill(blocks: Any, texts: Mapping[int, Sequence[str]]) -> None:
    for number in reversed(range(len(blocks))):
        wanted, block = texts.get(id(blocks[number]), ()), blocks[number]
        if not wanted:
            del blocks[number]
        elif [line.strip()[2:] for line in block["examples"].splitlines() if line.strip().startswith("- ")] != wanted:
            block["examples"] = LiteralScalarString("".join(f"- {text}\n" for text in wanted))


def write_conversations(told: Sequence[Conversation], folder: Path) -> Path:
    """Write conversations in `rasa test` format; a file that already matches is left alone. Returns their folder."""
    files: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for each in told:
        files[each.file].append(each.story)
    for name, stories in files.items():
        path = folder / CONVERSATIONS / f"{name}.yml"
        there = YAML(typ="safe").load(path.read_text(encoding="utf-8")) if path.exists() else {}
        if there.get("stories") != stories:
            steps = [{**each, "steps": [_literal(step) for step in each["steps"]]} for each in stories]
            _dump(path, {"version": "3.1", "stories": steps})
    return folder / CONVERSATIONS


def _literal(step: Mapping[str, Any]) -> dict[str, Any]:
    return {key: LiteralScalarString(value) if key == "user" else value for key, value in step.items()}


def export(engine: Engine, root: Path, folder: Path) -> None:
    """Write everything that was taught into `folder` as a Rasa project, updating the files in place if it is `root`."""
    write(engine, root, folder, examples.current(engine))
    asked: dict[str, list[str]] = defaultdict(list)
    for each in evaluation.all_questions(engine):
        asked[each.file].append(f"{each.text}\t{'|'.join(each.intents)}\n")
    for name, lines in asked.items():
        path = folder / QUESTIONS / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines), encoding="utf-8")
