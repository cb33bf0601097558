"""Renders replies as Messenger messages, within its limits and without losing anything. Pure.

Limits: Messenger Platform, "Send messages", "Quick replies" and "Templates", read in November 2026.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors.joining import worded
from connectors.markup import in_marks
from connectors.messages import Card, Choice, Link, Reply
from connectors.plain_words import choices_in_words, is_web_address, joined, label, one_line
from connectors.splitting import length, shorten, split_text

TEXT = 2000
QUICK_REPLIES, TITLE, PAYLOAD = 13, 20, 1000
CARDS, CARD_TEXT, BUTTONS = 10, 80, 3
# The most messages per turn, where the limits allow.
MOST = 2

Message = dict[str, Any]


@dataclass(frozen=True)
class _Tile:
    """A card as Messenger shows it: the element, the text it can't hold, and whether it has no room for a choice."""

    element: Message | None
    words: str
    left: bool


def messages_for(reply: Reply) -> list[Message]:
    """Return Messenger messages for `reply`, at most two wherever the limits allow; quick replies go on the last one.

    Cards become tiles where a picture, several links or something to tap justifies it, else text: a tile shows no more
    than those. Choices that no button can show in full are also in the text, numbered: a title over 20 characters or a
    duplicate, a description, a payload over 1,000, more than 13 of them.
    """
    reply = in_marks(reply, "")  # Messenger does not render bold text
    in_words, tiles = _in_words(reply), [_tile(card) for card in reply.cards]
    worth = any(card.image or card.choices or len(card.links) > 1 for card in reply.cards)
    # A choice with no room on a tile would need a number, which means something else among all choices.
    if not worth or any(tile.left for tile in tiles):
        return in_words
    shown = _in_tiles(reply, tiles)
    return shown if len(shown) <= max(MOST, len(in_words)) else in_words


def _in_words(reply: Reply) -> list[Message]:
    told = worded(reply)
    buttons, listed = _quick_replies(told.choices)
    # Quick replies need a message to be attached to, and a channel has no text of its own.
    text = told.text or told.picture
    text = joined(told.text, listed if text else choices_in_words(told.choices))
    return _riding(buttons, [*_texts(text), *_pictures(told.picture)])


def _in_tiles(reply: Reply, tiles: Sequence[_Tile]) -> list[Message]:
    buttons, listed = _quick_replies(reply.choices)
    picture = reply.image if reply.image and is_web_address(reply.image) else ""
    words = [(reply.text or "").strip(), *(tile.words for tile in tiles), listed]
    elements = [tile.element for tile in tiles if tile.element]
    templates = [
        _attachment("template", {"template_type": "generic", "elements": elements[start : start + CARDS]})
        for start in range(0, len(elements), CARDS)
    ]
    text = "\n\n".join(filter(None, [*words[:1], "" if picture else reply.image or "", *words[1:]]))
    return _riding(buttons, [*_texts(text), *_pictures(picture), *templates])


def _riding(buttons: list[Message], messages: list[Message]) -> list[Message]:
    if buttons and messages:
        messages[-1] = {**messages[-1], "quick_replies": buttons}
    return messages


def _pictures(picture: str) -> list[Message]:
    return [_attachment("image", {"url": picture})] if picture else []


def _texts(text: str) -> list[Message]:
    return [{"text": each} for each in split_text(text, TEXT)]


def _attachment(kind: str, payload: Message) -> Message:
    return {"attachment": {"type": kind, "payload": payload}}


def _is_payload(payload: str) -> bool:
    return 0 < length(payload) <= PAYLOAD


def _quick_replies(choices: Sequence[Choice]) -> tuple[list[Message], str]:
    """Return the quick replies (none if they can't be shown as such) and the numbered list ("" if none is needed)."""
    titles = [one_line(choice.title) for choice in choices]
    in_full = all(0 < length(title) <= TITLE for title in titles) and len(set(titles)) == len(titles)
    described = any(one_line(choice.description) for choice in choices)
    if len(choices) > QUICK_REPLIES or not all(_is_payload(choice.payload) for choice in choices):
        return [], choices_in_words(choices)
    if not in_full:
        # The number links the shortened button to its line in the list, and distinguishes equal buttons.
        titles = [shorten(f"{number}. {title}", TITLE) for number, title in enumerate(titles, start=1)]
    buttons = [
        {"content_type": "text", "title": title, "payload": choice.payload}
        for title, choice in zip(titles, choices, strict=True)
    ]
    return buttons, "" if in_full and not described else choices_in_words(choices)


def _tile(card: Card) -> _Tile:
    title, subtitle = one_line(card.title), one_line(card.subtitle)
    buttons: list[Message] = []
    words: list[str] = []
    left = False
    for link in card.links:
        button = _link_button(link) if len(buttons) < BUTTONS else None
        if button:
            buttons.append(button)
        if button is None or length(one_line(link.title)) > TITLE:
            words.append(label(link.title, link.url) if one_line(link.title) else link.url)
    for choice in card.choices:
        if len(buttons) == BUTTONS or not _is_payload(choice.payload) or not one_line(choice.title):
            left = True
            continue
        buttons.append({"type": "postback", "title": shorten(choice.title, TITLE), "payload": choice.payload})
        if one_line(choice.description) or length(one_line(choice.title)) > TITLE:
            words.append(label(choice.title, choice.description))
    shown: Message = {}
    if subtitle:
        shown["subtitle"] = shorten(subtitle, CARD_TEXT)
    if card.image and is_web_address(card.image):
        shown["image_url"] = card.image
    if buttons:
        shown["buttons"] = buttons
    if not shown:
        # Meta accepts no element with only a title.
        return _Tile(None, "\n".join(filter(None, (title, *words))), left)
    if max(length(title), length(subtitle)) > CARD_TEXT:
        words = [subtitle, *words]
    return _Tile(
        {"title": shorten(title, CARD_TEXT) or "…", **shown},
        "\n".join(filter(None, (title, *words))) if words else "",
        left,
    )


def _link_button(link: Link) -> Message | None:
    if not is_web_address(link.url):
        return None
    return {"type": "web_url", "url": link.url, "title": shorten(one_line(link.title) or link.url, TITLE)}
