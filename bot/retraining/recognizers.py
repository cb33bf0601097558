"""Finds possible identifying details in a text: Presidio's recognizers, and the library's expressions in `personal`.

Each takes time linear in the text: expressions are bounded, and the number of costly checks is capped.
Loading Presidio takes seconds, once per process.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import regex
import tldextract

from bot.quietly import spared
from bot.retraining import personal, personal_chinese

with spared():  # Presidio imports spaCy, and spaCy torch: 200 MB in each process that redacts
    from presidio_analyzer import Pattern, PatternRecognizer
    from presidio_analyzer.predefined_recognizers import (
        CreditCardRecognizer,
        EmailRecognizer,
        IbanRecognizer,
        IpRecognizer,
        PhoneRecognizer,
    )

# Presidio uses this to check an address's domain suffix; by default it would download the list.
tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
# It logs the account number that it could not check.
logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL)

# No recognizer used here needs the output of an NLP pipeline.
_NO_NLP: Any = None
# Full-width characters, as Chinese keyboards produce them, are mapped to half-width, one to one.
HALF_WIDTH = {0xFF01 + number: 0x21 + number for number in range(94)} | {0x3000: 0x20}
_REGIONS = ("HK", "CN", "MO", "TW", "SG", "GB", "US", "IN", "KR", "JP")
# This many digit sequences are looked up in the numbering plans of ten countries; any further ones, and overlong ones,
# are taken for telephone numbers.
_MOST_LOOKED_UP, _MOST_DIGITS = 24, 40


@dataclass(frozen=True)
class Told:
    """A recognizer's match: its confidence, span and kind."""

    score: float
    start: int
    end: int
    kind: str


def identity_card(text: str) -> bool:
    """Return whether a text such as "A123456(3)" is a Hong Kong identity card number.

    Verifies the check digit (Immigration Department: weights 9 to 1, modulo 11).
    """
    plain = text.translate(HALF_WIDTH).upper()
    found = regex.fullmatch(r"([A-Z]{1,2})(\d{6})\(?([\dA])\)?", regex.sub(r"[\s-]", "", plain), regex.ASCII)
    if not found:
        return False
    letters, digits, check = found.groups()
    values = [36, *(ord(each) - 55 for each in letters)] if len(letters) == 1 else [ord(each) - 55 for each in letters]
    values += [int(each) for each in digits]
    total = sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True))
    return (total + (10 if check == "A" else int(check))) % 11 == 0


def book_number(text: str) -> bool:
    """Return whether a text is an ISBN of 13 digits (ISO 2108: weights 1 and 3, modulo 10)."""
    digits = [int(each) for each in text if each.isdigit()]
    return len(digits) == 13 and sum(digits[::2], 3 * sum(digits[1::2])) % 10 == 0


def recognized(text: str) -> Iterator[Told]:
    """Yield possible identifying details in `text`, unordered and possibly overlapping."""
    for recognizer, kind in _presidio():
        for each in recognizer.analyze(text, recognizer.supported_entities, _NO_NLP) or []:
            if each.score > 0:
                yield Told(each.score, each.start, each.end, kind)
    yield from _telephones(text)
    for kind, score, pattern in _own():
        for start, end in _matches(pattern, text):
            # After a label, a wrong check digit is taken for a typo; otherwise the match is dropped.
            if pattern.pattern != personal.IDENTITY_CARD or identity_card(text[start:end]):
                yield Told(1.0 if pattern.pattern == personal.IDENTITY_CARD else score, start, end, kind)


@cache
def _presidio() -> tuple[tuple[PatternRecognizer, str], ...]:
    mail = [Pattern("mail", personal.MAIL, 0.5)]
    addresses = [Pattern("address", each, 0.6) for each in personal.IP_ADDRESS]
    return (
        (EmailRecognizer(patterns=mail), "EMAIL_ADDRESS"),
        (CreditCardRecognizer(), "CREDIT_CARD"),
        (IbanRecognizer(), "IBAN_CODE"),
        (IpRecognizer(patterns=addresses), "IP_ADDRESS"),
    )


@cache
def _phones() -> PhoneRecognizer:
    return PhoneRecognizer(supported_regions=_REGIONS, leniency=1)


def _telephones(text: str) -> Iterator[Told]:
    seen: dict[str, list[tuple[int, int]]] = {}
    for match in _compiled(personal.DIGITS, 0).finditer(text):
        start, end = match.span()
        # Include the characters around it: digits that are part of a word are not a telephone number.
        first, last = max(0, start - 2), end + 2
        around = text[first:last]
        if around not in seen:
            if len(seen) >= _MOST_LOOKED_UP or sum(letter.isdigit() for letter in match[0]) > _MOST_DIGITS:
                yield Told(0.4, start, end, "PHONE_NUMBER")
                continue
            found = _phones().analyze(around, ["PHONE_NUMBER"], _NO_NLP)
            seen[around] = [(each.start, each.end) for each in found]
        for a, b in seen[around]:
            yield Told(0.4, first + a, first + b, "PHONE_NUMBER")


@cache
def _compiled(pattern: str, flags: int) -> regex.Pattern[str]:
    return regex.compile(pattern, flags | regex.MULTILINE | regex.DOTALL)


@cache
def _own() -> tuple[tuple[str, float, regex.Pattern[str]], ...]:
    """Return the library's own expressions, each with its kind and confidence."""
    any_case, as_written = regex.IGNORECASE, 0
    told = (
        ("EMAIL_ADDRESS", 0.9, any_case, personal.MAIL_SPELLED),
        ("HKID", 0.4, any_case, (personal.IDENTITY_CARD,)),
        ("HKID", 0.95, any_case, (*personal.IDENTITY_CARD_TOLD, *personal_chinese.IDENTITY_CARD_TOLD)),
        ("PASSPORT", 0.95, any_case, personal.PASSPORT_TOLD),
        ("PASSPORT", 0.6, as_written, (personal.PASSPORT_BARE,)),
        ("STUDENT_NUMBER", 0.9, any_case, personal.STUDENT_TOLD),
        ("STUDENT_NUMBER", 0.86, any_case, (personal.STUDENT_BARE,)),
        ("LONG_NUMBER", 0.9, any_case, personal_chinese.NUMBER_TOLD),
        ("LIBRARY_CARD", 0.85, any_case, (personal.LIBRARY_CARD,)),
        ("LONG_NUMBER", 0.82, any_case, (personal.GROUPED_NUMBER,)),
        ("PHONE_NUMBER", 0.8, any_case, (personal.TELEPHONE,)),
        ("LONG_NUMBER", 0.3, any_case, (personal.LONG_NUMBER,)),
        ("PERSON", 0.7, as_written, personal.FAMILY_FIRST),
        ("PERSON", 0.9, as_written, (personal.TITLED, personal.PRESENTED, personal.THANKED)),
        ("PERSON", 0.92, as_written, (personal.INTRODUCED, *personal_chinese.NAMES)),
        ("PERSON", 0.9, any_case, (*personal.PRESENTED_SMALL, personal.SIGNED)),
        ("HANDLE", 0.9, any_case, (*personal.ACCOUNT_TOLD, *personal_chinese.ACCOUNT_TOLD)),
        ("HANDLE", 0.6, as_written, (personal.HANDLE,)),
    )
    return tuple((kind, score, _compiled(each, flags)) for kind, score, flags, patterns in told for each in patterns)


def _matches(pattern: regex.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    named, at = "told" in pattern.groupindex, 0
    while match := pattern.search(text, at):
        start, end = match.span("told") if named else match.span()
        if end > start:
            yield start, end
        # The redacted part may contain the beginning of the next match: "i am Chan i am Lee".
        at = max(start, match.start() + 1) if named else max(end, match.start() + 1)
