"""What happened in a period: messages by hour, weekday, channel, language and topic, and how they fared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import statistics
from bot.store.message_tables import InboxRow, PersonRow
from bot.store.statistics import Help

inbox, people = InboxRow.__table__, PersonRow.__table__
MOST_TOPICS = 60


@dataclass(frozen=True)
class Trend:
    """What happened in a period. `hours`: 24 counts, `weekdays`: 7, Monday first; of the library's own time."""

    messages: int
    people: int
    failed: int
    outcomes: Mapping[str, int]
    topics: Mapping[str, int]
    hours: tuple[int, ...]
    weekdays: tuple[int, ...]
    channels: Mapping[str, int]
    languages: Mapping[str, int]
    help: Help


def trend(engine: Engine, since: datetime, until: datetime, zone: ZoneInfo) -> Trend:
    """Return the figures from `since` up to `until`."""
    found = statistics.figures(engine, since, until, zone, most_topics=MOST_TOPICS)
    weekdays, channels = [0] * 7, Counter[str]()
    for day, by_channel in found.by_day.items():
        weekdays[day.weekday()] += sum(by_channel.values())
        channels.update(by_channel)
    said = sa.and_(inbox.c.said, inbox.c.received_at >= since, inbox.c.received_at < until)
    spoken = (
        sa.select(people.c.language, sa.func.count())
        .select_from(inbox.join(people, people.c.id == inbox.c.person_id))
        .where(said)
        .group_by(people.c.language)
    )
    with engine.connect() as connection:
        languages = dict(connection.execute(spoken).all())
    return Trend(
        messages=found.messages,
        people=found.people,
        failed=found.failed,
        outcomes=found.outcomes,
        topics=dict(found.topics),
        hours=found.by_hour,
        weekdays=tuple(weekdays),
        channels=dict(channels),
        languages=languages,
        help=statistics.help_given(engine, since, until),
    )
