"""The library as the bot reads it: rows turned into the facts of bot.calendar."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.calendar.facts import (
    Answer,
    Award,
    Condition,
    ConditionEffect,
    Contest,
    Criterion,
    DatedException,
    Event,
    Facts,
    Place,
    Result,
    Term,
    Translation,
)
from bot.calendar.occurrences import live
from bot.language import FIRST, SIMPLIFIED, TRADITIONAL, in_simplified
from bot.store.contacts import contacts_of, filled, numbers
from bot.store.content.hours import as_week, read_periods
from bot.store.facts import version as changed_at
from bot.store.learning_tables import TopicNameRow
from bot.store.library_tables import (
    AnswerRow,
    ConditionRow,
    ContestRow,
    EventRow,
    ExceptionRow,
    PlaceRow,
    TermRow,
    TranslationRow,
)

log = structlog.get_logger("carrel.library")

__all__ = [
    "answers_in",
    "as_answer",
    "as_fact",
    "changed_at",
    "is_empty",
    "place_names",
    "read_answers",
    "read_facts",
    "read_translations",
    "spoken",
    "told_facts",
]


def is_empty(engine: Engine) -> bool:
    """Return whether the store has no library data yet."""
    with engine.connect() as connection:
        return connection.execute(sa.select(PlaceRow.id).limit(1)).first() is None


def told_facts(engine: Engine, zone: ZoneInfo, now: datetime) -> Facts:
    """Return the facts that anybody may be told of at a moment."""
    found = read_facts(engine, zone)
    return replace(found, events=live(found.events, now))


def read_facts(engine: Engine, zone: ZoneInfo) -> Facts:
    """Return all facts that the calendar works on, drafts too: one query per table, a single snapshot."""
    with Session(engine, future=True) as opened:
        return Facts(
            zone=zone,
            places=_read("places", _rows(opened, PlaceRow, PlaceRow.position), zone),
            terms=_read("terms", _rows(opened, TermRow), zone),
            exceptions=_read("exceptions", _rows(opened, ExceptionRow), zone),
            conditions=_read("conditions", _rows(opened, ConditionRow), zone),
            events=_read("events", _rows(opened, EventRow), zone),
            contests=_read("contests", _rows(opened, ContestRow), zone),
        )


def read_answers(engine: Engine, language: str | None = "en", topics: Collection[str] = ()) -> tuple[Answer, ...]:
    """Return the answers in a language (None: in all) on some topics (none given: on all), expired ones too.

    They come by topic, the overview first. Answers of a renamed topic appear under its old name too: a model that has
    not learnt the new one asks for it. Contacts named in a text are replaced by their numbers; a sentence naming one
    without a number is dropped.
    """
    with Session(engine, future=True) as opened:
        names = opened.execute(sa.select(TopicNameRow.old, TopicNameRow.new).order_by(TopicNameRow.old)).all()
        query = sa.select(AnswerRow)
        if language is not None:
            query = query.where(AnswerRow.language == language)
        if topics:
            query = query.where(AnswerRow.topic.in_({*topics, *(new for old, new in names if old in topics)}))
        rows = opened.scalars(query.order_by(AnswerRow.topic, AnswerRow.overview.desc(), AnswerRow.id)).all()
        known = numbers(contacts_of(opened)) if rows else {}
    found = tuple(replace(each, text=filled(each.text, known)) for each in map(as_answer, rows))
    every = (*found, *(replace(each, topic=old) for old, new in names for each in found if each.topic == new))
    return tuple(each for each in every if each.topic in topics) if topics else every


def read_translations(engine: Engine) -> tuple[Translation, ...]:
    """Return the facts' texts in other languages."""
    with Session(engine, future=True) as opened:
        rows = opened.scalars(sa.select(TranslationRow).order_by(TranslationRow.id)).all()
    found = []
    for row in rows:
        kind, _, key = row.key.partition("/")
        if isinstance(row.texts, dict):
            found.append(Translation(kind, key, row.language, row.texts))
    return tuple(found)


def answers_in(engine: Engine, language: str, *topics: str) -> tuple[Answer, ...]:
    """Return the answers in a language on some topics (none given: on all), in their order.

    Missing ones fall back to the first language. Reading all takes a hundred times as long as reading one topic.
    """
    return spoken(read_answers(engine, language=None, topics=topics), language)


def spoken(every: Iterable[Answer], language: str) -> tuple[Answer, ...]:
    """Return one language's answers out of all, falling back to the first language for missing ones.

    Simplified Chinese is converted from Traditional if it has no text of its own. Non-text fields of an answer (its
    link, when it was checked) come from the first language if the other omits them.
    """
    answers = tuple(every)
    own = {answer.key: answer for answer in answers if answer.language == language}
    if language == SIMPLIFIED:
        own = {each.key: _simplified(each) for each in answers if each.language == TRADITIONAL} | own
    # An answer listed under two names of its topic is returned for both.
    first = [_beside(each, own.get(each.key, each)) for each in answers if each.language == FIRST]
    return (*first, *(answer for key, answer in own.items() if key not in {each.key for each in first}))


def _beside(first: Answer, own: Answer) -> Answer:
    expires = own.expires or first.expires
    return replace(own, topic=first.topic, overview=first.overview, link=own.link or first.link, expires=expires)


def _simplified(answer: Answer) -> Answer:
    return replace(
        answer,
        language=SIMPLIFIED,
        title=in_simplified(answer.title),
        text=in_simplified(answer.text),
        questions=tuple(map(in_simplified, answer.questions)),
    )


def place_names(engine: Engine) -> dict[str, list[str]]:
    """Return what people call each place, by key: its name, aliases, and names in other languages."""
    with Session(engine, future=True) as opened:
        found = {row.key: [row.name, *row.aliases] for row in _rows(opened, PlaceRow, PlaceRow.position)}
    for each in read_translations(engine):
        if each.kind == "places" and each.key in found and isinstance(name := each.texts.get("name"), str):
            found[each.key].append(name)
    return found


def as_answer(row: AnswerRow) -> Answer:
    """Return an answer's row in the bot's form."""
    return Answer(
        key=row.key,
        topic=row.topic,
        title=row.title,
        text=row.text,
        questions=tuple(row.questions),
        link=row.link,
        language=row.language,
        overview=row.overview,
        owner=row.owner,
        last_checked=row.last_checked,
        expires=row.expires,
    )


def as_fact(kind: str, row: Any, zone: ZoneInfo) -> Any:
    """Return a row of the table `kind` in the calendar's form."""
    if kind in {"events", "contests"}:
        return {"events": _event, "contests": _contest}[kind](row, zone)
    return {"places": _place, "terms": _term, "exceptions": _exception, "conditions": _condition}[kind](row)


def _read(kind: str, rows: Any, zone: ZoneInfo) -> tuple[Any, ...]:
    """Return the readable rows of a table: a row corrupted from outside doesn't take the others with it."""
    found = []
    for row in rows:
        try:
            found.append(as_fact(kind, row, zone))
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            log.error("row_unreadable", table=kind, row=row.id, error=type(error).__name__)
    return tuple(found)


def _rows(opened: Session, table: Any, *order: Any) -> Any:
    return opened.scalars(sa.select(table).order_by(*order, table.id))


def _place(row: PlaceRow) -> Place:
    return Place(
        key=row.key,
        name=row.name,
        kind=row.kind,
        parent=row.parent,
        aliases=tuple(row.aliases),
        address=row.address,
        where=row.where,
        map_url=row.map_url,
        week=as_week(row.week) if row.week is not None else None,
        term_weeks={term: as_week(week) for term, week in row.term_weeks.items()},
        note=row.note,
    )


def _term(row: TermRow) -> Term:
    return Term(row.key, row.name, row.starts, row.ends)


def _exception(row: ExceptionRow) -> DatedException:
    return DatedException(
        key=row.key,
        starts=row.starts,
        ends=row.ends,
        kind=row.kind,
        reason=row.reason,
        periods=read_periods(row.hours) if row.hours else (),
        places=tuple(row.places),
    )


def _condition(row: ConditionRow) -> Condition:
    effects = tuple(
        ConditionEffect(
            place=each["place"],
            does=each["does"],
            periods=read_periods(each["hours"]) if each.get("hours") else (),
            note=each.get("note", ""),
        )
        for each in row.effects
    )
    return Condition(row.key, row.name, effects, row.since, row.until)


def _event(row: EventRow, zone: ZoneInfo) -> Event:
    return Event(
        uid=row.key,
        title=row.title,
        starts=row.starts.astimezone(zone),
        ends=row.ends.astimezone(zone),
        description=row.description,
        place=row.place,
        type=row.type,
        registration_url=row.registration_url,
        capacity=row.capacity,
        image_url=row.image_url,
        audience=row.audience,
        price=row.price,
        rrule=row.rrule,
        exdates=tuple(_left_out(each, row.starts.astimezone(zone)) for each in row.exdates),
        all_day=row.all_day,
        cancelled=row.cancelled,
        url=row.url,
        draft=bool(row.draft),
        live_from=row.live_from.astimezone(zone) if row.live_from else None,
        poster=row.poster or "",
    )


def _left_out(text: str, starts: datetime) -> datetime:
    """Return the time excluded from a series: a bare date means that day's."""
    moment = datetime.fromisoformat(text)
    if len(text) == len("2026-12-25"):
        return datetime.combine(moment, starts.timetz())
    return moment if moment.tzinfo else moment.replace(tzinfo=starts.tzinfo)


def _contest(row: ContestRow, zone: ZoneInfo) -> Contest:
    def local(moment: datetime | None) -> datetime | None:
        return moment.astimezone(zone) if moment else None

    return Contest(
        key=row.key,
        title=row.title,
        edition=row.edition,
        theme=row.theme,
        hashtag=row.hashtag,
        about=row.about,
        opens=local(row.opens),
        closes=local(row.closes),
        voting_opens=local(row.voting_opens),
        voting_closes=local(row.voting_closes),
        may_enter=tuple(row.may_enter),
        may_not_enter=tuple(row.may_not_enter),
        entries_per_person=row.entries_per_person,
        max_file_mb=row.max_file_mb,
        file_types=tuple(row.file_types),
        how_to_enter=row.how_to_enter,
        rules=tuple(row.rules),
        awards=tuple(Award(**each) for each in row.awards),
        results=tuple(Result(**each) for each in row.results),
        figures=row.figures,
        url=row.url,
        entries_in_chat=row.entries_in_chat,
        contact_asked=row.contact_asked,
        criteria=tuple(Criterion(**each) for each in row.criteria or ()),
        voting=row.voting or "none",
        vote_for_own=bool(row.vote_for_own),
        published=bool(row.published),
        files_kept_days=row.files_kept_days,
    )
