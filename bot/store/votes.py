"""Votes: one a person in each edition, changed as often as they like, never lost under a rush."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store.contest_staff_tables import VoteRow
from bot.store.contest_tables import EntryRow
from bot.store.engine import writing
from bot.store.library_tables import ContestRow
from bot.store.message_tables import PersonRow
from bot.store.rows import insert_ignore

votes, people, contests = VoteRow.__table__, PersonRow.__table__, ContestRow.__table__
entries = EntryRow.__table__

Given = Literal["counted", "changed", "same"]


def cast(engine: Engine, contest: str, person_id: int, entry_id: int, now: datetime) -> Given:
    """Store somebody's vote in place of their earlier one; return whether it is their first, another, or the same."""
    mine = (votes.c.contest == contest, votes.c.person_id == person_id)
    with writing(engine) as connection:
        if insert_ignore(connection, votes, contest=contest, person_id=person_id, entry_id=entry_id, at=now):
            return "counted"
        moved = sa.update(votes).where(*mine, votes.c.entry_id != entry_id).values(entry_id=entry_id, at=now)
        return "changed" if connection.execute(moved).rowcount else "same"


def standing(engine: Engine, contest: str) -> tuple[tuple[int, int, datetime, datetime], ...]:
    """Return every vote as (person, entry, when, since when the person is known), oldest first.

    Votes for entries that are not accepted any more are left out.
    """
    query = (
        sa.select(votes.c.person_id, votes.c.entry_id, votes.c.at, people.c.first_seen_at)
        .join(people, people.c.id == votes.c.person_id)
        .join(entries, entries.c.id == votes.c.entry_id)
        .where(votes.c.contest == contest, entries.c.state == "accepted")
        .order_by(votes.c.at, votes.c.id)
    )
    with engine.connect() as connection:
        return tuple(tuple(row) for row in connection.execute(query))


def any_edition(engine: Engine, kinds: Collection[str] = ("chat", "likes")) -> bool:
    """Return whether any edition is voted on, now or at another time."""
    with engine.connect() as connection:
        query = sa.select(contests.c.id).where(contests.c.voting.in_(list(kinds))).limit(1)
        return connection.execute(query).first() is not None
