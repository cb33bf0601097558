"""What a content file may say: one model a kind of entry, each turned into the columns of its table's row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, Extra, Field, validator

from bot.store import library_tables as tables
from bot.store.content.hours import read_periods, read_week, write_periods, write_week

Record = dict[str, Any]


def _web(value: str) -> str:
    if value and (urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname):
        raise ValueError(f'"{value}" is no web address; write for example https://library.example/hours')
    return value


def _aware(value: Any) -> Any:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError("the time has no zone; write for example 2026-11-30T17:00:00+08:00")
    return value


def _bare(value: Any) -> Any:
    """Return a value with the empty parts of its own parts left out."""
    if isinstance(value, list):
        return [_bare(each) for each in value]
    if isinstance(value, dict):
        return {name: each for name, each in value.items() if each not in (None, "", [])}
    return value


class Entry(BaseModel):
    """What every entry shares. `sample`: true, or words that say what in it is made up."""

    key_like: ClassVar[str] = r"[a-z0-9][a-z0-9._@/-]*"

    key: str
    sample: str = ""

    class Config:
        extra = Extra.forbid
        anystr_strip_whitespace = True

    @validator("key")
    def _key(cls, value: str) -> str:
        if not re.fullmatch(cls.key_like, value):
            wanted = "use small letters, digits and hyphens, for example learning-commons"
            raise ValueError(f'"{value}" is no key; {wanted}')
        return value

    @validator("sample", pre=True)
    def _sample(cls, value: Any) -> Any:
        return {True: "all of it", False: ""}.get(value, value) if isinstance(value, bool) else value

    def record(self) -> Record:
        """Return the row's columns, JSON-safe but for dates."""
        return self.dict()

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row's columns as the entry that a person would write: what is empty or usual left out."""
        entry = {}
        for name, field in sorted(cls.__fields__.items(), key=lambda item: item[0] == "sample"):
            value = record.get(name)
            if field.required or (value not in (None, "", [], {}) and value != field.default):
                entry[name] = _bare(value)
        return entry


class PlaceEntry(Entry):
    """A place, or a service in one."""

    name: str = Field(min_length=1)
    kind: Literal["place", "service"] = "place"
    parent: str | None = None
    aliases: list[str] = []
    address: str = ""
    where: str = ""
    map_url: str = ""
    hours: dict[str, str] | None = None
    term_hours: dict[str, dict[str, str]] = {}
    note: str = ""

    _check_url = validator("map_url", allow_reuse=True)(_web)

    @validator("hours")
    def _hours(cls, value: dict[str, str] | None) -> Any:
        if value is not None:
            read_week(value)
        return value

    @validator("term_hours")
    def _term_hours(cls, value: dict[str, dict[str, str]]) -> Any:
        for hours in value.values():
            read_week(hours)
        return value

    def record(self) -> Record:
        """Return the row's columns: hours as seven days."""
        record = self.dict(exclude={"hours", "term_hours"})
        record["week"] = read_week(self.hours) if self.hours is not None else None
        record["term_weeks"] = {term: read_week(hours) for term, hours in self.term_hours.items()}
        return record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return the entry, hours as people write them."""
        hours = write_week(record["week"]) if record["week"] is not None else None
        terms = {term: write_week(week) for term, week in record["term_weeks"].items()}
        return super().from_record({**record, "hours": hours, "term_hours": terms})


class TermEntry(Entry):
    """A stretch of dates with hours of its own."""

    name: str = Field(min_length=1)
    starts: date
    ends: date


class ExceptionEntry(Entry):
    """What differs on some dates."""

    starts: date
    ends: date
    kind: Literal["closed", "changed", "extended"]
    reason: str = Field(min_length=1)
    hours: str = ""
    places: list[str] = []

    @validator("hours", always=True)
    def _hours_fit(cls, value: str, values: dict[str, Any]) -> str:
        kind = values.get("kind", "closed")
        if values.get("kind") == "closed" and value:
            raise ValueError('a closed day has no hours; leave "hours" out, or write kind: changed')
        if kind == "closed":
            return value
        if not value:
            raise ValueError(f'is missing: "{kind}" needs hours; write for example hours: "13:00-19:00"')
        return write_periods(read_periods(value))


class Effect(BaseModel):
    """What one place does while a condition holds."""

    place: str
    does: Literal["closed", "as_usual", "changed"]
    hours: str = ""
    note: str = ""

    class Config:
        extra = Extra.forbid

    @validator("hours", always=True)
    def _hours_fit(cls, value: str, values: dict[str, Any]) -> str:
        return write_periods(read_periods(value)) if values.get("does") == "changed" else value


class ConditionEntry(Entry):
    """Something that staff switch on; whether it is on is the store's, not the file's."""

    name: str = Field(min_length=1)
    effects: list[Effect] = []


class EventEntry(Entry):
    """Something that the library runs or shows. Its key is iCalendar's UID, of which other calendars have their own."""

    key_like: ClassVar[str] = r"[!-~]{1,128}"

    title: str = Field(min_length=1)
    starts: datetime
    ends: datetime
    description: str = ""
    place: str = ""
    type: str = ""
    registration_url: str = ""
    capacity: int | None = Field(None, ge=1)
    image_url: str = ""
    audience: str = ""
    price: str = ""
    rrule: str = ""
    exdates: list[str] = []
    all_day: bool = False
    cancelled: bool = False
    url: str = ""

    _check_urls = validator("registration_url", "image_url", "url", allow_reuse=True)(_web)
    _check_times = validator("starts", "ends", allow_reuse=True)(_aware)

    @validator("exdates", each_item=True)
    def _exdate(cls, value: str) -> str:
        return str(_aware(value).isoformat())

    @validator("rrule")
    def _rule(cls, value: str) -> str:
        if value and not re.search(r"(^|;)FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;|$)", value):
            raise ValueError(f'"{value}" is no rule of repetition; write for example FREQ=WEEKLY;COUNT=10')
        return value


class AwardEntry(BaseModel):
    """A prize."""

    name: str = Field(min_length=1)
    prize: str = ""

    class Config:
        extra = Extra.forbid


class ResultEntry(BaseModel):
    """Who won what."""

    award: str
    title: str
    by: str = ""
    note: str = ""

    class Config:
        extra = Extra.forbid


class ContestEntry(Entry):
    """One edition of a contest."""

    title: str = Field(min_length=1)
    edition: str = ""
    theme: str = ""
    hashtag: str = ""
    about: str = ""
    opens: datetime | None = None
    closes: datetime | None = None
    voting_opens: datetime | None = None
    voting_closes: datetime | None = None
    may_enter: list[str] = []
    may_not_enter: list[str] = []
    entries_per_person: int | None = Field(None, ge=1)
    max_file_mb: int | None = Field(None, ge=1)
    file_types: list[str] = []
    how_to_enter: str = ""
    rules: list[str] = []
    awards: list[AwardEntry] = []
    results: list[ResultEntry] = []
    figures: str = ""
    url: str = ""

    _check_url = validator("url", allow_reuse=True)(_web)
    _check_times = validator("opens", "closes", "voting_opens", "voting_closes", allow_reuse=True)(_aware)


class AnswerEntry(Entry):
    """A text that answers a topic's question. Its topic is its file's name."""

    language: str = Field("en", regex=r"^[a-z]{2}(-[A-Za-z]+)?$")
    topic: str = ""
    title: str = Field(min_length=1)
    text: str = Field(min_length=1)
    questions: list[str] = []
    link: str = ""
    overview: bool = False
    owner: str = ""
    last_checked: date | None = None
    expires: date | None = None

    _check_link = validator("link", allow_reuse=True)(_web)


@dataclass(frozen=True)
class Kind:
    """A kind of entry: the list in its file, the model that checks it, the table that keeps it."""

    name: str
    file: str
    model: type[Entry]
    table: Any


KINDS: tuple[Kind, ...] = (
    Kind("terms", "places.yml", TermEntry, tables.TermRow),
    Kind("places", "places.yml", PlaceEntry, tables.PlaceRow),
    Kind("exceptions", "exceptions.yml", ExceptionEntry, tables.ExceptionRow),
    Kind("conditions", "conditions.yml", ConditionEntry, tables.ConditionRow),
    Kind("events", "events.yml", EventEntry, tables.EventRow),
    Kind("contests", "contests.yml", ContestEntry, tables.ContestRow),
    Kind("answers", "answers/*.yml", AnswerEntry, tables.AnswerRow),
)
