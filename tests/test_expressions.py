"""No regular expression of ours takes time that grows with the cube of a text, or faster: students write the texts.

Each expression of the sources is found in them and looked at by regexploit, which knows expressions that try the same
letters in many ways. What grows with the square only is held down by how long a text may be, and by the fuzz of
tests/bench/readers.py.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import regex
from regexploit.ast.sre import SreOpParser
from regexploit.redos import find

ROOT = Path(__file__).parents[1]
CALLS = {"compile", "match", "search", "fullmatch", "finditer", "findall", "sub", "subn", "split"}
# Where the expressions stand as texts, for the package `regex`.
PERSONAL = ("bot/retraining/personal.py", "bot/retraining/personal_chinese.py")
# Of these the stars of three parts may try the same letters.
CUBIC = 3
# What the standard library's parser does not know is not looked at: graphemes. Whatever else it does not know is told.
UNKNOWN = {r"\X"}
# Files with calls whose expression is made as they run: of the names in the store and its topics, where the letters are
# taken as they are; and of tables, by a function that is called for them here.
MADE = {
    "actions/glossing.py",
    "actions/hours_places.py",
    "actions/who.py",
    "bot/calendar/repeats.py",
    "bot/console/knocking.py",
    "bot/language.py",
    "bot/nlu/cantonese.py",
    "bot/nlu/chinese_days.py",
    "bot/nlu/chinese_festivals.py",
    "bot/nlu/festivals.py",
    "bot/nlu/safety.py",
    "bot/nlu/spelling.py",
    "bot/nlu/weekdays.py",
    "bot/nlu/written.py",
    "bot/retraining/recognizers.py",
    "bot/retraining/reshaping.py",
    "bot/store/content/schema.py",
    "bot/telling/words.py",
}


def _sources() -> list[Path]:
    return sorted(
        path for folder in ("actions", "bot", "connectors") for path in (ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts and path.name != "__main__.py"
    )  # fmt: skip


@cache
def _expressions() -> tuple[dict[str, tuple[str, int]], list[str]]:
    """Return each expression with the file that holds it and its flags, and the files with one that cannot be told."""
    found: dict[str, tuple[str, int]] = {}
    untold = []
    for path in _sources():
        source, name = path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))
        if "import re" not in source and name not in PERSONAL:
            continue
        module = importlib.import_module(name.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
        made = [each() for each in vars(module).values() if _makes(each)]
        for value in (*vars(module).values(), *made):
            for pattern, flags in _patterns(value, words=name in PERSONAL):
                found.setdefault(pattern, (name, flags))
        for node in ast.walk(ast.parse(source)):
            if _is_call(node):
                try:
                    found.setdefault(_evaluated(node.args[0], module), (name, 0))
                except NameError:
                    untold.append(f"{name}: {ast.unparse(node)}")
    return found, untold


def _is_call(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in CALLS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"re", "regex"}
        and bool(node.args)
    )


def _makes(value: Any) -> bool:
    """Return whether something is a function that makes expressions of what it knows by itself."""
    if type(value) is not type(_expressions):  # not isinstance: Flask's proxies have nothing to ask behind them here
        return False
    signature = inspect.signature(value)
    return not signature.parameters and "Pattern" in str(signature.return_annotation)


def _evaluated(node: ast.expr, module: ModuleType) -> str:
    return str(eval(compile(ast.Expression(node), "", "eval"), dict(vars(module))))  # noqa: S307 - our own sources


def _patterns(value: Any, *, words: bool) -> Iterator[tuple[str, int]]:
    if isinstance(value, re.Pattern | regex.Pattern):
        yield value.pattern, value.flags & (re.IGNORECASE | re.MULTILINE | re.DOTALL)
    elif isinstance(value, str) and words and re.search(r"[\\\[(].*[*+}?]", value):
        yield value, 0
    elif isinstance(value, tuple | list | frozenset):
        for each in value:
            yield from _patterns(each, words=words)
    elif isinstance(value, dict):
        yield from _patterns(list(value.values()), words=words)


def _worst(pattern: str, flags: int) -> int:
    """Return with which power of a text's length the time of an expression may grow; more than ten is "explodes"."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed = SreOpParser().parse_sre(pattern, flags)
        return max((each.starriness for each in find(parsed)), default=1)


def test_an_expression_that_explodes_is_known_as_one() -> None:
    """The checker sees what it is kept for."""
    assert _worst(r"(a+)+$", 0) > CUBIC
    assert _worst(r"\w*_\w*_\w*$", 0) >= CUBIC
    assert _worst(r"\b\w{1,40}@\w{1,40}\b", 0) < CUBIC


def test_every_expression_is_found() -> None:
    """What is made as it runs stands in the list of those; the rest is there to be looked at."""
    found, untold = _expressions()

    assert len(found) > 100
    assert {each.split(":")[0] for each in untold} <= MADE


@pytest.mark.parametrize("folder", ["actions", "bot", "connectors"])
def test_no_expression_takes_time_that_explodes(folder: str) -> None:
    """Bounded repeats, and nothing that can be matched in many ways."""
    dangerous, unknown = [], []
    for pattern, (name, flags) in _expressions()[0].items():
        if not name.startswith(f"{folder}/"):
            continue
        try:
            if (power := _worst(pattern, flags)) >= CUBIC:
                dangerous.append((name, power, pattern))
        except re.error:
            unknown.append(pattern)

    assert dangerous == []
    assert set(unknown) <= UNKNOWN
