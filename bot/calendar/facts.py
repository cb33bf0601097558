"""What a library knows about time: places, hours, conditions, events, contests, answers. Frozen, no I/O.

Minutes count from local midnight of the day on which a period starts; a period that runs past midnight ends after 1440.
Dates are local to the library; moments (`datetime`) are always timezone-aware.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

DAY = 1440


@dataclass(frozen=True, order=True)
class Period:
    """Open from `opens` to `closes`, in minutes after midnight: 0 <= opens < 1440, opens < closes <= opens + 1440."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not (0 <= self.opens < DAY and self.opens < self.closes <= self.opens + DAY):
            raise ValueError(f"not a period: {self.opens} to {self.closes} minutes after midnight")


Periods = tuple[Period, ...]
ALL_DAY: Periods = (Period(0, DAY),)
CLOSED: Periods = ()


@dataclass(frozen=True)
class Week:
    """Periods for Monday (0) to Sunday (6)."""

    days: tuple[Periods, Periods, Periods, Periods, Periods, Periods, Periods]


@dataclass(frozen=True)
class Term:
    """A date range, inclusive, with hours of its own: a semester, the summer, the exam weeks."""

    key: str
    name: str
    starts: date
    ends: date


@dataclass(frozen=True)
class DatedException:
    """What differs on some dates, inclusive. `places` empty: every place not governed by other rules.

    closed: not open at all. changed: `periods` instead of the usual ones. extended: `periods` in addition to the usual
    ones.
    """

    key: str
    starts: date
    ends: date
    kind: Literal["closed", "changed", "extended"]
    reason: str
    periods: Periods = ()
    places: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConditionEffect:
    """What one place does while a condition holds. as_usual: nothing changes. `note` is shown to people."""

    place: str
    does: Literal["closed", "as_usual", "changed"]
    periods: Periods = ()
    note: str = ""


@dataclass(frozen=True)
class Condition:
    """Something that staff switch on: a typhoon signal, a rainstorm warning.

    It holds from `since` to `until` (exclusive; None: until switched off). `since` None: it is off. A place with no
    effect here carries on as usual.
    """

    key: str
    name: str
    effects: tuple[ConditionEffect, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Place:
    """A place or, with a `parent`, a service inside one. `week` None and no `term_weeks`: it keeps its parent's hours.

    `term_weeks` maps a term's key to the week that applies during it instead of `week`.
    """

    key: str
    name: str
    kind: Literal["place", "service"] = "place"
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    address: str = ""
    where: str = ""
    map_url: str = ""
    week: Week | None = None
    term_weeks: Mapping[str, Week] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Event:
    """Something that the library runs or shows. `rrule` and `exdates` as in RFC 5545; `starts`, `ends` aware.

    `price` is "free" or what it costs; empty if unknown. A `draft` is for staff's eyes alone, and so is an event before
    `live_from`, if it has one. `poster`: the name of an uploaded picture's file.
    """

    uid: str
    title: str
    starts: datetime
    ends: datetime
    description: str = ""
    place: str = ""
    type: str = ""
    registration_url: str = ""
    capacity: int | None = None
    image_url: str = ""
    audience: str = ""
    price: str = ""
    rrule: str = ""
    exdates: tuple[datetime, ...] = ()
    all_day: bool = False
    cancelled: bool = False
    url: str = ""
    draft: bool = False
    live_from: datetime | None = None
    poster: str = ""

    @property
    def free(self) -> bool:
        """Whether it is known to cost nothing."""
        return self.price.casefold().startswith("free")


@dataclass(frozen=True)
class Occurrence:
    """One occurrence of an event."""

    event: Event
    starts: datetime
    ends: datetime


@dataclass(frozen=True)
class Award:
    """A prize of a contest."""

    name: str
    prize: str = ""


@dataclass(frozen=True)
class Result:
    """Who won what."""

    award: str
    title: str
    by: str = ""
    note: str = ""


@dataclass(frozen=True)
class Criterion:
    """By what a jury judges, and how much it counts beside the others."""

    name: str
    weight: int = 1


@dataclass(frozen=True)
class Contest:
    """One edition of a contest. A moment is None if unknown: the bot then says that it doesn't know.

    `entries_in_chat`: the bot takes photos for it; `contact_asked`: and asks for a university e-mail address or number.
    `criteria` are the jury's. `voting`: none, chat or likes; `vote_for_own`: entrants may vote for their own photos.
    `published`: the public gallery is on. `files_kept_days`: how long after its last date the photos' files are kept.
    """

    key: str
    title: str
    edition: str = ""
    theme: str = ""
    hashtag: str = ""
    about: str = ""
    opens: datetime | None = None
    closes: datetime | None = None
    voting_opens: datetime | None = None
    voting_closes: datetime | None = None
    may_enter: tuple[str, ...] = ()
    may_not_enter: tuple[str, ...] = ()
    entries_per_person: int | None = None
    max_file_mb: int | None = None
    file_types: tuple[str, ...] = ()
    how_to_enter: str = ""
    rules: tuple[str, ...] = ()
    awards: tuple[Award, ...] = ()
    results: tuple[Result, ...] = ()
    figures: str = ""
    url: str = ""
    entries_in_chat: bool = False
    contact_asked: bool = False
    criteria: tuple[Criterion, ...] = ()
    voting: str = "none"
    vote_for_own: bool = False
    published: bool = False
    files_kept_days: int | None = None


@dataclass(frozen=True)
class Answer:
    """A text that answers a topic's question. `overview` marks the one that stands for the whole topic."""

    key: str
    topic: str
    title: str
    text: str
    questions: tuple[str, ...] = ()
    link: str = ""
    language: str = "en"
    overview: bool = False
    owner: str = ""
    last_checked: date | None = None
    expires: date | None = None


@dataclass(frozen=True)
class Translation:
    """One fact's texts in another language: bot.calendar.texts says how the two fit together."""

    kind: str
    key: str
    language: str
    texts: Mapping[str, Any]


@dataclass(frozen=True)
class Facts:
    """Everything that `LibraryCalendar` works on, in one value: a snapshot of the store."""

    zone: ZoneInfo
    places: tuple[Place, ...] = ()
    terms: tuple[Term, ...] = ()
    exceptions: tuple[DatedException, ...] = ()
    conditions: tuple[Condition, ...] = ()
    events: tuple[Event, ...] = ()
    contests: tuple[Contest, ...] = ()
