"""The tables of the console: who may sign in, failed sign-ins, and notes on conversations."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.base import Base, Moment


class UserRow(Base):
    """A staff member. `password_hash` is Argon2's, empty for those who sign in only through the campus.

    `must_change`: the password was set by somebody else and only opens the page where a new one is chosen.
    """

    __tablename__ = "users"

    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(128), nullable=False, unique=True)
    role = sa.Column(sa.String(16), nullable=False)
    password_hash = sa.Column(sa.String(255), nullable=False, default="")
    must_change = sa.Column(sa.Boolean, nullable=False, default=False)
    active = sa.Column(sa.Boolean, nullable=False, default=True)
    added_at = sa.Column(Moment, nullable=False)
    signed_in_at = sa.Column(Moment)


class RefusalRow(Base):
    """One failed sign-in. Old ones are purged: they are only kept for counting, and contain no names in plain text.

    `device`: the mark of a browser that has signed in with this name before, else empty.
    """

    __tablename__ = "refusals"
    __table_args__ = (sa.Index("ix_refusals_name", "name", "at"), sa.Index("ix_refusals_address", "address", "at"))

    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(128), nullable=False)
    address = sa.Column(sa.String(64), nullable=False)
    device = sa.Column(sa.String(64), nullable=False, default="", server_default="")
    at = sa.Column(Moment, nullable=False)


class NoteRow(Base):
    """A note by staff on a conversation, for each other."""

    __tablename__ = "notes"

    id = sa.Column(sa.Integer, primary_key=True)
    person_id = sa.Column(sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True)
    who = sa.Column(sa.String(128), nullable=False)
    at = sa.Column(Moment, nullable=False)
    text = sa.Column(sa.Text, nullable=False)
