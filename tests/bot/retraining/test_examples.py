"""Examples are read with their lines and changed line by line; comments and order stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.retraining import examples
from bot.retraining.examples import Change, ExamplesError
from tests.stack import ROOT

WIFI = """version: "3.1"

nlu:
  # how to get in
  - intent: wifi
    examples: |
      - wifi pw
      # typos
      - wfi?

  - intent: donate # books
    examples: |
      - can i give you books
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "wifi.yml").write_text(WIFI)
    return tmp_path


def test_the_projects_own_examples_are_read_whole() -> None:
    found = examples.read(ROOT / "data" / "nlu")
    told = {
        (block["intent"], line.removeprefix("- "))
        for path in (ROOT / "data" / "nlu").glob("*.yml")
        for block in YAML(typ="safe").load(path.read_text())["nlu"]
        for line in block["examples"].splitlines()
        if line.startswith("- ")
    }

    assert found.problems == ()
    assert {(each.intent, each.text) for each in found.examples} == told
    first = found.examples[0]
    assert Path(first.file).read_text().splitlines()[first.line - 1].strip() == f"- {first.text}"


def test_a_change_touches_its_lines_alone(folder: Path) -> None:
    done = examples.change(
        folder, Change(add=(("wifi", "no internet"), ("wifi", "WFI")), remove=(("wifi", "wifi pw"),))
    )
    assert (folder / "wifi.yml").read_text() == WIFI.replace("      - wifi pw\n", "").replace(
        "      - wfi?\n", "      - wfi?\n      - no internet\n"
    )
    examples.restore(folder, done.before)
    assert (folder / "wifi.yml").read_text() == WIFI
    assert [each.name for each in folder.iterdir()] == ["wifi.yml"]


def test_a_change_that_cannot_be_made_leaves_everything(folder: Path) -> None:
    for wanted, says in (
        (Change(add=(("wifi", "ok"), ("parking", "where do i park"))), "parking; add the topic first"),
        (Change(remove=(("donate", "can i give you books"),)), "remove the topic instead"),
        (Change(add=(("wifi", "  "),)), "1 to 500 characters"),
    ):
        with pytest.raises(ExamplesError, match=says):
            examples.change(folder, wanted)
        assert (folder / "wifi.yml").read_text() == WIFI


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("nlu:\n  - intent: a\n    examples: |\n      - b\n  x: [\n", 5, "this is no YAML"),
        ("nlu:\n  - intent: a\n    examples: |\n      - b\n      - b\n", 5, "stands twice"),
        ("nlu:\n  - intent: a\n    examples: |\n      b\n", 4, "should be an example"),
        ("nlu:\n  - intent: a\n    examples: |\n", 3, "has no examples"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, line: int, says: str) -> None:
    (tmp_path / "a.yml").write_text(text)
    told = [str(each) for each in examples.read(tmp_path).problems]
    assert any(each.startswith(f"{tmp_path}/a.yml:{line}: ") and says in each for each in told), told


def test_a_file_that_is_not_utf_8_is_told_and_one_that_changed_is_read_anew(folder: Path) -> None:
    assert len(examples.read(folder).examples) == 3
    examples.change(folder, Change(add=(("wifi", "no net"),)))
    assert len(examples.read(folder).examples) == 4
    (folder / "bad.yml").write_bytes(b"nlu: \xff\xfe")
    assert "UTF-8" in str(examples.read(folder).problems[0])


@given(st.lists(st.text(min_size=1, max_size=40), max_size=6))
def test_whatever_is_added_is_read_again_by_yaml(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    folder = tmp_path_factory.mktemp("nlu")
    (folder / "wifi.yml").write_text(WIFI)
    usable = [text for text in texts if examples.clean(text)]
    examples.change(folder, Change(add=tuple(("wifi", text) for text in usable)))
    blocks = YAML(typ="safe").load((folder / "wifi.yml").read_text(encoding="utf-8"))["nlu"]
    told = [line.removeprefix("- ") for line in blocks[0]["examples"].splitlines() if line.startswith("- ")]
    found = [each.text for each in examples.read(folder).examples if each.intent == "wifi"]

    assert told == found
    assert {examples.same(examples.clean(text)) for text in usable} <= {examples.same(text) for text in found}
