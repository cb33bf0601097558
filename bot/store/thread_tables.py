"""The tables of threads: conversations that staff have, or should have, and what was said in them."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.base import Base, Moment

OPEN = "state != 'closed'"


class ThreadRow(Base):
    """A student's request for a person, from the request to the rating. Each student has at most one that isn't closed.

    state: waiting (for staff), held (somebody has it), closed. `why`: what opened it (bot.store.threads names the
    reasons). `inbox_id`: the message that did, if there was one.

    `quiet`: whether the bot stays quiet while it waits. While it is held the bot always does. `holder` is who has it:
    the name of a console user, empty if staff answer outside the console (`outside`). `given_at`: when a colleague gave
    it to the holder, who has not come yet; the student is told who is there only once they have.

    `staff_at` and `student_at` are the last messages of either side; `answered_at` the staff's first. `closed_how`:
    staff, silence, outside. `snoozed_until`: staff have put it off until then, or until the student writes. `rating`:
    good, poor, or empty. `reminded_at`: when staff were last told of it by mail.
    """

    __tablename__ = "threads"
    __table_args__ = (
        sa.Index("ix_threads_state", "state", "opened_at"),
        sa.Index(
            "uq_threads_open", "person_id", unique=True, sqlite_where=sa.text(OPEN), postgresql_where=sa.text(OPEN)
        ),
        sa.Index("ix_threads_opened", "opened_at"),
    )

    id = sa.Column(sa.Integer, primary_key=True)
    person_id = sa.Column(sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True)
    inbox_id = sa.Column(sa.ForeignKey("inbox.id", ondelete="SET NULL"))
    why = sa.Column(sa.String(64), nullable=False)
    state = sa.Column(sa.String(16), nullable=False)
    quiet = sa.Column(sa.Boolean, nullable=False, default=False)
    holder = sa.Column(sa.String(128), nullable=False, default="")
    outside = sa.Column(sa.Boolean, nullable=False, default=False)
    opened_at = sa.Column(Moment, nullable=False)
    claimed_at = sa.Column(Moment)
    given_at = sa.Column(Moment)
    snoozed_until = sa.Column(Moment)
    answered_at = sa.Column(Moment)
    staff_at = sa.Column(Moment)
    student_at = sa.Column(Moment)
    closed_at = sa.Column(Moment)
    closed_by = sa.Column(sa.String(128), nullable=False, default="")
    closed_how = sa.Column(sa.String(16), nullable=False, default="")
    rating = sa.Column(sa.String(8), nullable=False, default="")
    rated_at = sa.Column(Moment)
    reminded_at = sa.Column(Moment)


class StaffMessageRow(Base):
    """Something said in a thread by anybody but the student.

    kind: reply (by staff in the console), notice (by Carrel: who has come, that the bot is back), outside (by staff in
    the platform's own inbox; nothing is sent for it). `choices`: what the student may tap beside a notice. `token`:
    identifies the submitted form, so that a button pressed twice sends it once.
    """

    __tablename__ = "staff_messages"
    __table_args__ = (sa.Index("ix_staff_messages_person", "person_id", "id"),)

    id = sa.Column(sa.Integer, primary_key=True)
    thread_id = sa.Column(sa.ForeignKey("threads.id", ondelete="CASCADE"), nullable=False, index=True)
    person_id = sa.Column(sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False)
    kind = sa.Column(sa.String(16), nullable=False)
    who = sa.Column(sa.String(128), nullable=False, default="")
    at = sa.Column(Moment, nullable=False)
    text = sa.Column(sa.Text, nullable=False)
    choices = sa.Column(sa.JSON, nullable=False)
    token = sa.Column(sa.String(64), unique=True)


class DigestRow(Base):
    """A mail that is sent once, whichever worker sends it: its name and day ("digest 2026-11-24")."""

    __tablename__ = "digests"

    name = sa.Column(sa.String(64), primary_key=True)
    at = sa.Column(Moment, nullable=False)
