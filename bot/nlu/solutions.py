"""Saves the solution of the regression of the examples, which the data checks and the training after them share.

The file holds only numbers, in the order of the examples sorted by intent and words; the words are not in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bot.nlu.encoder import ENCODER
from bot.nlu.regression import SETTINGS, Solution
from bot.nlu.vectors import write


def of_examples() -> Path:
    """Return the file of the latest solution."""
    return Path(os.environ.get("CARREL_VAR") or "var") / "solution.npz"


def keep(path: Path, texts: Sequence[str], names: Sequence[str], found: Solution) -> None:
    """Save the solution of the regression of these examples, each a text and an intent."""
    order = _order(texts, names)
    weights, left_out = (each[order].astype(np.float32) for each in (found.weights, found.left_out))
    write(path, examples=_digest(texts, names), weights=weights, left_out=left_out)


def kept(path: Path, texts: Sequence[str], names: Sequence[str]) -> Solution | None:
    """Return the solution for exactly these examples, in their order; None if there is none."""
    try:
        with np.load(path) as file:
            if str(file["examples"]) != _digest(texts, names):
                return None
            place = np.argsort(_order(texts, names))
            return Solution(file["weights"][place], file["left_out"][place])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None  # missing, or cut short by a full disk: it is solved again


def _order(texts: Sequence[str], names: Sequence[str]) -> np.ndarray:
    return np.array(sorted(range(len(texts)), key=lambda each: (names[each], texts[each])))


def _digest(texts: Sequence[str], names: Sequence[str]) -> str:
    told = [ENCODER, SETTINGS, sorted(zip(names, texts, strict=True))]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()
