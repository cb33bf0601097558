"""Markdown in answers, converted to each platform's format: bold, links, headings, lists. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from connectors.messages import Card, Reply

_ADDRESS = r"https?://[^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*"
_LINK = re.compile(rf"!?\[([^\[\]\n]{{1,200}})\]\(\s*<?({_ADDRESS})>?(?:\s+\"[^\"\n]*\")?\s*\)")
_BARE_LINK = re.compile(r"<(https?://[^\s<>]+)>")
_BOLD = re.compile(
    r"(?<![\w*])\*\*(?=[^\s*])([^\n]+?)(?<=[^\s*])\*\*(?![\w*])"
    r"|(?<![\w_])__(?=[^\s_])([^\n]+?)(?<=[^\s_])__(?![\w_])"
)
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+(\S.*?)[ \t]*#*$", re.MULTILINE)
_ITEM = re.compile(r"^([ \t]*)[*+][ \t]+(?=\S)", re.MULTILINE)


def marked(text: str, bold: str) -> str:
    """Return `text` with Markdown converted for a platform; `bold` goes on both sides of bold text, "" for none.

    A link's address is put next to its text: no platform shows text in its place. Anything else is kept.
    """
    if not any(mark in text for mark in ("](", "**", "__", "#", "<http", "* ", "+ ")):
        return text
    text = _LINK.sub(lambda found: found[2] if _same(found[1], found[2]) else f"{found[1].strip()}: {found[2]}", text)
    text = _BARE_LINK.sub(r"\1", text)
    text = _HEADING.sub(rf"{bold}\1{bold}", text)
    text = _BOLD.sub(lambda found: f"{bold}{found[1] or found[2]}{bold}", text)
    return _ITEM.sub(r"\1• ", text)


def in_marks(reply: Reply, bold: str) -> Reply:
    """Return a reply with the Markdown in its texts converted for a platform."""
    return replace(
        reply,
        text=marked(reply.text, bold) if reply.text else reply.text,
        cards=tuple(_card(card, bold) for card in reply.cards),
    )


def _card(card: Card, bold: str) -> Card:
    return replace(card, subtitle=marked(card.subtitle, bold) if card.subtitle else card.subtitle)


def _same(words: str, address: str) -> bool:
    return re.sub(r"^https?://|/$", "", words.strip()) == re.sub(r"^https?://|/$", "", address)
