"""Topics renamed, merged and split, with everything that names them; or refused, with what hinders it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.retraining import examples, files, reshaping, topics
from bot.retraining.examples import ExamplesError
from bot.retraining.reshaping import Reshape
from tests.stack import ROOT, copied


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copied(tmp_path)


def done(root: Path, wanted: Reshape) -> reshaping.Plan:
    """Write what is wanted."""
    plan = reshaping.planned(root, wanted)
    with files.locked(root / "data" / "nlu"):
        files.write(root / "data" / "nlu", plan.after)
    return plan


def named(root: Path, topic: str) -> list[str]:
    """Return the lines that name a topic as one, wherever."""
    marks = re.compile(rf"(intent:\s*|^  - |part_topic_|payload: /|[\t|]){topic}(?=[:\s|]|$)")
    paths = [
        root / "domain.yml",
        *root.glob("data/*/*.yml"),
        *root.glob("tests/*/*.yml"),
        *root.glob("tests/nlu/*.tsv"),
    ]
    return [f"{path.name}: {line}" for path in paths for line in path.read_text().splitlines() if marks.search(line)]


def count(root: Path, topic: str) -> int:
    return len(examples.read(root / "data" / "nlu").by_intent().get(topic, []))


def test_a_renamed_topic_is_renamed_everywhere(root: Path) -> None:
    """Examples, rule, label, buttons, conversation tests, test questions, and the files that are called after it."""
    before, places = count(root, "borrow_loan_rules"), len(named(root, "borrow_loan_rules"))
    plan = done(root, Reshape("rename", "borrow_loan_rules", label="Loans"))
    domain = YAML(typ="safe").load(root / "domain.yml")

    assert plan.name == "loans"
    assert named(root, "borrow_loan_rules") == []
    assert len(named(root, "loans")) == places
    assert (count(root, "loans"), count(root, "borrow_loan_rules")) == (before, 0)
    assert domain["responses"]["part_topic_loans"] == [{"text": "Loans"}]
    assert (root / "data" / "nlu" / "loans.yml").exists()
    assert (root / "content" / "answers" / "loans.yml").exists()
    assert not (root / "content" / "answers" / "borrow_loan_rules.yml").exists()
    assert examples.read(root / "data" / "nlu").problems == ()


def test_of_two_merged_topics_one_is_left_with_the_examples_of_both(root: Path) -> None:
    before = {
        each.text for name in ("wifi", "donate") for each in examples.read(root / "data" / "nlu").by_intent()[name]
    }
    plan = done(root, Reshape("merge", "donate", into="wifi"))
    found = examples.read(root / "data" / "nlu")
    rules = YAML(typ="safe").load(root / "data" / "stories" / "answers.yml")["rules"]
    answers = YAML(typ="safe").load(root / "content" / "answers" / "wifi.yml")["answers"]

    assert {each.text for each in found.by_intent()["wifi"]} == before
    assert (found.problems, named(root, "donate")) == ((), [])
    assert sum(rule["steps"][0] == {"intent": "wifi"} for rule in rules) == 1
    assert [each["key"] for each in answers if each.get("overview")] == ["wifi-overview"]
    assert len(plan.moved) == len(before) - count(ROOT, "wifi")
    assert "donate" not in topics.intents(root)


def test_a_split_topic_is_two_and_says_what_is_left_to_do(root: Path) -> None:
    texts = tuple(each.text for each in examples.read(root / "data" / "nlu").by_intent()["wifi"][:4])
    before = count(root, "wifi")
    plan = done(root, Reshape("split", "wifi", label="Eduroam abroad", texts=texts))
    assert (count(root, "eduroam_abroad"), count(root, "wifi")) == (4, before - 4)
    assert "eduroam_abroad" in topics.intents(root)
    assert "no answer yet" in plan.missing[0]
    assert "test questions" in plan.missing[1]


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (Reshape("rename", "opening_hours", label="Hours"), "programmer"),
        (Reshape("rename", "greet", label="Hello"), "programmer"),
        (Reshape("merge", "wifi", into="opening_hours"), "programmer"),
        (Reshape("merge", "wifi", into="wifi"), "another topic"),
        (Reshape("rename", "wifi", label="Donate"), "There is a topic donate already"),
        (Reshape("rename", "wifi", label="x"), "three letters"),
        (Reshape("rename", "gone", label="Parking"), "no topic gone"),
        (Reshape("split", "wifi", label="Eduroam", texts=("nobody said this",)), "Tick 3 examples"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(root: Path, wanted: Reshape, says: str) -> None:
    with pytest.raises(ExamplesError, match=says):
        done(root, wanted)
    assert (root / "domain.yml").read_text() == (ROOT / "domain.yml").read_text()
