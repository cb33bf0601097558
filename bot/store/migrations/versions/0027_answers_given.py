"""Which stored answer a turn gave, so that staff see how often each one is given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty: it is not known which answers were given so far."""
    op.add_column("turns", sa.Column("answer", sa.String(length=128), nullable=False, server_default=""))
    op.create_index("ix_turns_answer", "turns", ["answer", "at"])


def downgrade() -> None:
    """Remove it."""
    op.drop_index("ix_turns_answer", "turns")
    with op.batch_alter_table("turns") as changed:
        changed.drop_column("answer")
