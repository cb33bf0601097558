"""The tables of what staff and voters make of a contest's entries: decisions, the jury, votes and awards."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.base import Base, Moment


def _entry() -> sa.Column:
    return sa.Column(sa.ForeignKey("contest_entries.id", ondelete="CASCADE"), nullable=False, index=True)


class DecisionRow(Base):
    """What staff decided about an entry, or noted; and whether its entrant was told.

    `what`: accepted, refused, change_asked, award (won; `reason` is the award's name), note (for staff only).
    `before`: the entry's state before. `reason`: the key of an answer in the store, on the topic contest_reason, or "".
    `note`: words of the staff; those of a decision are told to the entrant. state: waiting (to be told at `due_at`),
    told, undone, unreachable (`problem` says why), kept (nobody is to be told).
    """

    __tablename__ = "contest_decisions"
    __table_args__ = (sa.Index("ix_contest_decisions_due", "state", "due_at"),)

    id = sa.Column(sa.Integer, primary_key=True)
    entry_id = _entry()
    what = sa.Column(sa.String(16), nullable=False)
    before = sa.Column(sa.String(16), nullable=False)
    reason = sa.Column(sa.String(200), nullable=False, default="", server_default="")
    note = sa.Column(sa.Text, nullable=False, default="", server_default="")
    by = sa.Column(sa.String(128), nullable=False)
    at = sa.Column(Moment, nullable=False)
    due_at = sa.Column(Moment, nullable=False)
    state = sa.Column(sa.String(16), nullable=False)
    told_at = sa.Column(Moment)
    problem = sa.Column(sa.String(300), nullable=False, default="", server_default="")


class JurorRow(Base):
    """A member of staff who judges an edition: `juror` is the name they sign in with."""

    __tablename__ = "contest_jurors"
    __table_args__ = (sa.UniqueConstraint("contest", "juror"),)

    id = sa.Column(sa.Integer, primary_key=True)
    contest = sa.Column(sa.String(128), nullable=False)
    juror = sa.Column(sa.String(128), nullable=False)


class ScoreRow(Base):
    """A juror's points for one entry by one criterion."""

    __tablename__ = "contest_scores"
    __table_args__ = (sa.UniqueConstraint("entry_id", "juror", "criterion"),)

    id = sa.Column(sa.Integer, primary_key=True)
    entry_id = _entry()
    juror = sa.Column(sa.String(128), nullable=False)
    criterion = sa.Column(sa.String(100), nullable=False)
    points = sa.Column(sa.Integer, nullable=False)
    at = sa.Column(Moment, nullable=False)


class OpinionRow(Base):
    """A juror's comment on an entry. `conflict`: it is their own, or they know whose it is, and do not judge it."""

    __tablename__ = "contest_opinions"
    __table_args__ = (sa.UniqueConstraint("entry_id", "juror"),)

    id = sa.Column(sa.Integer, primary_key=True)
    entry_id = _entry()
    juror = sa.Column(sa.String(128), nullable=False)
    comment = sa.Column(sa.Text, nullable=False, default="", server_default="")
    conflict = sa.Column(sa.Boolean, nullable=False, default=False, server_default=sa.false())


class VoteRow(Base):
    """Somebody's one vote in an edition, and when it was last given or changed."""

    __tablename__ = "contest_votes"
    __table_args__ = (sa.UniqueConstraint("contest", "person_id"),)

    id = sa.Column(sa.Integer, primary_key=True)
    contest = sa.Column(sa.String(128), nullable=False)
    person_id = sa.Column(sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False)
    entry_id = _entry()
    at = sa.Column(Moment, nullable=False)


class AwardRow(Base):
    """An award that is given to an entry. `published_at` is null while staff still think about it."""

    __tablename__ = "contest_awards"
    __table_args__ = (sa.UniqueConstraint("contest", "award", "entry_id"),)

    id = sa.Column(sa.Integer, primary_key=True)
    contest = sa.Column(sa.String(128), nullable=False)
    award = sa.Column(sa.String(200), nullable=False)
    entry_id = _entry()
    note = sa.Column(sa.Text, nullable=False, default="", server_default="")
    published_at = sa.Column(Moment)


class PostRow(Base):
    """A photo that is, or is to be, on the library's Facebook page.

    It outlives its entry, whose id is null then: what is published of somebody who is forgotten has to be taken down.
    state: waiting (to be published at `next_try_at`), posted (`next_try_at` is the next reading of likes),
    removing, failed (`problem` says why). `platform_id` is Meta's number of the photo, "" until it is known. `tries`
    counts attempts, also one that a killed worker left half-way. `likes` were read at `read_at`, null if never.
    """

    __tablename__ = "contest_posts"
    __table_args__ = (sa.UniqueConstraint("entry_id"), sa.Index("ix_contest_posts_due", "state", "next_try_at"))

    id = sa.Column(sa.Integer, primary_key=True)
    contest = sa.Column(sa.String(128), nullable=False)
    entry_id = sa.Column(sa.ForeignKey("contest_entries.id", ondelete="SET NULL"))
    caption = sa.Column(sa.Text, nullable=False)
    platform_id = sa.Column(sa.String(128), nullable=False, default="", server_default="")
    state = sa.Column(sa.String(16), nullable=False)
    by = sa.Column(sa.String(128), nullable=False)
    at = sa.Column(Moment, nullable=False)
    tries = sa.Column(sa.Integer, nullable=False, default=0, server_default="0")
    next_try_at = sa.Column(Moment, nullable=False)
    problem = sa.Column(sa.String(500), nullable=False, default="", server_default="")
    posted_at = sa.Column(Moment)
    likes = sa.Column(sa.Integer)
    read_at = sa.Column(Moment)
