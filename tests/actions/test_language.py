"""A second language is a matter of adding words: a toy one, for which no line of the program is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from sqlalchemy.engine import Engine

from bot import sentences
from bot.calendar import words
from bot.store.audit import session
from tests.actions.small_library import MONDAY_EVENING, Conversation, Heard, answer_row, day

PIG = "x-pig"


def pig(word: str) -> str:
    """Return an English word in the toy language: "closed" is "osedclay"."""
    start = len(word) - len(word.lstrip("bcdfghjklmnpqrstvwxyzBCDFGHJKLMNPQRSTVWXYZ"))
    return f"{word[start:]}{word[:start].lower()}ay"


def _in_pig(value: Any) -> Any:
    if isinstance(value, str):
        return value if "{" in value or not value.strip(" ,") else pig(value)
    return tuple(map(_in_pig, value)) if isinstance(value, tuple) else value


@pytest.fixture
def ask(
    store: Engine, conversation: Conversation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Heard]:
    """Asks somebody who wants the toy language, of which a few sentences, all of the calendar and one answer exist."""
    named = {each.name: getattr(words.English, each.name) for each in fields(words.English)}
    translated = {name: _in_pig(value) for name, value in named.items()}
    monkeypatch.setitem(words.LANGUAGES, PIG, replace(words.English, **translated))
    own = {
        "utter_hours_day_open": "{place}: openay {day}, {hours}.",
        "utter_contest_who_over": "{title} asway orfay {who}.",
        "utter_some_first_language": "Omesay inay Englishay.",
        "part_and": "{first} andway {last}",
        "part_title_edition": "«{title}» ({edition})",
        "part_topic_contact_librarian": "Ersonpay",
    }
    monkeypatch.setattr(sentences, "FOLDER", tmp_path)
    with (tmp_path / f"{PIG}.yml").open("w") as file:
        YAML().dump(own, file)
    with session(store, "staff", MONDAY_EVENING) as changes:
        changes.add(answer_row("print", "Intingpray", "Ereway areway interspray.", overview=True, language=PIG))
    metadata = {"time": MONDAY_EVENING.astimezone(UTC).isoformat(), "language": PIG}

    def asked(text: str, intent: str, *times: dict[str, Any], **understood: Any) -> Heard:
        return conversation.ask(text, intent, *times, **{"metadata": metadata, **understood})

    return asked


def test_sentences_and_days_are_said_in_the_language(ask: Callable[..., Heard]) -> None:
    """The sentence is the domain's, the day and the hours are the calendar's."""
    assert ask("hours on wednesday", "opening_hours", day("2026-11-25")).texts == (
        "Library: openay ednesdayway, 8 amay – 11 pmay.",
        "Omesay inay Englishay.",  # the place's name, which nobody has translated
    )


def test_what_stands_inside_a_sentence_is_said_in_the_language_too(ask: Callable[..., Heard]) -> None:
    """Lists, titles, labels on buttons."""
    assert ask("who may enter", "contest_eligibility").texts[1] == (
        "«Day and Night at the Library» (2018) asway orfay students andway staff."
    )
    assert ("Ersonpay", "/contact_librarian") in ask("gibberish", "nlu_fallback").buttons


def test_an_answer_is_given_in_the_language_and_the_first_stands_in_where_there_is_none(
    ask: Callable[..., Heard],
) -> None:
    """An answer that nobody has translated yet is better than none."""
    heard = ask("printing", "printing_scanning_copying")

    assert heard.texts[0] == "Ereway areway interspray."
    assert [title for title, _ in heard.buttons] == ["Where printers are", "Colour printing"]


def test_a_sentence_that_is_not_translated_is_said_in_the_first_language(ask: Callable[..., Heard]) -> None:
    """Words in it are the language's own where it has them."""
    assert ask("hours at christmas", "opening_hours", day("2026-12-25")).texts[0] == (
        "The Library is closed idayfray 25 ecemberday (Christmas)."
    )


def test_the_next_person_is_answered_in_the_first_language(
    ask: Callable[..., Heard], conversation: Conversation
) -> None:
    """The language is the message's: nothing of it stays behind."""
    ask("hours on wednesday", "opening_hours", day("2026-11-25"))

    assert conversation.ask("hours on wednesday", "opening_hours", day("2026-11-25")).texts == (
        "The Library is open Wednesday: 8 am – 11 pm.",
    )
