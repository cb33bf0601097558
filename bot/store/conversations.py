"""Students' messages for staff: searched by wording and understanding, page by page, and exported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine, Row

from bot.offers import ASKS_BACK
from bot.store import audit
from bot.store.events import message_from_json
from bot.store.message_tables import InboxRow, PersonRow, TurnRow
from bot.store.user_tables import NoteRow
from connectors.messages import IncomingMessage, Kind

inbox, turns, people = InboxRow.__table__, TurnRow.__table__, PersonRow.__table__
notes = NoteRow.__table__

OUTCOMES = ("answered", "unsure", "out_of_scope", "handed", "kept", "failed", "stopped")


@dataclass(frozen=True)
class Filter:
    """Search criteria. Empty: everything. `until` is exclusive; `feedback`: reactions and complaints."""

    text: str = ""
    intent: str = ""
    channel: str = ""
    outcome: str = ""
    language: str = ""
    since: datetime | None = None
    until: datetime | None = None
    low: bool = False
    media: bool = False
    feedback: bool = False


@dataclass(frozen=True)
class Found:
    """One message from a student, with its outcome. `name` stands for the person, not the platform's id."""

    id: int
    person_id: int
    name: str
    channel: str
    kind: str
    at: datetime
    text: str
    state: str
    intent: str
    confidence: float
    outcome: str


def name_of(conversation: str) -> str:
    """Return what staff call somebody whose identity they need not know: "Student 3F9A0C"."""
    return f"Student {conversation[:6].upper()}"  # four digits would be shared by two of a few thousand


def search(engine: Engine, wanted: Filter, *, before_id: int | None = None, limit: int = 50) -> list[Found]:
    """Return messages, newest first, those before `before_id` if given: every page costs the same."""
    # The same number in both tables; use the one from the table whose index drives the search.
    number = turns.c.inbox_id if wanted.outcome or wanted.intent else inbox.c.id
    query = _query(wanted).order_by(number.desc()).limit(limit)
    if before_id is not None:
        query = query.where(number < before_id)
    with engine.connect() as connection:
        return [_found(row) for row in connection.execute(query)]


def _query(wanted: Filter) -> Any:
    columns = (
        inbox.c.id,
        inbox.c.person_id,
        people.c.conversation,
        inbox.c.channel,
        inbox.c.kind,
        inbox.c.sent_at,
        inbox.c.text,
        inbox.c.state,
        turns.c.intent,
        turns.c.confidence,
        turns.c.outcome,
    )
    joined = inbox.join(people, people.c.id == inbox.c.person_id).outerjoin(turns, turns.c.inbox_id == inbox.c.id)
    query = sa.select(*columns).select_from(joined)
    if wanted.feedback:
        # As ids, each found by its own index: an OR of the two would scan every message.
        reacted = sa.select(inbox.c.id).where(inbox.c.kind == Kind.REACTION.value)
        complained = sa.select(turns.c.inbox_id).where(turns.c.intent == "feedback_complaint")
        query = query.where(inbox.c.id.in_(reacted.union_all(complained)))
    elif wanted.media:
        query = query.where(inbox.c.kind == Kind.MEDIA.value)
    else:
        query = query.where(inbox.c.said)
    for word in wanted.text.split():
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        query = query.where(inbox.c.text.ilike(f"%{escaped}%", escape="\\"))
    for column, value in (
        (turns.c.intent, wanted.intent),
        (inbox.c.channel, wanted.channel),
        (turns.c.outcome, wanted.outcome),
        (people.c.language, wanted.language),
    ):
        if value:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(inbox.c.sent_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(inbox.c.sent_at < wanted.until)
    if wanted.low:
        query = query.where(turns.c.confidence < ASKS_BACK, turns.c.intent != "")
    return query


def _found(row: Row) -> Found:
    return Found(
        id=row.id,
        person_id=row.person_id,
        name=name_of(row.conversation),
        channel=row.channel,
        kind=row.kind,
        at=row.sent_at,
        text=row.text,
        state=row.state,
        intent=row.intent or "",
        confidence=row.confidence or 0.0,
        outcome=row.outcome or row.state,
    )


def texts(engine: Engine, inbox_ids: Sequence[int]) -> dict[int, str]:
    """Return messages' texts by number; messages that are gone are left out."""
    query = sa.select(inbox.c.id, inbox.c.text).where(inbox.c.id.in_(list(inbox_ids)))
    with engine.connect() as connection:
        return {row.id: row.text for row in connection.execute(query)}


def every(engine: Engine, wanted: Filter, most: int = 100_000) -> Iterator[Found]:
    """Yield all matching messages, newest first, fetched a thousand at a time."""
    before_id, left = None, most
    while left > 0 and (page := search(engine, wanted, before_id=before_id, limit=min(1000, left))):
        yield from page
        before_id, left = page[-1].id, left - len(page)


def message(engine: Engine, inbox_id: int) -> IncomingMessage | None:
    """Return a message by number, or None."""
    with engine.connect() as connection:
        event = connection.execute(sa.select(inbox.c.event).where(inbox.c.id == inbox_id)).scalar()
    return message_from_json(event) if event else None


def note_file(engine: Engine, inbox_id: int, *, actor: str, now: datetime) -> None:
    """Record that somebody viewed a file sent by a student."""
    with engine.begin() as connection:
        audit.note(connection, actor, "people", f"message {inbox_id}", None, {"file": "looked at"}, now)


def identity(engine: Engine, person_id: int, *, actor: str, now: datetime) -> str | None:
    """Return a person's platform id, after recording who looked. None: no such person."""
    with engine.begin() as connection:
        row = connection.execute(sa.select(people).where(people.c.id == person_id)).one_or_none()
        if row is None:
            return None
        audit.note(connection, actor, "people", name_of(row.conversation), None, {"identity": "looked at"}, now)
    return str(row.person)


def note_words(engine: Engine, person_id: int, *, actor: str, now: datetime) -> bool:
    """Record that somebody viewed a person's original, unredacted words. False: no such person."""
    with engine.begin() as connection:
        row = connection.execute(sa.select(people).where(people.c.id == person_id)).one_or_none()
        if row is not None:
            audit.note(connection, actor, "people", name_of(row.conversation), None, {"words": "looked at"}, now)
    return row is not None


def note_everything(engine: Engine, person_id: int, why: str, *, actor: str, now: datetime) -> bool:
    """Record that somebody takes everything that is kept of a person, and why. False: no such person."""
    with engine.begin() as connection:
        row = connection.execute(sa.select(people).where(people.c.id == person_id)).one_or_none()
        if row is not None:
            audit.note(connection, actor, "people", name_of(row.conversation), None, {"everything": why}, now)
    return row is not None


def note_export(engine: Engine, kind: str, wanted: Mapping[str, str], *, actor: str, now: datetime) -> None:
    """Record that somebody exported messages, and with which criteria."""
    with engine.begin() as connection:
        audit.note(connection, actor, "exports", kind, None, {"looked for": dict(wanted) or "everything"}, now)


def add_note(engine: Engine, person_id: int, text: str, *, actor: str, now: datetime) -> None:
    """Add a note to a conversation."""
    with engine.begin() as connection:
        connection.execute(sa.insert(notes).values(person_id=person_id, who=actor, at=now, text=text))


def remove_note(engine: Engine, note_id: int, *, actor: str) -> bool:
    """Remove one of `actor`'s own notes. False: it is somebody else's, or gone."""
    with engine.begin() as connection:
        gone = connection.execute(sa.delete(notes).where(notes.c.id == note_id, notes.c.who == actor))
        return bool(gone.rowcount)


def intents(engine: Engine) -> list[str]:
    """Return the topics that have come up, by name."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(turns.c.intent).distinct().order_by(turns.c.intent))
        return [row.intent for row in rows if row.intent]
