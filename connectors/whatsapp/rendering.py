"""Replies into WhatsApp's messages, within its limits and with nothing lost. Pure.

Limits: WhatsApp Cloud API, "Interactive reply buttons", "Interactive list", "Text", read in November 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from connectors.messages import Choice, Reply
from connectors.plain_words import cards_in_words, choices_in_words, is_web_address, joined, one_line
from connectors.splitting import length, shorten, split_text

TEXT, BODY, LIST_BODY = 4096, 1024, 4096
BUTTONS, BUTTON_TITLE, BUTTON_ID = 3, 20, 256
ROWS, ROW_TITLE, ROW_DESCRIPTION, ROW_ID = 10, 24, 72, 200
CAPTION = 1024
# What opens a list: a label of WhatsApp's own, as "…" is on any platform.
OPENER = "☰"

Message = dict[str, Any]


def messages_for(reply: Reply) -> list[Message]:
    """Return WhatsApp's messages for `reply`, in order: image, text, the last of it with the choices.

    Up to 3 choices are buttons, up to 10 a list; what neither can show in full also stands in the text, numbered. The
    platform has no cards for a bot's own use: they become text.
    """
    choices = (*reply.choices, *(choice for card in reply.cards for choice in card.choices))
    text = joined((reply.text or "").strip(), cards_in_words(reply.cards))
    image: list[Message] = []
    if reply.image and is_web_address(reply.image):
        image = [{"type": "image", "image": {"link": reply.image}}]
    elif reply.image:
        text = joined(text, reply.image)
    buttons, rows = _buttons(choices), _rows(choices)
    listed = "" if not choices or ((buttons or rows) and _in_full(choices)) else choices_in_words(choices)
    text = joined(text, listed)
    if not choices or not (buttons or rows):
        return [*image, *_texts(text)]
    limit = BODY if buttons else LIST_BODY
    parts = split_text(text or choices_in_words(choices), limit)
    action: Message = {"buttons": buttons} if buttons else {"button": OPENER, "sections": [{"rows": rows}]}
    kind = "button" if buttons else "list"
    asking = {"type": "interactive", "interactive": {"type": kind, "body": {"text": parts[-1]}, "action": action}}
    return [*image, *_texts("\n\n".join(parts[:-1])), asking]


def template_for(name: str, language: str, text: str) -> Message:
    """Return the message that says `text` as the one variable of an approved template, cut to its length.

    A variable holds neither line breaks nor tabs nor more than four spaces in a row.
    """
    parameter = {"type": "text", "text": shorten(one_line(text), BODY)}
    template = {
        "name": name,
        "language": {"code": language},
        "components": [{"type": "body", "parameters": [parameter]}],
    }
    return {"type": "template", "template": template}


def _texts(text: str) -> list[Message]:
    return [{"type": "text", "text": {"body": each, "preview_url": False}} for each in split_text(text, TEXT)]


def _in_full(choices: Sequence[Choice]) -> bool:
    """Return whether buttons or rows show every word of `choices`."""
    many = len(choices) > BUTTONS
    titles = [one_line(choice.title) for choice in choices]
    room = ROW_TITLE if many else BUTTON_TITLE
    described = [one_line(choice.description) for choice in choices]
    fits = all(length(each) <= (ROW_DESCRIPTION if many else 0) for each in described)
    return fits and all(0 < length(title) <= room for title in titles) and len(set(titles)) == len(titles)


def _titles(choices: Sequence[Choice], limit: int) -> list[str]:
    titles = [one_line(choice.title) for choice in choices]
    if all(0 < length(title) <= limit for title in titles) and len(set(titles)) == len(titles):
        return titles
    # The number leads from the shortened title to its line in the text, and keeps like titles apart.
    return [shorten(f"{number}. {title}", limit) for number, title in enumerate(titles, start=1)]


def _buttons(choices: Sequence[Choice]) -> list[Message]:
    if len(choices) > BUTTONS or not all(0 < length(choice.payload) <= BUTTON_ID for choice in choices):
        return []
    if len({choice.payload for choice in choices}) < len(choices):
        return []
    return [
        {"type": "reply", "reply": {"id": choice.payload, "title": title}}
        for choice, title in zip(choices, _titles(choices, BUTTON_TITLE), strict=True)
    ]


def _rows(choices: Sequence[Choice]) -> list[Message]:
    if not BUTTONS < len(choices) <= ROWS or not all(0 < length(choice.payload) <= ROW_ID for choice in choices):
        return []
    if len({choice.payload for choice in choices}) < len(choices):
        return []
    rows = []
    for choice, title in zip(choices, _titles(choices, ROW_TITLE), strict=True):
        described = shorten(one_line(choice.description), ROW_DESCRIPTION)
        rows.append({"id": choice.payload, "title": title, **({"description": described} if described else {})})
    return rows
