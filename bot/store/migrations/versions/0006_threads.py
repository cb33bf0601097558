"""threads: a person of the staff instead of the bot; what was a request becomes one"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.base import Moment

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = sa.text("state != 'closed'")


def upgrade() -> None:
    op.create_table(
        "threads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("inbox_id", sa.Integer(), nullable=True),
        sa.Column("why", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("quiet", sa.Boolean(), nullable=False),
        sa.Column("holder", sa.String(length=128), nullable=False),
        sa.Column("outside", sa.Boolean(), nullable=False),
        sa.Column("opened_at", Moment(timezone=True), nullable=False),
        sa.Column("claimed_at", Moment(timezone=True), nullable=True),
        sa.Column("answered_at", Moment(timezone=True), nullable=True),
        sa.Column("staff_at", Moment(timezone=True), nullable=True),
        sa.Column("student_at", Moment(timezone=True), nullable=True),
        sa.Column("closed_at", Moment(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=128), nullable=False),
        sa.Column("closed_how", sa.String(length=16), nullable=False),
        sa.Column("rating", sa.String(length=8), nullable=False),
        sa.Column("rated_at", Moment(timezone=True), nullable=True),
        sa.Column("reminded_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_threads_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_threads_inbox_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_threads")),
    )
    op.create_index("ix_threads_state", "threads", ["state", "opened_at"])
    op.create_index("ix_threads_opened", "threads", ["opened_at"])
    op.create_index(op.f("ix_threads_person_id"), "threads", ["person_id"])
    op.create_index(
        "uq_threads_open", "threads", ["person_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )
    op.create_table(
        "staff_messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("who", sa.String(length=128), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("token", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name=op.f("fk_staff_messages_thread_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_staff_messages_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_messages")),
        sa.UniqueConstraint("token", name=op.f("uq_staff_messages_token")),
    )
    op.create_index("ix_staff_messages_person", "staff_messages", ["person_id", "id"])
    op.create_index(op.f("ix_staff_messages_thread_id"), "staff_messages", ["thread_id"])
    op.create_table(
        "digests",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_digests")),
    )
    op.add_column("events", sa.Column("price", sa.Text(), nullable=False, server_default=""))
    op.add_column("people", sa.Column("quiet_since", Moment(timezone=True), nullable=True))
    with op.batch_alter_table("outbox") as outbox:
        outbox.add_column(sa.Column("staff_message_id", sa.Integer(), nullable=True))
        outbox.add_column(sa.Column("late", sa.Boolean(), nullable=False, server_default=sa.false()))
        outbox.create_foreign_key(
            op.f("fk_outbox_staff_message_id"), "staff_messages", ["staff_message_id"], ["id"], ondelete="CASCADE"
        )
        outbox.create_index(op.f("ix_outbox_staff_message_id"), ["staff_message_id"])
    # Of several open requests of one person the first becomes the open thread, the others are part of it.
    op.execute(
        """
        INSERT INTO threads (person_id, inbox_id, why, state, quiet, holder, outside, opened_at, student_at,
                             closed_at, closed_by, closed_how, rating)
        SELECT person_id, inbox_id, kind, CASE WHEN state = 'open' THEN 'waiting' ELSE 'closed' END, false, '', false,
               at, at, CASE WHEN state = 'open' THEN NULL ELSE at END, '', CASE WHEN state = 'open' THEN '' ELSE 'staff' END,
               ''
        FROM requests AS asked
        WHERE state != 'open' OR id = (SELECT min(id) FROM requests AS other
                                       WHERE other.person_id = asked.person_id AND other.state = 'open')
        """
    )
    op.drop_table("requests")


def downgrade() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("inbox_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_requests_inbox_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_requests_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    op.create_index("ix_requests_state", "requests", ["state", "at"])
    op.create_index(op.f("ix_requests_person_id"), "requests", ["person_id"])
    op.execute(
        """
        INSERT INTO requests (person_id, inbox_id, kind, at, state)
        SELECT person_id, inbox_id, why, opened_at, CASE WHEN state = 'closed' THEN 'closed' ELSE 'open' END
        FROM threads WHERE inbox_id IS NOT NULL
        """
    )
    with op.batch_alter_table("outbox") as outbox:
        outbox.drop_index(op.f("ix_outbox_staff_message_id"))
        outbox.drop_constraint(op.f("fk_outbox_staff_message_id"), type_="foreignkey")
        outbox.drop_column("late")
        outbox.drop_column("staff_message_id")
    op.drop_column("people", "quiet_since")
    op.drop_column("events", "price")
    op.drop_table("digests")
    op.drop_table("staff_messages")
    op.drop_table("threads")
