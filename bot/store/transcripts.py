"""A conversation as staff read it: what the person, the bot and the staff said, each with its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store.calls import Sent, as_sent
from bot.store.conversations import name_of
from bot.store.events import message_from_json, reply_from_json
from bot.store.marks import marks_of
from bot.store.message_tables import InboxRow, OutboxRow, PersonRow, TurnRow
from bot.store.thread_tables import StaffMessageRow, ThreadRow
from bot.store.unasked_said import UnaskedSaid, unasked_said
from bot.store.user_tables import NoteRow
from connectors.messages import IncomingMessage, Kind, Reply

inbox, turns, people = InboxRow.__table__, TurnRow.__table__, PersonRow.__table__
outbox, notes = OutboxRow.__table__, NoteRow.__table__
threads, staff_messages = ThreadRow.__table__, StaffMessageRow.__table__

# Not part of what two people said to each other. What staff say elsewhere is listed with their messages.
_NOT_SAID = [kind.value for kind in (Kind.STATUS, Kind.IGNORED, Kind.ECHO, Kind.HANDOVER)]


@dataclass(frozen=True)
class Said:
    """One message of a transcript, with the turn that it led to and what was sent.

    `quoted`: the text of the message that it replies to. `edited`: what it was changed to, "" if it wasn't. `deleted`:
    its writer has deleted it, and its words are not shown.
    """

    id: int
    message: IncomingMessage
    state: str
    problem: str
    understanding: dict[str, Any]
    replies: tuple[Reply, ...]
    outcome: str
    sent: tuple[Sent, ...]
    quoted: str = ""
    edited: str = ""
    deleted: bool = False


@dataclass(frozen=True)
class StaffSaid:
    """Something said in a thread by anybody but the student. The fields are those of StaffMessageRow."""

    id: int
    thread_id: int
    kind: str
    who: str
    at: datetime
    text: str
    sent: tuple[Sent, ...]


@dataclass(frozen=True)
class Transcript:
    """What the person, the bot and the staff have said. `earlier`: there is more before the first of `said`.

    `unasked`: what the bot has said of its own accord.
    """

    person_id: int
    name: str
    channel: str
    first_seen_at: datetime
    stopped_at: datetime | None
    said: tuple[Said, ...]
    staff: tuple[StaffSaid, ...]
    unasked: tuple[UnaskedSaid, ...]
    earlier: bool
    notes: tuple[dict[str, Any], ...]
    threads: tuple[dict[str, Any], ...]
    last_message_at: datetime | None = None
    no_marketing_at: datetime | None = None

    def in_order(self) -> list[Said | StaffSaid | UnaskedSaid]:
        """Return everybody's messages in chronological order."""
        lines: list[tuple[datetime, bool, Said | StaffSaid | UnaskedSaid]] = []
        lines += [(each.message.sent_at, False, each) for each in self.said]
        lines += [(each.at, True, each) for each in self.staff]
        lines += [(each.at, True, each) for each in self.unasked]
        return [each for *_, each in sorted(lines, key=lambda line: line[:2])]


def transcript(engine: Engine, person_id: int, *, before_id: int | None = None, limit: int = 100) -> Transcript | None:
    """Return a person's latest messages, in order, those before `before_id` if given; None: no such person."""
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
        messages = [message_from_json(row.event) for row in rows]
        marks = marks_of(connection, person_id, messages)
        since = min((row.received_at for row in rows), default=None) if len(rows) > limit or before_id else None
        until = max((row.received_at for row in rows), default=None) if before_id else None
        staff = _staff(connection, person_id, since, until)
        unasked = unasked_said(connection, person_id, since, until)
        noted = connection.execute(sa.select(notes).where(notes.c.person_id == person_id).order_by(notes.c.id)).all()
        asked = connection.execute(
            sa.select(threads).where(threads.c.person_id == person_id).order_by(threads.c.id.desc())
        ).all()
    found = [
        Said(
            id=row.id,
            message=marks.shown(message),
            state=row.state,
            problem=row.problem,
            understanding=row.understanding or {},
            replies=tuple(reply_from_json(each) for each in row.replies or ()),
            outcome=row.outcome or row.state,
            sent=tuple(sent.get(row.id, ())),
            quoted=marks.quoted.get(message.reply_to or "", ""),
            edited=marks.edited.get(message.id, ""),
            deleted=message.id in marks.deleted,
        )
        for row, message in reversed(list(zip(rows[:limit], messages, strict=False)))
        # An edit or deletion is marked on its original.
        if row.state == "waiting" or row.outcome or not marks.tells(message)
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
        unasked=unasked,
        earlier=len(rows) > limit,
        notes=tuple({"id": each.id, "who": each.who, "at": each.at, "text": each.text} for each in noted),
        threads=tuple({"id": each.id, "why": each.why, "at": each.opened_at, "state": each.state} for each in asked),
        last_message_at=person.last_message_at,
        no_marketing_at=person.no_marketing_at,
    )


def _sent(connection: Connection, person_id: int, of: Any, ids: list[int]) -> dict[int, list[Sent]]:
    # The person is part of the condition because that column is indexed.
    query = sa.select(outbox, of.label("of")).where(outbox.c.person_id == person_id, of.in_(ids))
    rows = connection.execute(query.order_by(outbox.c.id))
    found: dict[int, list[Sent]] = {}
    for row in rows:
        found.setdefault(row.of, []).append(as_sent(row))
    return found


def _staff(
    connection: Connection, person_id: int, since: datetime | None, until: datetime | None
) -> tuple[StaffSaid, ...]:
    """Return what staff said to a person in a period, in order."""
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
