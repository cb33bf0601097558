"""The language of a turn, and what is said in it: the domain's sentences, the calendar's words, the store's answers.

A second language is a table in bot.calendar.words.LANGUAGES, responses of the same names with its code at their end
(`utter_hours_closed_zh`, `part_and_zh_hant`) and answers of the same keys. What it lacks is said in the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bot.calendar import words
from bot.calendar.facts import Answer
from bot.calendar.words import Words

FIRST = "en"


def language_of(message: Mapping[str, Any]) -> str:
    """Return the language that a message is to be answered in, as its metadata say, or the first."""
    language = (message.get("metadata") or {}).get("language")
    return language if isinstance(language, str) and language else FIRST


def words_in(language: str) -> Words:
    """Return how a language says days and hours."""
    return words.LANGUAGES.get(language, words.LANGUAGES[FIRST])


def response_in(language: str, name: str, domain: Mapping[str, Any]) -> str:
    """Return the name under which the domain has a response in a language, or the response itself."""
    own = f"{name}_{language.casefold().replace('-', '_')}"
    return own if own in domain["responses"] else name


def answers_in(language: str, every: Iterable[Answer]) -> tuple[Answer, ...]:
    """Return the answers of a language, and those of the first in place of those that it lacks, in their order."""
    answers = tuple(every)
    own = {answer.key: answer for answer in answers if answer.language == language}
    first = [own.pop(answer.key, answer) for answer in answers if answer.language == FIRST]
    return (*first, *own.values())
