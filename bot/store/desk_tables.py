"""The tables of staff's own work: tags, who is on duty, canned texts, saved filters, questions without an answer."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.base import Base, Moment


class TagRow(Base):
    """A word that staff have put on a thread."""

    __tablename__ = "thread_tags"
    __table_args__ = (sa.Index("ix_thread_tags_tag", "tag", "thread_id"),)

    thread_id = sa.Column(sa.ForeignKey("threads.id", ondelete="CASCADE"), primary_key=True)
    tag = sa.Column(sa.String(40), primary_key=True)


class DutyRow(Base):
    """Somebody of the staff who has the inbox open: the thread that they look at, if any, and when they last typed."""

    __tablename__ = "on_duty"

    who = sa.Column(sa.String(128), primary_key=True)
    thread_id = sa.Column(sa.Integer)
    seen_at = sa.Column(Moment, nullable=False)
    typed_at = sa.Column(Moment)


class CannedRow(Base):
    """A text that somebody of the staff often sends, with placeholders; theirs alone."""

    __tablename__ = "canned_texts"

    id = sa.Column(sa.Integer, primary_key=True)
    owner = sa.Column(sa.String(128), nullable=False, index=True)
    title = sa.Column(sa.String(80), nullable=False)
    text = sa.Column(sa.Text, nullable=False)


class SavedFilterRow(Base):
    """A filter of the inbox under a name; its owner's alone. `query`: that of the page's address."""

    __tablename__ = "saved_filters"

    id = sa.Column(sa.Integer, primary_key=True)
    owner = sa.Column(sa.String(128), nullable=False, index=True)
    name = sa.Column(sa.String(40), nullable=False)
    query = sa.Column(sa.String(300), nullable=False)


class MissedRow(Base):
    """What staff do about a question that the bot had no answer to. It holds no words of anybody's.

    `key`: a hash of the wording (bot.store.missed). `state`: open, answer (one is being made), taught, not_ours, done.
    `at`: since when it is in that state. `owner`: who sees to it, "" if nobody.
    """

    __tablename__ = "missed_questions"

    key = sa.Column(sa.String(32), primary_key=True)
    state = sa.Column(sa.String(16), nullable=False)
    owner = sa.Column(sa.String(128), nullable=False, default="")
    by = sa.Column(sa.String(128), nullable=False)
    at = sa.Column(Moment, nullable=False)
