"""The inbox as a desk: tags, snoozing, who is there, canned texts and saved filters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.base import Moment

revision = "0021b"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them."""
    op.add_column("threads", sa.Column("snoozed_until", Moment))
    op.create_table(
        "thread_tags",
        sa.Column(
            "thread_id",
            sa.Integer,
            sa.ForeignKey("threads.id", ondelete="CASCADE", name="fk_thread_tags_thread_id_threads"),
            nullable=False,
        ),
        sa.Column("tag", sa.String(40), nullable=False),
        sa.PrimaryKeyConstraint("thread_id", "tag", name="pk_thread_tags"),
    )
    op.create_index("ix_thread_tags_tag", "thread_tags", ["tag", "thread_id"])
    op.create_table(
        "on_duty",
        sa.Column("who", sa.String(128), nullable=False),
        sa.Column("thread_id", sa.Integer),
        sa.Column("seen_at", Moment, nullable=False),
        sa.Column("typed_at", Moment),
        sa.PrimaryKeyConstraint("who", name="pk_on_duty"),
    )
    op.create_table(
        "canned_texts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner", sa.String(128), nullable=False, index=True),
        sa.Column("title", sa.String(80), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_table(
        "saved_filters",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("owner", sa.String(128), nullable=False, index=True),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("query", sa.String(300), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("saved_filters", "canned_texts", "on_duty", "thread_tags"):
        op.drop_table(table)
    with op.batch_alter_table("threads") as batch:
        batch.drop_column("snoozed_until")
