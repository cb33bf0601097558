"""The bot's performance: counts over a period, computed from the rows themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.store.message_tables import ChannelRow, InboxRow, OutboxRow, PersonRow, TurnRow
from bot.store.thread_tables import ThreadRow
from bot.store.threads_shown import is_due

inbox, turns, outbox = InboxRow.__table__, TurnRow.__table__, OutboxRow.__table__
people = PersonRow.__table__
threads, channels = ThreadRow.__table__, ChannelRow.__table__
NO_TOPIC = frozenset(
    {
        *("greet", "thanks", "goodbye", "affirm", "deny", "help", "stop", "start_again", "sent_media", "nlu_fallback"),
        *("acknowledge", "wait", "annoyed", "confused", "stop_asked", "no_such_choice"),
        *("handover_back", "handover_later", "handover_good", "handover_poor"),
        *("choose_language", "speak_en", "speak_zh_hant", "speak_zh_hans"),
    }
)
MOST_TOPICS = 10
LAST = 2**31 - 1  # no message has a higher number
MOST_COUNTED = 1000
# At most this many messages to people are examined for how many an answer takes: enough to be typical.
MOST_SENT = 5000


@dataclass(frozen=True)
class Figures:
    """What happened between two moments. `by_hour`: 24 counts, by hour of the library's day."""

    messages: int
    people: int
    by_day: Mapping[date, Mapping[str, int]]
    by_hour: tuple[int, ...]
    outcomes: Mapping[str, int]
    topics: tuple[tuple[str, int], ...]
    waiting: int
    failed: int
    asked_for: Mapping[str, int]


@dataclass(frozen=True)
class Help:
    """Staff help in a period: how many asked, how many were answered, and their ratings; medians in seconds."""

    asked: int
    answered: int
    waited: float | None
    took: float | None
    good: int
    poor: int


@dataclass(frozen=True)
class ChannelState:
    """A channel's health."""

    name: str
    last_webhook_at: datetime | None = None
    last_sent_at: datetime | None = None
    alarm: str = ""
    alarm_since: datetime | None = None
    not_sent: int = 0
    problems: tuple[tuple[str, int], ...] = field(default=())


@dataclass(frozen=True)
class Missed:
    """A message that the bot couldn't answer: the latest with this text, how often it was said, and by whom last."""

    inbox_id: int
    text: str
    times: int
    person_id: int


def figures(
    engine: Engine, since: datetime, until: datetime, zone: ZoneInfo, *, most_topics: int = MOST_TOPICS
) -> Figures:
    """Return the figures from `since` up to `until`; days and hours are those of `zone`.

    Outcomes and topics are those of the turns that these messages led to. Each is counted by an index, so that a
    quarter's figures cost as much as its messages, and not as its turns, which are large.
    """
    said = sa.and_(inbox.c.said, inbox.c.received_at >= since, inbox.c.received_at < until)
    with engine.connect() as connection:
        by_day, by_hour = _times(connection, said, zone)
        # By the person's own messages: a database would choose the index over all messages.
        of_one = sa.and_(inbox.c.person_id == people.c.id, sa.func.coalesce(inbox.c.said, False))
        between = sa.and_(inbox.c.sent_at >= since, inbox.c.sent_at < until)
        wrote = sa.select(sa.func.count()).where(
            people.c.last_message_at >= since,
            people.c.first_seen_at < until,
            # Whoever has written since `until` must also have written in the period.
            sa.or_(people.c.last_message_at < until, sa.exists().where(of_one, between)),
        )
        led_to = _turns_of(connection, since, until)
        both = sa.select(turns.c.intent, turns.c.outcome, sa.func.count().label("number")).where(led_to)
        topics: Counter[str] = Counter()
        came_to: Counter[str] = Counter()
        for row in connection.execute(both.group_by(turns.c.intent, turns.c.outcome)):
            topics[row.intent] += row.number
            came_to[row.outcome] += row.number
        named = sorted(topics.items(), key=lambda pair: (-pair[1], pair[0]))
        waiting = sa.select(sa.func.count()).where(inbox.c.state == "waiting")
        failed = sa.select(sa.func.count()).where(
            outbox.c.state == "failed", outbox.c.created_at >= since, outbox.c.created_at < until
        )
        asked = sa.select(threads.c.why, sa.func.count()).where(threads.c.state == "waiting", is_due(until))
        return Figures(
            messages=sum(by_hour),
            people=connection.execute(wrote).scalar_one(),
            by_day=by_day,
            by_hour=by_hour,
            outcomes=dict(came_to),
            topics=tuple((name, number) for name, number in named if name and name not in NO_TOPIC)[:most_topics],
            waiting=connection.execute(waiting).scalar_one(),
            failed=connection.execute(failed).scalar_one(),
            asked_for=dict(connection.execute(asked.group_by(threads.c.why)).all()),
        )


def _times(connection: Connection, said: Any, zone: ZoneInfo) -> tuple[dict[date, dict[str, int]], tuple[int, ...]]:
    """Count by hour in the database, in UTC, and map the hours to the zone's days here."""
    if connection.dialect.name == "postgresql":
        hour = sa.func.to_char(sa.func.timezone("UTC", inbox.c.received_at), "YYYY-MM-DD HH24")
    else:
        hour = sa.func.substr(inbox.c.received_at, 1, 13)  # SQLite stores moments as text; strftime takes twice as long
    hour = hour.label("hour")
    query = sa.select(hour, inbox.c.channel, sa.func.count().label("number")).where(said)
    days: dict[date, dict[str, int]] = {}
    hours = [0] * 24
    local: dict[str, datetime] = {}  # an hour appears once per channel
    for told, channel, number in connection.execute(query.group_by(hour, inbox.c.channel)):
        if told not in local:
            local[told] = datetime.fromisoformat(f"{told}:00+00:00").astimezone(zone)
        day = days.setdefault(local[told].date(), {})
        day[channel] = day.get(channel, 0) + number
        hours[local[told].hour] += number
    return days, tuple(hours)


def _turns_of(connection: Connection, since: datetime, until: datetime) -> Any:
    """Return the condition that a turn is of a message received from `since` up to `until`: ids grow with time."""
    ends = [
        connection.execute(
            sa.select(inbox.c.id)
            .where(inbox.c.said, inbox.c.received_at >= moment)
            .order_by(inbox.c.received_at)
            .limit(1)
        ).scalar_one_or_none()
        for moment in (since, until)
    ]
    if ends[0] is None:
        return sa.false()
    # Always with an upper bound: SQLite uses the id's index for a range, but another one for an open end.
    return turns.c.inbox_id.between(ends[0], LAST if ends[1] is None else ends[1] - 1)


def outcomes(engine: Engine, since: datetime, until: datetime) -> dict[str, int]:
    """Return how many messages had which outcome between two moments."""
    within = sa.and_(turns.c.at >= since, turns.c.at < until)
    with engine.connect() as connection:
        query = sa.select(turns.c.outcome, sa.func.count()).where(within).group_by(turns.c.outcome)
        return dict(connection.execute(query).all())


def not_answered(engine: Engine, since: datetime, most: int = 12) -> list[Missed]:
    """Return messages that the bot couldn't answer, the most frequent first.

    Counts the latest thousand of each outcome: enough to include whatever recurs.
    """
    latest = [
        sa.select(turns.c.inbox_id).where(turns.c.outcome == each).order_by(turns.c.inbox_id.desc()).limit(MOST_COUNTED)
        for each in ("unsure", "out_of_scope", "failed")
    ]
    numbers = sa.union_all(*(sa.select(each.subquery()) for each in latest)).subquery()
    query = (
        sa.select(inbox.c.id, inbox.c.text, inbox.c.person_id)
        .join(numbers, numbers.c.inbox_id == inbox.c.id)
        .where(inbox.c.received_at >= since, inbox.c.text != "")
        .order_by(inbox.c.id.desc())
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    last = {row.text.lower(): row for row in reversed(rows)}
    return [
        Missed(last[text].id, last[text].text, number, last[text].person_id)
        for text, number in Counter(row.text.lower() for row in rows).most_common(most)
    ]


def messages_an_answer(engine: Engine, since: datetime, until: datetime) -> dict[str, float]:
    """Return by channel the mean number of messages per bot answer, of the latest MOST_SENT between two moments."""
    latest = (
        sa.select(outbox.c.channel, outbox.c.inbox_id, outbox.c.created_at)
        .where(outbox.c.inbox_id.is_not(None))
        .order_by(outbox.c.id.desc())
        .limit(MOST_SENT)
        .subquery()
    )
    query = (
        sa.select(latest.c.channel, sa.func.count(), sa.func.count(sa.distinct(latest.c.inbox_id)))
        .where(latest.c.created_at >= since, latest.c.created_at < until)
        .group_by(latest.c.channel)
        .order_by(latest.c.channel)
    )
    with engine.connect() as connection:
        return {channel: messages / answers for channel, messages, answers in connection.execute(query)}


def help_given(engine: Engine, since: datetime, until: datetime) -> Help:
    """Return how staff helped those who asked between two moments.

    `waited` is from the request to the staff's first reply, `took` from there to the closing.
    """
    query = sa.select(threads.c.opened_at, threads.c.answered_at, threads.c.closed_at, threads.c.rating).where(
        threads.c.opened_at >= since, threads.c.opened_at < until
    )
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    answered = [row for row in rows if row.answered_at]
    waits = [(row.answered_at - row.opened_at).total_seconds() for row in answered]
    takes = [(row.closed_at - row.answered_at).total_seconds() for row in answered if row.closed_at]
    return Help(
        asked=len(rows),
        answered=len(answered),
        waited=median(waits) if waits else None,
        took=median(takes) if takes else None,
        good=sum(row.rating == "good" for row in rows),
        poor=sum(row.rating == "poor" for row in rows),
    )


def channel_states(engine: Engine, names: frozenset[str], now: datetime) -> list[ChannelState]:
    """Return the health of each channel, with what could not be sent in the last day."""
    since = now - timedelta(days=1)
    query = (
        sa.select(outbox.c.channel, outbox.c.problem, sa.func.count())
        .where(outbox.c.state == "failed", outbox.c.created_at >= since)
        .group_by(outbox.c.channel, outbox.c.problem)
        .order_by(sa.func.count().desc())
    )
    with engine.connect() as connection:
        rows = {row.name: row for row in connection.execute(sa.select(channels))}
        problems: dict[str, list[tuple[str, int]]] = {}
        for channel, problem, number in connection.execute(query):
            problems.setdefault(channel, []).append((problem, number))
    found = []
    for name in sorted(names):
        row, its = rows.get(name), problems.get(name, [])
        found.append(
            ChannelState(
                name=name,
                last_webhook_at=row.last_webhook_at if row else None,
                last_sent_at=row.last_sent_at if row else None,
                alarm=row.alarm if row else "",
                alarm_since=row.alarm_since if row else None,
                not_sent=sum(number for _, number in its),
                problems=tuple(its[:3]),
            )
        )
    return found
