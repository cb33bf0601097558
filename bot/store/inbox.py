"""The inbox: where a message rests from the webhook until it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store import outbox, outside, people, threads, wishes
from bot.store.engine import writing
from bot.store.events import message_from_json, message_to_json
from bot.store.message_tables import ChannelRow, InboxRow
from bot.store.rows import insert_ignore
from connectors.messages import ANSWERED, IncomingMessage, Kind

inbox = InboxRow.__table__
channels = ChannelRow.__table__

# What each message needs is put together once (bot.store.people).
_HEARD = (
    sa.update(channels).where(channels.c.name == sa.bindparam("channel")).values(last_webhook_at=sa.bindparam("now"))
)
_OLDEST = (
    sa.select(inbox)
    .where(inbox.c.person_id == sa.bindparam("person"), inbox.c.state == "waiting")
    .order_by(inbox.c.sent_at, inbox.c.id)
    .limit(1)
)
_CLOSE = (
    sa.update(inbox)
    .where(inbox.c.id == sa.bindparam("number"), inbox.c.state == "waiting")
    .values(state=sa.bindparam("to"), answered_at=sa.bindparam("now"), problem=sa.bindparam("why"))
)


@dataclass(frozen=True)
class Added:
    """What became of a webhook's events: how many were new, how many known already, and whom to answer."""

    new: int
    known: int
    people: tuple[int, ...]


@dataclass(frozen=True)
class Waiting:
    """A message that waits for its answer, since `received_at`. `due` False: it is to be tried again later."""

    id: int
    message: IncomingMessage
    tries: int
    due: bool
    received_at: datetime
    request_id: str = ""


def add(
    engine: Engine,
    channel: str,
    messages: Sequence[IncomingMessage],
    *,
    now: datetime,
    stale_after_seconds: int,
    request_id: str = "",
    heard: bool = True,
) -> Added:
    """Store the events of one webhook, in one transaction. A message that is there already is left as it is.

    They are stored in the platform's order; one from the future, by a clock that is wrong, counts as of now. `heard`:
    note that the channel was heard of now.
    """
    new = 0
    to_answer: dict[int, None] = {}
    early: list[tuple[int | None, IncomingMessage]] = []
    with writing(engine) as connection:
        for each in sorted(messages, key=lambda message: message.sent_at):
            message = replace(each, sent_at=min(each.sent_at, now))
            alias = message.details.get("user_id")
            if message.kind is Kind.SYSTEM and message.details.get("previous_user_id"):
                new_id = message.details.get("new_user_id") or alias
                if new_id:
                    people.renamed(connection, channel, message.details["previous_user_id"], new_id)
            whose = outside.whose(message)
            wrote_at = message.sent_at if message.kind in ANSWERED else None
            person = people.find_or_add(connection, whose, now, alias=alias, wrote_at=wrote_at) if whose else None
            person_id = person.id if person else None
            state = _first_state(message, now, stale_after_seconds)
            added = insert_ignore(
                connection,
                inbox,
                channel=channel,
                message_id=message.id[:255],
                person_id=person_id,
                kind=message.kind.value,
                event=message_to_json(message),
                text=message.text or "",
                said=message.kind in ANSWERED,
                sent_at=message.sent_at,
                received_at=now,
                request_id=request_id,
                state=state,
                next_try_at=now,
            )
            if not added:
                continue
            new += 1
            if message.kind is Kind.SYSTEM and person_id is not None and message.details.get("moved_to"):
                people.moved(connection, person_id, message.details["moved_to"])
            if message.kind is Kind.STATUS and not outbox.note_receipt(connection, channel, person_id, message):
                early.append((person_id, message))
            if person_id is not None:
                outside.note(connection, channel, person_id, message)
            if person is not None and message.kind in ANSWERED:
                if not person.new:
                    threads.student_wrote(connection, person.id, message.sent_at)
                if state == "waiting":
                    to_answer[person.id] = None
                else:
                    wishes.hold(connection, person.id, message)
        if heard:
            _note_webhook(connection, channel, now)
    for person_id, message in early:
        # The note that the call was taken may have been written meanwhile; if not, it finds the status (outbox.sent).
        with engine.begin() as connection:
            outbox.note_receipt(connection, channel, person_id, message)
    return Added(new, len(messages) - new, tuple(to_answer))


def _first_state(message: IncomingMessage, now: datetime, stale_after_seconds: int) -> str:
    if message.kind not in ANSWERED or message.sender is None:
        return "recorded"
    return "stale" if now - message.sent_at > timedelta(seconds=stale_after_seconds) else "waiting"


def _note_webhook(connection: Connection, channel: str, now: datetime) -> None:
    updated = connection.execute(_HEARD, {"channel": channel, "now": now})
    if not updated.rowcount:
        insert_ignore(connection, channels, name=channel, last_webhook_at=now)


def oldest_waiting(engine: Engine, person_id: int, now: datetime) -> Waiting | None:
    """Return a person's first message without an answer, by the platform's time, or None.

    One that is not due yet is returned as such: what came after it must wait behind it.
    """
    with engine.connect() as connection:
        row = connection.execute(_OLDEST, {"person": person_id}).one_or_none()
    if row is None:
        return None
    message, due = message_from_json(row.event), row.next_try_at <= now
    return Waiting(row.id, message, row.tries, due, row.received_at, row.request_id)


def last_said(engine: Engine, person_id: int) -> IncomingMessage | None:
    """Return the last message that a person wrote, or None."""
    query = sa.select(inbox.c.event).where(inbox.c.person_id == person_id, inbox.c.said)
    with engine.connect() as connection:
        event = connection.execute(query.order_by(inbox.c.id.desc()).limit(1)).scalar()
    return message_from_json(event) if event else None


def retry_later(engine: Engine, inbox_id: int, next_try_at: datetime, problem: str) -> None:
    """Note that the dialogue could not answer, and when to ask it again."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(inbox)
            .where(inbox.c.id == inbox_id)
            .values(tries=inbox.c.tries + 1, next_try_at=next_try_at, problem=problem[:255])
        )


def close(connection: Connection, inbox_id: int, state: str, now: datetime, problem: str = "") -> bool:
    """Move a waiting message to `state`. False: it was closed before, and nothing has changed."""
    closed = connection.execute(_CLOSE, {"number": inbox_id, "to": state, "now": now, "why": problem[:255]})
    return bool(closed.rowcount)


def people_due(engine: Engine, now: datetime, limit: int = 200) -> tuple[int, ...]:
    """Return people with a message that is due and that nobody answers now, longest waiting first: for the sweep."""
    person = people.people
    with engine.connect() as connection:
        rows = connection.execute(
            sa.select(inbox.c.person_id)
            .join(person, person.c.id == inbox.c.person_id)
            .where(
                inbox.c.state == "waiting",
                sa.or_(person.c.answer_lease.is_(None), person.c.answer_lease_until < now),
            )
            .group_by(inbox.c.person_id)
            # Only the first in a person's line is ever put off, and what came after must wait behind it.
            .having(sa.func.max(inbox.c.next_try_at) <= now)
            .order_by(sa.func.min(inbox.c.id))
            .limit(limit)
        )
        return tuple(row.person_id for row in rows)


def newest(engine: Engine) -> int:
    """Return the number of the last event that was stored; 0 where there is none."""
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(inbox.c.id), 0))).scalar_one())


def counts(engine: Engine) -> dict[str, int]:
    """Return how many messages are in each state."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(inbox.c.state, sa.func.count()).group_by(inbox.c.state))
        return dict(rows.all())
