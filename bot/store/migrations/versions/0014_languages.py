"""In which language each person is answered is remembered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; nobody's language is known yet."""
    op.add_column("people", sa.Column("language", sa.String(length=16), nullable=False, server_default=""))


def downgrade() -> None:
    """Forget the languages."""
    with op.batch_alter_table("people") as batch:
        batch.drop_column("language")
