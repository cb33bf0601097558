"""The tables of the console: who may sign in, what went wrong at the door, and notes on conversations."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.base import Base, Moment


class UserRow(Base):
    """Somebody of the staff. `password_hash` is Argon2's, empty for who signs in through the campus alone.

    `stamp` is part of every session: a new one ends all sessions of this person. `must_change`: the password was made
    by somebody else and opens only the page where a new one is chosen.
    """

    __tablename__ = "users"

    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(128), nullable=False, unique=True)
    role = sa.Column(sa.String(16), nullable=False)
    password_hash = sa.Column(sa.String(255), nullable=False, default="")
    must_change = sa.Column(sa.Boolean, nullable=False, default=False)
    active = sa.Column(sa.Boolean, nullable=False, default=True)
    stamp = sa.Column(sa.String(32), nullable=False)
    added_at = sa.Column(Moment, nullable=False)
    signed_in_at = sa.Column(Moment)


class RefusalRow(Base):
    """One failed sign-in. Old ones are swept away: they are here to be counted, not kept."""

    __tablename__ = "refusals"
    __table_args__ = (sa.Index("ix_refusals_name", "name", "at"), sa.Index("ix_refusals_address", "address", "at"))

    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(128), nullable=False)
    address = sa.Column(sa.String(64), nullable=False)
    at = sa.Column(Moment, nullable=False)


class NoteRow(Base):
    """What staff wrote beside a conversation, for each other."""

    __tablename__ = "notes"

    id = sa.Column(sa.Integer, primary_key=True)
    person_id = sa.Column(sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True)
    who = sa.Column(sa.String(128), nullable=False)
    at = sa.Column(Moment, nullable=False)
    text = sa.Column(sa.Text, nullable=False)
