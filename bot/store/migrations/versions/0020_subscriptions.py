"""What students asked to be told, what is sent unasked, announcements, and what messages cost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.base import Moment

revision = "0020"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, empty, and what the outbox keeps of such messages."""
    op.create_table(
        "announcements",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("counted", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.Column("created_at", Moment(timezone=True), nullable=False),
        sa.Column("approved_by", sa.String(length=128), server_default="", nullable=False),
        sa.Column("started_at", Moment(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=128), server_default="", nullable=False),
        sa.Column("ended_at", Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    op.create_table(
        "billed",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("billable", sa.Boolean(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", "channel", "category", "billable", name=op.f("pk_billed")),
    )
    op.create_table(
        "rates",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("changed_by", sa.String(length=128), nullable=False),
        sa.Column("changed_at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "category", name=op.f("pk_rates")),
    )
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("since", Moment(timezone=True), nullable=False),
        sa.Column("ended_at", Moment(timezone=True), nullable=True),
        sa.Column("ended_by", sa.String(length=16), server_default="", nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("looked", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_subscriptions_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.create_index("ix_subscriptions_topic", ["topic", "subject", "ended_at"], unique=False)
        batch_op.create_index(
            "uq_subscriptions_active",
            ["person_id", "topic", "subject"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "unasked",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_unasked_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unasked")),
        sa.UniqueConstraint("person_id", "day", name=op.f("uq_unasked_person_id_day")),
    )
    with op.batch_alter_table("unasked", schema=None) as batch_op:
        batch_op.create_index("ix_unasked_channel_at", ["channel", "at"], unique=False)

    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("announcement_id", sa.Integer(), nullable=True),
        sa.Column("occasion", sa.String(length=200), nullable=False),
        sa.Column("what", sa.JSON(), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("due_at", Moment(timezone=True), nullable=False),
        sa.Column("expires_at", Moment(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("why", sa.String(length=16), server_default="", nullable=False),
        sa.Column("settled_at", Moment(timezone=True), nullable=True),
        sa.Column("unasked_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcements.id"], name=op.f("fk_notices_announcement_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_notices_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_notices_subscription_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["unasked_id"], ["unasked.id"], name=op.f("fk_notices_unasked_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("announcement_id", "person_id", name=op.f("uq_notices_announcement_id_person_id")),
        sa.UniqueConstraint("subscription_id", "occasion", name=op.f("uq_notices_subscription_id_occasion")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index("ix_notices_person", ["person_id", "state"], unique=False)
        batch_op.create_index("ix_notices_state", ["state", "due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notices_unasked_id"), ["unasked_id"], unique=False)

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("unasked_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("category", sa.String(length=32), server_default="", nullable=False))
        batch_op.create_index(batch_op.f("ix_outbox_unasked_id"), ["unasked_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_outbox_unasked_id"), "unasked", ["unasked_id"], ["id"], ondelete="CASCADE"
        )


def downgrade() -> None:
    """Remove them, and every consent with them."""
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_outbox_unasked_id"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_outbox_unasked_id"))
        batch_op.drop_column("category")
        batch_op.drop_column("unasked_id")

    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notices_unasked_id"))
        batch_op.drop_index("ix_notices_state")
        batch_op.drop_index("ix_notices_person")

    op.drop_table("notices")
    with op.batch_alter_table("unasked", schema=None) as batch_op:
        batch_op.drop_index("ix_unasked_channel_at")

    op.drop_table("unasked")
    with op.batch_alter_table("subscriptions", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_subscriptions_active",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )
        batch_op.drop_index("ix_subscriptions_topic")

    op.drop_table("subscriptions")
    op.drop_table("rates")
    op.drop_table("billed")
    op.drop_table("announcements")
