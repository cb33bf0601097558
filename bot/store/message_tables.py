"""The tables of the conversation: people, inbox, redactions, turns, outbox, and each channel's health.

A message stays in the inbox until it is answered, an answer in the outbox until the platform has it. Nothing else in
Carrel holds a message, so a process may die at any moment.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.base import Base, Moment


class PersonRow(Base):
    """Somebody on a channel. `conversation` stands for the person wherever the platform's id isn't needed.

    `alias` is another id by which the platform may call the same person (WhatsApp: a user id beside a number).
    `stopped_at`: since when the person doesn't want the bot to answer. `quiet_since`: since when staff have the
    conversation, or were asked for, so that the bot is quiet; only bot.store.threads sets it. `language` is the one
    that the person is answered in, "" before their first words (bot.language). `told_version`: which version of the
    privacy statement the person was last told of, at `told_at`; None: not yet. `no_marketing_at`: since when they want
    no marketing messages, as they have told the platform (bot.store.preferences).

    `last_message_at` starts the platform's 24-hour window. The two leases say which worker answers this person and
    which one sends to them, and until when: one at a time each, so that messages stay in order, and expiring, so that a
    killed worker frees the person.
    """

    __tablename__ = "people"
    __table_args__ = (sa.UniqueConstraint("channel", "person"), sa.Index("ix_people_alias", "channel", "alias"))

    id = sa.Column(sa.Integer, primary_key=True)
    channel = sa.Column(sa.String(32), nullable=False)
    person = sa.Column(sa.String(255), nullable=False)
    conversation = sa.Column(sa.String(32), nullable=False, unique=True)
    first_seen_at = sa.Column(Moment, nullable=False)
    last_message_at = sa.Column(Moment)
    alias = sa.Column(sa.String(255))
    stopped_at = sa.Column(Moment)
    quiet_since = sa.Column(Moment)
    language = sa.Column(sa.String(16), nullable=False, default="", server_default="")
    told_version = sa.Column(sa.Integer)
    told_at = sa.Column(Moment)
    no_marketing_at = sa.Column(Moment)
    answer_lease = sa.Column(sa.String(64))
    answer_lease_until = sa.Column(Moment)
    send_lease = sa.Column(sa.String(64))
    send_lease_until = sa.Column(Moment)


class InboxRow(Base):
    """One event that a platform delivered.

    state: waiting (to be answered), answered, recorded (nothing to answer, or the person wants no answers), kept (for
    the staff, who have the conversation), stale (too old when it arrived: for staff), failed (given up: for staff).
    `event` is the whole IncomingMessage as JSON, `text` its words, for searching. `said`: a person said it and expects
    an answer; not a receipt or another event.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        sa.UniqueConstraint("channel", "message_id"),
        sa.Index("ix_inbox_person_state", "person_id", "state", "sent_at"),
        sa.Index("ix_inbox_state", "state", "next_try_at"),
        sa.Index("ix_inbox_kind", "kind", "id"),
        sa.Index("ix_inbox_said", "said", "id"),
        sa.Index("ix_inbox_said_at", "said", "received_at"),
    )

    id = sa.Column(sa.Integer, primary_key=True)
    channel = sa.Column(sa.String(32), nullable=False)
    message_id = sa.Column(sa.String(255), nullable=False)
    person_id = sa.Column(sa.ForeignKey("people.id", ondelete="CASCADE"))
    kind = sa.Column(sa.String(16), nullable=False)
    event = sa.Column(sa.JSON, nullable=False)
    text = sa.Column(sa.Text, nullable=False, default="", server_default="")
    said = sa.Column(sa.Boolean, nullable=False, default=False, server_default=sa.false())
    sent_at = sa.Column(Moment, nullable=False)
    received_at = sa.Column(Moment, nullable=False)
    request_id = sa.Column(sa.String(32), nullable=False, default="")
    state = sa.Column(sa.String(16), nullable=False)
    tries = sa.Column(sa.Integer, nullable=False, default=0)
    next_try_at = sa.Column(Moment, nullable=False)
    answered_at = sa.Column(Moment)
    problem = sa.Column(sa.String(255), nullable=False, default="")


class RedactionRow(Base):
    """Where a message's words name a person, so that no page has to search for it again. Positions only, no words.

    `spans`: (start, end, kind) each; `version` of bot.retraining.redaction; `words`: a checksum of the analysed text,
    since a message may be edited.
    """

    __tablename__ = "redactions"

    inbox_id = sa.Column(sa.ForeignKey("inbox.id", ondelete="CASCADE"), primary_key=True)
    version = sa.Column(sa.Integer, nullable=False)
    words = sa.Column(sa.BigInteger, nullable=False)
    spans = sa.Column(sa.JSON, nullable=False)


class TurnRow(Base):
    """What the bot understood and answered for one message: what staff review later.

    outcome: answered, unsure (asked back), out_of_scope, handed (a person was asked for), kept (the staff have the
    conversation; `understanding["suggested"]` is what the bot would have said), failed (no answer in time), stopped
    (the person wants no answers). `intent`, `confidence` and `answer`, the key of the stored answer that was given, are
    copied from `understanding`, for searching.
    """

    __tablename__ = "turns"
    __table_args__ = (
        sa.Index("ix_turns_at", "at", "outcome"),
        sa.Index("ix_turns_outcome", "outcome", "inbox_id"),
        sa.Index("ix_turns_intent", "intent", "inbox_id"),
        sa.Index("ix_turns_counted", "inbox_id", "intent", "outcome"),
        sa.Index("ix_turns_answer", "answer", "at"),
    )

    id = sa.Column(sa.Integer, primary_key=True)
    inbox_id = sa.Column(sa.ForeignKey("inbox.id", ondelete="CASCADE"), nullable=False, unique=True)
    person_id = sa.Column(sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True)
    at = sa.Column(Moment, nullable=False)
    understanding = sa.Column(sa.JSON, nullable=False)
    replies = sa.Column(sa.JSON, nullable=False)
    intent = sa.Column(sa.String(64), nullable=False, default="", server_default="")
    confidence = sa.Column(sa.Float, nullable=False, default=0.0, server_default="0")
    outcome = sa.Column(sa.String(16), nullable=False, default="answered", server_default="answered")
    answer = sa.Column(sa.String(128), nullable=False, default="", server_default="")


class OutboxRow(Base):
    """One rendered call to a platform: the bot's, or for a staff message if `staff_message_id` is set.

    `late`: made for after the platform's window, as a tagged message or a template. `unasked_id`: it is a message that
    nobody has just asked for, which is never sent twice. `category`: what the platform calls and bills it as, once it
    has said so. `about`: what a message of the contest that answers nothing is, a word of bot.store.outbox;
    `decision_id`: the decision that it tells.

    state: waiting, sent, delivered, read, failed (given up; `problem` says why, for staff). `tries` is incremented
    before the call is made: a waiting row with tries and no problem was cut off, and may have gone out.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index("ix_outbox_person_state", "person_id", "state", "id"),
        sa.Index("ix_outbox_state", "state", "next_try_at"),
        sa.Index("ix_outbox_platform_id", "channel", "platform_id"),
    )

    id = sa.Column(sa.Integer, primary_key=True)
    channel = sa.Column(sa.String(32), nullable=False)
    person_id = sa.Column(sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False)
    inbox_id = sa.Column(sa.ForeignKey("inbox.id", ondelete="CASCADE"))
    staff_message_id = sa.Column(sa.ForeignKey("staff_messages.id", ondelete="CASCADE"), index=True)
    unasked_id = sa.Column(sa.ForeignKey("unasked.id", ondelete="CASCADE"), index=True)
    about = sa.Column(sa.String(16), nullable=False, default="", server_default="")
    decision_id = sa.Column(sa.ForeignKey("contest_decisions.id", ondelete="SET NULL"), index=True)
    late = sa.Column(sa.Boolean, nullable=False, default=False, server_default=sa.false())
    category = sa.Column(sa.String(32), nullable=False, default="", server_default="")
    body = sa.Column(sa.JSON, nullable=False)
    state = sa.Column(sa.String(16), nullable=False)
    tries = sa.Column(sa.Integer, nullable=False, default=0)
    next_try_at = sa.Column(Moment, nullable=False)
    created_at = sa.Column(Moment, nullable=False)
    sent_at = sa.Column(Moment)
    delivered_at = sa.Column(Moment)
    read_at = sa.Column(Moment)
    platform_id = sa.Column(sa.String(255))
    code = sa.Column(sa.String(64), nullable=False, default="")
    problem = sa.Column(sa.String(500), nullable=False, default="")


class ChannelRow(Base):
    """A channel's health. `alarm` is what an operator must repair; empty when nothing is."""

    __tablename__ = "channels"

    name = sa.Column(sa.String(32), primary_key=True)
    last_webhook_at = sa.Column(Moment)
    last_sent_at = sa.Column(Moment)
    alarm = sa.Column(sa.String(500), nullable=False, default="")
    alarm_since = sa.Column(Moment)


class WorkerRow(Base):
    """A worker process that runs, or ran: it sends a heartbeat every few seconds."""

    __tablename__ = "workers"

    name = sa.Column(sa.String(128), primary_key=True)
    beat_at = sa.Column(Moment, nullable=False)
