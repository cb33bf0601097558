"""Caches sentence vectors in a file between runs, because encoding all examples takes seconds."""

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
    """Return the cache file for examples, shared by training, the data checks and the review queue."""
    return _var() / "examples.npz"


def examples_encoder(config: Mapping[str, Any]) -> Encode:
    """Return the encoder that the settings name, for training: the examples' vectors are cached for the next run."""
    return keeping(config, of_examples())


def answers_encoder(config: Mapping[str, Any]) -> Encode:
    """Return the encoder that the settings name, for stored answers: after a change, only what changed is encoded."""
    return keeping(config, _var() / "answers.npz")


def dangers_encoder(config: Mapping[str, Any]) -> Encode:
    """Return the encoder that the settings name, for words of danger that are no examples of a topic."""
    return keeping(config, _var() / "dangers.npz")


def _var() -> Path:
    return Path(os.environ.get("CARREL_VAR") or "var")


def keeping(config: Mapping[str, Any], cache: Path) -> Encode:
    """Return the encoder that the settings name, with its vectors cached in `cache`."""
    encode = encoder_of(config).encode
    # One file per encoder: vectors of different encoders must not mix.
    if config["model"] == MULTILINGUAL:
        cache = cache.with_stem(f"{cache.stem}-chinese")
    elif config["model"] != ENCODER["model"]:
        return encode
    return partial(encoded, cache=cache, encode=encode)


def encoded(texts: Sequence[str], cache: Path, encode: Encode) -> np.ndarray:
    """Return one row per text; those in `cache` come from there, and the others are added to it.

    The file holds digests instead of the texts, which may be students' words. A cache that cannot be written costs only
    time.
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
    """Write arrays to a file, completely or not at all, even if another process reads it or this one is killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.npz")
    np.savez(temporary, **arrays)
    os.replace(temporary, path)


def _kept(cache: Path) -> tuple[dict[str, np.ndarray], bool]:
    """Return the vectors in a file by their texts' digests, and whether it has the older format with the texts."""
    try:
        with np.load(cache) as file:
            old = "texts" in file.files
            keys = [_digest(text) for text in file["texts"].tolist()] if old else file["keys"].tolist()
            return dict(zip(keys, file["vectors"], strict=True)), old
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return {}, False  # missing, or cut short by a full disk: everything is encoded again
