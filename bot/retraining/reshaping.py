"""Topics renamed, merged and split: examples, stories, rules, labels, tests and answers change together, or none does.

Only topics whose answers are texts in the store: what else answers a topic is a program, and is named instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.retraining import examples, topics
from bot.retraining.examples import Change, ExamplesError, Problem

RULES = Path("data/stories/answers.yml")
CODE = ("bot", "actions")


@dataclass(frozen=True)
class Reshape:
    """What somebody wants of a topic.

    does: rename (to `label`), merge (into the topic `into`), split (the examples `texts` become a topic `label`).
    """

    does: str
    topic: str
    label: str = ""
    into: str = ""
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What it comes to: files after it (None: gone), the topic's name then, what happens and what is left to do."""

    name: str
    after: Mapping[Path, str | None]
    says: tuple[str, ...]
    missing: tuple[str, ...] = ()
    moved: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)


def planned(root: Path, wanted: Reshape) -> Plan:
    """Return what a change of topics would do, without doing it. Raises ExamplesError, which says what hinders it."""
    data = examples.read(root / "data" / "nlu")
    if data.problems:
        raise ExamplesError(data.problems)
    known = data.by_intent()
    if wanted.topic not in known:
        raise ExamplesError([f"There is no topic {wanted.topic} any more."])
    if hindered := _elsewhere(root, wanted.topic):
        raise ExamplesError(hindered)
    if wanted.does == "rename":
        return _rename(root, wanted, known)
    if wanted.does == "merge":
        return _merge(root, wanted, known)
    return _split(root, wanted, known)


def _elsewhere(root: Path, topic: str) -> list[Problem | str]:
    """Return what else than the store's answers knows a topic: nobody but a programmer can change that."""
    found: list[Problem | str] = []
    rule = f"      - intent: {topic}\n      - action: action_answer\n"
    if rule not in (root / RULES).read_text(encoding="utf-8"):
        told = f"{topic} is not answered from the store's texts: its stories name what it does, and a programmer has to"
        return [f"{told} change them."]
    package = Path(__file__).parents[2]
    quoted = re.compile(rf"[\"'/]{re.escape(topic)}[\"']")
    for folder in CODE:
        for path in sorted((package / folder).rglob("*.py")):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
                if quoted.search(line):
                    told = f"the program itself names {topic} here: a programmer has to change it first"
                    found.append(Problem(str(path.relative_to(package)), number, told))
    return found


def _name(wanted: Reshape, known: Iterable[str], root: Path) -> str:
    name, label = topics.name_of(wanted.label), " ".join(wanted.label.split())
    problems = topics.label_problems(label, name)
    if name != wanted.topic and (name in known or name in topics.intents(root)):
        problems.append(f"There is a topic {name} already; merge the two, or take another name.")
    if problems:
        raise ExamplesError(problems)
    return name


def _rename(root: Path, wanted: Reshape, known: Mapping[str, object]) -> Plan:
    old, new = wanted.topic, _name(wanted, known, root)
    label = " ".join(wanted.label.split())
    after = _followed(root, old, new)
    domain = root / "domain.yml"
    after[domain] = _labelled(after.get(domain) or domain.read_text(encoding="utf-8"), new, label)
    rules = root / RULES
    told = after.get(rules) or rules.read_text(encoding="utf-8")
    after[rules] = told.replace(f"answers, {old.replace('_', ' ')}\n", f"answers, {new.replace('_', ' ')}\n")
    if new != old:
        for folder in (root / "data" / "nlu", root / "content" / "answers"):
            _move(after, folder / f"{old}.yml", folder / f"{new}.yml")
    says = [f"“{old}” becomes “{new}”, and buttons say “{label}”."]
    return Plan(new, _changed(after), (*says, *_files(root, after)), _in_tests(root, old) if new != old else ())


def _merge(root: Path, wanted: Reshape, known: Mapping[str, list[examples.Example]]) -> Plan:
    old, new = wanted.topic, wanted.into
    if new not in known or new == old:
        raise ExamplesError(["Choose another topic that it becomes part of."])
    if hindered := _elsewhere(root, new):
        raise ExamplesError(hindered)
    # Its rule and its label go first, so that what follows finds it in tests alone.
    before = {path: path.read_text(encoding="utf-8") for path in (root / "domain.yml", root / RULES)}
    without = {
        root / "domain.yml": _without_intent(before[root / "domain.yml"], old),
        root / RULES: _without_rule(before[root / RULES], old),
    }
    after = _followed(root, old, new, without)
    for path in (root / "data" / "nlu").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        kept = _without_block(text, old)
        if kept != text:
            after[path] = kept if "- intent:" in kept else None
        else:
            after.pop(path, None)
    target = Path(known[new][0].file)
    texts = [each.text for each in known[old]]
    after[target] = examples.with_added(after.get(target) or target.read_text(encoding="utf-8"), new, texts)
    _merge_content(root, after, old, new)
    says = [f"The {len(texts)} examples of “{old}” become examples of “{new}”; “{old}” is gone."]
    moved = {(old, text): (new, text) for text in texts}
    return Plan(new, _changed(after), (*says, *_files(root, after)), _in_tests(root, old), moved)


def _split(root: Path, wanted: Reshape, known: Mapping[str, list[examples.Example]]) -> Plan:
    name = _name(wanted, known, root)
    if name == wanted.topic:
        raise ExamplesError(["Give the new topic a name of its own."])
    there = {each.text for each in known[wanted.topic]}
    texts = [text for text in wanted.texts if text in there]
    if len(texts) < topics.LEAST_EXAMPLES or len(texts) == len(there):
        told = (
            f"Tick {topics.LEAST_EXAMPLES} examples or more that become the new topic, and leave some to the old one."
        )
        raise ExamplesError([told])
    done = examples.planned(root / "data" / "nlu", Change(remove=tuple((wanted.topic, text) for text in texts)))
    after: dict[Path, str | None] = {**done.after, **topics.written(root, name, " ".join(wanted.label.split()), texts)}
    says = [f"{len(texts)} examples of “{wanted.topic}” become the topic “{name}”; {len(there) - len(texts)} stay."]
    missing = [f"“{name}” has no answer yet: write one under Answers, and move those of “{wanted.topic}” that fit."]
    if asked := _test_questions(root, wanted.topic):
        missing.append(f"{asked} test questions in tests/nlu stand under “{wanted.topic}”: some may mean “{name}” now.")
    moved = {(wanted.topic, text): (name, text) for text in texts}
    return Plan(name, after, (*says, *_files(root, after)), tuple(missing), moved)


def _followed(root: Path, old: str, new: str, changed: Mapping[Path, str] | None = None) -> dict[Path, str | None]:
    """Return every file that names a topic, naming another one: examples, stories, domain, tests."""
    after: dict[Path, str | None] = dict(changed or {})
    word = re.escape(old)
    patterns = [
        (re.compile(rf"^(\s*(?:- )?intent:\s*)(['\"]?){word}\2(?=\s|$)", re.M), rf"\g<1>\g<2>{new}\g<2>"),
        (re.compile(rf"^(  - ){word}(?=\s|$)", re.M), rf"\g<1>{new}"),
        (re.compile(rf"^(  {topics.LABEL}){word}:", re.M), rf"\g<1>{new}:"),
        (re.compile(rf"(payload:\s*['\"]?/){word}(?=[{{\s'\"]|$)", re.M), rf"\g<1>{new}"),
        (re.compile(rf"^(\s*user:\s*['\"]?/){word}(?=[{{\s'\"]|$)", re.M), rf"\g<1>{new}"),
        (re.compile(rf"^(\s*- about:\s*){word}$", re.M), rf"\g<1>{new}"),
    ]
    in_stories = [patterns[0], *patterns[4:]]
    for path in [root / "domain.yml", *root.glob("data/*/*.yml"), *root.glob("tests/conversations/*.yml")]:
        text = after.get(path) or path.read_text(encoding="utf-8")
        for pattern, by in patterns if path.name == "domain.yml" else in_stories:
            text = pattern.sub(by, text)
        after[path] = text
    tab = re.compile(rf"(?<=[\t|]){word}(?=\||$)", re.M)
    for path in root.glob("tests/nlu/*.tsv"):
        after[path] = tab.sub(new, path.read_text(encoding="utf-8"))
    return _changed(after)


def _changed(after: Mapping[Path, str | None]) -> dict[Path, str | None]:
    def now(path: Path) -> str | None:
        return path.read_text(encoding="utf-8") if path.exists() else None

    return {path: text for path, text in after.items() if text != now(path)}


def _files(root: Path, after: Mapping[Path, str | None]) -> list[str]:
    return [
        f"{path.relative_to(root)} {'is removed' if text is None else 'changes'}"
        for path, text in sorted(_changed(after).items())
    ]


def _move(after: dict[Path, str | None], old: Path, new: Path) -> None:
    """Let a file that is named for a topic follow it, where it holds nothing else."""
    text = after.get(old) or (old.read_text(encoding="utf-8") if old.exists() else None)
    if text is not None and not new.exists() and len(re.findall(r"^\s*- intent:", text, re.M)) <= 1:
        after[new], after[old] = text, None


def _labelled(domain: str, topic: str, label: str) -> str:
    quoted = label.replace("\\", "\\\\").replace('"', '\\"')
    return re.sub(
        rf"(?m)^(  {topics.LABEL}{topic}:\n    - text: ).*$", lambda found: f'{found.group(1)}"{quoted}"', domain
    )


def _without_intent(domain: str, topic: str) -> str:
    kept = re.sub(rf"(?m)^  - {topic}(?: .*)?\n", "", domain)
    return re.sub(rf"(?m)^  {topics.LABEL}{topic}:\n(?:    .*\n)+", "", kept)


def _without_rule(rules: str, topic: str) -> str:
    rule = rf"  - rule: [^\n]*\n    steps:\n      - intent: {topic}\n      - action: action_answer\n\n?"
    return re.sub(rule, "", rules).rstrip() + "\n"


def _without_block(text: str, topic: str) -> str:
    kept, gone = [], False
    for line in text.splitlines():
        if found := re.match(r"\s*- intent:\s*['\"]?([\w/+-]+)", line):
            gone = found.group(1) == topic
        if not gone:
            kept.append(line)
    return "\n".join(kept).rstrip() + "\n"


def _merge_content(root: Path, after: dict[Path, str | None], old: str, new: str) -> None:
    """Put the sample answers of a topic behind those of the other: one stands for the topic already."""
    of_old, of_new = (root / "content" / "answers" / f"{name}.yml" for name in (old, new))
    if not of_old.exists() or not of_new.exists():
        return
    answers = of_old.read_text(encoding="utf-8").partition("\nanswers:\n")[2]
    answers = re.sub(r"(?m)^    overview: true\n", "", answers)
    after[of_new] = f"{of_new.read_text(encoding='utf-8').rstrip()}\n\n{answers.strip(chr(10))}\n"
    after[of_old] = None


def _in_tests(root: Path, topic: str) -> tuple[str, ...]:
    """Return which tests name a topic that they will not find any more."""
    quoted = re.compile(rf"[\"']{re.escape(topic)}[\"']")
    paths = [path for path in sorted(root.glob("tests/**/*.py")) if quoted.search(path.read_text(encoding="utf-8"))]
    return tuple(f"{path.relative_to(root)} names “{topic}”: a programmer has to follow." for path in paths)


def _test_questions(root: Path, topic: str) -> int:
    texts = [path.read_text(encoding="utf-8") for path in root.glob("tests/nlu/*.tsv")]
    return sum(len(re.findall(rf"(?m)[\t|]{re.escape(topic)}(?=\||$)", text)) for text in texts)
