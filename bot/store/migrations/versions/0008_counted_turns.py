"""An index along which a quarter of a year's turns are counted by topic and outcome, without reading the turns."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_turns_counted", "turns", ["inbox_id", "intent", "outcome"])


def downgrade() -> None:
    """Remove the index."""
    op.drop_index("ix_turns_counted", table_name="turns")
