"""The library as the bot reads it: rows turned into the facts of bot.calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.calendar.facts import (
    Answer,
    Award,
    Condition,
    ConditionEffect,
    Contest,
    DatedException,
    Event,
    Facts,
    Place,
    Result,
    Term,
)
from bot.store.audit import latest as changed_at
from bot.store.content.hours import as_week, read_periods
from bot.store.learning_tables import TopicNameRow
from bot.store.library_tables import (
    AnswerRow,
    ConditionRow,
    ContestRow,
    EventRow,
    ExceptionRow,
    PlaceRow,
    TermRow,
)

__all__ = ["as_answer", "as_fact", "changed_at", "is_empty", "read_answers", "read_facts"]


def is_empty(engine: Engine) -> bool:
    """Return whether the store holds no library yet."""
    with engine.connect() as connection:
        return connection.execute(sa.select(PlaceRow.id).limit(1)).first() is None


def read_facts(engine: Engine, zone: ZoneInfo) -> Facts:
    """Return everything that the calendar is asked about: one query a table, one moment for all."""
    with Session(engine, future=True) as opened:
        return Facts(
            zone=zone,
            places=tuple(_place(row) for row in _rows(opened, PlaceRow, PlaceRow.position)),
            terms=tuple(_term(row) for row in _rows(opened, TermRow)),
            exceptions=tuple(_exception(row) for row in _rows(opened, ExceptionRow)),
            conditions=tuple(_condition(row) for row in _rows(opened, ConditionRow)),
            events=tuple(_event(row, zone) for row in _rows(opened, EventRow)),
            contests=tuple(_contest(row, zone) for row in _rows(opened, ContestRow)),
        )


def read_answers(engine: Engine, language: str | None = "en") -> tuple[Answer, ...]:
    """Return all answers of a language (None: of each) by topic, the overview first; expired ones too.

    Those of a topic that had another name stand under that too: a model that has not learnt the new one asks for it.
    """
    with Session(engine, future=True) as opened:
        query = sa.select(AnswerRow)
        if language is not None:
            query = query.where(AnswerRow.language == language)
        rows = opened.scalars(query.order_by(AnswerRow.topic, AnswerRow.overview.desc(), AnswerRow.id)).all()
        names = opened.execute(sa.select(TopicNameRow.old, TopicNameRow.new).order_by(TopicNameRow.old)).all()
    found = tuple(as_answer(row) for row in rows)
    return (*found, *(replace(each, topic=old) for old, new in names for each in found if each.topic == new))


def as_answer(row: AnswerRow) -> Answer:
    """Return an answer's row as the bot reads it."""
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
    """Return a row of the table `kind` as the calendar reads it."""
    if kind in {"events", "contests"}:
        return {"events": _event, "contests": _contest}[kind](row, zone)
    return {"places": _place, "terms": _term, "exceptions": _exception, "conditions": _condition}[kind](row)


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
        exdates=tuple(datetime.fromisoformat(each) for each in row.exdates),
        all_day=row.all_day,
        cancelled=row.cancelled,
        url=row.url,
    )


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
    )
