"""The tables of console sessions, and of forms that were being sent when a session had ended."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.base import Base, Moment


class SessionRow(Base):
    """One sign-in by a user in one browser. Only a hash of the browser's token is stored.

    `browser` and `place` help people recognise it: "Firefox on Linux", the beginning of an address. `ended`: why it
    ended, empty while it lasts; expiry by age is not recorded.
    """

    __tablename__ = "sessions"

    id = sa.Column(sa.Integer, primary_key=True)
    token_hash = sa.Column(sa.String(64), nullable=False, unique=True)
    user_id = sa.Column(sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True)
    way = sa.Column(sa.String(16), nullable=False)
    browser = sa.Column(sa.String(80), nullable=False)
    place = sa.Column(sa.String(64), nullable=False)
    began_at = sa.Column(Moment, nullable=False)
    seen_at = sa.Column(Moment, nullable=False)
    ended = sa.Column(sa.String(32), nullable=False, default="")


class KeptFormRow(Base):
    """What a user submitted after their session had ended: kept only for them, until resubmitted, for days at most."""

    __tablename__ = "kept_forms"

    id = sa.Column(sa.Integer, primary_key=True)
    user_id = sa.Column(sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False, index=True)
    path = sa.Column(sa.String(400), nullable=False)
    page = sa.Column(sa.String(400), nullable=False)
    fields = sa.Column(sa.JSON, nullable=False)
    at = sa.Column(Moment, nullable=False)
