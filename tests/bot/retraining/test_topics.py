"""A new topic is wired whole, or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot.retraining import examples, topics
from bot.retraining.examples import ExamplesError
from tests.stack import ROOT

ASKED = ["can i 3d print", "3d printer?", "filament price"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    shutil.copy(ROOT / "domain.yml", tmp_path)
    return tmp_path


def test_a_topic_is_an_intent_examples_a_label_and_a_rule(root: Path) -> None:
    name, before = topics.add(root, "3D printing", ASKED)
    domain = YAML(typ="safe").load(root / "domain.yml")
    rules = YAML(typ="safe").load(root / "data" / "stories" / "answers.yml")["rules"]

    assert name == "topic_3d_printing"
    assert name in domain["intents"]
    assert domain["responses"][f"part_topic_{name}"] == [{"text": "3D printing"}]
    assert [{"intent": name}, {"action": "action_answer"}] in [rule["steps"] for rule in rules]
    assert [each.text for each in examples.read(root / "data" / "nlu").by_intent()[name]] == ASKED
    topics.undo(root, before)
    assert (root / "domain.yml").read_text() == (ROOT / "domain.yml").read_text()
    assert not (root / "data" / "nlu" / f"{name}.yml").exists()


@pytest.mark.parametrize(
    ("label", "asked", "says"),
    [
        ("", ASKED, "1 to 20 characters"),
        ("A name that is far too long", ASKED, "1 to 20 characters"),
        ("打印", ASKED, "Latin"),
        ("Wifi", ASKED, "already"),
        ("Parking", ["where to park", "where to park"], "3 ways to ask it"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_changes(root: Path, label: str, asked: list[str], says: str) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*.yml")}
    with pytest.raises(ExamplesError, match=says):
        topics.add(root, label, asked)
    assert {path: path.read_bytes() for path in root.rglob("*.yml")} == before
