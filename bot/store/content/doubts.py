"""Content that is valid but hardly ever meant: reported and asked about, never rejected."""

from __future__ import annotations

from collections.abc import Iterator

from bot.store.content.hours import DAYS, doubt, read_periods
from bot.store.content.markup import of_markup
from bot.store.content.problems import Content, Problem
from bot.store.content.schema import Record

Where = tuple[str | int, ...]


def doubts(content: Content) -> Iterator[Problem]:
    """Yield what should be double-checked, each with its position."""
    for kind, records in content.records.items():
        for name, record in records.items():
            for where, text in of_record(kind, record):
                shown = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where)
                yield Problem(*content.at(kind, name, *where), f"{record['key']}{shown}", text)


def of_record(kind: str, record: Record) -> Iterator[tuple[Where, str]]:
    """Yield what should be double-checked in one entry: where, and why."""
    yield from of_markup(record)
    for where, hours in _hours(kind, record):
        text = doubt(read_periods(hours)) if hours else ""
        if text:
            yield where, text


def _hours(kind: str, record: Record) -> Iterator[tuple[Where, str]]:
    if kind == "places":
        for where, week in (
            (("hours",), record["week"] or ()),
            *((("term_hours", term), week) for term, week in record["term_weeks"].items()),
        ):
            # Equal days are reported once, at the first of them.
            first = {hours: number for number, hours in reversed(list(enumerate(week)))}
            yield from (
                ((*where, DAYS[number]), hours) for hours, number in sorted(first.items(), key=lambda each: each[1])
            )
    if kind == "exceptions":
        yield ("hours",), record["hours"]
    if kind == "conditions":
        yield from ((("effects", number, "hours"), each["hours"]) for number, each in enumerate(record["effects"]))
