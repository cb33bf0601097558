"""One message per turn: merges replies into as few as possible, and turns cards into text where unsupported. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from connectors.messages import Choice, Reply
from connectors.plain_words import cards_in_words, is_web_address, joined


@dataclass(frozen=True)
class Worded:
    """A reply without cards: all its text, its one picture ("" for none), and every choice, those of cards last."""

    text: str
    picture: str
    choices: tuple[Choice, ...]


def as_one(replies: Iterable[Reply]) -> tuple[Reply, ...]:
    """Return the replies of one turn merged into one, texts as paragraphs; a second picture needs another reply.

    All choices form one list on the last reply: Messenger removes buttons with the next message, and where choices are
    numbered, a second list would start at 1 again. So whatever introduces choices comes last. Cards before a text
    become text, to preserve the order.
    """
    found: list[Reply] = []
    choices: dict[str, Choice] = {}
    last = Reply()
    for reply in sorted(replies, key=_introduces):
        for choice in reply.choices:
            choices.setdefault(choice.payload, choice)
        text = (reply.text or "").strip()
        if last.image and reply.image and reply.image != last.image:
            found.append(last)
            last = Reply()
        if text and last.cards:
            for choice in (each for card in last.cards for each in card.choices):
                choices.setdefault(choice.payload, choice)
            last = replace(last, text=joined(last.text or "", cards_in_words(last.cards)), cards=())
        last = Reply(
            text=joined(last.text or "", text) or None,
            cards=(*last.cards, *reply.cards),
            image=last.image or reply.image,
        )
    if last != Reply() or choices:
        found.append(replace(last, choices=tuple(choices.values())))
    return tuple(found)


def _introduces(reply: Reply) -> bool:
    """Return whether a reply is only text introducing choices."""
    return bool(reply.choices) and not reply.image and not reply.cards


def worded(reply: Reply) -> Worded:
    """Return `reply` for a platform without cards for bots: cards become paragraphs.

    If the reply has no picture of its own, a single card picture is shown as such; a picture without a valid web
    address stays text.
    """
    cards, picture = reply.cards, reply.image or ""
    pictures = [card.image for card in cards if card.image]
    if not picture and len(pictures) == 1 and is_web_address(pictures[0]):
        picture = pictures[0]
        cards = tuple(replace(card, image=None) for card in cards)
    text = joined((reply.text or "").strip(), cards_in_words(cards))
    if picture and not is_web_address(picture):
        text, picture = joined(text, picture), ""
    return Worded(text, picture, (*reply.choices, *(choice for card in reply.cards for choice in card.choices)))
