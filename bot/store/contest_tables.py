"""The tables of what people enter in a contest: entries, and the photos sent for them."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.base import Base, Moment


class EntryRow(Base):
    """One entry, from the first answer of its form on.

    `contest` is the edition's key. state: draft (being written), entered (confirmed: waits for staff), accepted,
    refused, change_asked (staff asked for another photo or text), withdrawn. `number` is the receipt's: from 1 in each
    contest, null for a draft, never given twice. `who` is one of the groups in the edition's `may_enter`. `contact` is
    "" where the edition asks for none. `rules_version` stands for the text of the rules that was agreed to.

    `person_id` is null once the person is gone from the platform; whoever asks to be forgotten takes their entries with
    them (bot.store.forgetting).
    """

    __tablename__ = "contest_entries"
    __table_args__ = (
        sa.UniqueConstraint("contest", "number"),
        sa.Index("ix_contest_entries_state", "contest", "state", "number"),
        sa.Index("ix_contest_entries_person_id", "person_id", "contest"),
    )

    id = sa.Column(sa.Integer, primary_key=True)
    contest = sa.Column(sa.String(128), nullable=False)
    number = sa.Column(sa.Integer)
    person_id = sa.Column(sa.ForeignKey("people.id", ondelete="SET NULL"))
    state = sa.Column(sa.String(16), nullable=False)
    language = sa.Column(sa.String(16), nullable=False)
    title = sa.Column(sa.String(300), nullable=False, default="", server_default="")
    description = sa.Column(sa.Text)
    shown_name = sa.Column(sa.String(200), nullable=False, default="", server_default="")
    who = sa.Column(sa.String(200), nullable=False, default="", server_default="")
    contact = sa.Column(sa.String(200), nullable=False, default="", server_default="")
    rules_version = sa.Column(sa.String(64), nullable=False, default="", server_default="")
    agreed_at = sa.Column(Moment)
    began_at = sa.Column(Moment, nullable=False)
    entered_at = sa.Column(Moment)
    changed_at = sa.Column(Moment, nullable=False)
    reminded_at = sa.Column(Moment)


class PhotoRow(Base):
    """A photo sent for an entry. The newest that is ready is the entry's.

    state: fetching (still with the platform), ready, failed (`problem` says why, in a word). `sent_as` is the file's
    name with the platform, so that a message answered twice adds it once. `source` is where the platform keeps it: a
    channel and a connectors.messages.Media; emptied once it is ready. `tries` counts downloads, and `next_try_at` is
    the next. `original`, `web` and `thumb` are keys in the storage (bot.contest.storage): random names, "" until the
    file is there. `phash`: 16 hex digits that are near each other for photos that look alike.
    """

    __tablename__ = "contest_photos"
    __table_args__ = (
        sa.UniqueConstraint("entry_id", "sent_as"),
        sa.Index("ix_contest_photos_state", "state", "next_try_at"),
    )

    id = sa.Column(sa.Integer, primary_key=True)
    entry_id = sa.Column(sa.ForeignKey("contest_entries.id", ondelete="CASCADE"), nullable=False, index=True)
    sent_as = sa.Column(sa.String(80), nullable=False)
    state = sa.Column(sa.String(16), nullable=False)
    problem = sa.Column(sa.String(64), nullable=False, default="", server_default="")
    source = sa.Column(sa.JSON, nullable=False)
    original = sa.Column(sa.String(80), nullable=False, default="", server_default="")
    web = sa.Column(sa.String(80), nullable=False, default="", server_default="")
    thumb = sa.Column(sa.String(80), nullable=False, default="", server_default="")
    width = sa.Column(sa.Integer)
    height = sa.Column(sa.Integer)
    bytes = sa.Column(sa.Integer)
    sha256 = sa.Column(sa.String(64), nullable=False, default="", server_default="")
    phash = sa.Column(sa.String(16), nullable=False, default="", server_default="")
    mime = sa.Column(sa.String(64), nullable=False, default="", server_default="")
    as_document = sa.Column(sa.Boolean, nullable=False, default=False, server_default=sa.false())
    tries = sa.Column(sa.Integer, nullable=False, default=0, server_default="0")
    next_try_at = sa.Column(Moment, nullable=False)
    received_at = sa.Column(Moment, nullable=False)
    ready_at = sa.Column(Moment)
