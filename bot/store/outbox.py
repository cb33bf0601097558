"""The outbox: where a rendered call is stored until the platform has it, and its outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store import costs, people
from bot.store.events import message_from_json
from bot.store.message_tables import ChannelRow, InboxRow, OutboxRow
from bot.store.rows import insert_ignore
from connectors.messages import IncomingMessage, Kind, OutboundCall

outbox = OutboxRow.__table__
channels = ChannelRow.__table__

# Which status may still follow which: receipts arrive in any order, and a status never goes back.
_BEFORE = {
    "delivered": ("waiting", "sent"),
    "read": ("waiting", "sent", "delivered"),
    "failed": ("waiting", "sent"),
}
# A message that the platform accepted and then failed to deliver is resent this often, after this long.
MOST_DELIVERIES = 4
AGAIN_AFTER = timedelta(seconds=30)
# What fails until an operator repairs something is resent after this long, while the platform's window lasts.
AGAIN_AFTER_REPAIR = timedelta(minutes=10)
# What a message of the contest that answers nothing is about (OutboxRow.about).
DECISION, REMINDER, PHOTO = "decision", "reminder", "photo"
# This many of a person's receipts are checked for one that arrived too early.
LAST_STATUSES = 10

# Statements needed for every message are built once (bot.store.people).
_told, _number = InboxRow.__table__, sa.bindparam("number")
_ADD = sa.insert(outbox)
_FIRST = (
    sa.select(outbox, people.people.c.person, people.people.c.last_message_at, _told.c.request_id)
    .join(people.people, people.people.c.id == outbox.c.person_id)
    .outerjoin(_told, _told.c.id == outbox.c.inbox_id)
    .where(outbox.c.person_id == sa.bindparam("person"), outbox.c.state == "waiting")
    .order_by(outbox.c.id)
    .limit(1)
)
_TRYING = (
    sa.update(outbox)
    .where(outbox.c.id == _number)
    .values(tries=outbox.c.tries + 1, next_try_at=sa.bindparam("until"), problem="", code="")
)
_SENT = (
    sa.update(outbox)
    .where(outbox.c.id == _number, outbox.c.state == "waiting")
    .values(state="sent", sent_at=sa.bindparam("now"), platform_id=sa.bindparam("known_as"))
)
_CHANNEL_SENT = (
    sa.update(channels)
    .where(channels.c.name == sa.bindparam("channel_name"))
    .values(last_sent_at=sa.bindparam("now"), alarm="", alarm_since=None)
)
_NAMED_STATUSES = sa.select(_told.c.event).where(
    _told.c.channel == sa.bindparam("channel"), _told.c.message_id.in_(sa.bindparam("ids", expanding=True))
)
_LAST_STATUSES = (
    sa.select(_told.c.event)
    .where(
        _told.c.person_id == sa.select(outbox.c.person_id).where(outbox.c.id == _number).scalar_subquery(),
        _told.c.state == "recorded",
        _told.c.kind == Kind.STATUS.value,
    )
    .order_by(_told.c.sent_at.desc())
    .limit(LAST_STATUSES)
)


@dataclass(frozen=True)
class Pending:
    """A call waiting to be made. `due` False: it failed a moment ago and is to be retried later.

    `wrote_at` is when the person last wrote: the platform's window for answers counts from there, except for a `late`
    call, which was made for after it. `request_id` is that of the webhook that it answers. `unasked_id`: it is a
    message that nobody has just asked for. `cut_off`: a try ended in the middle, so that it may have gone out.
    `about` and `decision_id`: as in OutboxRow.
    """

    id: int
    call: OutboundCall
    tries: int
    due: bool
    wrote_at: datetime | None = None
    request_id: str = ""
    late: bool = False
    unasked_id: int | None = None
    cut_off: bool = False
    about: str = ""
    decision_id: int | None = None


def add(
    connection: Connection,
    person_id: int,
    inbox_id: int | None,
    calls: Sequence[OutboundCall],
    now: datetime,
    *,
    staff_message_id: int | None = None,
    late: bool = False,
    unasked_id: int | None = None,
    about: str = "",
    decision_id: int | None = None,
) -> None:
    """Put calls to one person into the outbox, in order, as part of the caller's transaction."""
    if calls:
        connection.execute(
            _ADD,
            [
                {
                    "channel": call.channel,
                    "person_id": person_id,
                    "inbox_id": inbox_id,
                    "staff_message_id": staff_message_id,
                    "unasked_id": unasked_id,
                    "about": about,
                    "decision_id": decision_id,
                    "late": late,
                    "body": call.body,
                    "state": "waiting",
                    "next_try_at": now,
                    "created_at": now,
                }
                for call in calls
            ],
        )


def first_waiting(engine: Engine, person_id: int, now: datetime) -> Pending | None:
    """Return the first call that a person hasn't received yet, or None. One that isn't due is returned as such."""
    with engine.connect() as connection:
        row = connection.execute(_FIRST, {"person": person_id}).one_or_none()
    if row is None:
        return None
    call = OutboundCall(channel=row.channel, person=row.person, body=row.body)
    due = row.next_try_at <= now
    return Pending(
        row.id,
        call,
        row.tries,
        due,
        row.last_message_at,
        row.request_id or "",
        row.late,
        row.unasked_id,
        cut_off=row.tries > 0 and not row.code,
        about=row.about,
        decision_id=row.decision_id,
    )


def nth_latest(engine: Engine, person_id: int, number: int) -> datetime | None:
    """Return when the `number`-th latest call to a person was sent; None if there were fewer."""
    query = sa.select(outbox.c.sent_at).where(outbox.c.person_id == person_id, outbox.c.sent_at.is_not(None))
    with engine.connect() as connection:
        return connection.execute(query.order_by(outbox.c.sent_at.desc()).offset(number - 1).limit(1)).scalar()


def trying(engine: Engine, outbox_id: int, until: datetime) -> None:
    """Record that a call is about to be made; if this worker dies, it is due again at `until`."""
    with engine.begin() as connection:
        connection.execute(_TRYING, {"number": outbox_id, "until": until})


def sent(engine: Engine, outbox_id: int, channel: str, platform_id: str | None, now: datetime) -> None:
    """Record that the platform accepted a call, with any status already received; clears the channel's alarm."""
    with engine.begin() as connection:
        connection.execute(_SENT, {"number": outbox_id, "now": now, "known_as": platform_id})
        if not connection.execute(_CHANNEL_SENT, {"channel_name": channel, "now": now}).rowcount:
            insert_ignore(connection, channels, name=channel, last_sent_at=now, alarm="", alarm_since=None)
    if platform_id:
        # A transaction of its own, so that a status whose transaction finished before this one is certain to be seen.
        with engine.begin() as connection:
            for status in _early(connection, outbox_id, channel, platform_id):
                note_receipt(connection, channel, None, status)


def _early(connection: Connection, outbox_id: int, channel: str, platform_id: str) -> list[IncomingMessage]:
    """Return statuses that arrived before the call was recorded as sent: by their id, or the person's last ones."""
    ids = [f"{platform_id}:{state}" for state in (*_BEFORE, "undelivered")]
    named = connection.execute(_NAMED_STATUSES, {"channel": channel, "ids": ids}).scalars()
    last = connection.execute(_LAST_STATUSES, {"number": outbox_id}).scalars()
    events = [*named, *last]
    return [each for each in map(message_from_json, events) if platform_id in each.refers_to]


def retry_later(engine: Engine, outbox_id: int, next_try_at: datetime, code: str, problem: str) -> None:
    """Record that the platform did not accept a call, why, and when to retry."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(outbox)
            .where(outbox.c.id == outbox_id)
            .values(next_try_at=next_try_at, code=code[:64], problem=problem[:500])
        )


def give_up(engine: Engine, outbox_id: int, code: str, problem: str) -> None:
    """Record that a call will never be sent, with the reason that staff read."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(outbox)
            .where(outbox.c.id == outbox_id)
            .values(state="failed", code=code[:64], problem=problem[:500])
        )


def raise_alarm(engine: Engine, channel: str, problem: str, now: datetime) -> None:
    """Record that a channel can't send until an operator repairs it. An alarm keeps its first moment."""
    with engine.begin() as connection:
        _alarm(connection, channel, problem, now)


def _alarm(connection: Connection, channel: str, problem: str, now: datetime) -> None:
    insert_ignore(connection, channels, name=channel)
    connection.execute(
        sa.update(channels)
        .where(channels.c.name == channel)
        .values(alarm=problem[:500], alarm_since=sa.func.coalesce(channels.c.alarm_since, now))
    )


def alarms(engine: Engine) -> dict[str, str]:
    """Return the channels that need an operator, each with what is wrong."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(channels.c.name, channels.c.alarm).where(channels.c.alarm != ""))
        return dict(rows.all())


def note_receipt(connection: Connection, channel: str, person_id: int | None, message: IncomingMessage) -> bool:
    """Update the rows that a delivery or read receipt refers to: by message id, or all up to its watermark.

    False: it refers to a message that is unknown, or not known yet.
    """
    state = message.status or ""
    if state not in _BEFORE:
        return True
    rows = sa.and_(outbox.c.channel == channel, outbox.c.state.in_(_BEFORE[state]))
    if message.refers_to:
        rows = sa.and_(rows, outbox.c.platform_id.in_(message.refers_to))
    elif message.watermark and person_id is not None:
        rows = sa.and_(rows, outbox.c.person_id == person_id, outbox.c.sent_at <= message.watermark)
    else:
        return True
    if repair := message.details.get("operator"):
        _alarm(connection, channel, str(repair), message.sent_at)
        again = {
            "state": "waiting",
            "next_try_at": message.sent_at + AGAIN_AFTER_REPAIR,
            "platform_id": None,
            **_why(message),
        }
        return bool(connection.execute(sa.update(outbox).where(rows).values(again)).rowcount)
    if message.details.get("retry"):
        # The platform accepted it but couldn't deliver it now: it is due again, for a time.
        again = {"state": "waiting", "next_try_at": message.sent_at + AGAIN_AFTER, "platform_id": None, **_why(message)}
        connection.execute(sa.update(outbox).where(rows, outbox.c.tries < MOST_DELIVERIES).values(again))
    values: dict[str, object] = {"state": state}
    if state != "failed":
        values[f"{state}_at"] = message.watermark or message.sent_at
    else:
        values |= _why(message)
    if category := message.details.get("category"):
        _bill(connection, channel, message, str(category))
    closed = connection.execute(sa.update(outbox).where(rows).values(values)).rowcount
    return bool(closed) or not message.refers_to


def _bill(connection: Connection, channel: str, message: IncomingMessage, category: str) -> None:
    """Count what a platform charges for a message, once: several of its statuses say so."""
    if message.status not in {"delivered", "read"}:
        return
    mine = sa.and_(outbox.c.channel == channel, outbox.c.platform_id.in_(message.refers_to), outbox.c.category == "")
    new = connection.execute(sa.update(outbox).where(mine).values(category=category)).rowcount
    if new:
        billable = message.details.get("billable") is True
        month = f"{message.sent_at:%Y-%m}"
        costs.count(connection, month, channel, category, billable=billable, messages=new)


def _why(message: IncomingMessage) -> dict[str, object]:
    """Return why a platform reports that a message failed."""
    return {
        "code": str(message.details.get("code") or "failed")[:64],
        "problem": str(message.details.get("reason", "The platform reports that it failed."))[:500],
    }


def people_due(engine: Engine, now: datetime, limit: int = 200) -> tuple[int, ...]:
    """Return people with a due call that nobody is sending now, longest waiting first: for the sweep.

    `limit` applies per channel, so that the queue of a platform that hangs doesn't hide another's people.
    """
    with engine.connect() as connection:
        found = connection.execute(sa.select(outbox.c.channel).where(outbox.c.state == "waiting").distinct()).scalars()
        return tuple(each for channel in sorted(found) for each in _due(connection, channel, now, limit))


def _due(connection: Connection, channel: str, now: datetime, limit: int) -> list[int]:
    person = people.people
    return list(
        connection.execute(
            sa.select(outbox.c.person_id)
            .join(person, person.c.id == outbox.c.person_id)
            .where(
                outbox.c.state == "waiting",
                outbox.c.channel == channel,
                sa.or_(person.c.send_lease.is_(None), person.c.send_lease_until < now),
            )
            .group_by(outbox.c.person_id)
            # Only the first call in a person's line is ever delayed, and later ones must wait behind it.
            .having(sa.func.max(outbox.c.next_try_at) <= now)
            .order_by(sa.func.min(outbox.c.id))
            .limit(limit)
        ).scalars()
    )


def counts(engine: Engine) -> dict[str, int]:
    """Return how many calls are in each state."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(outbox.c.state, sa.func.count()).group_by(outbox.c.state))
        return dict(rows.all())
