"""The topics to which some of the program's sentences apply: topics.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML


@dataclass(frozen=True)
class Topics:
    """The lists in topics.yml, which explains what each is for."""

    account: frozenset[str]
    live: frozenset[str]
    done: Mapping[str, str]
    visiting: str
    subjects: Mapping[str, str]


@cache
def topics() -> Topics:
    """Return the lists, read once."""
    told = YAML(typ="safe").load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))
    return Topics(frozenset(told["account"]), frozenset(told["live"]), told["done"], told["visiting"], told["subjects"])
