"""Sentences' vectors, kept in a file from one run to the next: encoding all examples takes seconds."""

from __future__ import annotations

import logging
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bot.nlu.encoder import ENCODER, encoder_of

logger = logging.getLogger(__name__)

Encode = Callable[[Sequence[str]], np.ndarray]


def of_examples() -> Path:
    """Return the file of the examples' vectors: a training, the care for the data and the queue ask for the same."""
    return _var() / "examples.npz"


def examples_encoder(config: Mapping[str, Any]) -> Encode:
    """Return the encoder of a component's settings for training: vectors of examples are kept for the next one."""
    return _keeping(config, of_examples())


def answers_encoder(config: Mapping[str, Any]) -> Encode:
    """Return the encoder of a component's settings for the store's answers: a change to one encodes that one alone."""
    return _keeping(config, _var() / "answers.npz")


def _var() -> Path:
    return Path(os.environ.get("CARREL_VAR") or "var")


def _keeping(config: Mapping[str, Any], cache: Path) -> Encode:
    encode = encoder_of(config).encode
    # One file for one encoder; another's vectors must not stand among them.
    return partial(encoded, cache=cache, encode=encode) if config["model"] == ENCODER["model"] else encode


def encoded(texts: Sequence[str], cache: Path, encode: Encode) -> np.ndarray:
    """Return a row a text; those that stand in `cache` come from there, and the others join them.

    A cache that cannot be written costs time and nothing else.
    """
    if not texts:
        return np.zeros((0, 0), np.float32)
    kept = _kept(cache)
    missing = sorted(set(texts) - kept.keys())
    if missing:
        kept |= dict(zip(missing, encode(missing), strict=True))
        names = sorted(set(texts))
        try:
            write(cache, texts=np.array(names), vectors=np.stack([kept[name] for name in names]))
        except OSError as error:
            logger.warning("%s cannot be written, so all is encoded again the next time: %s", cache, error.strerror)
    return np.stack([kept[text] for text in texts])


def write(path: Path, **arrays: Any) -> None:
    """Put arrays into a file, whole or not at all, whoever reads or is killed meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(temporary, **arrays)
    os.replace(temporary, path)


def _kept(cache: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(cache) as file:
            return dict(zip(file["texts"].tolist(), file["vectors"], strict=True))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return {}  # not there yet, or cut short by a full disk: they are encoded anew
