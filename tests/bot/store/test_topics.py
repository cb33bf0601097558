"""Topics that the program names are known as such: they cannot become part of another."""

from __future__ import annotations

import ast

from bot.retraining import seed
from bot.store.topics import NAMED, TEXTS
from tests.stack import ROOT


def test_every_topic_that_the_program_names_is_on_the_list() -> None:
    named = {
        node.value.strip("/")
        for folder in ("bot", "actions")
        for path in (ROOT / folder).rglob("*.py")
        if path != ROOT / "bot" / "store" / "topics.py"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert {each.name for each in seed.topics(ROOT).values() if each.served == TEXTS} & named == NAMED
