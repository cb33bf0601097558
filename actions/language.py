"""The language of a turn, and what is said in it: the domain's sentences, the calendar's words, the store's answers.

A second language is a table in bot.calendar.tongues, a file of content/sentences and answers of the same keys. What it
lacks is said in the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.calendar import words
from bot.calendar.words import Words
from bot.language import FIRST
from bot.sentences import variants

__all__ = ["FIRST", "language_of", "said_in", "words_in"]


def language_of(message: Mapping[str, Any], otherwise: str = FIRST) -> str:
    """Return the language that a message is to be answered in, as its metadata say, or `otherwise`."""
    language = (message.get("metadata") or {}).get("language")
    return language if isinstance(language, str) and language else otherwise


def words_in(language: str) -> Words:
    """Return how a language says days and hours."""
    return words.of(language)


def said_in(language: str, name: str, domain: Mapping[str, Any]) -> str:
    """Return the text of a response that stands inside another, in a language. Raises KeyError for an unknown one."""
    found = variants(language, name, domain["responses"])
    if not found:
        raise KeyError(name)
    return str(found[0]["text"])
