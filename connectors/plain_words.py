"""Cards and choices in plain words, for platforms that show neither: a numbered list, and the answer to it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from connectors.messages import Card, Choice
from connectors.splitting import numbered


def one_line(text: str | None) -> str:
    """Return `text` with every run of white space as one space; "" for None."""
    return " ".join((text or "").split())


def joined(first: str, second: str) -> str:
    """Return two texts as two paragraphs; one where the other is empty."""
    return f"{first}\n\n{second}" if first and second else first or second


def is_web_address(url: str) -> bool:
    """Return whether a platform could open `url`."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not any(map(str.isspace, url))
    except ValueError:
        return False


def label(title: str, more: str | None) -> str:
    """Return "title: more", or the one that there is."""
    return ": ".join(filter(None, (one_line(title), one_line(more))))


def choices_in_words(choices: Sequence[Choice]) -> str:
    """Return `choices` as a list that counts from 1."""
    return numbered([label(choice.title, choice.description) for choice in choices])


def cards_in_words(cards: Sequence[Card]) -> str:
    """Return cards as paragraphs: title, subtitle, image and links, a line each."""
    return "\n\n".join(
        "\n".join(
            filter(
                None,
                (
                    one_line(card.title),
                    *map(one_line, (card.subtitle or "").splitlines()),
                    card.image or "",
                    *(label(link.title, link.url) for link in card.links),
                ),
            )
        )
        for card in cards
    )


def chosen(words: str, offered: Sequence[Choice]) -> Choice | None:
    """Return which of the choices that were offered last `words` mean: by number ("2", "2.", "no. 2") or by title."""
    said = one_line(words).casefold()
    number = re.fullmatch(r"(?:no\.?|number|#|option)?\s*(\d{1,2})\s*[.)]?", said)
    if number and 1 <= int(number[1]) <= len(offered):
        return offered[int(number[1]) - 1]
    return next((each for each in offered if one_line(each.title).casefold() == said), None) if said else None
