"""The outbox: where a rendered call rests until the platform has it, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store import people
from bot.store.message_tables import ChannelRow, OutboxRow
from bot.store.rows import insert_ignore
from connectors.messages import IncomingMessage, OutboundCall

outbox = OutboxRow.__table__
channels = ChannelRow.__table__

# What a platform may still report of a row, by what it has reported: receipts come in any order, and never go back.
_BEFORE = {
    "delivered": ("waiting", "sent"),
    "read": ("waiting", "sent", "delivered"),
    "failed": ("waiting", "sent"),
}


@dataclass(frozen=True)
class Pending:
    """A call that waits to be made. `due` False: it failed a moment ago and is to be tried again later.

    `wrote_at` is when the person last wrote: the platform's window for answers counts from there.
    """

    id: int
    call: OutboundCall
    tries: int
    due: bool
    wrote_at: datetime | None = None


def add(
    connection: Connection, person_id: int, inbox_id: int | None, calls: Sequence[OutboundCall], now: datetime
) -> None:
    """Put calls to one person into the outbox, in order, as part of the caller's transaction."""
    if calls:
        connection.execute(
            sa.insert(outbox),
            [
                {
                    "channel": call.channel,
                    "person_id": person_id,
                    "inbox_id": inbox_id,
                    "body": call.body,
                    "state": "waiting",
                    "next_try_at": now,
                    "created_at": now,
                }
                for call in calls
            ],
        )


def first_waiting(engine: Engine, person_id: int, now: datetime) -> Pending | None:
    """Return the first call that a person has not got yet, or None. One that is not due is returned as such."""
    person = people.people
    with engine.connect() as connection:
        row = connection.execute(
            sa.select(outbox, person.c.person, person.c.last_message_at)
            .join(person, person.c.id == outbox.c.person_id)
            .where(outbox.c.person_id == person_id, outbox.c.state == "waiting")
            .order_by(outbox.c.id)
            .limit(1)
        ).one_or_none()
    if row is None:
        return None
    call = OutboundCall(channel=row.channel, person=row.person, body=row.body)
    return Pending(row.id, call, row.tries, row.next_try_at <= now, row.last_message_at)


def trying(engine: Engine, outbox_id: int, until: datetime) -> None:
    """Note that a call is about to be made; should this worker die, it is due again at `until`."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(outbox)
            .where(outbox.c.id == outbox_id)
            .values(tries=outbox.c.tries + 1, next_try_at=until, problem="", code="")
        )


def sent(engine: Engine, outbox_id: int, channel: str, platform_id: str | None, now: datetime) -> None:
    """Note that the platform took a call; the channel's alarm, if any, is over."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(outbox)
            .where(outbox.c.id == outbox_id, outbox.c.state == "waiting")
            .values(state="sent", sent_at=now, platform_id=platform_id)
        )
        values = {"last_sent_at": now, "alarm": "", "alarm_since": None}
        if not connection.execute(sa.update(channels).where(channels.c.name == channel).values(values)).rowcount:
            insert_ignore(connection, channels, name=channel, **values)


def retry_later(engine: Engine, outbox_id: int, next_try_at: datetime, code: str, problem: str) -> None:
    """Note that the platform did not take a call, why, and when to try again."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(outbox)
            .where(outbox.c.id == outbox_id)
            .values(next_try_at=next_try_at, code=code[:64], problem=problem[:500])
        )


def give_up(engine: Engine, outbox_id: int, code: str, problem: str) -> None:
    """Note that a call will never go, with the reason that staff read."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(outbox)
            .where(outbox.c.id == outbox_id)
            .values(state="failed", code=code[:64], problem=problem[:500])
        )


def raise_alarm(engine: Engine, channel: str, problem: str, now: datetime) -> None:
    """Note that nothing goes out on a channel until an operator repairs it. The first moment of an alarm is kept."""
    with engine.begin() as connection:
        insert_ignore(connection, channels, name=channel)
        connection.execute(
            sa.update(channels)
            .where(channels.c.name == channel)
            .values(alarm=problem[:500], alarm_since=sa.func.coalesce(channels.c.alarm_since, now))
        )


def alarms(engine: Engine) -> dict[str, str]:
    """Return the channels that wait for an operator, each with what is wrong."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(channels.c.name, channels.c.alarm).where(channels.c.alarm != ""))
        return dict(rows.all())


def note_receipt(connection: Connection, channel: str, person_id: int | None, message: IncomingMessage) -> None:
    """Close the rows that a delivery or read receipt speaks of: by message id, or all up to its watermark."""
    state = message.status or ""
    if state not in _BEFORE:
        return
    rows = sa.and_(outbox.c.channel == channel, outbox.c.state.in_(_BEFORE[state]))
    if message.refers_to:
        rows = sa.and_(rows, outbox.c.platform_id.in_(message.refers_to))
    elif message.watermark and person_id is not None:
        rows = sa.and_(rows, outbox.c.person_id == person_id, outbox.c.sent_at <= message.watermark)
    else:
        return
    values: dict[str, object] = {"state": state}
    if state != "failed":
        values[f"{state}_at"] = message.watermark or message.sent_at
    else:
        values["code"] = str(message.details.get("code", ""))[:64]
        values["problem"] = str(message.details.get("reason", "The platform reports that it failed."))[:500]
    connection.execute(sa.update(outbox).where(rows).values(values))


def people_due(engine: Engine, now: datetime, limit: int = 200) -> tuple[int, ...]:
    """Return people with a call that is due and that nobody sends now, longest waiting first: for the sweep."""
    person = people.people
    with engine.connect() as connection:
        rows = connection.execute(
            sa.select(outbox.c.person_id)
            .join(person, person.c.id == outbox.c.person_id)
            .where(
                outbox.c.state == "waiting",
                sa.or_(person.c.send_lease.is_(None), person.c.send_lease_until < now),
            )
            .group_by(outbox.c.person_id)
            # Only the first in a person's line is ever put off, and what came after must wait behind it.
            .having(sa.func.max(outbox.c.next_try_at) <= now)
            .order_by(sa.func.min(outbox.c.id))
            .limit(limit)
        )
        return tuple(row.person_id for row in rows)


def counts(engine: Engine) -> dict[str, int]:
    """Return how many calls are in each state."""
    with engine.connect() as connection:
        rows = connection.execute(sa.select(outbox.c.state, sa.func.count()).group_by(outbox.c.state))
        return dict(rows.all())
