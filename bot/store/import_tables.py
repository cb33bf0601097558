"""The table of imports: uploaded files, what importing them would do, and what it did."""

from __future__ import annotations

import sqlalchemy as sa

from bot.store.base import Base, Moment


class ImportRow(Base):
    """A calendar file being imported into the events.

    state: looking, looked, taking, taken, undoing, undone, failed. `data` is the file until it has been looked at.
    `plan`: a list of {"number", "does", "title", "when", "why", "changes", "record", "was", "seen"}, what would happen
    to each event, with the row that it was computed from. `chosen`: the numbers of the questionable ones that are taken
    all the same. `before`: each changed row's earlier state, for the undo: {"key", "row", "after"}.
    """

    __tablename__ = "imports"

    id = sa.Column(sa.Integer, primary_key=True)
    file = sa.Column(sa.String(200), nullable=False, default="")
    data = sa.Column(sa.LargeBinary, nullable=False)
    state = sa.Column(sa.String(16), nullable=False)
    by = sa.Column(sa.String(128), nullable=False)
    at = sa.Column(Moment, nullable=False, index=True)
    job_id = sa.Column(sa.Integer, nullable=False, default=0)
    plan = sa.Column(sa.JSON, nullable=False)
    chosen = sa.Column(sa.JSON, nullable=False)
    before = sa.Column(sa.JSON, nullable=False)
    problem = sa.Column(sa.String(1000), nullable=False, default="")
    told = sa.Column(sa.String(1000), nullable=False, default="")
