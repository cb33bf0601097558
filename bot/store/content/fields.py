"""Parsing of content fields: dates, moments, addresses, and what no text may contain. Errors are explained in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

# Nobody plans a library's day outside these years; such a date is a slip: 20261225 read as seconds, 0206 for 2026.
FIRST_YEAR, LAST_YEAR = 1900, 2200
LONGEST, MOST_ENTRIES, LONGEST_LINK = 20_000, 500, 2000
DATE = "is no date or time; write for example 2026-12-25"
MOMENT = "is no date or time; write for example 2026-11-30 or 2026-11-30T17:00:00+08:00"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}", re.ASCII)
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2}|\d{8})[Tt ](.+)", re.ASCII)


def web(value: str) -> str:
    """Return a web address, or nothing. Raises ValueError."""
    if len(value) > LONGEST_LINK:
        raise ValueError(f"is too long for a web address: {len(value)} letters; {LONGEST_LINK} at most")
    try:
        parts = urlsplit(value)
        right = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", value)
    except ValueError:
        right = False
    if value and not right:
        raise ValueError(f'"{value}" is no web address; write for example https://library.example/hours')
    return value


def day(value: Any) -> Any:
    """Return a date as it was meant. Raises ValueError for anything else: a number is not a date."""
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    text = str(value).strip()
    if not _DATE.fullmatch(text):
        raise ValueError(f'"{text[:60]}" {DATE}')
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ValueError(f'"{text}" {DATE}') from None
    _in_our_time(found.year, text)
    return found


def moment(value: Any) -> Any:
    """Return a moment with its zone. Raises ValueError for anything else."""
    if isinstance(value, datetime) or value is None:
        found = value
    else:
        text = str(value).strip()
        matched = _MOMENT.fullmatch(text)
        if _DATE.fullmatch(text):
            raise ValueError(f'"{text}" has no time; write for example 2026-11-30T17:00:00+08:00')
        try:
            found = datetime.fromisoformat(f"{matched[1]}T{re.sub(r' +(?=[+-])', '', matched[2])}" if matched else text)
        except ValueError:
            raise ValueError(f'"{text[:60]}" {MOMENT}') from None
    if found is not None:
        if found.tzinfo is None:
            raise ValueError("the time has no zone; write for example 2026-11-30T17:00:00+08:00")
        _in_our_time(found.year, str(value))
    return found


def left_out(value: Any) -> str:
    """Return a time excluded from a series: a moment, or a date, which excludes that day's."""
    text = value.isoformat() if isinstance(value, date) else str(value).strip()
    return str((day(text) if _DATE.fullmatch(text) else moment(text)).isoformat())


def _in_our_time(year: int, text: str) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f'"{text}" lies in the year {year}; the years are {FIRST_YEAR} to {LAST_YEAR}')


def plain(value: Any) -> Any:
    """Return a field's value. Raises ValueError if a text in it can't be stored or shown, or a list is too long."""
    if isinstance(value, str):
        for each in value:
            if each not in "\n\t\r" and unicodedata.category(each) in {"Cc", "Cs"}:
                raise ValueError(f"holds a character that cannot be shown (U+{ord(each):04X}); leave it out")
    elif isinstance(value, list | tuple | dict):
        if len(value) > MOST_ENTRIES:
            raise ValueError(f"has {len(value)} entries; {MOST_ENTRIES} at most")
        for each in [*value, *value.values()] if isinstance(value, dict) else value:
            plain(each)
    return value


def whole(value: Any) -> Any:
    """Return a whole number as written. Raises ValueError for one that only a computer would take as whole."""
    if isinstance(value, bool | float) or (
        isinstance(value, str) and not re.fullmatch(r"[+-]?\d{1,12}", value.strip(), re.ASCII)
    ):
        raise ValueError(f'"{str(value)[:40]}" should be a whole number, for example 30')
    return value


def only_text(value: Any) -> None:
    """Raise ValueError unless a value consists of text only, or of lists and mappings of text."""
    if isinstance(value, Mapping | list):
        for each in value.values() if isinstance(value, Mapping) else value:
            only_text(each)
    elif not isinstance(value, str):
        raise ValueError(f'"{value}" should be text; write it in quotes')
