"""What somebody said of answers that a waiting model changes, and why a model was approved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.base import Moment

revision = "0022b"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, empty, and the column: models approved so far have no comment."""
    op.create_table(
        "gate_judgements",
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("inbox_id", sa.Integer(), nullable=False),
        sa.Column("right", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["inbox_id"], ["inbox.id"], name=op.f("fk_gate_judgements_inbox_id_inbox"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["model"], ["models.name"], name=op.f("fk_gate_judgements_model_models"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("model", "inbox_id", name=op.f("pk_gate_judgements")),
    )
    with op.batch_alter_table("models") as changed:
        changed.add_column(sa.Column("approved_why", sa.String(length=500), nullable=False, server_default=""))


def downgrade() -> None:
    """Remove them."""
    with op.batch_alter_table("models") as changed:
        changed.drop_column("approved_why")
    op.drop_table("gate_judgements")
