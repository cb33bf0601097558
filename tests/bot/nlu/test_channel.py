"""Rasa's messages as replies: nothing is lost, and all choices of a turn are one list."""

from __future__ import annotations

from typing import Any

from bot.nlu.channel import replies
from connectors.messages import Choice, Reply
from connectors.messenger.rendering import messages_for
from connectors.plain_words import chosen
from connectors.whatsapp.rendering import messages_for as whatsapp_messages


def button(number: int) -> dict[str, str]:
    return {"title": f"Choice {number}", "payload": f"/choice_{number}"}


def as_replies(messages: list[dict[str, Any]]) -> list[Reply]:
    return [
        Reply(each["text"], tuple(Choice(one["title"], one["payload"]) for one in each["choices"]))
        for each in replies(messages)
    ]


def test_two_answers_are_one_reply_with_one_list_of_choices() -> None:
    """Paragraphs in their order; a choice that stands in both is there once."""
    first = {"text": "Which?", "buttons": [button(1), button(2)]}
    [found] = replies([first, {"text": "And more:", "custom": {"choices": [button(2), button(3)]}}])

    assert found["text"] == "Which?\n\nAnd more:"
    assert [each["payload"] for each in found["choices"]] == ["/choice_1", "/choice_2", "/choice_3"]


def test_choices_are_tapped_on_the_one_message_whatever_follows_them() -> None:
    """Messenger takes quick replies away with the next message: the words above them are said last."""
    found = as_replies([{"text": "Which?", "buttons": [button(1)]}, {"text": "By the way …"}])
    [message] = [message for reply in found for message in messages_for(reply)]

    assert message["text"] == "By the way …\n\nWhich?"
    assert len(message["quick_replies"]) == 1


def test_each_number_stands_for_one_choice() -> None:
    """As many as are listed, on platforms that number them."""
    found = as_replies(
        [{"text": "A", "buttons": [button(n) for n in range(1, 8)]}, {"text": "B", "buttons": [button(8)]}]
    )
    offered = [choice for reply in found for choice in reply.choices]
    shown = "\n".join(str(message) for reply in found for message in whatsapp_messages(reply))

    assert [chosen(str(n), offered).payload for n in range(1, 9)] == [f"/choice_{n}" for n in range(1, 9)]
    assert shown.count("Choice 8") == 1


def test_choices_without_words_are_a_reply() -> None:
    """Nothing is dropped; nothing is said where nothing was said."""
    assert [each["choices"][0]["payload"] for each in replies([{"buttons": [button(1)]}])] == ["/choice_1"]
    assert replies([{}]) == []
    assert [each["image"] for each in replies([{"image": "https://library.example/a.png"}])] == [
        "https://library.example/a.png"
    ]
