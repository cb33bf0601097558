"""The examples in data/nlu/*.yml, which `rasa train` reads: read with their lines, and changed line by line.

A change touches the lines of its examples alone: comments, order and everything else stay as they are, so that git
shows what was meant. Files are replaced whole, never written in place.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from bot.retraining import files
from bot.store.alike import MARKED, same

_INTENT = re.compile(r"^(\s*)- intent:\s*['\"]?([\w/+-]+)['\"]?\s*(?:#.*)?$")
_EXAMPLES = re.compile(r"^(\s*)examples:\s*\|[+-]?\s*(?:#.*)?$")
_EXAMPLE = re.compile(r"^(\s*)- (.*\S)\s*$")
LONGEST = 500
_BRACKETS = str.maketrans("[]{}", "()()")


@dataclass(frozen=True)
class Example:
    """What a student might say, the intent that it stands for, and where it is written."""

    intent: str
    text: str
    file: str = ""
    line: int = 0


@dataclass(frozen=True)
class Problem:
    """What is wrong in a file, where, and what would be right."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


class ExamplesError(Exception):
    """The files cannot be used as they are, or a change cannot be made. `problems` say where and why."""

    def __init__(self, problems: Iterable[Problem | str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(each) for each in self.problems))


@dataclass(frozen=True)
class Dataset:
    """All examples, in the files' order."""

    examples: tuple[Example, ...]
    problems: tuple[Problem, ...] = ()

    def by_intent(self) -> dict[str, list[Example]]:
        """Return the examples of each intent."""
        found: dict[str, list[Example]] = {}
        for each in self.examples:
            found.setdefault(each.intent, []).append(each)
        return found

    def version(self) -> str:
        """Return a name for exactly these examples, whatever their order."""
        told = "\n".join(sorted(f"{each.intent}\t{each.text}" for each in self.examples))
        return hashlib.sha256(told.encode()).hexdigest()[:12]


@dataclass
class _Block:
    """An intent's lines in a file: `begin` is its first example's line, `end` the line after its last, from 0."""

    intent: str
    begin: int
    end: int
    indent: str
    examples: dict[str, int] = field(default_factory=dict)


def read(folder: Path) -> Dataset:
    """Return the examples of all files in `folder`, and what is wrong with them."""
    examples: list[Example] = []
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yml")):
        state = path.stat()
        found, wrong = _read_file(path, state.st_mtime_ns, state.st_size, state.st_ino)
        examples += found
        problems += wrong
    return Dataset(tuple(examples), tuple(problems))


@lru_cache(maxsize=512)
def _read_file(
    path: Path,
    _changed: int,
    _size: int,
    _number: int,
) -> tuple[tuple[Example, ...], tuple[Problem, ...]]:
    """Return a file's examples and problems; anew only when the file is another one than last time."""
    problems = _yaml_problems(path)
    examples: list[Example] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return (), tuple(problems)
    blocks, wrong = _blocks(path, lines)
    problems += wrong
    for block in blocks:
        if not block.examples:
            problems.append(Problem(str(path), block.begin, f"the intent {block.intent} has no examples"))
        examples += [Example(block.intent, text, str(path), line + 1) for text, line in block.examples.items()]
    return tuple(examples), tuple(problems)


def _yaml_problems(path: Path) -> list[Problem]:
    try:
        YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return [Problem(str(path), line, f"this is no YAML: {error.problem or 'it cannot be read'}")]
    except UnicodeDecodeError:
        return [Problem(str(path), 1, "this is not UTF-8; save it as UTF-8")]
    return []


def _blocks(path: Path, lines: list[str]) -> tuple[list[_Block], list[Problem]]:
    blocks: list[_Block] = []
    problems: list[Problem] = []
    intent, block = "", None
    for number, line in enumerate(lines):
        if found := _INTENT.match(line):
            intent, block = found.group(2), None
        elif intent and (opened := _EXAMPLES.match(line)):
            block = _Block(intent, number + 1, number + 1, opened.group(1) + "  ")
            blocks.append(block)
        elif block is not None and (example := _EXAMPLE.match(line)):
            text = example.group(2)
            if len(text) > LONGEST:
                problems.append(Problem(str(path), number + 1, f"is longer than {LONGEST} characters"))
            if text in block.examples:
                problems.append(Problem(str(path), number + 1, f'"{text}" stands twice in {intent}; remove one'))
            block.examples.setdefault(text, number)
            block.indent, block.end = example.group(1), number + 1
        elif block is not None and line.strip() and not line.strip().startswith("#"):
            problems.append(Problem(str(path), number + 1, 'should be an example: "- " and what a student might say'))
    return blocks, problems


def clean(text: str) -> str:
    """Return a text as an example is written: one line, marks, nothing else that is more than words to YAML or Rasa."""
    parts, at = [], 0
    for found in MARKED.finditer(text):
        parts += [text[at : found.start()].translate(_BRACKETS), f"[{found.group(1).strip()}]({found.group(2)})"]
        at = found.end()
    whole = "".join([*parts, text[at:].translate(_BRACKETS)])
    words = "".join(each if each.isprintable() else " " for each in whole)
    return " ".join(words.split()).lstrip("-# ")


@dataclass(frozen=True)
class Change:
    """What is to be added to, taken out of, and rewritten in the examples: (intent, text), (intent, old, new)."""

    add: tuple[tuple[str, str], ...] = ()
    remove: tuple[tuple[str, str], ...] = ()
    edit: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Done:
    """What a change comes to: the files after it and before it, and what is really new or gone of the examples."""

    after: Mapping[Path, str]
    before: Mapping[Path, str]
    added: tuple[tuple[str, str], ...]
    removed: tuple[tuple[str, str], ...]


def change(folder: Path, wanted: Change) -> Done:
    """Write a change, all of it or nothing, and return what it came to.

    An example that is there already under its intent is left as it is; one to be removed that is not there likewise.
    Raises ExamplesError when an intent has no examples in any file, or would have none left, or when an example to be
    rewritten is gone.
    """
    with files.locked(folder):
        done = planned(folder, wanted)
        files.write(folder, done.after)
    return done


def planned(folder: Path, wanted: Change) -> Done:
    """Return what `change` would do, without doing it; for whoever holds the lock and writes more besides."""
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yml"))}
    after = {path: text.splitlines() for path, text in texts.items()}
    was = _pairs(after)
    _edit(after, wanted.edit)
    _remove(after, wanted.remove)
    _add(after, wanted.add)
    for path, lines in after.items():
        for block in _blocks(path, lines)[0]:
            if not block.examples:
                told = f"{block.intent} would have no example left; remove the topic instead"
                raise ExamplesError([Problem(str(path), block.begin, told)])
    now = _pairs(after)
    written = {path: "\n".join(lines) + "\n" for path, lines in after.items()}
    changed = {path: text for path, text in written.items() if text != texts[path]}
    return Done(
        changed,
        {path: texts[path] for path in changed},
        tuple(each for each in now if each not in was),
        tuple(each for each in was if each not in now),
    )


def _pairs(lines: Mapping[Path, list[str]]) -> dict[tuple[str, str], None]:
    return {
        (block.intent, text): None
        for path, each in lines.items()
        for block in _blocks(path, each)[0]
        for text in block.examples
    }


def _edit(after: dict[Path, list[str]], wanted: Iterable[tuple[str, str, str]]) -> None:
    for intent, old, new in wanted:
        cleaned = clean(new)
        if not cleaned or len(cleaned) > LONGEST:
            raise ExamplesError([f'"{new[:60]}" is no example: it should have 1 to {LONGEST} characters'])
        places = [
            (lines, block, block.examples[old])
            for path, lines in after.items()
            for block in _blocks(path, lines)[0]
            if block.intent == intent and old in block.examples
        ]
        if not places:
            raise ExamplesError([f'"{old[:60]}" does not stand under {intent} any more; somebody has changed it'])
        lines, block, line = places[0]
        if any(same(text) == same(cleaned) for text in block.examples if text != old):
            raise ExamplesError([f'"{cleaned[:60]}" stands under {intent} already'])
        lines[line] = f"{block.indent}- {cleaned}"


def _remove(after: dict[Path, list[str]], wanted: Iterable[tuple[str, str]]) -> None:
    gone = set(wanted)
    for path, lines in after.items():
        numbers = {
            line
            for block in _blocks(path, lines)[0]
            for text, line in block.examples.items()
            if (block.intent, text) in gone
        }
        after[path] = [line for number, line in enumerate(lines) if number not in numbers]


def _add(after: dict[Path, list[str]], wanted: Iterable[tuple[str, str]]) -> None:
    new: dict[str, list[str]] = {}
    for intent, text in wanted:
        cleaned = clean(text)
        if not cleaned or len(cleaned) > LONGEST:
            raise ExamplesError([f'"{text[:60]}" is no example: it should have 1 to {LONGEST} characters'])
        new.setdefault(intent, []).append(cleaned)
    for path, lines in after.items():
        # From the last block to the first, so that the numbers of those before stay right.
        for block in reversed(_blocks(path, lines)[0]):
            known = {same(text) for text in block.examples}
            texts = [text for text in dict.fromkeys(new.pop(block.intent, ())) if same(text) not in known]
            lines[block.end : block.end] = [f"{block.indent}- {text}" for text in texts]
    if new:
        raise ExamplesError([f"no file has examples of the topic {intent}; add the topic first" for intent in new])


def with_added(text: str, intent: str, texts: Iterable[str]) -> str:
    """Return a file's text with more examples of an intent that it has."""
    after = {Path(): text.splitlines()}
    _add(after, ((intent, each) for each in texts))
    return "\n".join(after[Path()]) + "\n"


def restore(folder: Path, before: Mapping[Path, str]) -> None:
    """Put files back as they were before a change."""
    with files.locked(folder):
        files.write(folder, before)


def alike(data: Dataset, texts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the examples that say the same as one of `texts`, under whatever intent they stand now."""
    wanted = {same(text) for text in texts}
    return tuple((each.intent, each.text) for each in data.examples if same(each.text) in wanted)
