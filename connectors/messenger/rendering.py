"""Replies into Messenger's messages, within its limits and with nothing lost. Pure.

Limits: Messenger Platform, "Send messages", "Quick replies" and "Templates", read in November 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from connectors.messages import Card, Choice, Link, Reply
from connectors.splitting import length, numbered, shorten, split_text

TEXT = 2000
QUICK_REPLIES, TITLE, PAYLOAD = 13, 20, 1000
CARDS, CARD_TEXT, BUTTONS = 10, 80, 3

Message = dict[str, Any]


@dataclass(frozen=True)
class _Tile:
    """A card as Messenger shows it: the element, the words it cannot hold, the choices it has no room for."""

    element: Message | None
    words: str
    left: tuple[Choice, ...]


def messages_for(reply: Reply) -> list[Message]:
    """Return Messenger's messages for `reply`, in order: text, image, cards; quick replies ride on the last.

    Choices that no button can show in full also stand in the text, numbered: a title over 20 or twice the same, a
    description, a payload over 1,000, more than 13 of them. Words that a card cannot hold go before the cards.
    """
    tiles = [_tile(card) for card in reply.cards]
    choices = (*reply.choices, *(choice for tile in tiles for choice in tile.left))
    buttons, listed = _quick_replies(choices)
    text = (reply.text or "").strip()
    attachments: list[Message] = []
    if reply.image and _is_web_address(reply.image):
        attachments.append(_attachment("image", {"url": reply.image}))
    elif reply.image:
        text = _joined(text, reply.image)
    words = "\n\n".join(tile.words for tile in tiles if tile.words)
    elements = [tile.element for tile in tiles if tile.element]
    templates = [
        _attachment("template", {"template_type": "generic", "elements": elements[start : start + CARDS]})
        for start in range(0, len(elements), CARDS)
    ]
    if choices and not (text or attachments or words or templates):
        # Quick replies need a message to ride on, and words of its own a channel does not have.
        listed = _list(choices)
    if listed and not (attachments or words or templates):
        text, listed = _joined(text, listed), ""
    messages = [*_texts(text), *attachments, *_texts(words), *templates, *_texts(listed)]
    if buttons and messages:
        messages[-1] = {**messages[-1], "quick_replies": buttons}
    return messages


def _texts(text: str) -> list[Message]:
    return [{"text": each} for each in split_text(text, TEXT)]


def _attachment(kind: str, payload: Message) -> Message:
    return {"attachment": {"type": kind, "payload": payload}}


def _joined(first: str, second: str) -> str:
    return f"{first}\n\n{second}" if first else second


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not any(map(str.isspace, url))
    except ValueError:
        return False


def _is_payload(payload: str) -> bool:
    return 0 < length(payload) <= PAYLOAD


def _label(title: str, description: str | None) -> str:
    return f"{_one_line(title)}: {_one_line(description)}" if _one_line(description) else _one_line(title)


def _list(choices: Sequence[Choice]) -> str:
    return numbered([_label(choice.title, choice.description) for choice in choices])


def _quick_replies(choices: Sequence[Choice]) -> tuple[list[Message], str]:
    """Return the quick replies (none if they cannot be shown as such) and the numbered list ("" if none is needed)."""
    titles = [_one_line(choice.title) for choice in choices]
    in_full = all(0 < length(title) <= TITLE for title in titles) and len(set(titles)) == len(titles)
    described = any(_one_line(choice.description) for choice in choices)
    if len(choices) > QUICK_REPLIES or not all(_is_payload(choice.payload) for choice in choices):
        return [], _list(choices)
    if not in_full:
        # The number leads from the shortened button to its line in the list, and keeps like buttons apart.
        titles = [shorten(f"{number}. {title}", TITLE) for number, title in enumerate(titles, start=1)]
    buttons = [
        {"content_type": "text", "title": title, "payload": choice.payload}
        for title, choice in zip(titles, choices, strict=True)
    ]
    return buttons, "" if in_full and not described else _list(choices)


def _tile(card: Card) -> _Tile:
    title, subtitle = _one_line(card.title), _one_line(card.subtitle)
    buttons: list[Message] = []
    words: list[str] = []
    left: list[Choice] = []
    for link in card.links:
        button = _link_button(link) if len(buttons) < BUTTONS else None
        if button:
            buttons.append(button)
        if button is None or length(_one_line(link.title)) > TITLE:
            words.append(_label(link.title, link.url) if _one_line(link.title) else link.url)
    for choice in card.choices:
        if len(buttons) == BUTTONS or not _is_payload(choice.payload) or not _one_line(choice.title):
            left.append(choice)
            continue
        buttons.append({"type": "postback", "title": shorten(choice.title, TITLE), "payload": choice.payload})
        if _one_line(choice.description) or length(_one_line(choice.title)) > TITLE:
            words.append(_label(choice.title, choice.description))
    shown: Message = {}
    if subtitle:
        shown["subtitle"] = shorten(subtitle, CARD_TEXT)
    if card.image and _is_web_address(card.image):
        shown["image_url"] = card.image
    if buttons:
        shown["buttons"] = buttons
    if not shown:
        # Meta takes no element that is a title alone.
        return _Tile(None, "\n".join(filter(None, (title, *words))), tuple(left))
    if max(length(title), length(subtitle)) > CARD_TEXT:
        words = [subtitle, *words]
    return _Tile(
        {"title": shorten(title, CARD_TEXT) or "…", **shown},
        "\n".join(filter(None, (title, *words))) if words else "",
        tuple(left),
    )


def _link_button(link: Link) -> Message | None:
    if not _is_web_address(link.url):
        return None
    return {"type": "web_url", "url": link.url, "title": shorten(_one_line(link.title) or link.url, TITLE)}
