"""What librarians teach lives in tables, and the library's facts have a version of their own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bot.store.base import Moment

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def _whose() -> tuple[sa.Column, ...]:
    return (
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=128), nullable=False),
        sa.Column("at", Moment(timezone=True), nullable=False),
    )


def upgrade() -> None:
    """Add the tables, empty: `carrel examples load`, or the next start, fills them from the files and the history."""
    op.create_table(
        "topics",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("served", sa.String(length=16), nullable=False),
        *_whose(),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_topics")),
    )
    op.create_table(
        "examples",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("intent", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=16), nullable=False),
        *_whose(),
        sa.Column("why", sa.String(length=200), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=True),
        sa.Column("seed", sa.String(length=16), nullable=True),
        sa.Column("removed_at", Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name=op.f("fk_examples_review_id_reviews"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_examples")),
        sa.UniqueConstraint("seed", name=op.f("uq_examples_seed")),
    )
    op.create_index(op.f("ix_examples_intent"), "examples", ["intent"])
    op.create_index(op.f("ix_examples_review_id"), "examples", ["review_id"])
    op.create_table(
        "kept_conversations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=80), nullable=False),
        sa.Column("story", sa.JSON(), nullable=False),
        *_whose(),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_kept_conversations_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_conversations")),
    )
    op.create_index(op.f("ix_kept_conversations_person_id"), "kept_conversations", ["person_id"])
    op.create_table(
        "evaluation_questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=80), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("intents", sa.JSON(), nullable=False),
        *_whose(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_questions")),
    )
    op.create_table(
        "facts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facts")),
    )


def downgrade() -> None:
    """Remove the tables. Export what was taught before: nothing else has it."""
    for name in ("facts", "evaluation_questions", "kept_conversations", "examples", "topics"):
        op.drop_table(name)
