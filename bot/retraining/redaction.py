"""Redacts identifying details from a message before it can become an example.

Covers what bot.retraining.recognizers finds: numbers with check digits, telephone numbers of many countries, addresses,
Hong Kong identity cards, student and card numbers, and names that are introduced. There is no trained name recognizer:
a name in the middle of a sentence may remain, which is why a person reviews each message and may redact more.
Findings are cached with the message (bot.retraining.hiding), so that pages need not search again; VERSION is bumped
with every change to the detection, which triggers a new search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.retraining import personal
from bot.retraining.recognizers import HALF_WIDTH, Told, book_number, recognized
from bot.retraining.recognizers import identity_card as identity_card

VERSION = 2
# The longest message that a platform delivers. Anything beyond it is cut from what is shown, unscanned.
MOST_CHARACTERS = 4096

# Placeholders for redacted parts: words that fit into a sentence, so that its meaning is preserved.
STANDS_FOR = {
    "EMAIL_ADDRESS": "‹e-mail›",
    "PHONE_NUMBER": "‹phone›",
    "CREDIT_CARD": "‹card number›",
    "IBAN_CODE": "‹account›",
    "IP_ADDRESS": "‹address›",
    "HKID": "‹id card›",
    "PASSPORT": "‹passport›",
    "STUDENT_NUMBER": "‹student number›",
    "LIBRARY_CARD": "‹library card›",
    "LONG_NUMBER": "‹number›",
    "PERSON": "‹name›",
    "HANDLE": "‹user name›",
    "BEYOND": "‹…›",
}
BY_HAND = "‹redacted›"
_NUMBERS = frozenset({"PHONE_NUMBER", "LONG_NUMBER", "STUDENT_NUMBER", "CREDIT_CARD", "IP_ADDRESS"})
_SURE = 0.88  # from this score on, a label before it says what it is, whatever it looks like


@dataclass(frozen=True)
class Found:
    """An identifying detail: where it is in the text, and its kind."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Redacted:
    """A redacted text, and what was redacted from the original."""

    text: str
    found: tuple[Found, ...]


def _nobodys(text: str) -> dict[str, bytearray]:
    """Return masks of the characters in numbers and names that identify nobody, by what they could be mistaken for."""
    numbers, names = bytearray(len(text)), bytearray(len(text))
    for each in personal.NO_PERSONS_NUMBER.finditer(text):
        _mark(numbers, *each.span())
    for each in personal.BOOK_NUMBER.finditer(text):
        if book_number(each[0]):
            _mark(numbers, *each.span())
    for each in personal.NO_PERSONS_NAME.finditer(text):
        _mark(names, *each.span())
    return {**dict.fromkeys(_NUMBERS, numbers), "PERSON": names}


def _mark(letters: bytearray, start: int, end: int) -> None:
    letters[start:end] = b"\1" * (end - start)


@lru_cache(maxsize=512)
def find(text: str) -> tuple[Found, ...]:
    """Return identifying details in `text`, in order, without overlaps: the most certain wins, then the longest."""
    plain = text[:MOST_CHARACTERS].translate(HALF_WIDTH)
    nobodys, nothing = _nobodys(plain), bytearray(len(plain))
    results = [
        each
        for each in recognized(plain)
        if 1 not in nobodys.get(each.kind, nothing)[each.start : each.end] or _SURE <= each.score < 1
    ]
    found, taken = [], bytearray(len(plain))
    for each in sorted(results, key=_rank):
        end = each.start + len(text[each.start : each.end].rstrip())
        if end > each.start and 1 not in taken[each.start : end]:
            found.append(Found(each.start, end, each.kind))
            _mark(taken, each.start, end)
    if len(text) > MOST_CHARACTERS:
        found.append(Found(MOST_CHARACTERS, len(text), "BEYOND"))
    return tuple(sorted(found, key=lambda each: each.start))


def _rank(told: Told) -> tuple[float, int, int]:
    return -told.score, told.start - told.end, told.start


def redact(text: str, also: Sequence[tuple[int, int]] = ()) -> Redacted:
    """Return `text` with identifying details replaced, as well as the (start, end) spans a person has marked."""
    marked = [Found(start, end, "") for start, end in also if 0 <= start < end <= len(text)]
    return replaced(text, (*find(text), *marked))


def replaced(text: str, found: Sequence[Found]) -> Redacted:
    """Return `text` with what was found in it replaced."""
    out, at = [], 0
    for each in sorted(found, key=lambda one: (one.start, -one.end)):
        if each.start < at:
            continue
        out += [text[at : each.start], STANDS_FOR.get(each.kind, BY_HAND)]
        at = each.end
    return Redacted("".join([*out, text[at:]]), tuple(found))
