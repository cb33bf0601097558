"""Which changes were made in one go, so that they can be undone in one go."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty: changes so far were made one by one."""
    with op.batch_alter_table("audit") as changed:
        changed.add_column(sa.Column("batch", sa.String(length=32)))
        changed.create_index(op.f("ix_audit_batch"), ["batch"])


def downgrade() -> None:
    """Remove it."""
    with op.batch_alter_table("audit") as changed:
        changed.drop_index(op.f("ix_audit_batch"))
        changed.drop_column("batch")
