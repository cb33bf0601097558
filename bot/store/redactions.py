"""Where messages name a person, as found and cached. Positions in the text, no words."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.store.message_tables import InboxRow, RedactionRow
from bot.store.rows import insert_ignore

inbox, redactions = InboxRow.__table__, RedactionRow.__table__

Spans = Sequence[tuple[int, int, str]]


def kept(engine: Engine, texts: Mapping[int, str], version: int) -> dict[int, Spans]:
    """Return the cached results of messages, by number, except those whose words or version have changed."""
    query = sa.select(redactions).where(redactions.c.inbox_id.in_(list(texts)), redactions.c.version == version)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return {
        row.inbox_id: tuple((start, end, kind) for start, end, kind in row.spans)
        for row in rows
        if row.words == _checksum(texts[row.inbox_id])
    }


def keep(engine: Engine, texts: Mapping[int, str], found: Mapping[int, Spans], version: int) -> bool:
    """Store what was found. False if the store can't take it: it will be found again."""
    rows = [
        {
            "inbox_id": number,
            "version": version,
            "words": _checksum(texts[number]),
            "spans": [list(span) for span in spans],
        }
        for number, spans in sorted(found.items())
    ]
    try:
        with engine.begin() as connection:
            connection.execute(sa.delete(redactions).where(redactions.c.inbox_id.in_(list(found))))
            for row in rows:
                insert_ignore(connection, redactions, **row)
    except SQLAlchemyError:  # somebody else is writing it just now, or the message is gone
        return False
    return True


def lacking(engine: Engine, version: int, numbers: range, most: int) -> dict[int, str]:
    """Return the words of messages with these numbers that have no cached result, newest first."""
    joined = inbox.outerjoin(redactions, sa.and_(redactions.c.inbox_id == inbox.c.id, redactions.c.version == version))
    query = (
        sa.select(inbox.c.id, inbox.c.text)
        .select_from(joined)
        .where(
            inbox.c.id >= numbers.start, inbox.c.id < numbers.stop, inbox.c.text != "", redactions.c.inbox_id.is_(None)
        )
        .order_by(inbox.c.id.desc())
        .limit(most)
    )
    with engine.connect() as connection:
        return {row.id: row.text for row in connection.execute(query)}


def newest(engine: Engine) -> int:
    """Return the number of the latest message; 0 if there is none."""
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.max(inbox.c.id))).scalar() or 0)


def _checksum(text: str) -> int:
    return zlib.crc32(text.encode("utf-8", "surrogatepass"))
