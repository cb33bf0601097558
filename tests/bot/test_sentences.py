"""The sentences of other languages fit the domain's: each is there, with what fills it, its buttons and its limits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot import sentences
from bot.language import SIMPLIFIED, TRADITIONAL, in_simplified
from connectors.splitting import length

ROOT = Path(__file__).parents[2]
CHINESE = (TRADITIONAL, SIMPLIFIED)
# A title of a quick reply on Messenger, and of a button on WhatsApp.
TITLE = 20


@pytest.fixture(scope="module")
def domain() -> Mapping[str, list[dict[str, Any]]]:
    """The responses of the domain."""
    return dict(YAML(typ="safe").load((ROOT / "domain.yml").read_text())["responses"])


def placeholders(text: str) -> set[str]:
    """Return the names in braces."""
    return set(re.findall(r"\{(\w+)\}", text))


@pytest.mark.parametrize("language", CHINESE)
def test_every_sentence_is_there_and_no_other(language: str, domain: Mapping[str, Any]) -> None:
    """What is missing would be said in English in the middle of a Chinese conversation."""
    assert set(sentences.sentences(language)) == set(domain)


@pytest.mark.parametrize("language", CHINESE)
def test_every_sentence_is_filled_by_the_same_names(language: str, domain: Mapping[str, Any]) -> None:
    """A name that is left out would leave out what was asked; one too many would be said in braces."""
    own = sentences.sentences(language)
    unlike = {
        name: variant["text"]
        for name, variants in domain.items()
        for variant in own[name]
        if placeholders(variant["text"]) not in [placeholders(each["text"]) for each in variants]
    }

    assert unlike == {}


@pytest.mark.parametrize("language", CHINESE)
def test_every_button_is_there_with_a_title_that_fits(language: str, domain: Mapping[str, Any]) -> None:
    """The payloads are the domain's, in its order; the titles are short enough for every platform."""
    own = sentences.sentences(language)
    for name, variants in domain.items():
        wanted = {tuple(button["payload"] for button in each.get("buttons", ())) for each in variants}
        for variant in own[name]:
            buttons = variant.get("buttons", ())

            assert tuple(button["payload"] for button in buttons) in wanted, name
            assert all(0 < length(button["title"]) <= TITLE for button in buttons), name


@pytest.mark.parametrize("language", CHINESE)
def test_what_topics_are_called_fits_on_a_button(language: str) -> None:
    """Labels stand on buttons; two that look the same could not be told apart."""
    own = sentences.sentences(language)
    labels = [each[0]["text"] for name, each in own.items() if name.startswith("part_topic_")]

    assert max(map(length, labels)) <= TITLE
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("language", CHINESE)
def test_parts_have_one_variant(language: str) -> None:
    """Inside another sentence there is nothing to choose from."""
    own = sentences.sentences(language)

    assert {len(each) for name, each in own.items() if name.startswith("part_")} == {1}


def test_simplified_is_made_of_traditional_where_it_has_no_words_of_its_own() -> None:
    """One is edited, both are said."""
    traditional, simplified = (sentences.sentences(each) for each in CHINESE)

    assert simplified["utter_hours_unknown"][0]["text"] == in_simplified(traditional["utter_hours_unknown"][0]["text"])
    assert simplified["utter_hours_unknown"] != traditional["utter_hours_unknown"]
    assert "简体" in simplified["utter_speaking"][0]["text"]


def test_no_simplified_letter_stands_in_traditional_sentences_and_no_traditional_one_in_simplified() -> None:
    """A reader sees one wrong letter at once; languages' own names are written in their own."""
    from bot.language import _only_in_one

    of_hong_kong, of_the_mainland = _only_in_one()
    for language, foreign in ((TRADITIONAL, of_the_mainland), (SIMPLIFIED, of_hong_kong)):
        own = sentences.sentences(language)
        wrong = {
            name: sorted(set(variant["text"]) & foreign)
            for name, variants in own.items()
            for variant in variants
            if set(variant["text"]) & foreign
        }

        assert wrong == {}


def test_a_changed_file_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No training and no restart; and a file that is gone leaves the domain's own sentence."""
    monkeypatch.setattr(sentences, "FOLDER", tmp_path)
    domain = {"utter_wait": [{"text": "Sure."}]}
    file = tmp_path / f"{TRADITIONAL}.yml"

    assert sentences.variants(TRADITIONAL, "utter_wait", domain) == [{"text": "Sure."}]
    file.write_text("utter_wait: 好的。\n")
    assert sentences.variants(TRADITIONAL, "utter_wait", domain) == [{"text": "好的。"}]
    file.write_text("utter_wait: [好的，慢慢來。, 不急。]\n")
    assert [each["text"] for each in sentences.variants(SIMPLIFIED, "utter_wait", domain)] == [
        "好的，慢慢来。",
        "不急。",
    ]
    assert sentences.variants("en", "utter_wait", domain) == [{"text": "Sure."}]
