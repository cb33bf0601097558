"""Announcements to those who subscribed: who gets one, once, and who does not; on either database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import announcements, notices, outbox, people, subscriptions
from bot.store.announcements import AnnouncementError
from bot.store.message_tables import PersonRow
from bot.workers.notices import Notices
from connectors.messages import Address, IncomingMessage, Kind
from connectors.reach import Category
from tests.bot.workers.house import QUIET, House, build

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
SEEN = {"since": NOON.isoformat(), "changes": 0, "known": [], "results": []}


@pytest.fixture
def house(engine: Engine) -> House:
    """A Carrel at noon."""
    made = build(engine)
    made.clock.moment = NOON
    return made


def subscribed(house: House, count: int, *, ago: timedelta = timedelta(hours=1), kind: str = "") -> list[int]:
    """Add people who want news of events; return their ids."""
    found = []
    for number in range(count):
        with house.engine.begin() as connection:
            address = Address("pigeon", f"{kind}{ago}-{number}")
            found.append(people.find_or_add(connection, address, NOON, wrote_at=house.clock() - ago).id)
        subscriptions.begin(house.engine, found[-1], "events", kind, asked="?", words="yes", seen=SEEN, now=NOON)
    return found


def written(house: House, subject: str = "", **texts: str) -> int:
    return announcements.write(
        house.engine,
        None,
        topic="events",
        subject=subject,
        category="marketing",
        texts={"en": "A concert tonight", "zh-Hant": "今晚有音樂會", **texts},
        who="ada",
        now=house.clock(),
    )


def counted(house: House, number: int) -> announcements.Count:
    each = announcements.get(house.engine, number)
    assert each is not None
    channels = {"pigeon": house.pigeon}
    rules, templates = ({name: getattr(one, of) for name, one in channels.items()} for of in ("rules", "templates"))
    return announcements.count(house.engine, each, rules, templates, house.clock())


def send(house: House, number: int, who: str = "ben", *, needs_other: bool = False) -> int:
    found = counted(house, number)
    return announcements.start(house.engine, number, who, house.clock(), needs_other=needs_other, counted=found)


def work(house: House, **more: float) -> None:
    """Let the workers work through the announcement."""
    for _ in range(12):
        house.notices.run()
        house.work()
        house.clock.forward(seconds=5, **more)


def test_each_subscriber_gets_it_once_in_their_language(house: House) -> None:
    """Whoever wants events of two kinds, too; who has no text in their language reads English."""
    [ann, ben, eve] = subscribed(house, 3)
    subscriptions.begin(house.engine, ann, "events", "talk", asked="?", words="yes", seen=SEEN, now=NOON)
    people.speaks(house.engine, ben, "zh-Hant")
    people.speaks(house.engine, eve, "zh-Hans")
    number = written(house)
    told = send(house, number)
    work(house)
    texts = {person: words.splitlines()[0] for person, words in house.pigeon.taken}

    assert told == 3
    assert len(house.pigeon.taken) == 3
    assert sorted(texts.values()) == sorted(["A concert tonight", "今晚有音樂會", "今晚有音乐会"])
    assert announcements.get(house.engine, number).state == "done"  # type: ignore[union-attr]
    assert announcements.progress(house.engine, number).states == {"sent": 3}


def test_it_is_counted_before_it_is_sent(house: House) -> None:
    """Free in the window, by template, and who cannot be reached and why."""
    house.pigeon.templates = {Category.MARKETING: "news"}
    subscribed(house, 4)
    subscribed(house, 2, ago=timedelta(days=3))
    [gone] = subscribed(house, 1, ago=timedelta(hours=2))
    with house.engine.begin() as connection:
        connection.execute(
            sa.update(PersonRow.__table__).where(PersonRow.__table__.c.id == gone).values(stopped_at=NOON)
        )
    found = counted(house, written(house))
    house.pigeon.templates = {}
    without = counted(house, written(house))

    assert (found.people, dict(found.free), dict(found.template)) == (7, {"pigeon": 4}, {"pigeon": 2})
    assert dict(found.none) == {"stopped": 1}
    assert dict(without.none) == {"stopped": 1, "no_template": 2}


def test_who_wrote_it_cannot_approve_it(house: House) -> None:
    """Above a number of people, a second person sends it; and it is sent once, whoever presses twice."""
    subscribed(house, 2)
    number = written(house)
    announcements.ask(house.engine, number, "ada", NOON)
    with pytest.raises(AnnouncementError, match="Somebody else"):
        send(house, number, "ada", needs_other=True)
    told = send(house, number, "ben", needs_other=True)
    with pytest.raises(AnnouncementError, match="faster"):
        send(house, number, "eve")
    with pytest.raises(AnnouncementError, match="on its way"):
        announcements.write(
            house.engine, number, topic="events", subject="", category="utility", texts={}, who="ada", now=NOON
        )

    assert told == 2


def test_it_keeps_to_the_rate_and_can_be_stopped(house: House) -> None:
    """Ten a second on this channel; what is queued when somebody stops it does not go either."""
    subscribed(house, 120)
    number = written(house)
    send(house, number)
    house.notices.run()
    other = Notices(house.engine, {"pigeon": house.pigeon}, house.clock, QUIET, lambda _person: None)
    other.run()
    queued = outbox.counts(house.engine)
    left = announcements.stop(house.engine, number, "ben", house.clock())
    work(house)
    found = announcements.progress(house.engine, number)

    assert queued == {"waiting": 50}
    assert left == 70
    assert house.pigeon.taken == []
    assert dict(found.missed) == {"called_off": 120}


def test_new_stops_are_counted_and_nobody_is_told_after_one(house: House) -> None:
    """The page shows how many had enough."""
    [ann, _] = subscribed(house, 2)
    first, second = written(house), written(house, en="Another one")
    send(house, first)
    work(house)
    people.stop(house.engine, ann, house.clock())
    house.clock.forward(hours=23)
    told = send(house, second)
    count = len(house.pigeon.taken)
    with house.engine.begin() as connection:
        connection.execute(sa.update(PersonRow.__table__).values(last_message_at=house.clock()))
    work(house, minutes=5)

    assert announcements.progress(house.engine, first).stops == 1
    assert told == 1
    assert len(house.pigeon.taken) == count + 1


def test_what_whatsapp_bills_is_counted_once(house: House) -> None:
    """Delivered and read both carry the price; the count outlives the person."""
    from bot.store import costs

    subscribed(house, 1)
    send(house, written(house))
    work(house)
    for state in ("delivered", "read", "delivered"):
        status = IncomingMessage(
            id=f"id-1:{state}{house.clock()}",
            kind=Kind.STATUS,
            sender=None,
            sent_at=house.clock(),
            status=state,
            refers_to=("id-1",),
            details={"category": "service", "billable": True},
        )
        house.deliver(status)
        house.clock.forward(seconds=1)
    with house.engine.begin() as connection:
        connection.execute(sa.delete(PersonRow.__table__))
    [line] = costs.month_of(house.engine, "2026-11")

    assert (line.channel, line.category, line.messages, line.billable, line.cost) == ("pigeon", "service", 1, 1, None)
    assert notices.channels_due(house.engine, house.clock()) == ()
