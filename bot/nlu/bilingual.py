"""Two readers of messages: one for English, and one for all kinds of Chinese, mixed and romanised included.

Each has a sentence encoder that knows its language and its own letter features. Chinese is read as written Chinese in
simplified characters, with Cantonese and romanised words converted to it (bot.nlu.cantonese).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.nlu.cantonese import looks_romanised, romanised_as_written, spoken_as_written
from bot.nlu.encoder import MULTILINGUAL, encoder_of
from bot.nlu.limits import MOST_CHARACTERS
from bot.nlu.regression import CHINESE_GROUPS, CHINESE_SETTINGS, KernelRegression, Letters, Solution
from bot.nlu.script import folded, has_chinese
from bot.nlu.vectors import Encode, examples_encoder, keeping
from bot.plain import plain

# The setting for the Chinese encoder and its default: as `model` in ENCODER, or "" for none, so that everything is read
# as English.
CHINESE = {"chinese_model": MULTILINGUAL}
# The number of English examples of each intent to add to the Chinese ones, for messages in both languages and for what
# no Chinese example covers yet.
ENGLISH_BESIDE = 60


def reads_chinese(text: str) -> bool:
    """Return whether the Chinese reader should read a text: it has Chinese characters or romanised Cantonese."""
    return has_chinese(text) or looks_romanised(text)


def as_read(text: str) -> str:
    """Return the text of a message in the form its reader expects."""
    told = plain(text[:MOST_CHARACTERS])
    if has_chinese(told):
        return folded(spoken_as_written(told.casefold()))
    return romanised_as_written(told) if looks_romanised(told) else told


def chinese_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the Chinese encoder, in the form of ENCODER."""
    return {"model": config["chinese_model"], "threads": config["threads"]}


@dataclass(frozen=True)
class Readers:
    """The likelihood of each of `intents`, by the English reader or, if there is one, the Chinese reader."""

    english: KernelRegression
    chinese: KernelRegression | None
    encode: Encode
    encode_chinese: Encode | None

    @property
    def intents(self) -> list[str]:
        """The intents, in the order of the columns."""
        return self.english.intents

    @classmethod
    def fit(
        cls,
        config: Mapping[str, Any],
        texts: Sequence[str],
        names: Sequence[str],
        settings: Mapping[str, float],
        found: Solution | None = None,
    ) -> Readers:
        """Fit both to examples, each a text and an intent. `found`: the English regression's solution, if known."""
        two = bool(config["chinese_model"])
        chinese = [row for row, text in enumerate(texts) if two and reads_chinese(text)]
        english = own_rows(texts) if two else list(range(len(texts)))
        if len({names[row] for row in english}) < len(set(names)):  # an intent with Chinese examples only
            english, chinese = list(range(len(texts))), []
        own, called = [texts[row] for row in english], [names[row] for row in english]
        regression = KernelRegression.fit(examples_encoder(config)(own), own, called, settings, found)
        encode = encoder_of(config).encode
        if not chinese:
            return cls(regression, None, encode, None)
        own, called = [as_read(texts[row]) for row in chinese], [names[row] for row in chinese]
        beside = _beside([(names[row], texts[row]) for row in english])
        own, called = [*own, *(text for _, text in beside)], [*called, *(name for name, _ in beside)]
        vectors = examples_encoder(chinese_of(config))(own)
        letters = Letters.of(own, CHINESE_GROUPS)
        other = KernelRegression.fit(vectors, own, called, CHINESE_SETTINGS, letters=letters)
        return cls(regression, other, encode, encoder_of(chinese_of(config)).encode)

    def likely(self, texts: Sequence[str]) -> np.ndarray:
        """Return one row per text: the likelihood of each intent."""
        found = np.zeros((len(texts), len(self.intents)), np.float64)
        chinese = [row for row, text in enumerate(texts) if self.chinese and reads_chinese(text)]
        english = [row for row in range(len(texts)) if row not in chinese]
        if english:
            words = [plain(texts[row]) for row in english]
            found[english] = self.english.probabilities(self.encode(words), words)
        if chinese and self.chinese and self.encode_chinese:
            words = [as_read(texts[row]) for row in chinese]
            columns = [self.intents.index(name) for name in self.chinese.intents]
            found[np.ix_(chinese, columns)] = self.chinese.probabilities(self.encode_chinese(words), words)
        return found

    def save(self, folder: Path) -> None:
        """Save both to `folder`."""
        self.english.save(folder)
        if self.chinese:
            (folder / "chinese").mkdir()
            self.chinese.save(folder / "chinese")

    @classmethod
    def load(cls, config: Mapping[str, Any], folder: Path) -> Readers:
        """Load what `save` has written; a model older than the Chinese reader has none."""
        english, encode = KernelRegression.load(folder), encoder_of(config).encode
        if not (folder / "chinese").exists():
            return cls(english, None, encode, None)
        return cls(english, KernelRegression.load(folder / "chinese"), encode, encoder_of(chinese_of(config)).encode)


def both(texts: Sequence[str], config: Mapping[str, Any], *, cache: Path | None = None) -> np.ndarray:
    """Return a vector per text in which the languages have separate dimensions, with zeros in the other's.

    `cache`: the file that caches the vectors, with the Chinese ones in another file beside it; None for no caching.
    """
    sides = [[row for row, text in enumerate(texts) if reads_chinese(text) is chinese] for chinese in (False, True)]
    configs = [config, chinese_of(config)]
    if not config["chinese_model"]:
        sides, configs = [list(range(len(texts)))], [config]
    parts = []
    for rows, own in zip(sides, configs, strict=True):
        words = [as_read(texts[row]) if own is not config else texts[row] for row in rows]
        encode = keeping(own, cache) if cache else encoder_of(own).encode
        parts.append((rows, encode(words)))
    width = [part.shape[1] if len(rows) else 0 for rows, part in parts]
    found = np.zeros((len(texts), sum(width)), np.float32)
    for (rows, part), start, size in zip(parts, (0, width[0]), width, strict=False):
        if rows:
            found[rows, start : start + size] = part
    return found


def own_rows(texts: Sequence[str]) -> list[int]:
    """Return the indices of the texts for the English reader."""
    return [row for row, text in enumerate(texts) if not reads_chinese(text)]


def _beside(examples: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return ENGLISH_BESIDE examples of each intent, the same ones whatever the order of the examples."""
    of: dict[str, list[str]] = defaultdict(list)
    for name, text in examples:
        of[name].append(text)
    return [(name, text) for name in sorted(of) for text in sorted(set(of[name]), key=_by_chance)[:ENGLISH_BESIDE]]


def _by_chance(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
