"""The schema of content files: one model per kind of entry, each converted to the columns of its table's row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Extra, Field, validator

from bot.calendar import repeats
from bot.calendar.texts import SAID
from bot.store import library_tables as tables
from bot.store.content import fields
from bot.store.content.hours import read_periods, read_week, write_periods, write_week

Record = dict[str, Any]
LONGEST_REPEATED = timedelta(days=92)


def _bare(value: Any) -> Any:
    """Return a value without the empty parts of its parts."""
    if isinstance(value, list):
        return [_bare(each) for each in value]
    if isinstance(value, dict):
        return {name: each for name, each in value.items() if each not in (None, "", [])}
    return value


class Part(BaseModel):
    """Common to entries and their parts: no unknown fields, no text that can't be stored."""

    class Config:
        extra = Extra.forbid
        anystr_strip_whitespace = True
        max_anystr_length = fields.LONGEST

    @validator("*", pre=True)
    def _plain(cls, value: Any) -> Any:
        return fields.plain(value)


class Entry(Part):
    """Common to every entry. `sample`: true, or words that say what in it is made up."""

    key_like: ClassVar[str] = r"[a-z0-9][a-z0-9._@/-]*"
    key_wanted: ClassVar[str] = "use small letters, digits and hyphens, for example learning-commons"

    key: str = Field(max_length=128)
    sample: str = ""

    @validator("key")
    def _key(cls, value: str) -> str:
        if not re.fullmatch(cls.key_like, value):
            raise ValueError(f'"{value}" is no key; {cls.key_wanted}')
        return value

    @validator("sample", pre=True)
    def _sample(cls, value: Any) -> Any:
        return {"true": "all of it", "false": ""}.get(str(value).lower(), value)

    def record(self) -> Record:
        """Return the row's columns, JSON-safe except for dates."""
        return self.dict()

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row's columns as the entry that a person would write: empty and default fields omitted."""
        entry = {}
        for name, field in sorted(cls.__fields__.items(), key=lambda item: item[0] == "sample"):
            value = record.get(name)
            if field.required or (value not in (None, "", [], {}) and value != field.default):
                entry[name] = _bare(value)
        return entry


class PlaceEntry(Entry):
    """A place, or a service in one."""

    name: str = Field(min_length=1, max_length=200)
    kind: Literal["place", "service"] = "place"
    parent: str | None = None
    aliases: list[str] = []
    address: str = ""
    where: str = ""
    map_url: str = ""
    hours: dict[str, str] | None = None
    term_hours: dict[str, dict[str, str]] = {}
    note: str = ""

    _check_url = validator("map_url", allow_reuse=True)(fields.web)

    @validator("hours")
    def _hours(cls, value: dict[str, str] | None) -> Any:
        if value is not None:
            read_week(value)
        return value

    @validator("term_hours")
    def _term_hours(cls, value: dict[str, dict[str, str]]) -> Any:
        for term, hours in value.items():
            try:
                read_week(hours)
            except ValueError as error:
                raise ValueError(f"{term}, {error}") from error
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
    """A date range with hours of its own."""

    name: str = Field(min_length=1, max_length=200)
    starts: date
    ends: date

    _check_days = validator("starts", "ends", pre=True, allow_reuse=True)(fields.day)


class ExceptionEntry(Entry):
    """What differs on some dates."""

    starts: date
    ends: date
    kind: Literal["closed", "changed", "extended"]
    reason: str = Field(min_length=1)
    hours: str = ""
    places: list[str] = []

    _check_days = validator("starts", "ends", pre=True, allow_reuse=True)(fields.day)

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


class Effect(Part):
    """What one place does while a condition holds."""

    place: str
    does: Literal["closed", "as_usual", "changed"]
    hours: str = ""
    note: str = ""

    @validator("hours", always=True)
    def _hours_fit(cls, value: str, values: dict[str, Any]) -> str:
        return write_periods(read_periods(value)) if values.get("does") == "changed" else value


class ConditionEntry(Entry):
    """Something that staff switch on; whether it is on is kept in the store, not in the file."""

    name: str = Field(min_length=1, max_length=200)
    effects: list[Effect] = []


class EventEntry(Entry):
    """Something that the library runs or shows. Its key is iCalendar's UID; other calendars have their own."""

    key_like: ClassVar[str] = r"[!-~]{1,128}"
    key_wanted: ClassVar[str] = "use letters, digits and signs without spaces, 128 at most, for example tour-2027"

    title: str = Field(min_length=1, max_length=300)
    starts: datetime
    ends: datetime
    description: str = ""
    place: str = Field("", max_length=200)
    type: str = Field("", max_length=64)
    registration_url: str = ""
    capacity: int | None = Field(None, ge=1, le=1_000_000)
    image_url: str = ""
    audience: str = ""
    price: str = ""
    rrule: str = ""
    exdates: list[str] = []
    all_day: bool = False
    cancelled: bool = False
    url: str = ""
    draft: bool = False
    live_from: datetime | None = None
    poster: str = Field("", regex=r"^([A-Za-z0-9_-]{24}\.jpg)?$")

    _check_urls = validator("registration_url", "image_url", "url", allow_reuse=True)(fields.web)
    _check_times = validator("starts", "ends", "live_from", pre=True, allow_reuse=True)(fields.moment)
    _check_number = validator("capacity", pre=True, allow_reuse=True)(fields.whole)

    @validator("exdates", each_item=True)
    def _exdate(cls, value: str) -> str:
        return fields.left_out(value)

    @validator("rrule")
    def _rule(cls, value: str, values: dict[str, Any]) -> str:
        if not value:
            return value
        if "starts" not in values or "ends" not in values:
            return value  # their own problems are reported
        if values["ends"] - values["starts"] > LONGEST_REPEATED:
            raise ValueError(f"repeats something that lasts longer than {LONGEST_REPEATED.days} days; leave rrule out")
        return repeats.check(value, values["starts"])


class AwardEntry(Part):
    """A prize."""

    name: str = Field(min_length=1, max_length=200)
    prize: str = ""


class ResultEntry(Part):
    """Who won what."""

    award: str
    title: str
    by: str = ""
    note: str = ""


class CriterionEntry(Part):
    """By what a jury judges."""

    name: str = Field(min_length=1, max_length=100)
    weight: int = Field(1, ge=1, le=100)

    _check_weight = validator("weight", pre=True, allow_reuse=True)(fields.whole)


class ContestEntry(Entry):
    """One edition of a contest."""

    title: str = Field(min_length=1, max_length=300)
    edition: str = Field("", max_length=64)
    theme: str = ""
    hashtag: str = Field("", max_length=128)
    about: str = ""
    opens: datetime | None = None
    closes: datetime | None = None
    voting_opens: datetime | None = None
    voting_closes: datetime | None = None
    may_enter: list[str] = []
    may_not_enter: list[str] = []
    entries_per_person: int | None = Field(None, ge=1, le=1_000_000)
    max_file_mb: int | None = Field(None, ge=1, le=1_000_000)
    file_types: list[str] = []
    how_to_enter: str = ""
    rules: list[str] = []
    awards: list[AwardEntry] = []
    results: list[ResultEntry] = []
    figures: str = ""
    url: str = ""
    entries_in_chat: bool = False
    contact_asked: bool = False
    criteria: list[CriterionEntry] = []
    voting: Literal["none", "chat", "likes"] = "none"
    vote_for_own: bool = False
    published: bool = False
    files_kept_days: int | None = Field(None, ge=1, le=36_500)

    _check_url = validator("url", allow_reuse=True)(fields.web)
    _check_times = validator("opens", "closes", "voting_opens", "voting_closes", pre=True, allow_reuse=True)(
        fields.moment
    )
    _check_numbers = validator("entries_per_person", "max_file_mb", "files_kept_days", pre=True, allow_reuse=True)(
        fields.whole
    )


class AnswerEntry(Entry):
    """A text that answers a topic's question. Its topic is its file's name."""

    language: str = Field("en", regex=r"^[a-z]{2}(-[A-Za-z]+)?$", max_length=16)
    topic: str = Field("", max_length=64)
    title: str = Field(min_length=1, max_length=300)
    text: str = Field(min_length=1)
    questions: list[str] = []
    link: str = ""
    overview: bool = False
    owner: str = Field("", max_length=128)
    last_checked: date | None = None
    expires: date | None = None

    _check_link = validator("link", allow_reuse=True)(fields.web)
    _check_days = validator("last_checked", "expires", pre=True, allow_reuse=True)(fields.day)


class TranslationEntry(Entry):
    """The texts of a place, a closure, an event … in another language, which is its file's name."""

    key_like: ClassVar[str] = rf"(?:{'|'.join(SAID)})/\S+"
    key_wanted: ClassVar[str] = f"write what it translates, one of {', '.join(SAID)}, and its key, as in places/library"

    language: str = Field("", regex=r"^[a-z]{2}(-[A-Za-z]+)?$", max_length=16)
    texts: dict[str, Any]

    @validator("texts")
    def _texts(cls, value: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        known = {name.partition(">")[0] for name in SAID.get(str(values.get("key")).partition("/")[0], ())}
        for name, each in value.items():
            if name not in known:
                raise ValueError(f"{name} is no text of it; its texts are {', '.join(sorted(known))}")
            fields.only_text(each)
        return value


class ContactEntry(Entry):
    """Somebody to call in danger. Texts refer to it as {contact:key}; `source`: who states the number."""

    name: str = Field(min_length=1)
    phone: str = ""
    hours: str = ""
    what_for: str = ""
    source: str = ""

    @validator("phone", pre=True)
    def _phone(cls, value: Any) -> str:
        text = str(value).strip() if value is not None else ""
        if text and not re.fullmatch(r"\+?\d[\d -]*", text):
            raise ValueError(f'"{text}" is no telephone number; write for example 2896 0000 or +852 2896 0000')
        return text

    @validator("source", always=True)
    def _sourced(cls, value: str, values: dict[str, Any]) -> str:
        if values.get("phone") and values.get("sample"):
            raise ValueError("a sample must have no number: somebody in danger would call it; leave phone out")
        if not values.get("phone") and not values.get("sample"):
            raise ValueError("there is no number: write it to phone, or sample: true until you know it")
        if values.get("phone") and not value:
            raise ValueError("is missing: say who states this number, for example source: The Samaritans")
        return value


@dataclass(frozen=True)
class Kind:
    """A kind of entry: the list in its file, the model that validates it, the table that stores it.

    `translated`: where entries in other languages are, one folder per language; "" if they have none of their own.
    """

    name: str
    file: str
    model: type[Entry]
    table: Any
    translated: str = ""


KINDS: tuple[Kind, ...] = (
    Kind("terms", "places.yml", TermEntry, tables.TermRow),
    Kind("places", "places.yml", PlaceEntry, tables.PlaceRow),
    Kind("exceptions", "exceptions.yml", ExceptionEntry, tables.ExceptionRow),
    Kind("conditions", "conditions.yml", ConditionEntry, tables.ConditionRow),
    Kind("events", "events.yml", EventEntry, tables.EventRow),
    Kind("contests", "contests.yml", ContestEntry, tables.ContestRow),
    Kind("contacts", "contacts.yml", ContactEntry, tables.ContactRow),
    Kind("answers", "answers/*.yml", AnswerEntry, tables.AnswerRow, translated="answers/*/*.yml"),
    Kind("translations", "translations/*.yml", TranslationEntry, tables.TranslationRow),
)
