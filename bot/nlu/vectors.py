"""Sentences' vectors, kept in a file from one run to the next: encoding all examples takes seconds."""

from __future__ import annotations

import hashlib
import logging
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from bot.nlu.encoder import ENCODER, MULTILINGUAL, encoder_of

logger = logging.getLogger(__name__)

Encode = Callable[[Sequence[str]], np.ndarray]


def of_examples() -> Path:
    """Return the file of the examples' vectors: a training, the care for the data and the queue ask for the same."""
    return _var() / "examples.npz"


def examples_encoder(config: Mapping[str, Any]) -> Encode:
    """Return the encoder of a component's settings for training: vectors of examples are kept for the next one."""
    return keeping(config, of_examples())


def answers_encoder(config: Mapping[str, Any]) -> Encode:
    """Return the encoder of a component's settings for the store's answers: a change to one encodes that one alone."""
    return keeping(config, _var() / "answers.npz")


def dangers_encoder(config: Mapping[str, Any]) -> Encode:
    """Return the encoder of a component's settings for words of danger that are no examples of a topic."""
    return keeping(config, _var() / "dangers.npz")


def _var() -> Path:
    return Path(os.environ.get("CARREL_VAR") or "var")


def keeping(config: Mapping[str, Any], cache: Path) -> Encode:
    """Return the encoder of a component's settings, its vectors kept in `cache`."""
    encode = encoder_of(config).encode
    # One file for one encoder; another's vectors must not stand among them.
    if config["model"] == MULTILINGUAL:
        cache = cache.with_stem(f"{cache.stem}-chinese")
    elif config["model"] != ENCODER["model"]:
        return encode
    return partial(encoded, cache=cache, encode=encode)


def encoded(texts: Sequence[str], cache: Path, encode: Encode) -> np.ndarray:
    """Return a row a text; those that stand in `cache` come from there, and the others join them.

    The file holds no words, which may be students', but their digests. One that cannot be written costs time and
    nothing else.
    """
    if not texts:
        return np.zeros((0, 0), np.float32)
    (kept, old), keys = _kept(cache), {text: _digest(text) for text in texts}
    missing = sorted(text for text, key in keys.items() if key not in kept)
    if missing or old:
        kept |= dict(zip((keys[text] for text in missing), encode(missing), strict=True)) if missing else {}
        names = sorted(set(keys.values()))
        try:
            write(cache, keys=np.array(names), vectors=np.stack([kept[name] for name in names]))
        except OSError as error:
            logger.warning("%s cannot be written, so all is encoded again the next time: %s", cache, error.strerror)
    return np.stack([kept[keys[text]] for text in texts])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def write(path: Path, **arrays: Any) -> None:
    """Put arrays into a file, whole or not at all, whoever reads or is killed meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(temporary, **arrays)
    os.replace(temporary, path)


def _kept(cache: Path) -> tuple[dict[str, np.ndarray], bool]:
    """Return the vectors of a file by their texts' digests, and whether it is an older one, which held the texts."""
    try:
        with np.load(cache) as file:
            old = "texts" in file.files
            keys = [_digest(text) for text in file["texts"].tolist()] if old else file["keys"].tolist()
            return dict(zip(keys, file["vectors"], strict=True)), old
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return {}, False  # not there yet, or cut short by a full disk: they are encoded anew
