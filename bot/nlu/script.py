"""Normalises a message's letters and detects its script, so that danger is recognised however it is typed."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from opencc import OpenCC

ENGLISH, TRADITIONAL, SIMPLIFIED = "en", "zh-Hant", "zh-Hans"
_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0002ffff]+")
# "s.u.i.c.i.d.e", "d i e": single letters with one mark or space between them.
_SPREAD = re.compile(r"\b(?:[a-z][ .*_-]){3,}[a-z]\b")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u02bc": "'", "`": "'"})


def plain(text: str) -> str:
    """Return `text` in lower case without invisible characters, as anybody would read it aloud."""
    seen = "".join(letter for letter in unicodedata.normalize("NFKC", text) if unicodedata.category(letter) != "Cf")
    seen = seen.translate(_APOSTROPHES).casefold()
    seen = re.sub(r"(.)\1{2,}", r"\1\1", seen)
    return _SPREAD.sub(lambda found: re.sub(r"[ .*_-]", "", found[0]), seen)


def has_chinese(text: str) -> bool:
    """Return whether any character of `text` is Chinese."""
    return bool(_CHINESE.search(text))


def without_chinese(text: str) -> str:
    """Return `text` without its Chinese characters."""
    return _CHINESE.sub(" ", text)


def simplified(text: str) -> str:
    """Return `text` in simplified characters, so that both scripts read the same."""
    return str(_converter("t2s").convert(text))


def folded(text: str) -> str:
    """Return `text` with each character simplified, so that both scripts read the same and positions stay."""
    return text if text.isascii() else "".join(map(_letter, text))


@lru_cache(maxsize=16384)
def _letter(letter: str) -> str:
    told = simplified(letter) if letter > "\u3000" else letter
    return told if len(told) == 1 else letter


def language(text: str) -> str:
    """Return the language to answer `text` in: English, or Chinese in the script of the text."""
    if not has_chinese(text):
        return ENGLISH
    # Most words are the same in both scripts; text that would change when converted to traditional is simplified.
    to_simplified = sum(a != b for a, b in zip(text, simplified(text), strict=False))
    to_traditional = sum(a != b for a, b in zip(text, str(_converter("s2t").convert(text)), strict=False))
    return SIMPLIFIED if to_traditional > to_simplified else TRADITIONAL


@lru_cache(maxsize=2)
def _converter(way: str) -> OpenCC:
    return OpenCC(way)
