"""A new topic: an intent with its examples, a label for buttons, and the rule that answers it from the store."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.retraining import examples, files
from bot.retraining.examples import ExamplesError, clean

NAME = re.compile(r"[a-z][a-z0-9_]{2,40}")
LEAST_EXAMPLES = 3
LABEL = "part_topic_"
LONGEST_LABEL = 20  # what a quick reply shows (PLATFORMS)


def name_of(label: str) -> str:
    """Return an intent's name for what people call it: "Lost cards" is lost_cards, "3D print" is topic_3d_print."""
    words = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_")
    return words if re.match(r"[a-z]", words) else f"topic_{words}"


def intents(root: Path) -> list[str]:
    """Return the intents of the domain, in its order."""
    lines = (root / "domain.yml").read_text(encoding="utf-8").splitlines()
    begin, end = _section(lines, "intents:")
    found = [re.match(r"  - (\w+)", line) for line in lines[begin:end]]
    return [each.group(1) for each in found if each]


def teachable(root: Path) -> list[str]:
    """Return the intents that have examples: those that words can mean."""
    return sorted(examples.read(root / "data" / "nlu").by_intent())


def _section(lines: Sequence[str], head: str) -> tuple[int, int]:
    begin = lines.index(head) + 1
    rest = (number for number in range(begin, len(lines)) if re.match(r"\w", lines[number]))
    end = next(rest, len(lines))
    while end > begin and not lines[end - 1].strip():
        end -= 1
    return begin, end


def add(root: Path, label: str, asked: Sequence[str]) -> tuple[str, dict[Path, str | None]]:
    """Add a topic; return its intent, and the files that changed, as they were before (None: new).

    Raises ExamplesError, which says what would be right; nothing has changed then.
    """
    label, asked = " ".join(label.split()), [text for text in dict.fromkeys(map(clean, asked)) if text]
    name = name_of(label)
    with files.locked(root / "data" / "nlu"):
        if problems := _problems(root, label, name, asked):
            raise ExamplesError(problems)
        after = written(root, name, label, asked)
        before = {path: path.read_text(encoding="utf-8") if path.exists() else None for path in after}
        files.write(root / "data" / "nlu", after)
    return name, before


def written(root: Path, name: str, label: str, asked: Sequence[str]) -> dict[Path, str]:
    """Return the files of a new topic, and those that name it, as they are to be."""
    domain, rules = root / "domain.yml", root / "data" / "stories" / "answers.yml"
    lines = "".join(f"      - {text}\n" for text in asked)
    return {
        root / "data" / "nlu" / f"{name}.yml": f'version: "3.1"\n\nnlu:\n  - intent: {name}\n    examples: |\n{lines}',
        rules: _with_rule(rules.read_text(encoding="utf-8"), name),
        domain: _with_intent(domain.read_text(encoding="utf-8"), name, label),
    }


def label_problems(label: str, name: str) -> list[str]:
    """Return what is wrong with what people are to call a topic."""
    problems = []
    if not label or len(label) > LONGEST_LABEL:
        problems.append(f"The name should have 1 to {LONGEST_LABEL} characters: it stands on a button.")
    elif not NAME.fullmatch(name) or not re.search(r"[a-z]{3}", label.casefold()):
        problems.append("The name should have at least three letters of the Latin alphabet.")
    return problems


def _problems(root: Path, label: str, name: str, asked: Sequence[str]) -> list[str]:
    problems = label_problems(label, name)
    if name in intents(root):
        problems.append(f"There is a topic {name} already.")
    if len(asked) < LEAST_EXAMPLES:
        problems.append(f"A topic begins with {LEAST_EXAMPLES} ways to ask it or more, each on a line of its own.")
    return problems


def _with_rule(text: str, name: str) -> str:
    told = name.replace("_", " ")
    rule = f"  - rule: The store's answers, {told}\n    steps:\n      - intent: {name}\n      - action: action_answer\n"
    return f"{text.rstrip()}\n\n{rule}"


def _with_intent(text: str, name: str, label: str) -> str:
    lines = text.splitlines()
    _, end = _section(lines, "intents:")
    lines.insert(end, f"  - {name}")
    last = max(number for number, line in enumerate(lines) if line.startswith("  part_topic_"))
    quoted = label.replace("\\", "\\\\").replace('"', '\\"')
    lines[last + 2 : last + 2] = [f"  part_topic_{name}:", f'    - text: "{quoted}"']
    return "\n".join(lines) + "\n"


def undo(root: Path, before: Mapping[Path, str | None]) -> None:
    """Put files back as `add` has returned them."""
    with files.locked(root / "data" / "nlu"):
        files.write(root / "data" / "nlu", before)
