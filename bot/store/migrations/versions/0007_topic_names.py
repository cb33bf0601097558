"""What topics were called before they were renamed or merged: the model that answers goes by the old name for a while."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "topic_names",
        sa.Column("old", sa.String(length=64), nullable=False),
        sa.Column("new", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("old", name=op.f("pk_topic_names")),
    )


def downgrade() -> None:
    """Remove the table."""
    op.drop_table("topic_names")
