"""A call to a platform as staff see it: its body and its delivery state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Row


@dataclass(frozen=True)
class Sent:
    """One call to the platform and its delivery state."""

    state: str
    tries: int
    at: datetime | None
    problem: str
    body: dict[str, Any]


def as_sent(row: Row) -> Sent:
    """Return a row of the outbox as staff see it."""
    return Sent(row.state, row.tries, row.read_at or row.delivered_at or row.sent_at, row.problem, row.body)
