"""The training data shipped with Carrel: examples, topics, conversations and test questions, as files.

`data/nlu/`, `data/stories/`, `domain.yml` and `evaluation/`, a plain Rasa project. A store is filled from them
(bot.retraining.loading); they are never written at runtime.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from bot.store.content.problems import Problem
from bot.store.evaluation import Conversation, Question
from bot.store.examples import LONGEST, language_of
from bot.store.topics import FIRST, LABEL, PROGRAM, TEXTS, Topic

ANSWERED = "action_answer"  # the action for topics whose answers are texts in the store
NLU, STORIES, CONVERSATIONS, QUESTIONS = (
    Path(each) for each in ("data/nlu", "data/stories", "evaluation/conversations", "evaluation/questions")
)
_INTENT = re.compile(r"^(\s*)- intent:\s*['\"]?([\w/+-]+)['\"]?\s*(?:#.*)?$")
_EXAMPLES = re.compile(r"^(\s*)examples:\s*\|[+-]?\s*(?:#.*)?$")
_EXAMPLE = re.compile(r"^(\s*)- (.*\S)\s*$")
_IN_CHINESE = re.compile(r"(?:^|[._-])zh(?:[_-]?han[st])?$", re.I)


@dataclass(frozen=True)
class Line:
    """An example in a file; its language comes from its script or the file's name (`wifi.zh.yml`)."""

    intent: str
    text: str
    language: str
    file: str
    line: int


@dataclass
class Seed:
    """Everything that the files teach, and what is wrong with them."""

    examples: list[Line] = field(default_factory=list)
    topics: dict[str, Topic] = field(default_factory=dict)
    conversations: list[Conversation] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read(root: Path) -> Seed:
    """Return what the files under `root` teach, with all of their problems."""
    found = Seed()
    for path in sorted((root / NLU).glob("*.yml")):
        _read_examples(path, found)
    found.topics = topics(root)
    for each in found.examples:
        if each.intent not in found.topics:
            told = f"there is no intent {each.intent} in domain.yml; add it there, or mend the name"
            found.problems.append(Problem(each.file, each.line, "", told))
    for path in sorted((root / CONVERSATIONS).glob("*.yml")):
        stories = _loaded(path, found).get("stories") or ()
        found.conversations += [Conversation(path.stem, each) for each in stories]
    for path in sorted((root / QUESTIONS).glob("*.tsv")):
        found.questions += _questions(path, found)
    return found


def file_language(path: Path) -> str:
    """Return the language of a file's examples by its name; "" where each example's script decides."""
    return "zh" if _IN_CHINESE.search(path.stem) else ""


def topics(root: Path) -> dict[str, Topic]:
    """Return the domain's intents by name, in its order, with their labels and what answers them."""
    domain = _loaded(root / "domain.yml", Seed())
    names = [next(iter(each)) if isinstance(each, Mapping) else str(each) for each in domain.get("intents") or ()]
    labels: dict[str, dict[str, str]] = {name: {} for name in names}
    for response, variants in (domain.get("responses") or {}).items():
        if response.startswith(LABEL) and (found := _of(response.removeprefix(LABEL), labels)):
            labels[found[0]][found[1]] = str(variants[0]["text"])
    of_texts = {intent for each in rules(root) if (intent := answered(each))}
    return {name: Topic(name, labels[name], TEXTS if name in of_texts else PROGRAM) for name in names}


def _of(name: str, intents: Collection[str]) -> tuple[str, str] | None:
    """Return the intent and language of a label's name: the intent's own, optionally with a language code appended."""
    if name in intents:
        return name, FIRST
    found = max((each for each in intents if name.startswith(f"{each}_")), key=len, default=None)
    return (found, name.removeprefix(f"{found}_")) if found else None


def rules(root: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the rules in the story files."""
    for path in sorted((root / STORIES).glob("*.yml")):
        yield from _loaded(path, Seed()).get("rules") or ()


def answered(rule: Mapping[str, Any]) -> str:
    """Return the intent that a rule answers with the store's texts; "" for any other rule."""
    steps = [dict(step) for step in rule.get("steps", ())]
    plain = len(steps) == 2 and set(steps[0]) == {"intent"} and steps[1] == {"action": ANSWERED}
    return str(steps[0]["intent"]) if plain and not rule.get("condition") else ""


def _loaded(path: Path, found: Seed) -> dict[str, Any]:
    try:
        return YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        return {}
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        found.problems.append(Problem(str(path), line, "", f"this is no YAML: {error.problem or 'it cannot be read'}"))
    except UnicodeDecodeError:
        found.problems.append(Problem(str(path), 1, "", "this is not UTF-8; save it as UTF-8"))
    return {}


def _read_examples(path: Path, found: Seed) -> None:
    """Read a file line by line: Rasa's own reader gives no line numbers, which people need to fix a file."""
    if not _loaded(path, found):
        return
    language = file_language(path)
    intent, inside, seen = "", False, set[str]()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if opened := _INTENT.match(line):
            intent, inside, seen = opened.group(2), False, set()
        elif intent and _EXAMPLES.match(line):
            inside = True
        elif inside and (example := _EXAMPLE.match(line)):
            text = example.group(2)
            if text in seen or len(text) > LONGEST:
                wrong = f'"{text}" stands twice in {intent}; remove one' if text in seen else ""
                told = wrong or f"is longer than {LONGEST} characters"
                found.problems.append(Problem(str(path), number, "", told))
            seen.add(text)
            found.examples.append(Line(intent, text, language or language_of(text), str(path), number))
        elif inside and line.strip() and not line.strip().startswith("#"):
            told = 'should be an example: "- " and what a student might say'
            found.problems.append(Problem(str(path), number, "", told))


def _questions(path: Path, found: Seed) -> Iterator[Question]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text, _, intents = line.partition("\t")
        if line and not intents:
            told = "should be a question, a tab, and its intent, or two with | between"
            found.problems.append(Problem(str(path), number, "", told))
        elif line:
            yield Question(path.stem, text, tuple(intents.split("|")))
