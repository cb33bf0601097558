"""Sessions are rows, tries at the door are counted by browser too, and what was being sent at a session's end is kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.base import Moment

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables. Everybody signs in anew: the sessions of before were in cookies alone."""
    # Before anything refers to the table: SQLite makes it anew.
    with op.batch_alter_table("users") as batch:
        batch.drop_column("stamp")
    op.create_table(
        "sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("browser", sa.String(length=80), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("began_at", Moment(timezone=True), nullable=False),
        sa.Column("seen_at", Moment(timezone=True), nullable=False),
        sa.Column("ended", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"])
    op.create_table(
        "kept_forms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=400), nullable=False),
        sa.Column("page", sa.String(length=400), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_kept_forms_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_forms")),
    )
    op.create_index(op.f("ix_kept_forms_user_id"), "kept_forms", ["user_id"])
    op.execute("DELETE FROM refusals")  # of names in the clear
    with op.batch_alter_table("refusals") as batch:
        batch.add_column(sa.Column("device", sa.String(length=64), nullable=False, server_default=""))


def downgrade() -> None:
    """Remove the tables; everybody signs in anew."""
    op.drop_table("kept_forms")
    op.drop_table("sessions")
    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("stamp", sa.String(length=32), nullable=False, server_default=""))
    with op.batch_alter_table("refusals") as batch:
        batch.drop_column("device")
