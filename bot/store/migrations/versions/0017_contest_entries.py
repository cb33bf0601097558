"""What people enter in a contest, and whether an edition takes photos in the chat."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.base import Moment

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def _text(name: str, length: int) -> sa.Column:
    return sa.Column(name, sa.String(length=length), server_default="", nullable=False)


def upgrade() -> None:
    """Add the tables, empty, and two columns to contests: no edition takes photos until staff say so."""
    with op.batch_alter_table("contests") as contests:
        for name in ("entries_in_chat", "contact_asked"):
            contests.add_column(sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "contest_entries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contest", sa.String(length=128), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        _text("title", 300),
        sa.Column("description", sa.Text(), nullable=True),
        _text("shown_name", 200),
        _text("who", 200),
        _text("contact", 200),
        _text("rules_version", 64),
        sa.Column("agreed_at", Moment(timezone=True), nullable=True),
        sa.Column("began_at", Moment(timezone=True), nullable=False),
        sa.Column("entered_at", Moment(timezone=True), nullable=True),
        sa.Column("changed_at", Moment(timezone=True), nullable=False),
        sa.Column("reminded_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_contest_entries_person_id_people"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest_entries")),
        sa.UniqueConstraint("contest", "number", name=op.f("uq_contest_entries_contest_number")),
    )
    op.create_index("ix_contest_entries_state", "contest_entries", ["contest", "state", "number"])
    op.create_index("ix_contest_entries_person_id", "contest_entries", ["person_id", "contest"])
    op.create_table(
        "contest_photos",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("sent_as", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        _text("problem", 64),
        sa.Column("source", sa.JSON(), nullable=False),
        _text("original", 80),
        _text("web", 80),
        _text("thumb", 80),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("bytes", sa.Integer(), nullable=True),
        _text("sha256", 64),
        _text("phash", 16),
        _text("mime", 64),
        sa.Column("as_document", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", Moment(timezone=True), nullable=False),
        sa.Column("received_at", Moment(timezone=True), nullable=False),
        sa.Column("ready_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["contest_entries.id"],
            name=op.f("fk_contest_photos_entry_id_contest_entries"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest_photos")),
        sa.UniqueConstraint("entry_id", "sent_as", name=op.f("uq_contest_photos_entry_id_sent_as")),
    )
    op.create_index(op.f("ix_contest_photos_entry_id"), "contest_photos", ["entry_id"])
    op.create_index("ix_contest_photos_state", "contest_photos", ["state", "next_try_at"])


def downgrade() -> None:
    """Remove the tables and the columns. The photos stay in the storage."""
    op.drop_table("contest_photos")
    op.drop_table("contest_entries")
    with op.batch_alter_table("contests") as contests:
        for name in ("contact_asked", "entries_in_chat"):
            contests.drop_column(name)
