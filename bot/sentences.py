"""The bot's sentences in languages other than the domain's, which is English: content/sentences/<language>.yml.

A file holds a sentence for each response of domain.yml under its name: a text, or a list of variants, each a text or
{text, buttons}; buttons are the domain's, with their own titles. Changes need no training. Simplified Chinese is
converted from Traditional, except for what its own file says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot.language import SIMPLIFIED, TRADITIONAL, in_simplified

ROOT = Path(__file__).resolve().parents[1]
FOLDER, DOMAIN = ROOT / "content" / "sentences", ROOT / "domain.yml"

Variants = list[dict[str, Any]]


def sentences(language: str) -> Mapping[str, Variants]:
    """Return a language's responses by name, in the domain's form; none if it has no file.

    They are reloaded when a file has changed. An unreadable file is treated as missing.
    """
    own = _read(language)
    if language != SIMPLIFIED:
        return own
    return {**_simplified(_stamp(TRADITIONAL)), **own}


def variants(language: str, name: str, domain: Mapping[str, Any]) -> Variants:
    """Return a response's variants in a language, or the domain's own; [] if there are none."""
    return sentences(language).get(name) or list(domain.get(name) or ())


def prepare(languages: Sequence[str]) -> None:
    """Read what `sentence` needs in some languages, so that the first message doesn't wait for it."""
    _domain(DOMAIN.stat().st_mtime_ns)
    for each in languages:
        sentences(each)


def sentence(language: str, name: str, **values: str) -> str:
    """Return the first variant of a sentence in a language, filled, for what is said outside the dialogue.

    Raises KeyError for a name that the domain does not have.
    """
    found = variants(language, name, _domain(DOMAIN.stat().st_mtime_ns))
    if not found:
        raise KeyError(name)
    return str(found[0]["text"]).format_map(values)


@lru_cache(maxsize=2)
def _domain(_changed: int) -> Mapping[str, Variants]:
    """Return the domain's responses; they are reloaded when the file has changed."""
    return dict(YAML(typ="safe").load(DOMAIN.read_text(encoding="utf-8"))["responses"])


def _read(language: str) -> Mapping[str, Variants]:
    path, changed = _stamp(language)
    return _file(path, changed) if changed else {}


def _stamp(language: str) -> tuple[Path, int]:
    """Return a language's file and its modification time, 0 if there is none."""
    path = FOLDER / f"{language}.yml"
    try:
        return path, path.stat().st_mtime_ns
    except OSError:
        return path, 0


@lru_cache(maxsize=8)
def _file(path: Path, _changed: int) -> Mapping[str, Variants]:
    told = YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {}
    return {str(name): _variants(value) for name, value in told.items() if not str(name).startswith("_")}


@lru_cache(maxsize=2)
def _simplified(of: tuple[Path, int]) -> Mapping[str, Variants]:
    return {name: [_converted(each) for each in found] for name, found in _file(*of).items()} if of[1] else {}


def _variants(value: Any) -> Variants:
    every = value if isinstance(value, list) else [value]
    return [dict(each) if isinstance(each, Mapping) else {"text": str(each)} for each in every]


def _converted(variant: dict[str, Any]) -> dict[str, Any]:
    buttons = [{**each, "title": in_simplified(each["title"])} for each in variant.get("buttons", ())]
    return {**variant, "text": in_simplified(variant["text"]), **({"buttons": buttons} if buttons else {})}
