"""Photos of a contest on the library's Facebook page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.base import Moment

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, empty."""
    op.create_table(
        "contest_posts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("contest", sa.String(length=128), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("caption", sa.Text(), nullable=False),
        sa.Column("platform_id", sa.String(length=128), server_default="", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", Moment(timezone=True), nullable=False),
        sa.Column("problem", sa.String(length=500), server_default="", nullable=False),
        sa.Column("posted_at", Moment(timezone=True), nullable=True),
        sa.Column("likes", sa.Integer(), nullable=True),
        sa.Column("read_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["contest_entries.id"],
            name=op.f("fk_contest_posts_entry_id_contest_entries"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest_posts")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_contest_posts_entry_id")),
    )
    op.create_index("ix_contest_posts_due", "contest_posts", ["state", "next_try_at"])


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("contest_posts")
