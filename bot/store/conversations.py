"""Conversations as staff read them: found by what was said and how it was understood, page by page, and exported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from bot.store import audit
from bot.store.events import message_from_json, reply_from_json
from bot.store.message_tables import InboxRow, OutboxRow, PersonRow, TurnRow
from bot.store.thread_tables import StaffMessageRow, ThreadRow
from bot.store.user_tables import NoteRow
from connectors.messages import IncomingMessage, Kind, Reply

inbox, turns, people = InboxRow.__table__, TurnRow.__table__, PersonRow.__table__
outbox, notes = OutboxRow.__table__, NoteRow.__table__
threads, staff_messages = ThreadRow.__table__, StaffMessageRow.__table__

OUTCOMES = ("answered", "unsure", "out_of_scope", "handed", "kept", "failed", "stopped")
# What is no part of what two people said to each other. What staff say elsewhere stands among their messages.
_NOT_SAID = [kind.value for kind in (Kind.STATUS, Kind.IGNORED, Kind.ECHO, Kind.HANDOVER)]
LOW = 0.88  # below it the bot asks back: the threshold of bot.nlu.unsure


@dataclass(frozen=True)
class Filter:
    """What is looked for. Empty: everything. `until` is not included; `feedback`: reactions and complaints."""

    text: str = ""
    intent: str = ""
    channel: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None
    low: bool = False
    media: bool = False
    feedback: bool = False


@dataclass(frozen=True)
class Found:
    """One message of a student's, with what became of it. `name` stands for the person: no platform's id."""

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
    """Return how staff call somebody whose identity they need not know: "Student 3F9A0C"."""
    return f"Student {conversation[:6].upper()}"  # four would be shared by two of a few thousand


def search(engine: Engine, wanted: Filter, *, before_id: int | None = None, limit: int = 50) -> list[Found]:
    """Return messages, the latest first, those before `before_id` where it is given: a page costs the same anywhere."""
    # The same number in both tables: that of the table whose index the search begins with.
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
        # As numbers, each found along its index: an "or" of the two would read everything that was said.
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
    ):
        if value:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(inbox.c.sent_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(inbox.c.sent_at < wanted.until)
    if wanted.low:
        query = query.where(turns.c.confidence < LOW, turns.c.intent != "")
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
    """Return the words of messages by number; those that are gone are left out."""
    query = sa.select(inbox.c.id, inbox.c.text).where(inbox.c.id.in_(list(inbox_ids)))
    with engine.connect() as connection:
        return {row.id: row.text for row in connection.execute(query)}


def every(engine: Engine, wanted: Filter, most: int = 100_000) -> Iterator[Found]:
    """Yield all messages that are looked for, the latest first, a thousand at a time."""
    before_id, left = None, most
    while left > 0 and (page := search(engine, wanted, before_id=before_id, limit=min(1000, left))):
        yield from page
        before_id, left = page[-1].id, left - len(page)


@dataclass(frozen=True)
class Sent:
    """One call to the platform, and how far it has come."""

    state: str
    tries: int
    at: datetime | None
    problem: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Said:
    """One message of a transcript, with the turn that it led to and what was sent."""

    id: int
    message: IncomingMessage
    state: str
    problem: str
    understanding: dict[str, Any]
    replies: tuple[Reply, ...]
    outcome: str
    sent: tuple[Sent, ...]


@dataclass(frozen=True)
class StaffSaid:
    """What was said in a thread by anybody but the student. The fields are those of StaffMessageRow."""

    id: int
    thread_id: int
    kind: str
    who: str
    at: datetime
    text: str
    sent: tuple[Sent, ...]


@dataclass(frozen=True)
class Transcript:
    """What somebody, the bot and the staff have said. `earlier`: there is more before the first of `said`."""

    person_id: int
    name: str
    channel: str
    first_seen_at: datetime
    stopped_at: datetime | None
    said: tuple[Said, ...]
    staff: tuple[StaffSaid, ...]
    earlier: bool
    notes: tuple[dict[str, Any], ...]
    threads: tuple[dict[str, Any], ...]
    last_message_at: datetime | None = None

    def in_order(self) -> list[Said | StaffSaid]:
        """Return what was said by anybody, in the order of its time."""
        lines: list[tuple[datetime, bool, Said | StaffSaid]] = []
        lines += [(each.message.sent_at, False, each) for each in self.said]
        lines += [(each.at, True, each) for each in self.staff]
        return [each for *_, each in sorted(lines, key=lambda line: line[:2])]


def transcript(engine: Engine, person_id: int, *, before_id: int | None = None, limit: int = 100) -> Transcript | None:
    """Return the latest messages of a person, in order, those before `before_id` where it is given; None: nobody."""
    with engine.connect() as connection:
        person = connection.execute(sa.select(people).where(people.c.id == person_id)).one_or_none()
        if person is None:
            return None
        query = (
            sa.select(inbox, turns.c.understanding, turns.c.replies, turns.c.outcome)
            .outerjoin(turns, turns.c.inbox_id == inbox.c.id)
            .where(inbox.c.person_id == person_id, inbox.c.kind.not_in(_NOT_SAID))
            .order_by(inbox.c.id.desc())
            .limit(limit + 1)
        )
        if before_id is not None:
            query = query.where(inbox.c.id < before_id)
        rows = connection.execute(query).all()
        sent = _sent(connection, person_id, outbox.c.inbox_id, [row.id for row in rows])
        since = min((row.received_at for row in rows), default=None) if len(rows) > limit or before_id else None
        until = max((row.received_at for row in rows), default=None) if before_id else None
        staff = _staff(connection, person_id, since, until)
        noted = connection.execute(sa.select(notes).where(notes.c.person_id == person_id).order_by(notes.c.id)).all()
        asked = connection.execute(
            sa.select(threads).where(threads.c.person_id == person_id).order_by(threads.c.id.desc())
        ).all()
    found = [
        Said(
            id=row.id,
            message=message_from_json(row.event),
            state=row.state,
            problem=row.problem,
            understanding=row.understanding or {},
            replies=tuple(reply_from_json(each) for each in row.replies or ()),
            outcome=row.outcome or row.state,
            sent=tuple(sent.get(row.id, ())),
        )
        for row in reversed(rows[:limit])
    ]
    found.sort(key=lambda each: (each.message.sent_at, each.id))
    return Transcript(
        person_id=person_id,
        name=name_of(person.conversation),
        channel=person.channel,
        first_seen_at=person.first_seen_at,
        stopped_at=person.stopped_at,
        said=tuple(found),
        staff=staff,
        earlier=len(rows) > limit,
        notes=tuple({"id": each.id, "who": each.who, "at": each.at, "text": each.text} for each in noted),
        threads=tuple({"id": each.id, "why": each.why, "at": each.opened_at, "state": each.state} for each in asked),
        last_message_at=person.last_message_at,
    )


def _sent(connection: Connection, person_id: int, of: Any, ids: list[int]) -> dict[int, list[Sent]]:
    # The person is asked for too, because that is indexed.
    query = sa.select(outbox, of.label("of")).where(outbox.c.person_id == person_id, of.in_(ids))
    rows = connection.execute(query.order_by(outbox.c.id))
    found: dict[int, list[Sent]] = {}
    for row in rows:
        at = row.read_at or row.delivered_at or row.sent_at
        found.setdefault(row.of, []).append(Sent(row.state, row.tries, at, row.problem, row.body))
    return found


def _staff(
    connection: Connection, person_id: int, since: datetime | None, until: datetime | None
) -> tuple[StaffSaid, ...]:
    """Return what staff said to a person in a stretch of time, in order."""
    query = sa.select(staff_messages).where(staff_messages.c.person_id == person_id).order_by(staff_messages.c.id)
    if since is not None:
        query = query.where(staff_messages.c.at >= since)
    if until is not None:
        query = query.where(staff_messages.c.at <= until)
    rows = connection.execute(query).all()
    sent = _sent(connection, person_id, outbox.c.staff_message_id, [row.id for row in rows])
    return tuple(
        StaffSaid(row.id, row.thread_id, row.kind, row.who, row.at, row.text, tuple(sent.get(row.id, ())))
        for row in rows
    )


def message(engine: Engine, inbox_id: int) -> IncomingMessage | None:
    """Return a message by its number, or None."""
    with engine.connect() as connection:
        event = connection.execute(sa.select(inbox.c.event).where(inbox.c.id == inbox_id)).scalar()
    return message_from_json(event) if event else None


def note_file(engine: Engine, inbox_id: int, *, actor: str, now: datetime) -> None:
    """Write down that somebody looks at a file that a student sent."""
    with engine.begin() as connection:
        audit.note(connection, actor, "people", f"message {inbox_id}", None, {"file": "looked at"}, now)


def identity(engine: Engine, person_id: int, *, actor: str, now: datetime) -> str | None:
    """Return by which id the platform knows a person; who looked is written down first. None: there is nobody."""
    with engine.begin() as connection:
        row = connection.execute(sa.select(people).where(people.c.id == person_id)).one_or_none()
        if row is None:
            return None
        audit.note(connection, actor, "people", name_of(row.conversation), None, {"identity": "looked at"}, now)
    return str(row.person)


def note_words(engine: Engine, person_id: int, *, actor: str, now: datetime) -> bool:
    """Write down that somebody looks at a person's words as they were written. False: there is nobody."""
    with engine.begin() as connection:
        row = connection.execute(sa.select(people).where(people.c.id == person_id)).one_or_none()
        if row is not None:
            audit.note(connection, actor, "people", name_of(row.conversation), None, {"words": "looked at"}, now)
    return row is not None


def note_export(engine: Engine, kind: str, wanted: Mapping[str, str], *, actor: str, now: datetime) -> None:
    """Write down that somebody takes messages out, and which were looked for."""
    with engine.begin() as connection:
        audit.note(connection, actor, "exports", kind, None, {"looked for": dict(wanted) or "everything"}, now)


def add_note(engine: Engine, person_id: int, text: str, *, actor: str, now: datetime) -> None:
    """Write a note beside a conversation."""
    with engine.begin() as connection:
        connection.execute(sa.insert(notes).values(person_id=person_id, who=actor, at=now, text=text))


def remove_note(engine: Engine, note_id: int, *, actor: str) -> bool:
    """Remove a note of `actor`'s own. False: it is somebody else's, or gone."""
    with engine.begin() as connection:
        gone = connection.execute(sa.delete(notes).where(notes.c.id == note_id, notes.c.who == actor))
        return bool(gone.rowcount)


def intents(engine: Engine) -> list[str]:
    """Return the topics that have come up, by name."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(turns.c.intent).distinct().order_by(turns.c.intent))
        return [row.intent for row in rows if row.intent]
