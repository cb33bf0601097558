"""The jury of an edition: who judges, their points and comments, and what they must not judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store import audit
from bot.store.contest_staff_tables import JurorRow, OpinionRow, ScoreRow
from bot.store.contest_tables import EntryRow
from bot.store.rows import insert_ignore

jurors, scores, opinions = JurorRow.__table__, ScoreRow.__table__, OpinionRow.__table__
entries = EntryRow.__table__


@dataclass(frozen=True)
class Sheet:
    """What one juror made of one entry. `conflict`: they do not judge it."""

    points: Mapping[str, int] = field(default_factory=dict)
    comment: str = ""
    conflict: bool = False


def jury_of(engine: Engine, contest: str) -> tuple[str, ...]:
    """Return the names of an edition's jurors."""
    with engine.connect() as connection:
        query = sa.select(jurors.c.juror).where(jurors.c.contest == contest).order_by(jurors.c.juror)
        return tuple(connection.execute(query).scalars())


def appoint(engine: Engine, contest: str, names: Sequence[str], *, by: str, now: datetime) -> None:
    """Set who judges an edition. Points of somebody who is left out stay stored, and do not count."""
    with engine.begin() as connection:
        there = sa.select(jurors.c.juror).where(jurors.c.contest == contest).order_by(jurors.c.juror)
        before = list(connection.execute(there).scalars())
        gone = jurors.c.juror.not_in(list(names))
        connection.execute(sa.delete(jurors).where(jurors.c.contest == contest, gone))
        for name in names:
            insert_ignore(connection, jurors, contest=contest, juror=name)
        after = sorted(set(names))
        if before != after:
            audit.note(connection, by, "contest_jurors", contest, {"jury": before}, {"jury": after}, now)


def judge(engine: Engine, entry_id: int, juror: str, points: Mapping[str, int], comment: str, *, now: datetime) -> None:
    """Store a juror's points and comment for an entry in place of their earlier ones."""
    with engine.begin() as connection:
        _opine(connection, entry_id, juror, comment=comment, conflict=False)
        mine = (scores.c.entry_id == entry_id, scores.c.juror == juror)
        for name, number in points.items():
            values = {"points": number, "at": now}
            changed = sa.update(scores).where(*mine, scores.c.criterion == name).values(values)
            if not connection.execute(changed).rowcount:
                insert_ignore(connection, scores, entry_id=entry_id, juror=juror, criterion=name, **values)


def step_aside(engine: Engine, entry_id: int, juror: str, *, conflict: bool) -> None:
    """Record that a juror does not judge an entry, as theirs or of somebody close; points they gave are removed."""
    with engine.begin() as connection:
        _opine(connection, entry_id, juror, conflict=conflict)
        if conflict:
            mine = (scores.c.entry_id == entry_id, scores.c.juror == juror)
            connection.execute(sa.delete(scores).where(*mine))


def sheets(engine: Engine, contest: str, juror: str | None = None) -> dict[int, dict[str, Sheet]]:
    """Return by entry what each juror made of it; only one juror's, if one is named."""
    found: dict[int, dict[str, Sheet]] = {}
    with engine.connect() as connection:
        for row in connection.execute(_of(opinions, contest, juror)):
            found.setdefault(row.entry_id, {})[row.juror] = Sheet({}, row.comment, row.conflict)
        for row in connection.execute(_of(scores, contest, juror)):
            sheet = found.setdefault(row.entry_id, {}).get(row.juror, Sheet())
            points = {**sheet.points, row.criterion: row.points}
            found[row.entry_id][row.juror] = Sheet(points, sheet.comment, sheet.conflict)
    return found


def _of(table: sa.Table, contest: str, juror: str | None) -> sa.sql.Select:
    query = sa.select(table).join(entries, entries.c.id == table.c.entry_id).where(entries.c.contest == contest)
    return query if juror is None else query.where(table.c.juror == juror)


def _opine(connection: Connection, entry_id: int, juror: str, **values: object) -> None:
    mine = (opinions.c.entry_id == entry_id, opinions.c.juror == juror)
    if not connection.execute(sa.update(opinions).where(*mine).values(values)).rowcount:
        insert_ignore(
            connection, opinions, entry_id=entry_id, juror=juror, **{"comment": "", "conflict": False, **values}
        )
