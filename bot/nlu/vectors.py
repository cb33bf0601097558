"""Sentences' vectors, kept in a file from one run to the next: encoding all examples takes seconds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot.nlu.sentences import ENCODER, encoder_of


def encoded(texts: Sequence[str], cache: Path) -> np.ndarray:
    """Return a row a text; those that stand in `cache` come from there, and the others join them."""
    if not texts:
        return np.zeros((0, 0), np.float32)
    kept: dict[str, np.ndarray] = {}
    if cache.exists():
        with np.load(cache) as file:
            kept = dict(zip(file["texts"].tolist(), file["vectors"], strict=True))
    missing = sorted(set(texts) - kept.keys())
    if missing:
        kept |= dict(zip(missing, encoder_of(ENCODER).encode(missing), strict=True))
        cache.parent.mkdir(parents=True, exist_ok=True)
        names = sorted(set(texts))
        temporary = cache.with_suffix(f".{os.getpid()}.npz")
        np.savez(temporary, texts=np.array(names), vectors=np.stack([kept[name] for name in names]))
        os.replace(temporary, cache)
    return np.stack([kept[text] for text in texts])
