"""Since when somebody wants no marketing messages, as they have told their platform."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.base import Moment

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, empty: nobody has said so yet."""
    with op.batch_alter_table("people") as changed:
        changed.add_column(sa.Column("no_marketing_at", Moment(timezone=True)))


def downgrade() -> None:
    """Remove it."""
    with op.batch_alter_table("people") as changed:
        changed.drop_column("no_marketing_at")
