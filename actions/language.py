"""The language of a turn, and its texts: the domain's sentences, the calendar's words, the store's answers.

A second language is a table in bot.calendar.tongues, a file in content/sentences, and answers with the same keys.
Whatever it lacks is said in the first language.
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
    """Return the language in which to answer a message, from its metadata, or `otherwise`."""
    language = (message.get("metadata") or {}).get("language")
    return language if isinstance(language, str) and language else otherwise


def words_in(language: str) -> Words:
    """Return how a language writes days and hours."""
    return words.of(language)


def said_in(language: str, name: str, domain: Mapping[str, Any]) -> str:
    """Return the text of a response used inside another, in a language. Raises KeyError if it is unknown."""
    found = variants(language, name, domain["responses"])
    if not found:
        raise KeyError(name)
    return str(found[0]["text"])
