"""The tables of learning: the review queue, reviewers' decisions, models, and the jobs on them."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.base import Base, Moment


class QueueRow(Base):
    """A message for review, as last sorted by the trainer.

    `reasons`: why, as short names. `score`: how much it would teach; higher comes sooner. `together`: the inbox id of
    the message that represents all near-duplicates. `cluster`, `cluster_name`: a suspected topic that the bot doesn't
    know. `near`: the nearest examples, [{"intent", "text", "score"}]. `suggested`: its most likely meaning.
    `claimed_by`, `claimed_until`: who is reviewing it now.
    """

    __tablename__ = "review_queue"
    __table_args__ = (sa.Index("ix_review_queue_score", "score"), sa.Index("ix_review_queue_together", "together"))

    inbox_id = sa.Column(sa.ForeignKey("inbox.id", ondelete="CASCADE"), primary_key=True)
    score = sa.Column(sa.Float, nullable=False)
    reasons = sa.Column(sa.JSON, nullable=False)
    together = sa.Column(sa.Integer, nullable=False)
    cluster = sa.Column(sa.Integer)
    cluster_name = sa.Column(sa.String(120), nullable=False, default="")
    near = sa.Column(sa.JSON, nullable=False)
    suggested = sa.Column(sa.String(64), nullable=False, default="")
    claimed_by = sa.Column(sa.String(128), nullable=False, default="")
    claimed_until = sa.Column(Moment)


class SortingRow(Base):
    """How far the queue is sorted: one row. `newest`: the last inbox id that the trainer has looked at."""

    __tablename__ = "review_sorting"

    id = sa.Column(sa.Integer, primary_key=True)
    newest = sa.Column(sa.Integer, nullable=False)
    sorted_at = sa.Column(Moment, nullable=False)


class ReviewRow(Base):
    """A reviewer's decision on one message.

    decision: right, intent, out_of_scope, several, not_useful, unsure. `intent` is what the message means, `others` its
    further meanings. `text` is what an example would say: redacted. `batch` groups what was decided at once, for an
    undo. `guess`, `confidence`: the bot's own reading, under the model of that time. `learnt_in`: the first model that
    was trained with it. `representative`: of those decided at once, the one that becomes an example.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        sa.Index("ix_reviews_inbox", "inbox_id"),
        sa.Index("ix_reviews_at", "at"),
        sa.Index("ix_reviews_batch", "batch"),
    )

    id = sa.Column(sa.Integer, primary_key=True)
    inbox_id = sa.Column(sa.ForeignKey("inbox.id", ondelete="CASCADE"), nullable=False)
    person_id = sa.Column(sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True)
    batch = sa.Column(sa.String(32), nullable=False)
    representative = sa.Column(sa.Boolean, nullable=False)
    text = sa.Column(sa.Text, nullable=False)
    decision = sa.Column(sa.String(16), nullable=False)
    intent = sa.Column(sa.String(64), nullable=False, default="")
    others = sa.Column(sa.JSON, nullable=False)
    guess = sa.Column(sa.String(64), nullable=False, default="")
    confidence = sa.Column(sa.Float, nullable=False, default=0.0)
    model = sa.Column(sa.String(128), nullable=False, default="")
    by = sa.Column(sa.String(128), nullable=False)
    at = sa.Column(Moment, nullable=False)
    said_at = sa.Column(Moment, nullable=False)
    learnt_in = sa.Column(sa.String(128), nullable=False, default="")
    undone_at = sa.Column(Moment)


class ModelRow(Base):
    """A trained model: its source, its author, its quality, and whether it answers students.

    state: candidate, active, retired, failed (it did not answer when it went live), pruned (its file is gone).
    `figures` is what the gate has measured; `verdict`: pass, stop, or empty before that. `changes`: "project", a
    fingerprint of the Rasa project that it was trained from; "reviews", the decisions that it was the first to learn;
    "knows", all that it has learnt (in older ones: "with", the models whose decisions it has learnt as well); "left",
    that somebody has gone back from it; and "trial" until it has shown that it answers (bot.store.models.Trial).
    """

    __tablename__ = "models"
    __table_args__ = (sa.Index("ix_models_state", "state"),)

    name = sa.Column(sa.String(128), primary_key=True)
    state = sa.Column(sa.String(16), nullable=False)
    made_at = sa.Column(Moment, nullable=False)
    made_by = sa.Column(sa.String(128), nullable=False)
    reason = sa.Column(sa.String(500), nullable=False, default="")
    data_version = sa.Column(sa.String(16), nullable=False, default="")
    config_version = sa.Column(sa.String(16), nullable=False, default="")
    examples = sa.Column(sa.Integer, nullable=False, default=0)
    changes = sa.Column(sa.JSON, nullable=False)
    seconds = sa.Column(sa.Float, nullable=False, default=0.0)
    figures = sa.Column(sa.JSON, nullable=False)
    verdict = sa.Column(sa.String(8), nullable=False, default="")
    approved_by = sa.Column(sa.String(128), nullable=False, default="")
    approved_at = sa.Column(Moment)
    approved_why = sa.Column(sa.String(500), nullable=False, default="", server_default="")
    activated_at = sa.Column(Moment)
    activated_by = sa.Column(sa.String(128), nullable=False, default="")
    problem = sa.Column(sa.String(500), nullable=False, default="")


class GateJudgementRow(Base):
    """Whether the answer that a model would give to a message of the last week is right, as somebody says."""

    __tablename__ = "gate_judgements"

    model = sa.Column(sa.ForeignKey("models.name", ondelete="CASCADE"), primary_key=True)
    inbox_id = sa.Column(sa.ForeignKey("inbox.id", ondelete="CASCADE"), primary_key=True)
    right = sa.Column(sa.Boolean, nullable=False)
    by = sa.Column(sa.String(128), nullable=False)
    at = sa.Column(Moment, nullable=False)


class JobRow(Base):
    """A job of the trainer, or of the workers if its kind begins with "events": file imports.

    kind: train, evaluate, compare, activate, rollback, replay, queue, events_look, events_take, events_undo (`model` is
    then the import's number); state: waiting, running, done, failed, cancelled.

    `percent` and `left_seconds` are of the whole job. `beat_at` is the trainer's last heartbeat.
    """

    __tablename__ = "jobs"
    __table_args__ = (sa.Index("ix_jobs_state", "state", "id"),)

    id = sa.Column(sa.Integer, primary_key=True)
    kind = sa.Column(sa.String(16), nullable=False)
    model = sa.Column(sa.String(128), nullable=False, default="")
    reason = sa.Column(sa.String(500), nullable=False, default="")
    asked_by = sa.Column(sa.String(128), nullable=False)
    asked_at = sa.Column(Moment, nullable=False)
    state = sa.Column(sa.String(16), nullable=False)
    stage = sa.Column(sa.String(64), nullable=False, default="")
    percent = sa.Column(sa.Integer, nullable=False, default=0)
    left_seconds = sa.Column(sa.Integer)
    started_at = sa.Column(Moment)
    ended_at = sa.Column(Moment)
    beat_at = sa.Column(Moment)
    cancel = sa.Column(sa.Boolean, nullable=False, default=False)
    problem = sa.Column(sa.String(1000), nullable=False, default="")
    log = sa.Column(sa.Text, nullable=False, default="")


class ServerRow(Base):
    """A Rasa server that runs, or ran: which model it serves, and why it doesn't load the one that it should."""

    __tablename__ = "rasa_servers"

    name = sa.Column(sa.String(128), primary_key=True)
    model = sa.Column(sa.String(128), nullable=False, default="")
    beat_at = sa.Column(Moment, nullable=False)
    problem = sa.Column(sa.String(500), nullable=False, default="")


class TopicNameRow(Base):
    """A topic's name before it was renamed or merged into another."""

    __tablename__ = "topic_names"

    old = sa.Column(sa.String(64), primary_key=True)
    new = sa.Column(sa.String(64), nullable=False)
