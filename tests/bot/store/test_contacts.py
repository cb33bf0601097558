"""Emergency contacts: a number in one place, in every text that names it, and never a made-up one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from bot.dangers import DANGERS
from bot.store import library
from bot.store.contacts import NAMED, filled, missing, read_contacts
from bot.store.content import read
from tests.stores import sampled

NOW = datetime(2026, 11, 24, tzinfo=UTC)
CONTACTS = """contacts:
  - key: emergency
    name: Emergency services
    phone: "999"
    source: The Government
"""
ANSWERS = """answers:
  - key: fire
    title: Help
    text: {text}
"""


def folder(path: Path, contacts: str = CONTACTS, text: str = "Call 999.") -> Path:
    (path / "answers").mkdir(parents=True)
    (path / "contacts.yml").write_text(contacts, encoding="utf-8")
    (path / "answers" / "fire_gas.yml").write_text(ANSWERS.format(text=text), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Call {contact:emergency} now.", "Call 999 now."),
        ("Call {contact:emergency}. Or counselling: {contact:counselling}. Go.", "Call 999. Go."),
        ("請致電 {contact:emergency}。輔導：{contact:counselling}。", "請致電 999。"),
        ("One.\nTwo {contact:counselling}\nThree.", "One.\nThree."),
        ("No contact here: {who}.", "No contact here: {who}."),
    ],
)
def test_a_sentence_whose_number_is_missing_is_left_out(text: str, said: str) -> None:
    """The others stay as they are."""
    assert filled(text, {"emergency": "999"}) == said


def test_a_text_names_a_contact_that_there_is(tmp_path: Path) -> None:
    """The check says where, and what was meant."""
    found = read(folder(tmp_path / "content", text='"Call {contact:emergancy}."'))

    assert [str(each) for each in found.problems] == [
        f"{tmp_path}/content/answers/fire_gas.yml:4: fire.text: "
        'there is no contact "emergancy"; did you mean emergency?'
    ]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ('phone: "2345 0001"\n    sample: true', "a sample must have no number"),
        ("source: nobody", "there is no number"),
        ('phone: "2896 0000"', "say who states this number"),
        ("phone: call us\n    source: us", "is no telephone number"),
    ],
)
def test_a_number_is_somebodys_or_there_is_none(tmp_path: Path, fields: str, problem: str) -> None:
    """A made-up one would be called by somebody in danger."""
    found = read(folder(tmp_path / "content", CONTACTS + f"  - key: other\n    name: Other\n    {fields}\n"))

    assert problem in " ".join(each.text for each in found.problems)


def test_the_sample_library_says_numbers_and_leaves_out_what_it_does_not_know(engine: Engine) -> None:
    """In each language, and for each danger: 999, and no braces."""
    sampled(engine, NOW)
    answers = library.read_answers(engine, language=None)

    assert missing(read_contacts(engine)) == ["The university's counselling service"]
    assert [each.key for each in answers if NAMED.search(each.text)] == []
    for danger in DANGERS:
        said = {each.language: each.text for each in answers if each.key == f"{danger}-overview"}
        assert set(said) == {"en", "zh-Hant", "zh-Hans"}
        assert [language for language, text in said.items() if "999" not in text] == []
