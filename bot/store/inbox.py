"""The inbox: where a message is stored from the webhook until it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row

from bot.store import outbox, outside, people, preferences, revisions, threads, wishes
from bot.store.engine import writing
from bot.store.events import message_from_json, message_to_json
from bot.store.message_tables import ChannelRow, InboxRow
from bot.store.rows import insert_ignore
from connectors.messages import ANSWERED, IncomingMessage, Kind

inbox = InboxRow.__table__
channels = ChannelRow.__table__

# Statements needed for every message are built once (bot.store.people).
_HEARD = (
    sa.update(channels).where(channels.c.name == sa.bindparam("channel")).values(last_webhook_at=sa.bindparam("now"))
)
# At most this many messages are looked at together: one by one, an album of photos has as many.
MOST_IN_LINE = 30
_LINE = (
    sa.select(inbox)
    .where(inbox.c.person_id == sa.bindparam("person"), inbox.c.state == "waiting")
    .order_by(inbox.c.sent_at, inbox.c.id)
    .limit(MOST_IN_LINE)
)
_NUMBER = sa.select(inbox.c.id).where(
    inbox.c.channel == sa.bindparam("channel"), inbox.c.message_id == sa.bindparam("message")
)
_CLOSE = (
    sa.update(inbox)
    .where(inbox.c.id == sa.bindparam("number"), inbox.c.state == "waiting")
    .values(state=sa.bindparam("to"), answered_at=sa.bindparam("now"), problem=sa.bindparam("why"))
)


@dataclass(frozen=True)
class Added:
    """The result of storing a webhook's events: how many were new, how many already known, and whom to answer."""

    new: int
    known: int
    people: tuple[int, ...]


@dataclass(frozen=True)
class Waiting:
    """A message waiting for its answer since `received_at`. `due` False: it is to be retried later.

    `held`: it was delayed to see whether more words follow, not because something failed.
    """

    id: int
    message: IncomingMessage
    tries: int
    due: bool
    received_at: datetime
    request_id: str = ""
    held: bool = False


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
    """Store the events of one webhook in one transaction. A message that is already stored is left as it is.

    They are stored in the platform's order; an event from the future (a wrong clock) counts as of now. `heard`: record
    that the channel was heard from now.
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
            if whose is not None and _only_of_known(message) and not people.is_known(connection, whose):
                continue  # a receipt for the last words to somebody who has been forgotten
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
            if person_id is not None and preferences.is_one(message):
                preferences.note(connection, person_id, message)
            if message.kind is Kind.STATUS and not outbox.note_receipt(connection, channel, person_id, message):
                early.append((person_id, message))
            if person_id is not None:
                outside.note(connection, channel, person_id, message)
            if person_id is not None and message.kind in {Kind.EDIT, Kind.DELETED}:
                number = connection.execute(_NUMBER, {"channel": channel, "message": message.id[:255]}).scalar_one()
                if revisions.note(connection, channel, person_id, number, message):
                    to_answer[person_id] = None
            if person is not None and message.kind in ANSWERED:
                if not person.new:
                    threads.student_wrote(connection, person.id, message.sent_at)
                if state == "waiting":
                    to_answer[person.id] = None
                else:
                    _leave_to_staff(connection, channel, person.id, message, now)
        if heard:
            _note_webhook(connection, channel, now)
    for person_id, message in early:
        # The call may have been recorded as sent meanwhile; if not, that record will find this status (outbox.sent).
        with engine.begin() as connection:
            outbox.note_receipt(connection, channel, person_id, message)
    return Added(new, len(messages) - new, tuple(to_answer))


def _only_of_known(message: IncomingMessage) -> bool:
    """Return whether an event tells only of messages to somebody, so that it makes nobody known."""
    ours = message.kind is Kind.ECHO and message.details.get("ours")
    return message.kind in {Kind.STATUS, Kind.REACTION} or bool(ours) or preferences.is_one(message)


def _leave_to_staff(
    connection: Connection, channel: str, person_id: int, message: IncomingMessage, now: datetime
) -> None:
    """Apply a late message's STOP or START; any other words wait for staff, unless the person wants no answers."""
    wishes.hold(connection, person_id, message)
    if wishes.wish_of(message) is not None or message.kind is Kind.POSTBACK:
        return
    stopped = sa.select(people.people.c.stopped_at).where(people.people.c.id == person_id)
    if connection.execute(stopped).scalar() is not None:
        return
    number = connection.execute(_NUMBER, {"channel": channel, "message": message.id[:255]}).scalar_one()
    threads.ask(connection, person_id, number, threads.TOO_LATE, now)


def _first_state(message: IncomingMessage, now: datetime, stale_after_seconds: int) -> str:
    if message.kind not in ANSWERED or message.sender is None:
        return "recorded"
    return "stale" if now - message.sent_at > timedelta(seconds=stale_after_seconds) else "waiting"


def _note_webhook(connection: Connection, channel: str, now: datetime) -> None:
    updated = connection.execute(_HEARD, {"channel": channel, "now": now})
    if not updated.rowcount:
        insert_ignore(connection, channels, name=channel, last_webhook_at=now)


def in_line(engine: Engine, person_id: int, now: datetime) -> tuple[Waiting, ...]:
    """Return a person's waiting messages, oldest first; () if none is due.

    A failed message blocks those after it; one held for more words continues as soon as they arrive.
    """
    with engine.connect() as connection:
        rows = connection.execute(_LINE, {"person": person_id}).all()
    line = tuple(_waiting(row, now) for row in rows)
    if not line or not (line[0].due or (line[0].held and any(each.due for each in line))):
        return ()
    return line


def _waiting(row: Row, now: datetime) -> Waiting:
    return Waiting(
        id=row.id,
        message=message_from_json(row.event),
        tries=row.tries,
        due=row.next_try_at <= now,
        received_at=row.received_at,
        request_id=row.request_id,
        held=row.tries == 0 and row.next_try_at > row.received_at,
    )


def hold(engine: Engine, inbox_ids: Sequence[int], until: datetime) -> None:
    """Hold messages until a moment, for words that may follow; this doesn't count as a try."""
    with engine.begin() as connection:
        held = sa.and_(inbox.c.id.in_(list(inbox_ids)), inbox.c.state == "waiting")
        connection.execute(sa.update(inbox).where(held).values(next_try_at=until))


def last_said(engine: Engine, person_id: int) -> IncomingMessage | None:
    """Return the last message that a person wrote, or None."""
    query = sa.select(inbox.c.event).where(inbox.c.person_id == person_id, inbox.c.said)
    with engine.connect() as connection:
        event = connection.execute(query.order_by(inbox.c.id.desc()).limit(1)).scalar()
    return message_from_json(event) if event else None


def retry_later(engine: Engine, inbox_id: int, next_try_at: datetime, problem: str) -> None:
    """Record that the dialogue couldn't answer, and when to retry."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(inbox)
            .where(inbox.c.id == inbox_id)
            .values(tries=inbox.c.tries + 1, next_try_at=next_try_at, problem=problem[:255])
        )


def close(connection: Connection, inbox_id: int, state: str, now: datetime, problem: str = "") -> bool:
    """Move a waiting message to `state`. False: it was already closed, and nothing has changed."""
    closed = connection.execute(_CLOSE, {"number": inbox_id, "to": state, "now": now, "why": problem[:255]})
    return bool(closed.rowcount)


def say_together(connection: Connection, inbox_id: int, words: str) -> None:
    """Record what a message and the pieces before it say together: the text used for search and review."""
    connection.execute(sa.update(inbox).where(inbox.c.id == inbox_id).values(text=words))


def settle(engine: Engine, inbox_id: int, state: str, now: datetime, problem: str = "") -> bool:
    """Close a message that leads to no turn. False: it was already closed."""
    with engine.begin() as connection:
        return close(connection, inbox_id, state, now, problem)


def people_due(engine: Engine, now: datetime, limit: int = 200) -> tuple[int, ...]:
    """Return people with a due message that nobody is answering now, longest waiting first: for the sweep."""
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
            # Only the first failed message in a line is delayed, and later ones must wait behind it; a held one
            # continues once something has followed.
            .having(
                sa.and_(
                    sa.func.min(inbox.c.next_try_at) <= now,
                    sa.func.coalesce(sa.func.max(sa.case([(inbox.c.tries > 0, inbox.c.next_try_at)])), now) <= now,
                )
            )
            .order_by(sa.func.min(inbox.c.id))
            .limit(limit)
        )
        return tuple(row.person_id for row in rows)


def newest(engine: Engine) -> int:
    """Return the number of the last stored event; 0 if there is none."""
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(inbox.c.id), 0))).scalar_one())


def counts(engine: Engine) -> dict[str, int]:
    """Return how many messages are in each state."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(inbox.c.state, sa.func.count()).group_by(inbox.c.state))
        return dict(rows.all())
