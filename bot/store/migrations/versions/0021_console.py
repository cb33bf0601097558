"""When a thread was given to somebody who has not come yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.base import Moment

revision = "0021"
down_revision = "0022b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("threads", sa.Column("given_at", Moment))


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("threads") as batch:
        batch.drop_column("given_at")
