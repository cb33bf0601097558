"""Renders replies as WhatsApp messages, within its limits and without losing anything. Pure.

Limits: WhatsApp Cloud API, "Interactive reply buttons", "Interactive list", "Text", "Image", read in November 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from connectors.joining import Worded, worded
from connectors.markup import in_marks
from connectors.messages import Choice, Reply
from connectors.plain_words import choices_in_words, joined, one_line
from connectors.splitting import length, shorten, split_text

TEXT, BODY, LIST_BODY = 4096, 1024, 4096
BUTTONS, BUTTON_TITLE, BUTTON_ID = 3, 20, 256
ROWS, ROW_TITLE, ROW_DESCRIPTION, ROW_ID = 10, 24, 72, 200
CAPTION = 1024
# The label that opens a list: our own symbol for WhatsApp, like "…" for any platform.
OPENER = "☰"

Message = dict[str, Any]


def messages_for(reply: Reply) -> list[Message]:
    """Return WhatsApp messages for `reply`: as few as can hold it, one wherever the limits allow.

    Up to 3 choices become buttons; up to 10, or alongside a text too long for buttons, a list; whatever neither can
    show in full is also in the text, numbered. A picture becomes a message's header or takes the text as its caption.
    The platform has no cards for bots: they become text.
    """
    return min(_ways(worded(in_marks(reply, "*"))), key=len)


def _ways(told: Worded) -> Iterator[list[Message]]:
    """Yield the ways to show it, easiest to read and tap first."""
    buttons, rows = _buttons(told.choices), _rows(told.choices)
    if buttons:
        head = {"header": {"type": "image", "image": {"link": told.picture}}} if told.picture else {}
        text = _with_what_is_cut(told, BUTTON_TITLE, 0)
        yield _asking("button", text, BODY, {"buttons": buttons}, head, _texts)
    if rows:
        text = _with_what_is_cut(told, ROW_TITLE, ROW_DESCRIPTION)
        action: Message = {"button": OPENER, "sections": [{"rows": rows}]}
        yield _asking("list", text, LIST_BODY, action, {}, lambda before: _captioned(before, told.picture))
    yield _captioned(joined(told.text, choices_in_words(told.choices)), told.picture)


def _asking(
    kind: str, text: str, limit: int, action: Message, head: Message, before: Callable[[str], list[Message]]
) -> list[Message]:
    """Return the message that asks, holding the end of a text too long for it, preceded by the rest."""
    parts = split_text(text, limit)
    asks = {"type": kind, **head, "body": {"text": parts[-1]}, "action": action}
    return [*before("\n\n".join(parts[:-1])), {"type": "interactive", "interactive": asks}]


def _captioned(text: str, picture: str) -> list[Message]:
    if not picture:
        return _texts(text)
    if text and length(text) <= CAPTION:
        return [{"type": "image", "image": {"link": picture, "caption": text}}]
    return [{"type": "image", "image": {"link": picture}}, *_texts(text)]


def _with_what_is_cut(told: Worded, title: int, description: int) -> str:
    """Return the text, with the choices as a list where buttons or rows do not show them in full."""
    if told.text and _in_full(told.choices, title, description):
        return told.text
    return joined(told.text, choices_in_words(told.choices))


def _texts(text: str) -> list[Message]:
    return [{"type": "text", "text": {"body": each, "preview_url": False}} for each in split_text(text, TEXT)]


def _in_full(choices: Sequence[Choice], title: int, description: int) -> bool:
    """Return whether titles and descriptions of these lengths show all of `choices` in full."""
    titles = [one_line(choice.title) for choice in choices]
    fits = all(length(one_line(choice.description)) <= description for choice in choices)
    return fits and all(0 < length(each) <= title for each in titles) and len(set(titles)) == len(titles)


def _titles(choices: Sequence[Choice], limit: int) -> list[str]:
    titles = [one_line(choice.title) for choice in choices]
    if all(0 < length(title) <= limit for title in titles) and len(set(titles)) == len(titles):
        return titles
    # The number links the shortened title to its line in the text, and distinguishes equal titles.
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
    if not 0 < len(choices) <= ROWS or not all(0 < length(choice.payload) <= ROW_ID for choice in choices):
        return []
    if len({choice.payload for choice in choices}) < len(choices):
        return []
    rows = []
    for choice, title in zip(choices, _titles(choices, ROW_TITLE), strict=True):
        described = shorten(one_line(choice.description), ROW_DESCRIPTION)
        rows.append({"id": choice.payload, "title": title, **({"description": described} if described else {})})
    return rows
