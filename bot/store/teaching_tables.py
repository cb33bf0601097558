"""The tables of what the bot is taught: topics, examples, conversations kept as tests, evaluation questions."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.base import Base, Moment

SEED_DIGEST = 16


class TopicRow(Base):
    """A topic. `name` is its intent and never changes; people see `labels`, by language ("en", "zh_hant").

    served: texts (the answers of this topic), program (a function of the actions).
    """

    __tablename__ = "topics"

    name = sa.Column(sa.String(64), primary_key=True)
    labels = sa.Column(sa.JSON, nullable=False)
    served = sa.Column(sa.String(16), nullable=False)
    source = sa.Column(sa.String(16), nullable=False)
    by = sa.Column(sa.String(128), nullable=False)
    at = sa.Column(Moment, nullable=False)


class ExampleRow(Base):
    """What a student might say, and the intent that it expresses.

    source: seed (it ships with Carrel), staff, review, topic (a new topic was made of it). `review_id`: the decision
    that it came from; it is deleted with the student. `seed`: identifies a shipped example, whatever became of it here.
    A removed one keeps its row, so that an upgrade doesn't bring it back, and an undo can.
    """

    __tablename__ = "examples"

    id = sa.Column(sa.Integer, primary_key=True)
    intent = sa.Column(sa.String(64), nullable=False, index=True)
    text = sa.Column(sa.Text, nullable=False)
    language = sa.Column(sa.String(16), nullable=False)
    source = sa.Column(sa.String(16), nullable=False)
    by = sa.Column(sa.String(128), nullable=False)
    at = sa.Column(Moment, nullable=False)
    why = sa.Column(sa.String(200), nullable=False, default="")
    review_id = sa.Column(sa.ForeignKey("reviews.id", ondelete="CASCADE"), index=True)
    seed = sa.Column(sa.String(SEED_DIGEST), unique=True)
    removed_at = sa.Column(Moment)


class KeptConversationRow(Base):
    """A conversation run against each model as a test: a story in Rasa's form. `file` groups them for an export.

    `person_id`: whose it was, if a student's; it is deleted with them.
    """

    __tablename__ = "kept_conversations"

    id = sa.Column(sa.Integer, primary_key=True)
    file = sa.Column(sa.String(80), nullable=False)
    story = sa.Column(sa.JSON, nullable=False)
    source = sa.Column(sa.String(16), nullable=False)
    by = sa.Column(sa.String(128), nullable=False)
    at = sa.Column(Moment, nullable=False)
    person_id = sa.Column(sa.ForeignKey("people.id", ondelete="CASCADE"), index=True)


class QuestionRow(Base):
    """A question of the fixed test set, with the intents that answer it. It is never used for training."""

    __tablename__ = "evaluation_questions"

    id = sa.Column(sa.Integer, primary_key=True)
    file = sa.Column(sa.String(80), nullable=False)
    text = sa.Column(sa.Text, nullable=False)
    intents = sa.Column(sa.JSON, nullable=False)
    source = sa.Column(sa.String(16), nullable=False)
    by = sa.Column(sa.String(128), nullable=False)
    at = sa.Column(Moment, nullable=False)


class FactsRow(Base):
    """The version of the library's facts: one row, whose number grows with every change to what answers are made of."""

    __tablename__ = "facts"

    id = sa.Column(sa.Integer, primary_key=True)
    version = sa.Column(sa.Integer, nullable=False)
