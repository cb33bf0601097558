"""the console: users, notes, and what is searched for"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.base import Moment
from bot.store.turns import summary

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("stamp", sa.String(length=32), nullable=False),
        sa.Column("added_at", Moment(timezone=True), nullable=False),
        sa.Column("signed_in_at", Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )
    op.create_table(
        "refusals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusals")),
    )
    op.create_index("ix_refusals_name", "refusals", ["name", "at"])
    op.create_index("ix_refusals_address", "refusals", ["address", "at"])
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=128), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_notes_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
    )
    op.create_index(op.f("ix_notes_person_id"), "notes", ["person_id"])
    with op.batch_alter_table("inbox") as batch:
        batch.add_column(sa.Column("text", sa.Text(), nullable=False, server_default=""))
        batch.add_column(sa.Column("said", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch.create_index("ix_inbox_kind", ["kind", "id"])
        batch.create_index("ix_inbox_said", ["said", "id"])
        batch.create_index("ix_inbox_said_at", ["said", "received_at"])
    with op.batch_alter_table("turns") as batch:
        batch.add_column(sa.Column("intent", sa.String(length=64), nullable=False, server_default=""))
        batch.add_column(sa.Column("confidence", sa.Float(), nullable=False, server_default="0"))
        batch.add_column(sa.Column("outcome", sa.String(length=16), nullable=False, server_default="answered"))
        batch.create_index("ix_turns_at", ["at", "outcome"])
        batch.create_index("ix_turns_outcome", ["outcome", "inbox_id"])
        batch.create_index("ix_turns_intent", ["intent", "inbox_id"])
    _fill(op.get_bind())


def _fill(connection: sa.engine.Connection) -> None:
    """Fill the new columns of what is there already."""
    inbox = sa.table(
        "inbox",
        sa.column("id"),
        sa.column("event", sa.JSON),
        sa.column("text"),
        sa.column("state"),
        sa.column("kind"),
        sa.column("said", sa.Boolean),
    )
    turns = sa.table(
        "turns",
        sa.column("id"),
        sa.column("inbox_id"),
        sa.column("understanding", sa.JSON),
        sa.column("intent"),
        sa.column("confidence"),
        sa.column("outcome"),
    )
    # The kinds that were answered when this was written.
    kinds = ["text", "postback", "media", "location", "contacts", "unsupported"]
    connection.execute(sa.update(inbox).where(inbox.c.kind.in_(kinds)).values(said=True))
    for row in connection.execute(sa.select(inbox.c.id, inbox.c.event)).all():
        words = (row.event or {}).get("text") or ""
        if words:
            connection.execute(sa.update(inbox).where(inbox.c.id == row.id).values(text=words))
    query = sa.select(turns.c.id, turns.c.understanding, inbox.c.state).join(inbox, inbox.c.id == turns.c.inbox_id)
    for row in connection.execute(query).all():
        values = summary(row.understanding or {}, row.state)
        connection.execute(sa.update(turns).where(turns.c.id == row.id).values(**values))


def downgrade() -> None:
    with op.batch_alter_table("turns") as batch:
        for name in ("ix_turns_at", "ix_turns_outcome", "ix_turns_intent"):
            batch.drop_index(name)
        for name in ("intent", "confidence", "outcome"):
            batch.drop_column(name)
    with op.batch_alter_table("inbox") as batch:
        for name in ("ix_inbox_kind", "ix_inbox_said", "ix_inbox_said_at"):
            batch.drop_index(name)
        batch.drop_column("said")
        batch.drop_column("text")
    for name in ("notes", "refusals", "users"):
        op.drop_table(name)
