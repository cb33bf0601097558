"""Events that are drafts or go live later, and their posters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.base import Moment

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

COLUMNS = ("poster", "live_from", "draft")


def upgrade() -> None:
    """Add the columns: events so far are no drafts, and live."""
    op.add_column("events", sa.Column("draft", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("events", sa.Column("live_from", Moment(timezone=True)))
    op.add_column("events", sa.Column("poster", sa.String(length=64), nullable=False, server_default=""))


def downgrade() -> None:
    """Remove them."""
    with op.batch_alter_table("events") as changed:
        for name in COLUMNS:
            changed.drop_column(name)
