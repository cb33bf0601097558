"""What a message that answers nothing is about, and which decision of a contest it tells."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of messages sent so far, it is not known."""
    with op.batch_alter_table("outbox") as changed:
        changed.add_column(sa.Column("about", sa.String(length=16), server_default="", nullable=False))
        changed.add_column(sa.Column("decision_id", sa.Integer(), nullable=True))
        changed.create_foreign_key(
            op.f("fk_outbox_decision_id"), "contest_decisions", ["decision_id"], ["id"], ondelete="SET NULL"
        )
        changed.create_index(op.f("ix_outbox_decision_id"), ["decision_id"], unique=False)


def downgrade() -> None:
    """Remove them."""
    with op.batch_alter_table("outbox") as changed:
        changed.drop_index(op.f("ix_outbox_decision_id"))
        changed.drop_constraint(op.f("fk_outbox_decision_id"), type_="foreignkey")
        changed.drop_column("decision_id")
        changed.drop_column("about")
