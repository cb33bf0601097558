"""Cards and choices as plain text, for platforms that show neither: a numbered list, and parsing the answer to it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from connectors.folding import bare, folded
from connectors.messages import Card, Choice
from connectors.splitting import numbered

# A list hardly has more, and "ten" is where people start to write digits.
_COUNTED = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDERED = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_ENDED = ("1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "10th")
_CHINESE = "一二三四五六七八九十"
_NAMED: Mapping[str, int] = {
    **{name: place for names in (_COUNTED, _ORDERED, _ENDED) for place, name in enumerate(names, start=1)},
    **{name: place for place, name in enumerate(_CHINESE, start=1)},
    "兩": 2,
    "两": 2,
}
_CHINESE_LETTER = re.compile("[\u3400-\u9fff]")
# Text longer than any title is more than a choice.
_LONGEST = 300
# Polite words and punctuation around a number are noise. A colon, slash or point inside makes it a time or a date.
_NOISE = re.compile(
    r"(?<!\S)(?:please|pls|plz|thanks|thx|thank you|the|i choose|i want|i pick|i'll take|go with)(?=[\s.,!]|$)"
    r"|[\s.,;!?()\[\]{}<>\"'*_~、。，！？（）【】#№-]+(?=\s|$)|(?<=\s)[\s(\[{<\"'*_~（【#№.-]+|唔該|謝謝|谢谢"
)
_NUMBER = re.compile(
    r"(?:(?:咁|就|那|那麼|那么){0,2}我?(?:要|想要|想問|想问|揀|拣|選|选|問|问)?\s*)(?:(?:no|number|nr|num|option|choice|answer|item|topic|選項|选项|選|选|第)\s*[.:#]?\s*)?"
    rf"(?P<number>\d{{1,2}}|{'|'.join((*_COUNTED, *_ORDERED, *_ENDED))}|[{_CHINESE}兩两])"
    r"\s*[.):]?\s*(?:one|option|choice|個|个|項|项|號|号)?"
    r"\s*(?:先|呀|啊|啦|吖|喇|吧|呢|囉|咯){0,3}"
)


def one_line(text: str | None) -> str:
    """Return `text` with every run of white space collapsed to one space; "" for None."""
    return " ".join((text or "").split())


def joined(first: str, second: str) -> str:
    """Return two texts as two paragraphs, or the other one if one is empty."""
    return f"{first}\n\n{second}" if first and second else first or second


def is_web_address(url: str) -> bool:
    """Return whether a platform could open `url`."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and not any(map(str.isspace, url))
    except ValueError:
        return False


def label(title: str, more: str | None) -> str:
    """Return "title: more", or whichever of the two there is."""
    colon = "：" if _CHINESE_LETTER.search(title) else ": "
    return colon.join(filter(None, (one_line(title), one_line(more))))


def choices_in_words(choices: Sequence[Choice]) -> str:
    """Return `choices` as a list numbered from 1."""
    return numbered([label(choice.title, choice.description) for choice in choices])


def cards_in_words(cards: Sequence[Card]) -> str:
    """Return cards as paragraphs: title, subtitle, image and links, one per line."""
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


def chosen(words: str, offered: Sequence[Choice], *, by_title: bool = True) -> Choice | None:
    """Return which of `offered` is meant by `words`: by its number or, if `by_title`, by its title."""
    if len(words) > _LONGEST:
        return None
    number = number_in(words)
    if number is not None:
        return offered[number - 1] if 1 <= number <= len(offered) else None
    said = bare(words) or folded(words)
    if not by_title or not said:
        return None
    return next((each for each in offered if said in {bare(each.title), folded(each.title)}), None)


def number_in(words: str) -> int | None:
    """Return the number that `words` consist of, if of nothing else: "2", "(2)", "no. 2 please", "the second".

    Only list numbers count, so not three digits.
    """
    if len(words) > _LONGEST:
        return None
    found = _NUMBER.fullmatch(_NOISE.sub(" ", f" {folded(words)} ").strip())
    if found is None:
        return None
    said = found["number"]
    return int(said) if said.isdigit() else _NAMED[said]
