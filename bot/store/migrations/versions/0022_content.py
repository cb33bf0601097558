"""How far the messages are sorted for Review."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.base import Moment

revision = "0022"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, empty: the trainer fills it when it next sorts."""
    op.create_table(
        "review_sorting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("sorted_at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_sorting")),
    )


def downgrade() -> None:
    """Remove the table: the next sorting looks at everything."""
    op.drop_table("review_sorting")
