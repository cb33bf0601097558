"""The time that a message asks about, read from Duckling's `time` entities: a moment, part of a day, a day or days."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

Grain = Literal["moment", "part", "day", "days"]

MINUTE = timedelta(minutes=1)
_FLAGS = ("guessed", "exact", "until")
# "and the day after?", of the day asked about before; "the day after tomorrow" has a day of its own.
_BESIDE = re.compile(
    r"\W*(?:(?:and|n|or|but|ok|so|then|also|what about|how about|wt abt)\W+){0,3}(?:on )?(?:the )?"
    r"(?P<which>day after|next day|following day|day before)(?: (?:that|it|then|too|also|pls|please))?\W*",
    re.IGNORECASE,
)
# Duckling's evening and night end at or after midnight, so part of a day may extend into the next day.
LONGEST_PART = timedelta(hours=18)


@dataclass(frozen=True)
class Span:
    """A period from `starts` to `ends` (exclusive), both timezone-aware and in the library's time zone.

    `guessed`: the message did not say am or pm. `exact`: from one stated hour to another, unlike "morning". `until`:
    only the end was stated, and `starts` is the minute before it.
    """

    starts: datetime
    ends: datetime
    grain: Grain
    guessed: bool = False
    exact: bool = False
    until: bool = False

    @property
    def last_day(self) -> date:
        """The last day that the span touches."""
        return (self.ends - timedelta(microseconds=1)).date()

    def to_slot(self) -> dict[str, Any]:
        """Return the span as a JSON-serialisable dict for a slot."""
        said = {name: True for name in _FLAGS if getattr(self, name)}
        return {"starts": self.starts.isoformat(), "ends": self.ends.isoformat(), "grain": self.grain, **said}


def day_span(day: date, zone: ZoneInfo) -> Span:
    """Return the whole of one day in `zone`."""
    return Span(_midnight(day, zone), _midnight(day + timedelta(days=1), zone), "day")


def beside(words: str, earlier: Sequence[Span], zone: ZoneInfo) -> tuple[Span, ...]:
    """Return the day that `words` place beside the one asked about before ("and the day after"); () if they do not."""
    found = _BESIDE.fullmatch(words)
    if found is None or not earlier:
        return ()
    day = earlier[-1].starts.date() if found["which"].casefold() == "day before" else earlier[-1].last_day
    return (day_span(day + timedelta(days=-1 if found["which"].casefold() == "day before" else 1), zone),)


def spans_from_entities(entities: Iterable[Mapping[str, Any]], zone: ZoneInfo) -> tuple[Span, ...]:
    """Return the spans of a message's `time` entities, without duplicates; unreadable values are left out.

    A value is an ISO 8601 instant or {"from": …, "to": …} (end exclusive, either may be missing), with Duckling's grain
    in `additional_info`. If a message names a moment, its other times only help to locate it and are left out:
    "tonight, my class ends at 9 pm" asks about 9 pm.
    """
    found = [span for entity in entities if entity.get("entity") == "time" and (span := _span(entity, zone))]
    moments = [span for span in found if span.grain == "moment"]
    if any(span.grain == "days" for span in found):
        # "9 to 5 on weekends" is about those days.
        found = [span for span in found if not span.exact]
    return tuple(dict.fromkeys(moments or found))


def spans_from_slot(value: Any, zone: ZoneInfo) -> tuple[Span, ...]:
    """Return the spans that `to_slot` stored in a slot; () for an empty slot."""
    return tuple(
        Span(
            _moment(each["starts"], zone),
            _moment(each["ends"], zone),
            cast(Grain, each["grain"]),
            **{name: True for name in _FLAGS if each.get(name)},
        )
        for each in value or ()
    )


def _span(entity: Mapping[str, Any], zone: ZoneInfo) -> Span | None:
    details = entity.get("additional_info") or {}
    found = _bare_span(entity, zone)
    return replace(found, guessed=bool(details.get("guessed")), exact=bool(details.get("exact"))) if found else None


def _bare_span(entity: Mapping[str, Any], zone: ZoneInfo) -> Span | None:
    value = entity.get("value")
    details = entity.get("additional_info") or {}
    try:
        if isinstance(value, str):
            return _of_grain(_moment(value, zone), details.get("grain", "second"), zone)
        if isinstance(value, Mapping):
            return _interval(value.get("from"), value.get("to"), zone)
    except (ValueError, OverflowError):
        return None
    return None


def _of_grain(starts: datetime, grain: str, zone: ZoneInfo) -> Span:
    day = starts.date()
    if grain == "day":
        return day_span(day, zone)
    if grain in {"week", "month", "quarter", "year"}:
        return Span(_midnight(day, zone), _midnight(_after(day, grain), zone), "days")
    return Span(starts, starts + MINUTE, "moment")


def _interval(first: str | None, last: str | None, zone: ZoneInfo) -> Span | None:
    if first is None and last is None:
        return None
    if last is None:
        starts = _moment(cast(str, first), zone)
        return Span(starts, starts + MINUTE, "moment")
    ends = _moment(last, zone)
    if first is None:
        # "until 9 pm" asks whether it is still open at 8:59 pm.
        return Span(ends - MINUTE, ends, "moment", until=True)
    starts = _moment(first, zone)
    if ends <= starts:
        return Span(starts, starts + MINUTE, "moment")
    if (starts, ends) == (day_span(starts.date(), zone).starts, day_span(starts.date(), zone).ends):
        return day_span(starts.date(), zone)
    return Span(starts, ends, "part" if ends - starts <= LONGEST_PART else "days")


def _after(day: date, grain: str) -> date:
    if grain == "week":
        return day + timedelta(days=7)
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    years, month = divmod(day.month - 1 + months, 12)
    return date(day.year + years, month + 1, 1)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
