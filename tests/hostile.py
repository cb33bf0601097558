"""Texts that somebody might write to slow us down, and the readers of strangers' words that have to bear them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MOMENT = datetime(2026, 11, 28, 6, tzinfo=UTC)
# What a platform delivers at the most, and what a broken one might.
LENGTHS = (4_096, 65_000)
REPEATED = 300
# Digits at random begin again after so many: to choose 65,000 one by one takes longer than most readers.
DIGITS = 500
# What a reader may take of one text: seconds of the processor, and megabytes.
SECONDS, MEGABYTES = 0.2, 64
USUAL = "is the library open tomorrow?"
PIECES = (
    *("monday ", "at 5pm ", "Mon 9am-10pm, ", "10:00-11:00 ", "25 december, ", "next week ", "5/12 ", "2026-12-25 "),
    *("tomorrow and ", "the last 5 days of ", "from 9 to ", "24/7 ", "christmas eve ", "first monday of ", "feb 30 "),
    *("in 5 minutes ", "half past ", "the day after ", "3rd ", "10.30 ", "noon ", "diwali ", "tmr ", "cny ", "25:00 "),
    *("a.", "a", "A-", "A ", "a@", "a@a.", "at ", "dot ", "1", "1 ", "1.", "1,", "1.2.3.4 ", "::", "(((", ")]"),
    *(" ", "\n", "\t", "\r\n", ".", "!", "?", ",", ";", "-", "_", "*", "**", "~", "'", '"', "/", "\\", "#", "%"),
    *("[x](", "](http://a)", "http://a.b/", "<", "<b>", "&amp;", "{", "i am Ab ", "my name is ", "Mr ", "Chan "),
    *("no ", "no, ", "i dont want ", "but ", "not ", "i mean ", "please ", "and what ", "stop ", "is the ", "what is "),
    *("+852 ", "sid 1", "hkid ", "聽日", "我叫", "星期一", "十二月二十五日", "下午三點", "。", "，", "圖書館"),
    *("１", "ａ．", "\u3000", "é", "ﷺ", "\u200b", "\u00ad", "👍", "👨\u200d👩\u200d👧", "\u0301", "𝐛"),
)  # fmt: skip


def texts(chance: random.Random, slowest: Callable[[], str]) -> Iterator[str]:
    """Yield texts for ever: repetitions, nested ranges, mixtures, and changes of the slowest one that was found."""
    for piece in PIECES:
        yield piece * REPEATED
        for length in LENGTHS:
            yield (piece * length)[:length]
            yield (piece * length)[: length - 1] + "x"
    while True:
        kind = chance.randrange(6)
        if kind == 0:
            some = chance.choices(PIECES, k=chance.randint(2, 5))
            yield _cut("".join(some) * REPEATED, chance)
        elif kind == 1:
            yield _cut("".join(chance.choices(PIECES, k=REPEATED)), chance)
        elif kind == 2:
            a, b = chance.choices(PIECES, k=2)
            yield _cut(f"from {a}to {b}" * chance.randint(2, 40) + "until " * 20, chance)
        elif kind == 3:
            yield _cut("".join(chance.choices("0123456789 .:-/,", k=DIGITS)) * (LENGTHS[-1] // DIGITS), chance)
        else:
            yield _changed(slowest(), chance)


def _cut(text: str, chance: random.Random) -> str:
    return text[: chance.choice((60, 150, 400, 2_000, *LENGTHS, len(text)))]


def _changed(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    piece = chance.choice(PIECES)
    change = chance.randrange(4)
    if change == 0:
        return (text[:at] + piece * chance.randint(1, 20) + text[at:])[: LENGTHS[-1]]
    if change == 1:
        return text[:at] + text[at + len(piece) :]
    if change == 2:
        return (text[: at // 2] + text[:at])[: LENGTHS[-1]]
    return text.replace(chance.choice(text or " "), piece, chance.randint(1, 50))[: LENGTHS[-1]]


@dataclass(frozen=True)
class Reader:
    """A reader of words: by what it is called, and as a function of what `prepare` makes of them: a platform's work."""

    name: str
    read: Callable[[Any], object]
    prepare: Callable[[str], Any] = str


@cache
def readers() -> Mapping[str, Reader]:
    """Return all readers of what a student writes, each as it is used, by name."""
    # Here and not above: what they import takes seconds and some hundred megabytes.
    from actions import glossing
    from bot import language, plain
    from bot.contest import words as entering
    from bot.contest.ballots import voted
    from bot.contest.showing import asked as asked_to_see
    from bot.nlu import cantonese, corrections, courtesies, overlap, places, questions
    from bot.nlu.bare import bare_intent, of_them
    from bot.nlu.bilingual import as_read
    from bot.nlu.encoder import ENCODER, MULTILINGUAL, encode, encoder_of
    from bot.nlu.regression import Letters
    from bot.nlu.times import times
    from bot.nlu.vague import leans
    from bot.nlu.wheres import asked_where
    from bot.retraining.redaction import find, redact
    from bot.store.alike import same
    from bot.store.rights import right_in, says_no, says_yes
    from bot.store.wishes import wish_in
    from bot.telling.words import agrees, wanted
    from connectors import folding, markup, plain_words, splitting
    from connectors.messages import Choice, Reply
    from connectors.messenger.rendering import messages_for
    from connectors.whatsapp.rendering import messages_for as messages_of_whatsapp

    ruler = places.Ruler(places.names_in(ROOT / "content" / "places.yml"))
    letters = Letters.of([f"is the library open {each}" for each in ("now", "tomorrow", "on monday", "tonight")])
    offered = [Choice("Opening hours", "/opening_hours"), Choice("Book a room", "/book_room")]

    def redacted(text: str) -> object:
        find.cache_clear()
        return redact(text)

    found = {
        "times": lambda text: times(text, MOMENT, "Asia/Hong_Kong"),
        "a time alone": lambda text: (bare_intent(text, []), of_them(text, [])),
        "a where alone": asked_where,
        "a vote": voted,
        "photos to be shown": asked_to_see,
        "a question that leans": leans,
        "cantonese": lambda text: (
            cantonese.spoken_as_written(text),
            cantonese.looks_romanised(text) and cantonese.romanised_as_written(text),
            cantonese.romanised_times(text),
        ),
        "places": lambda text: places.places(ruler, text),
        "questions": lambda text: [questions.asks(text[a:b]) for a, b in questions.parts(text)],
        "shared words": overlap.Overlap.of(["the library", "圖書館"]).shares,
        "courtesies": lambda text: (courtesies.courtesy(text), courtesies.wish(text)),
        "corrections": lambda text: corrections.meant(text, answered=True),
        "languages": lambda text: (language.language_of(text, "zh-Hant"), language.asked_for(text[:60])),
        "glosses": lambda text: (glossing.glossed(text), glossing.told(text), glossing.as_said(text, "when")),
        "plain letters": plain.reading,
        "groups of letters": lambda text: letters.matrix([text]),
        "encoder": lambda text: encode([text]),
        "encoder of Chinese": lambda text: encoder_of({**ENCODER, "model": MULTILINGUAL}).encode([as_read(text)]),
        "same words": same,
        "redaction": redacted,
        "wishes": wish_in,
        "wishes to be told": lambda text: (wanted(text), agrees(text)),
        "wishes about one's data": lambda text: (right_in(text), says_yes(text), says_no(text)),
        "words about an entry": lambda text: (
            [read(text) for read in (entering.joins, entering.of_mine, entering.cancels, entering.change_of)],
            [read(text) for read in (entering.skips, entering.keeps, entering.discards, entering.contact_in)],
            entering.group_in(text, ["students"]),
        ),
        "folded words": lambda text: (folding.folded(text), folding.bare(text), folding.has_words(text)),
        "a choice in words": lambda text: plain_words.chosen(text, offered),
        "text in parts": lambda text: (splitting.split_text(text, 2000), splitting.shorten(text, 20)),
        "marks": lambda text: markup.marked(text, "*"),
        "Messenger's form": lambda text: messages_for(Reply(text=text)),
        "WhatsApp's form": lambda text: messages_of_whatsapp(Reply(text=text)),
    }
    return {name: Reader(name, read) for name, read in found.items()}
