"""The tables of privacy: what people are told, their requests, tombstones, legal holds, retention and its counts."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.base import Base, Moment


class StatementRow(Base):
    """A version of the privacy statement that everybody is told of again. Before the first row the version is 1."""

    __tablename__ = "privacy_statements"

    version = sa.Column(sa.Integer, primary_key=True, autoincrement=False)
    at = sa.Column(Moment, nullable=False)
    by = sa.Column(sa.String(128), nullable=False)
    note = sa.Column(sa.String(500), nullable=False, default="")


class DataRequestRow(Base):
    """Somebody's request about their data: one line of the register.

    kind: access, erasure. source: chat, meta (the platform's deletion callback), staff, command. state: asked (to be
    confirmed in the chat), due (confirmed, for the worker), staff (for a person to see to), done, refused, withdrawn.
    `code` is what the person is given, and staff find it by. `person_id` is empty once they are erased; so is
    `subject`, an id of a platform's that fits nobody here, when staff have dealt with it.

    `token`: the hash of a one-time link, valid until `token_until`, empty once used. `removed`: counts only.
    `conversations`: Rasa's names for the person's conversations, to look for late events once more; then emptied.
    `retrain`: a model is still to be trained without the person's words.
    """

    __tablename__ = "data_requests"
    __table_args__ = (
        sa.UniqueConstraint("code"),
        sa.Index("ix_data_requests_state", "state"),
        sa.Index("ix_data_requests_token", "token"),
    )

    id = sa.Column(sa.Integer, primary_key=True)
    kind = sa.Column(sa.String(16), nullable=False)
    source = sa.Column(sa.String(16), nullable=False)
    channel = sa.Column(sa.String(32), nullable=False)
    person_id = sa.Column(sa.ForeignKey("people.id", ondelete="SET NULL"), index=True)
    subject = sa.Column(sa.String(255), nullable=False, default="")
    state = sa.Column(sa.String(16), nullable=False)
    code = sa.Column(sa.String(16), nullable=False)
    asked_at = sa.Column(Moment, nullable=False)
    confirmed_at = sa.Column(Moment)
    ended_at = sa.Column(Moment)
    by = sa.Column(sa.String(128), nullable=False, default="")
    reason = sa.Column(sa.Text, nullable=False, default="")
    token = sa.Column(sa.String(64), nullable=False, default="")
    token_until = sa.Column(Moment)
    removed = sa.Column(sa.JSON, nullable=False)
    conversations = sa.Column(sa.JSON, nullable=False)
    retrain = sa.Column(sa.Boolean, nullable=False, default=False)


class TombstoneRow(Base):
    """A keyed hash of somebody's id, erased at a moment: a restored backup forgets them again. No id can be read."""

    __tablename__ = "tombstones"
    __table_args__ = (sa.UniqueConstraint("digest", "erased_at"),)

    id = sa.Column(sa.Integer, primary_key=True)
    digest = sa.Column(sa.String(64), nullable=False)
    erased_at = sa.Column(Moment, nullable=False)


class LegalHoldRow(Base):
    """An administrator's order that a person's data stays, with the reason; ended when `lifted_at` is set."""

    __tablename__ = "legal_holds"

    id = sa.Column(sa.Integer, primary_key=True)
    person_id = sa.Column(sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True)
    reason = sa.Column(sa.Text, nullable=False)
    by = sa.Column(sa.String(128), nullable=False)
    at = sa.Column(Moment, nullable=False)
    lifted_by = sa.Column(sa.String(128), nullable=False, default="")
    lifted_at = sa.Column(Moment)


class RetentionRow(Base):
    """One kind's daily round of retention: how far it has come (`reached`), and how much went.

    `day` is the library's, as YYYY-MM-DD; `ended_at` is empty while the round is under way.
    """

    __tablename__ = "retention_rounds"
    __table_args__ = (sa.UniqueConstraint("kind", "day"),)

    id = sa.Column(sa.Integer, primary_key=True)
    kind = sa.Column(sa.String(32), nullable=False)
    day = sa.Column(sa.String(10), nullable=False)
    started_at = sa.Column(Moment, nullable=False)
    ended_at = sa.Column(Moment)
    reached = sa.Column(sa.Integer, nullable=False, default=0)
    removed = sa.Column(sa.Integer, nullable=False, default=0)


class KeptCountRow(Base):
    """How many turns of people who are no longer kept there were, by day (UTC), channel, topic and outcome."""

    __tablename__ = "kept_counts"

    day = sa.Column(sa.String(10), primary_key=True)
    channel = sa.Column(sa.String(32), primary_key=True)
    intent = sa.Column(sa.String(64), primary_key=True)
    outcome = sa.Column(sa.String(16), primary_key=True)
    number = sa.Column(sa.Integer, nullable=False)
