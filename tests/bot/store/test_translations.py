"""The content's other languages: every answer has its Chinese, with its placeholders and links, and no more."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.engine import Engine

from bot.calendar.facts import Answer
from bot.calendar.texts import pairs, spoken, texts
from bot.dangers import CARE, DANGERS
from bot.language import ENGLISH, SIMPLIFIED, TRADITIONAL
from bot.store import library
from bot.store.content.export import export
from bot.store.content.files import read
from bot.store.content.plan import apply, plan
from connectors.splitting import length
from tests.actions.small_library import MONDAY_EVENING
from tests.stores import sample, sampled, sqlite

ROOT = Path(__file__).parents[3]
# Topics that name hotlines, and each language those that speak it.
HOTLINES = {CARE, *DANGERS, "counselling"}
ZONE = ZoneInfo("Asia/Hong_Kong")
# A title of a quick reply on Messenger.
TITLE = 20


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, dict[str, Any]]]:
    """The answers of the project's content, by language and key."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for each in sample().records["answers"].values():
        found.setdefault(each["language"], {})[each["key"]] = each
    return found


def marks(text: str) -> list[str]:
    """Return what no translation may change: placeholders, web and mail addresses."""
    return sorted(re.findall(r"\{[\w:-]+\}|https?://[!-~]+|[\w.]+@[\w.]*\w", text, re.ASCII))


def test_every_answer_has_its_chinese_and_none_has_lost_its_original(answers: dict[str, Any]) -> None:
    """What lacks one is said in English; the sample content lacks none."""
    assert answers[TRADITIONAL].keys() == answers[ENGLISH].keys()


def test_placeholders_and_addresses_are_the_same(answers: dict[str, Any]) -> None:
    """A number to call and an address are no words, hotlines aside: each language names those that speak it."""
    unlike = {
        key: each["text"]
        for key, each in answers[TRADITIONAL].items()
        if each["topic"] not in HOTLINES and marks(each["text"]) != marks(answers[ENGLISH][key]["text"])
    }

    assert unlike == {}


def test_titles_fit_on_a_button(answers: dict[str, Any]) -> None:
    """In characters, and told apart within a topic."""
    assert [each["title"] for each in answers[TRADITIONAL].values() if length(each["title"]) > TITLE] == []


def test_content_in_every_language_comes_back_as_it_was(tmp_path: Path) -> None:
    """Loaded, and exported into an empty folder, and read again: the same entries, in files of their languages."""
    engine = sqlite(tmp_path / "library.db")
    first = sample()
    apply(engine, plan(engine, first), now=MONDAY_EVENING)
    export(engine, tmp_path / "content", ZONE)
    again = read(tmp_path / "content")

    assert again.problems == []
    assert again.records == first.records
    assert (tmp_path / "content/answers/zh-Hant/wifi.yml").exists()
    assert "language" not in (tmp_path / "content/translations/zh-Hant.yml").read_text()
    assert export(engine, tmp_path / "content", ZONE) == []


def test_facts_are_said_by_their_translations_and_what_lacks_one_is_known(tmp_path: Path) -> None:
    """Simplified is made of Traditional; of the sample content nothing is lacking but people's names and works."""
    engine = sqlite(tmp_path / "library.db")
    sampled(engine, MONDAY_EVENING)
    facts, translations = library.read_facts(engine, ZONE), library.read_translations(engine)
    traditional, simplified = (spoken(facts, translations, each) for each in (TRADITIONAL, SIMPLIFIED))

    assert (traditional("Christmas Day"), simplified("Christmas Day")) == ("聖誕節", "圣诞节")
    assert traditional("Nobody has translated this") == "Nobody has translated this"
    assert traditional.lacking == simplified.lacking == frozenset()
    assert spoken(facts, translations, ENGLISH).lacking == frozenset()
    assert spoken(facts, (), TRADITIONAL).lacking >= {"Library", "Christmas Day", "Citation clinic"}


def test_a_translation_of_another_shape_leaves_the_original() -> None:
    """A list that has lost a member cannot tell which."""
    contest = {"title": "Photos", "rules": ["One", "Two"], "awards": [{"name": "First", "prize": "A book"}]}

    assert texts("contests", contest) == ("Photos", "One", "Two", "First", "A book")
    assert dict(pairs("contests", contest, {"rules": ["一"], "title": "照片"})) == {"Photos": "照片"}
    assert dict(pairs("contests", contest, {"awards": [{"prize": "書"}], "rules": "一"})) == {"A book": "書"}
    assert dict(pairs("contests", contest, {"rules": [None, "二"], "colour": "藍"})) == {"Two": "二"}


def test_answers_in_simplified_are_made_of_traditional_unless_they_have_words_of_their_own() -> None:
    """And the link, the topic and when it ends are the original's, where a translation does not tell them."""
    every = (
        Answer("a", "wifi", "Title", "Text", link="https://library.example", overview=True),
        Answer("a", "wifi", "標題", "內容", language=TRADITIONAL),
        Answer("b", "wifi", "Other", "Text"),
        Answer("b", "wifi", "別的", "內容", language=TRADITIONAL),
        Answer("b", "wifi", "另外", "文字", language=SIMPLIFIED),
        Answer("c", "wifi", "English", "Text"),
    )
    said = library.spoken(every, SIMPLIFIED)

    assert [(each.title, each.text, each.language) for each in said] == [
        ("标题", "内容", SIMPLIFIED),
        ("另外", "文字", SIMPLIFIED),
        ("English", "Text", ENGLISH),
    ]
    assert (said[0].link, said[0].overview, said[0].topic) == ("https://library.example", True, "wifi")


def test_a_file_with_a_wrong_translation_is_told_its_line(tmp_path: Path) -> None:
    """What is no text of the kind, what is no text at all, and a key of no kind."""
    folder = tmp_path / "translations"
    folder.mkdir()
    (folder / "zh-Hant.yml").write_text(
        "translations:\n"
        "  - key: places/library\n    texts:\n      colour: 藍\n"
        "  - key: rooms/one\n    texts: {name: 一}\n"
        "  - key: events/talk\n    texts: {title: }\n"
    )
    problems = [str(each) for each in read(tmp_path).problems]

    assert any(":3:" in each and "colour is no text of it" in each for each in problems), problems
    assert any(":5:" in each and "as in places/library" in each for each in problems), problems
    assert any(":8:" in each and "should be text" in each for each in problems), problems


def test_the_store_reads_translations_of_any_language(tmp_path: Path) -> None:
    """One row a fact and language."""
    engine: Engine = sqlite(tmp_path / "library.db")
    sampled(engine, MONDAY_EVENING)

    found = {(each.kind, each.key, each.language) for each in library.read_translations(engine)}
    assert ("places", "library", TRADITIONAL) in found
