"""The tables of what is sent unasked: consent, what fell due, the messages, announcements; and what messages cost."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.base import Base, Moment


class SubscriptionRow(Base):
    """A person's consent to be told something later, and what they have been told of it.

    `topic`: hours, event, contest, events; `subject`: the place's key, the event's uid, the contest's key ("": any),
    the kind of event ("": any). `asked`: the question as they read it; `words`: their yes; `version`: of the questions.
    `ended_by`: asked, stop, over, refused (by the platform), platform (they told the platform so). `seen`: the facts as
    they were last looked at (bot.telling.occasions), changed by one worker at a time: `looked` counts the changes.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        sa.Index(
            "uq_subscriptions_active",
            "person_id",
            "topic",
            "subject",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.Index("ix_subscriptions_topic", "topic", "subject", "ended_at"),
    )

    id = sa.Column(sa.Integer, primary_key=True)
    person_id = sa.Column(sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False)
    topic = sa.Column(sa.String(16), nullable=False)
    subject = sa.Column(sa.String(160), nullable=False)
    asked = sa.Column(sa.Text, nullable=False)
    words = sa.Column(sa.Text, nullable=False)
    version = sa.Column(sa.Integer, nullable=False)
    since = sa.Column(Moment, nullable=False)
    ended_at = sa.Column(Moment)
    ended_by = sa.Column(sa.String(16), nullable=False, default="", server_default="")
    seen = sa.Column(sa.JSON, nullable=False)
    looked = sa.Column(sa.Integer, nullable=False, default=0, server_default="0")


class UnaskedRow(Base):
    """One message that nobody has just asked for. A person has at most one on each of the library's days."""

    __tablename__ = "unasked"
    __table_args__ = (sa.UniqueConstraint("person_id", "day"), sa.Index("ix_unasked_channel_at", "channel", "at"))

    id = sa.Column(sa.Integer, primary_key=True)
    person_id = sa.Column(sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False)
    day = sa.Column(sa.Date, nullable=False)
    at = sa.Column(Moment, nullable=False)
    channel = sa.Column(sa.String(32), nullable=False)
    how = sa.Column(sa.String(16), nullable=False)
    category = sa.Column(sa.String(16), nullable=False)


class AnnouncementRow(Base):
    """What librarians write to those who subscribed to a topic (`subject` "": to any of its subjects).

    `texts`: by language. state: draft, asked (waits for another person's approval), sending, stopped, done. `counted`:
    whom it would reach, as shown to whoever sent it.
    """

    __tablename__ = "announcements"

    id = sa.Column(sa.Integer, primary_key=True)
    topic = sa.Column(sa.String(16), nullable=False)
    subject = sa.Column(sa.String(160), nullable=False)
    category = sa.Column(sa.String(16), nullable=False)
    texts = sa.Column(sa.JSON, nullable=False)
    state = sa.Column(sa.String(16), nullable=False)
    counted = sa.Column(sa.JSON, nullable=False)
    created_by = sa.Column(sa.String(128), nullable=False)
    created_at = sa.Column(Moment, nullable=False)
    approved_by = sa.Column(sa.String(128), nullable=False, default="", server_default="")
    started_at = sa.Column(Moment)
    ended_by = sa.Column(sa.String(128), nullable=False, default="", server_default="")
    ended_at = sa.Column(Moment)


class NoticeRow(Base):
    """Something that a person is to be told: one row for each subscription and occasion, or announcement and person.

    state: waiting (from `due_at` until `expires_at`), queued (in the outbox, as part of the message `unasked_id`),
    missed (`why`, a key of bot.unasked.REASONS). A waiting row's `why` is what held it back last.
    """

    __tablename__ = "notices"
    __table_args__ = (
        sa.UniqueConstraint("subscription_id", "occasion"),
        sa.UniqueConstraint("announcement_id", "person_id"),
        sa.Index("ix_notices_state", "state", "due_at"),
        sa.Index("ix_notices_person", "person_id", "state"),
    )

    id = sa.Column(sa.Integer, primary_key=True)
    person_id = sa.Column(sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False)
    subscription_id = sa.Column(sa.ForeignKey("subscriptions.id", ondelete="CASCADE"), nullable=False)
    announcement_id = sa.Column(sa.ForeignKey("announcements.id", ondelete="CASCADE"))
    occasion = sa.Column(sa.String(200), nullable=False)
    what = sa.Column(sa.JSON, nullable=False)
    category = sa.Column(sa.String(16), nullable=False)
    due_at = sa.Column(Moment, nullable=False)
    expires_at = sa.Column(Moment, nullable=False)
    state = sa.Column(sa.String(16), nullable=False)
    why = sa.Column(sa.String(16), nullable=False, default="", server_default="")
    settled_at = sa.Column(Moment)
    unasked_id = sa.Column(sa.ForeignKey("unasked.id", ondelete="SET NULL"), index=True)


class BilledRow(Base):
    """How many messages of a month a platform delivered, by category and price: counts alone, kept for good.

    `month`: "2026-11", UTC. `billable`: the platform charges for them.
    """

    __tablename__ = "billed"

    month = sa.Column(sa.String(7), primary_key=True)
    channel = sa.Column(sa.String(32), primary_key=True)
    category = sa.Column(sa.String(32), primary_key=True)
    billable = sa.Column(sa.Boolean, primary_key=True)
    messages = sa.Column(sa.Integer, nullable=False)


class RateRow(Base):
    """What a message costs, as staff have entered it: in millionths of a unit of `currency`."""

    __tablename__ = "rates"

    channel = sa.Column(sa.String(32), primary_key=True)
    category = sa.Column(sa.String(32), primary_key=True)
    micros = sa.Column(sa.BigInteger, nullable=False)
    currency = sa.Column(sa.String(3), nullable=False)
    changed_by = sa.Column(sa.String(128), nullable=False)
    changed_at = sa.Column(Moment, nullable=False)
