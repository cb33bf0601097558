"""The tables of the library: places, hours, closures, events, contests, answers, contacts; and their audit.

Columns mirror bot.calendar.facts. Every row records who changed it last and when; `sample` says what in it is made up.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.base import Base, Moment


class Audited:
    """A row that people edit: each change through a session adds a row to `audit` (see bot.store.audit)."""

    __tablename__: str

    id = sa.Column(sa.Integer, primary_key=True)
    key = sa.Column(sa.String(128), nullable=False)
    sample = sa.Column(sa.Text, nullable=False, default="")
    changed_by = sa.Column(sa.String(128), nullable=False)
    changed_at = sa.Column(Moment, nullable=False)


class PlaceRow(Audited, Base):
    """A place, or a service in one. `week`: seven days in the notation of bot.store.content.hours, or None."""

    __tablename__ = "places"
    __table_args__ = (sa.UniqueConstraint("key"),)

    position = sa.Column(sa.Integer, nullable=False, default=0)
    name = sa.Column(sa.String(200), nullable=False)
    kind = sa.Column(sa.String(16), nullable=False)
    parent = sa.Column(sa.String(128))
    aliases = sa.Column(sa.JSON, nullable=False)
    address = sa.Column(sa.Text, nullable=False)
    where = sa.Column(sa.Text, nullable=False)
    map_url = sa.Column(sa.Text, nullable=False)
    note = sa.Column(sa.Text, nullable=False)
    week = sa.Column(sa.JSON(none_as_null=True))
    term_weeks = sa.Column(sa.JSON, nullable=False)


class TermRow(Audited, Base):
    """A date range with hours of its own."""

    __tablename__ = "terms"
    __table_args__ = (sa.UniqueConstraint("key"),)

    name = sa.Column(sa.String(200), nullable=False)
    starts = sa.Column(sa.Date, nullable=False)
    ends = sa.Column(sa.Date, nullable=False)


class ExceptionRow(Audited, Base):
    """What differs on some dates. `hours`: one day's periods."""

    __tablename__ = "exceptions"
    __table_args__ = (sa.UniqueConstraint("key"),)

    starts = sa.Column(sa.Date, nullable=False)
    ends = sa.Column(sa.Date, nullable=False)
    kind = sa.Column(sa.String(16), nullable=False)
    reason = sa.Column(sa.Text, nullable=False)
    hours = sa.Column(sa.Text, nullable=False)
    places = sa.Column(sa.JSON, nullable=False)


class ConditionRow(Audited, Base):
    """Something that staff switch on. `effects`: a list of {"place", "does", "hours", "note"}."""

    __tablename__ = "conditions"
    __table_args__ = (sa.UniqueConstraint("key"),)

    name = sa.Column(sa.String(200), nullable=False)
    effects = sa.Column(sa.JSON, nullable=False)
    since = sa.Column(Moment)
    until = sa.Column(Moment)


class EventRow(Audited, Base):
    """Something that the library runs or shows; `key` is iCalendar's UID.

    `draft`, or before `live_from`: for staff's eyes alone. `poster`: the name of its uploaded picture's file.
    """

    __tablename__ = "events"
    __table_args__ = (sa.UniqueConstraint("key"),)

    title = sa.Column(sa.String(300), nullable=False)
    starts = sa.Column(Moment, nullable=False)
    ends = sa.Column(Moment, nullable=False)
    description = sa.Column(sa.Text, nullable=False)
    place = sa.Column(sa.String(200), nullable=False)
    type = sa.Column(sa.String(64), nullable=False)
    registration_url = sa.Column(sa.Text, nullable=False)
    capacity = sa.Column(sa.Integer)
    image_url = sa.Column(sa.Text, nullable=False)
    audience = sa.Column(sa.Text, nullable=False)
    price = sa.Column(sa.Text, nullable=False, default="", server_default="")
    rrule = sa.Column(sa.Text, nullable=False)
    exdates = sa.Column(sa.JSON, nullable=False)
    all_day = sa.Column(sa.Boolean, nullable=False)
    cancelled = sa.Column(sa.Boolean, nullable=False)
    url = sa.Column(sa.Text, nullable=False)
    draft = sa.Column(sa.Boolean, nullable=False, default=False, server_default=sa.false())
    live_from = sa.Column(Moment)
    poster = sa.Column(sa.String(64), nullable=False, default="", server_default="")


class ContestRow(Audited, Base):
    """One edition of a contest.

    `entries_in_chat`: the bot takes photos for it; `contact_asked`: and asks for a university e-mail address or number.
    `criteria`: by what the jury judges, a list of {"name", "weight"}. `voting`: none, chat or likes. `vote_for_own`:
    entrants may vote for their own photos. `published`: the public gallery is on. `files_kept_days`: how long after its
    last date the photos' files are kept; None: for ever.
    """

    __tablename__ = "contests"
    __table_args__ = (sa.UniqueConstraint("key"),)

    title = sa.Column(sa.String(300), nullable=False)
    edition = sa.Column(sa.String(64), nullable=False)
    theme = sa.Column(sa.Text, nullable=False)
    hashtag = sa.Column(sa.String(128), nullable=False)
    about = sa.Column(sa.Text, nullable=False)
    opens = sa.Column(Moment)
    closes = sa.Column(Moment)
    voting_opens = sa.Column(Moment)
    voting_closes = sa.Column(Moment)
    may_enter = sa.Column(sa.JSON, nullable=False)
    may_not_enter = sa.Column(sa.JSON, nullable=False)
    entries_per_person = sa.Column(sa.Integer)
    max_file_mb = sa.Column(sa.Integer)
    file_types = sa.Column(sa.JSON, nullable=False)
    how_to_enter = sa.Column(sa.Text, nullable=False)
    rules = sa.Column(sa.JSON, nullable=False)
    awards = sa.Column(sa.JSON, nullable=False)
    results = sa.Column(sa.JSON, nullable=False)
    figures = sa.Column(sa.Text, nullable=False)
    url = sa.Column(sa.Text, nullable=False)
    entries_in_chat = sa.Column(sa.Boolean, nullable=False, default=False, server_default=sa.false())
    contact_asked = sa.Column(sa.Boolean, nullable=False, default=False, server_default=sa.false())
    criteria = sa.Column(sa.JSON, nullable=False, default=list, server_default="[]")
    voting = sa.Column(sa.String(16), nullable=False, default="none", server_default="none")
    vote_for_own = sa.Column(sa.Boolean, nullable=False, default=False, server_default=sa.false())
    published = sa.Column(sa.Boolean, nullable=False, default=False, server_default=sa.false())
    files_kept_days = sa.Column(sa.Integer)


class TranslationRow(Audited, Base):
    """A fact's texts in another language. `key`: its table and key, "places/library"; `texts`: its shape.

    bot.calendar.texts says which texts, and how the two fit together.
    """

    __tablename__ = "translations"
    __table_args__ = (sa.UniqueConstraint("key", "language"),)

    language = sa.Column(sa.String(16), nullable=False)
    texts = sa.Column(sa.JSON, nullable=False)


class AnswerRow(Audited, Base):
    """A text that answers a topic's question, in one language."""

    __tablename__ = "answers"
    __table_args__ = (sa.UniqueConstraint("key", "language"), sa.Index("ix_answers_topic", "topic"))

    language = sa.Column(sa.String(16), nullable=False)
    topic = sa.Column(sa.String(64), nullable=False)
    title = sa.Column(sa.String(300), nullable=False)
    text = sa.Column(sa.Text, nullable=False)
    questions = sa.Column(sa.JSON, nullable=False)
    link = sa.Column(sa.Text, nullable=False)
    overview = sa.Column(sa.Boolean, nullable=False)
    owner = sa.Column(sa.String(128), nullable=False)
    last_checked = sa.Column(sa.Date)
    expires = sa.Column(sa.Date)


class ContactRow(Audited, Base):
    """Somebody to call. `phone` is empty until the library fills it in; `source` names who states it."""

    __tablename__ = "contacts"
    __table_args__ = (sa.UniqueConstraint("key"),)

    name = sa.Column(sa.String(200), nullable=False)
    phone = sa.Column(sa.String(64), nullable=False)
    hours = sa.Column(sa.Text, nullable=False)
    what_for = sa.Column(sa.Text, nullable=False)
    source = sa.Column(sa.Text, nullable=False)


class AuditRow(Base):
    """One change of one row: who, when, before and after. `before` None: it was added; `after` None: removed.

    `batch`: what changes made in one go have in common, if they were.
    """

    __tablename__ = "audit"

    id = sa.Column(sa.Integer, primary_key=True)
    at = sa.Column(Moment, nullable=False)
    who = sa.Column(sa.String(128), nullable=False)
    table = sa.Column("table_name", sa.String(64), nullable=False)
    key = sa.Column(sa.String(160), nullable=False, index=True)
    before = sa.Column(sa.JSON(none_as_null=True))
    after = sa.Column(sa.JSON(none_as_null=True))
    batch = sa.Column(sa.String(32), index=True)
