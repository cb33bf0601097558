"""Takes what names a person out of a message before it can become an example.

Presidio's recognizers (numbers with their check digits, telephone numbers of many countries, addresses), and the
library's own of `personal`: Hong Kong's identity card, student and card numbers, names that somebody introduces. There
is no trained recognizer of names: a name in the middle of a sentence may stay, which is why a person looks at each
message and may redact more.
Loading Presidio takes seconds, once a process; a message takes a fraction of a millisecond, so that pages of the
console redact what they show as they show it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import tldextract

from bot.quietly import spared
from bot.retraining import personal

with spared():  # Presidio imports spaCy, and spaCy torch: 200 MB in each process that redacts
    from presidio_analyzer import EntityRecognizer, Pattern, PatternRecognizer, RecognizerResult
    from presidio_analyzer.predefined_recognizers import (
        CreditCardRecognizer,
        EmailRecognizer,
        IbanRecognizer,
        IpRecognizer,
        PhoneRecognizer,
    )

# Presidio asks this whether an address ends as addresses do; by itself it would fetch the list from the network.
tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

# None of the recognizers below looks at what a trained pipeline would tell.
_NO_NLP: Any = None

# What stands in the place of what was taken out: words that a sentence can hold, so that its meaning stays.
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
}
BY_HAND = "‹redacted›"
# What is written full width, as Chinese keyboards do, is read as if it were not: one character for one.
_HALF_WIDTH = {0xFF01 + number: 0x21 + number for number in range(94)} | {0x3000: 0x20}
_NUMBERS = frozenset({"PHONE_NUMBER", "LONG_NUMBER", "STUDENT_NUMBER", "CREDIT_CARD", "IP_ADDRESS"})
_SURE = 0.88  # from here on a word before it says what it is, whatever it looks like
_REGIONS = ("HK", "CN", "MO", "TW", "SG", "GB", "US", "IN", "KR", "JP")


@dataclass(frozen=True)
class Found:
    """Something that names a person: where in the text, and what it is."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Redacted:
    """A text without what names a person, and what was taken out of the first one."""

    text: str
    found: tuple[Found, ...]


class _IdentityCard(PatternRecognizer):
    """Hong Kong's identity card, with its check digit."""

    def validate_result(self, pattern_text: str) -> bool | None:
        """Return whether the check digit is right (Immigration Department: weights 9 to 1, modulo 11)."""
        return identity_card(pattern_text)


def identity_card(text: str) -> bool:
    """Return whether a text such as "A123456(3)" is a number of Hong Kong's identity card."""
    plain = text.translate(_HALF_WIDTH).upper()
    found = re.fullmatch(r"([A-Z]{1,2})(\d{6})\(?([\dA])\)?", re.sub(r"[\s-]", "", plain), re.ASCII)
    if not found:
        return False
    letters, digits, check = found.groups()
    values = [36, *(ord(each) - 55 for each in letters)] if len(letters) == 1 else [ord(each) - 55 for each in letters]
    values += [int(each) for each in digits]
    total = sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True))
    return (total + (10 if check == "A" else int(check))) % 11 == 0


def _recognizer(kind: str, score: float, *patterns: str, flags: int = re.IGNORECASE) -> PatternRecognizer:
    listed = [Pattern(kind, each, score) for each in patterns]
    return PatternRecognizer(supported_entity=kind, patterns=listed, global_regex_flags=flags)


@cache
def _recognizers() -> tuple[tuple[EntityRecognizer, str], ...]:
    """Return each recognizer with the kind that it finds."""
    card = Pattern("HKID", personal.IDENTITY_CARD, 0.4)
    return (
        (EmailRecognizer(), "EMAIL_ADDRESS"),
        (_recognizer("EMAIL_ADDRESS", 0.9, *personal.MAIL_SPELLED), "EMAIL_ADDRESS"),
        (CreditCardRecognizer(), "CREDIT_CARD"),
        (IbanRecognizer(), "IBAN_CODE"),
        (IpRecognizer(), "IP_ADDRESS"),
        (_IdentityCard(supported_entity="HKID", patterns=[card]), "HKID"),
        (_recognizer("HKID", 0.95, *personal.IDENTITY_CARD_TOLD), "HKID"),
        (_recognizer("PASSPORT", 0.95, *personal.PASSPORT_TOLD), "PASSPORT"),
        (_recognizer("PASSPORT", 0.6, personal.PASSPORT_BARE, flags=0), "PASSPORT"),
        (_recognizer("STUDENT_NUMBER", 0.9, *personal.STUDENT_TOLD), "STUDENT_NUMBER"),
        (_recognizer("STUDENT_NUMBER", 0.86, personal.STUDENT_BARE), "STUDENT_NUMBER"),
        (_recognizer("LIBRARY_CARD", 0.85, personal.LIBRARY_CARD), "LIBRARY_CARD"),
        (_recognizer("LONG_NUMBER", 0.82, personal.GROUPED_NUMBER), "LONG_NUMBER"),
        (_recognizer("PHONE_NUMBER", 0.8, personal.TELEPHONE), "PHONE_NUMBER"),
        (PhoneRecognizer(supported_regions=_REGIONS, leniency=1), "PHONE_NUMBER"),
        (_recognizer("LONG_NUMBER", 0.3, personal.LONG_NUMBER), "LONG_NUMBER"),
        (_recognizer("PERSON", 0.7, *personal.FAMILY_FIRST, flags=0), "PERSON"),
        (_recognizer("PERSON", 0.9, personal.TITLED, personal.PRESENTED, personal.THANKED, flags=0), "PERSON"),
        (_recognizer("PERSON", 0.92, personal.INTRODUCED, *personal.CHINESE, flags=0), "PERSON"),
        (_recognizer("PERSON", 0.9, *personal.PRESENTED_SMALL, personal.SIGNED), "PERSON"),
        (_recognizer("HANDLE", 0.9, *personal.ACCOUNT_TOLD), "HANDLE"),
        (_recognizer("HANDLE", 0.6, personal.HANDLE, flags=0), "HANDLE"),
    )


def _nobodys(text: str) -> dict[str, list[tuple[int, int]]]:
    """Return where numbers and names stand that are no person's, by what they could be taken for."""
    numbers = [each.span() for each in personal.NO_PERSONS_NUMBER.finditer(text)]
    numbers += [each.span() for each in personal.BOOK_NUMBER.finditer(text) if book_number(each[0])]
    names = [each.span() for each in personal.NO_PERSONS_NAME.finditer(text)]
    return {**dict.fromkeys(_NUMBERS, numbers), "PERSON": names}


def book_number(text: str) -> bool:
    """Return whether a text is an ISBN of 13 digits (ISO 2108: weights 1 and 3, modulo 10)."""
    digits = [int(each) for each in re.sub(r"[ -]", "", text)]
    return len(digits) == 13 and sum(digits[::2], 3 * sum(digits[1::2])) % 10 == 0


def find(text: str) -> tuple[Found, ...]:
    """Return what names a person in `text`, in order, none overlapping: the surest first, then the longest."""
    plain = text.translate(_HALF_WIDTH)
    nobodys = _nobodys(plain)
    results: list[tuple[float, int, int, str]] = []
    for recognizer, kind in _recognizers():
        told: list[RecognizerResult] = recognizer.analyze(plain, recognizer.supported_entities, _NO_NLP) or []
        for each in told:
            apart = all(each.end <= start or each.start >= end for start, end in nobodys.get(kind, ()))
            if each.score > 0 and (apart or _SURE <= each.score < 1):
                results.append((each.score, each.start, each.end, kind))
    taken: list[Found] = []
    for _, start, stop, kind in sorted(results, key=lambda each: (-each[0], each[1] - each[2], each[1])):
        end = start + len(text[start:stop].rstrip())
        if all(end <= each.start or start >= each.end for each in taken) and end > start:
            taken.append(Found(start, end, kind))
    return tuple(sorted(taken, key=lambda each: each.start))


def redact(text: str, also: Sequence[tuple[int, int]] = ()) -> Redacted:
    """Return `text` with what names a person replaced, and what a person has marked besides as (start, end)."""
    found = [*find(text), *(Found(start, end, "") for start, end in also if 0 <= start < end <= len(text))]
    out, at = [], 0
    for each in sorted(found, key=lambda one: (one.start, -one.end)):
        if each.start < at:
            continue
        out += [text[at : each.start], STANDS_FOR.get(each.kind, BY_HAND)]
        at = each.end
    return Redacted("".join([*out, text[at:]]), tuple(found))
