"""What Rasa says is said in the language of the latest message: by the domain, or by content/sentences."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from ruamel.yaml import YAML

from bot.nlu import channel, manners
from bot.sentences import sentences

ROOT = Path(__file__).parents[3]
DOMAIN = YAML(typ="safe").load((ROOT / "domain.yml").read_text())["responses"]


def tracker(*events: Any) -> DialogueStateTracker:
    """Return a conversation of these events."""
    return DialogueStateTracker.from_events("somebody", list(events))


def said(name: str, conversation: DialogueStateTracker, **values: Any) -> dict[str, Any]:
    """Return what Rasa's generator makes of a response, as the channel has it."""
    manners.vary()
    generator = TemplatedNaturalLanguageGenerator(DOMAIN)
    found = asyncio.run(generator.generate(name, conversation, "carrel", **values))
    assert found
    return dict(found)


def user(text: str, language: str) -> UserUttered:
    """Return a message that is to be answered in a language."""
    return UserUttered(text, intent={"name": "greet"}, metadata={"language": language})


@pytest.mark.parametrize(("language", "word"), [("zh-Hant", "圖書館"), ("zh-Hans", "图书馆"), ("en", "library")])
def test_a_response_is_said_in_the_language_of_the_message(language: str, word: str) -> None:
    """With its buttons, whose payloads are the same in each."""
    greeting = said("utter_greet", tracker(user("hi", language)))

    assert word in greeting["text"]
    assert greeting["buttons"][0]["payload"] == "/opening_hours"


def test_placeholders_are_filled_and_the_language_may_be_told_by_the_action() -> None:
    """An action knows it where the message does not: somebody in care, of whom "ok" is the last word."""
    conversation = tracker(user("ok", "en"))

    assert said("utter_said_above", conversation, said="開", language="zh-Hant")["text"].endswith("：開")
    assert said("utter_hours_reason", conversation, reason="聖誕節", language="zh-Hant")["text"] == "原因：聖誕節。"
    assert said("utter_hours_reason", conversation, reason="Christmas")["text"] == "The reason: Christmas."


def test_no_variant_is_said_twice_in_a_row_in_chinese_either() -> None:
    """While there is another."""
    every = {each["text"] for each in sentences("zh-Hant")["utter_wait"]}
    first, *_ = every
    conversation = tracker(user("等陣", "zh-Hant"), BotUttered(first), user("等多陣", "zh-Hant"))

    assert {said("utter_wait", conversation)["text"] for _ in range(20)} == every - {first}


def test_a_language_without_sentences_is_said_in_the_domains() -> None:
    """Better in English than not at all."""
    assert (
        said("utter_hours_unknown", tracker(user("hej", "x-pig")))["text"] == DOMAIN["utter_hours_unknown"][0]["text"]
    )


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"text": "圖書館開到幾點"}, "zh-Hant"),
        ({"text": "图书馆几点关门"}, "zh-Hans"),
        ({"text": "ok"}, "zh-Hans"),
        ({"text": "when do you close"}, "en"),
        ({"choice": "/events"}, "zh-Hans"),
        ({"choice": "/speak_zh_hant"}, "zh-Hant"),
    ],
)
def test_whoever_asks_rasa_without_a_language_is_answered_in_that_of_the_words(
    asked: dict[str, str], expected: str
) -> None:
    """The terminal's chat, a rehearsal: as the worker does for students, by what was spoken before."""
    conversation = tracker(user("你好", "zh-Hant"), user("你们好", "zh-Hans"))

    assert channel._language(asked, conversation) == expected
