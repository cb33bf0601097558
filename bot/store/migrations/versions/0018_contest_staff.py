"""What staff, jurors and voters make of a contest's entries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.base import Moment

revision = "0018"
down_revision = "0021c"
branch_labels = None
depends_on = None

TABLES = ("contest_decisions", "contest_jurors", "contest_scores", "contest_opinions", "contest_votes", "contest_awards")
COLUMNS = ("files_kept_days", "published", "vote_for_own", "voting", "criteria")


def _text(name: str, length: int, *, empty: bool = False) -> sa.Column:
    default = {"server_default": ""} if empty else {}
    return sa.Column(name, sa.String(length=length), nullable=False, **default)


def _words(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, Moment(timezone=True), nullable=nullable)


def _no(name: str) -> sa.Column:
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)


def _table(name: str, *columns: sa.Column, of_entry: bool = True, unique: tuple[str, ...] = ()) -> None:
    """Create a table with an id, the entry that it is about, and what of it is unique."""
    entry: list[sa.schema.SchemaItem] = []
    if of_entry:
        named = op.f(f"fk_{name}_entry_id_contest_entries")
        key = sa.ForeignKeyConstraint(["entry_id"], ["contest_entries.id"], name=named, ondelete="CASCADE")
        entry = [sa.Column("entry_id", sa.Integer(), nullable=False), key]
    ours = [sa.UniqueConstraint(*unique, name=op.f(f"uq_{name}_{'_'.join(unique)}"))] if unique else []
    key = sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}"))
    op.create_table(name, sa.Column("id", sa.Integer(), nullable=False), *columns, *entry, key, *ours)
    if of_entry:
        op.create_index(op.f(f"ix_{name}_entry_id"), name, ["entry_id"])


def upgrade() -> None:
    """Add the tables, empty, and how an edition is judged, voted on and shown: not at all, until staff say so."""
    with op.batch_alter_table("contests") as contests:
        contests.add_column(sa.Column("criteria", sa.JSON(), server_default="[]", nullable=False))
        contests.add_column(sa.Column("voting", sa.String(length=16), server_default="none", nullable=False))
        contests.add_column(_no("vote_for_own"))
        contests.add_column(_no("published"))
        contests.add_column(sa.Column("files_kept_days", sa.Integer(), nullable=True))
    _table(
        "contest_decisions",
        _text("what", 16),
        _text("before", 16),
        _text("reason", 200, empty=True),
        _words("note"),
        _text("by", 128),
        _moment("at"),
        _moment("due_at"),
        _text("state", 16),
        _moment("told_at", nullable=True),
        _text("problem", 300, empty=True),
    )
    op.create_index("ix_contest_decisions_due", "contest_decisions", ["state", "due_at"])
    _table("contest_jurors", _text("contest", 128), _text("juror", 128), of_entry=False, unique=("contest", "juror"))
    _table(
        "contest_scores",
        _text("juror", 128),
        _text("criterion", 100),
        sa.Column("points", sa.Integer(), nullable=False),
        _moment("at"),
        unique=("entry_id", "juror", "criterion"),
    )
    _table("contest_opinions", _text("juror", 128), _words("comment"), _no("conflict"), unique=("entry_id", "juror"))
    person = sa.ForeignKeyConstraint(
        ["person_id"], ["people.id"], name=op.f("fk_contest_votes_person_id_people"), ondelete="CASCADE"
    )
    columns = (_text("contest", 128), sa.Column("person_id", sa.Integer(), nullable=False), person, _moment("at"))
    _table("contest_votes", *columns, unique=("contest", "person_id"))
    _table(
        "contest_awards",
        _text("contest", 128),
        _text("award", 200),
        _words("note"),
        _moment("published_at", nullable=True),
        unique=("contest", "award", "entry_id"),
    )


def downgrade() -> None:
    """Remove the tables and the columns."""
    for name in reversed(TABLES):
        op.drop_table(name)
    with op.batch_alter_table("contests") as contests:
        for name in COLUMNS:
            contests.drop_column(name)
