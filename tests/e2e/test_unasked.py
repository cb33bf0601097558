"""What nobody has just asked for, end to end on the three channels: web and workers alone, since it needs no Rasa."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bot.simulator.fake_meta import FakeMeta, FakeTwilio
from bot.store import announcements, facts, people, subscriptions
from bot.store.engine import connect, upgrade
from bot.store.library_tables import EventRow
from bot.store.message_tables import OutboxRow, PersonRow
from bot.store.subscription_tables import NoticeRow, SubscriptionRow
from connectors.messages import Address
from connectors.reach import RULES
from tests.e2e.sides import platforms, sides
from tests.stack import (
    ROOT,
    Stack,
    binary,
    until,
)

pytestmark = pytest.mark.slow

NOON = datetime.now(UTC).replace(microsecond=0)
NOBODY = Path("/nonexistent")
# On Messenger, WhatsApp and Twilio: as many as each takes in the same time.
RECIPIENTS = {"messenger": 1000, "whatsapp": 500, "twilio": 500}


@dataclass
class Site:
    """A Carrel's web process and two workers, by day and by night; the platforms' stand-ins; and the store."""

    stack: Stack
    meta: FakeMeta
    twilio: FakeTwilio
    engine: Engine
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        """Start one of Carrel's processes."""
        environment = {**self.stack.environment(), "QUIET_FROM": "0", "QUIET_UNTIL": "0"}
        with self.stack.log.open("ab") as log:
            command = [binary("carrel"), *words]
            return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def told(self, channel: str, person: str) -> list[str]:
        """Return what somebody has been sent, in words."""
        stand_in = self.twilio if channel == "twilio" else self.meta
        return [str(each) for each in stand_in.messages_to(person)]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """One of its own: processes are killed."""
    with platforms() as (meta, twilio):
        (tmp_path / "var").mkdir()
        stack = Stack(tmp_path / "var", NOBODY, meta.port, twilio_port=twilio.port)
        engine = connect(stack.database_url)
        upgrade(engine)
        made = Site(stack, meta, twilio, engine)
        web = made.begin("web")
        made.workers += [made.begin("worker"), made.begin("worker")]
        try:
            until(lambda: _answers(stack), 120, "the web process does not answer")
            yield made
        finally:
            for each in (web, *made.workers):
                each.kill()
                each.wait(30)
            engine.dispose()


def _answers(stack: Stack) -> bool:
    try:
        return httpx.get(f"{stack.url}/healthz", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def event(engine: Engine, key: str, title: str) -> None:
    """Add an event in three days."""
    starts = NOON + timedelta(days=3)
    texts = dict.fromkeys(("description", "registration_url", "image_url", "audience", "rrule", "url"), "")
    with Session(engine, future=True) as opened:
        row = EventRow(
            key=key,
            title=title,
            starts=starts,
            ends=starts + timedelta(hours=1),
            place="Library",
            type="talk",
            exdates=[],
            all_day=False,
            cancelled=False,
            changed_by="test",
            changed_at=NOON,
            **texts,
        )
        opened.add(row)
        opened.commit()


def change(engine: Engine, key: str, **values: object) -> None:
    """Change an event, as the console does."""
    rows = EventRow.__table__
    with engine.begin() as connection:
        connection.execute(sa.update(rows).where(rows.c.key == key).values(**values))
        facts.changed(connection)


def test_from_yes_to_message_to_stop_on_every_channel(site: Site) -> None:
    """A talk moves, another is cancelled; who has said STOP hears of neither."""
    clients = {name: client for name, (client, *_) in sides(site.stack, site.meta, site.twilio).items()}
    event(site.engine, "maps", "Talk: old maps")
    event(site.engine, "stars", "Talk: bright stars")
    names = {
        (channel, who): f"whatsapp:+85290{row}{column}0001" if channel == "twilio" else f"85291{row}{column}0001"
        for row, channel in enumerate(clients)
        for column, who in enumerate(("maps", "stars", "stopped"))
    }

    def says(channel: str, person: str, words: str, wants: str) -> None:
        assert clients[channel].text(person, words).status_code == 200  # type: ignore[attr-defined]
        until(lambda: any(wants in each for each in site.told(channel, person)), 60, f"{channel}: no “{wants}”")

    for (channel, who), person in names.items():
        title = "bright stars" if who == "stars" else "old maps"
        says(channel, person, f"remind me about the talk {title}", "Shall I remind you here of")
        says(channel, person, "1" if channel == "twilio" else "yes", "tell you about Talk: ")
        if who == "stopped":
            says(channel, person, "STOP", "")
            until(lambda: _stops(site.engine) > 0, 60, "STOP was not heard")
    until(lambda: _stops(site.engine) == 3, 60, "STOP was not heard")
    before = {key: len(site.told(key[0], person)) for key, person in names.items()}
    change(site.engine, "maps", place="Lecture Theatre A")
    change(site.engine, "stars", cancelled=True)
    wanted = {"maps": "has been changed. It is now", "stars": "will not take place as planned"}
    for (channel, who), person in names.items():
        if who != "stopped":
            until(lambda: len(site.told(channel, person)) > before[channel, who], 90, "nothing was told")  # noqa: B023
            [told] = site.told(channel, person)[before[channel, who] :]
            assert wanted[who] in told

    assert [len(site.told(channel, names[channel, "stopped"])) for channel in clients] == [
        before[channel, "stopped"] for channel in clients
    ]
    assert site.meta.refused == site.twilio.refused == []


def _stops(engine: Engine) -> int:
    rows = SubscriptionRow.__table__
    with engine.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).where(rows.c.ended_by == "stop")).scalar_one())


def test_two_thousand_are_told_once_though_every_worker_is_killed(site: Site) -> None:
    """Nobody twice, nobody without consent, nobody after STOP, within the rate; what was cut off is counted."""
    wanted, seen = {}, {"since": NOON.isoformat(), "changes": 0, "known": []}
    strangers = {}
    for channel, count in RECIPIENTS.items():
        prefix = "whatsapp:+852" if channel == "twilio" else "852"
        for number in range(count + 20):
            address = Address(channel, f"{prefix}{len(channel)}{number:07}")
            with site.engine.begin() as connection:
                person = people.find_or_add(connection, address, NOON, wrote_at=datetime.now(UTC)).id
                if number >= count:
                    strangers[address.person] = person
                    continue
            subscriptions.begin(site.engine, person, "events", "", asked="?", words="yes", seen=seen, now=NOON)
            wanted[address.person] = person
    number = announcements.write(
        site.engine,
        None,
        topic="events",
        subject="",
        category="marketing",
        texts={"en": "A concert tonight"},
        who="ada",
        now=NOON,
    )
    announcements.start(
        site.engine, number, "ben", datetime.now(UTC), needs_other=True, counted=announcements.Count(len(wanted))
    )
    stopped = list(wanted.items())[-40:]

    def taken() -> int:
        return len(site.meta.taken) + len(site.twilio.taken)

    for turn, least in enumerate((150, 450, 800, 1200)):
        until(lambda: taken() >= least, 120, "the announcement does not go on")  # noqa: B023
        if turn == 1:
            for _, person in stopped:
                until(lambda: _stop(site.engine, person), 60, "the store is busy all the time")  # noqa: B023
            told_before = {person for person, _ in stopped if site.told("twilio", person)}
        victim = site.workers.pop(0)
        victim.kill()
        victim.wait(30)
        site.workers.append(site.begin("worker"))
    until(lambda: not _open(site.engine), 240, "some still wait")
    counts = Counter(each.person for each in (*site.meta.taken, *site.twilio.taken))
    progress = announcements.progress(site.engine, number)
    cut_off = progress.missed.get("cut_off", 0)

    assert max(counts.values()) == 1
    assert not set(counts) & set(strangers)
    assert {person for person, _ in stopped if counts[person]} == told_before
    missing = len(wanted) - len(counts)
    assert missing <= progress.missed.get("stopped", 0) + cut_off
    assert cut_off <= 8 * 3 * 4  # at most what the killed workers' threads had in hand
    assert set(progress.missed) <= {"stopped", "cut_off"}
    for channel in RECIPIENTS:
        assert _most(site, channel) <= 2 * 5 * RULES[channel].per_second


def _stop(engine: Engine, person: int) -> bool:
    """Record that somebody wants no more messages; False: SQLite was busy all along with what the workers write."""
    try:
        people.stop(engine, person, datetime.now(UTC))
    except OperationalError:
        return False
    return True


def _open(engine: Engine) -> int:
    """Return how much is still to be told or sent."""
    with engine.connect() as connection:
        return sum(
            int(connection.execute(sa.select(sa.func.count()).where(each.__table__.c.state == "waiting")).scalar_one())
            for each in (NoticeRow, OutboxRow)
        )


def _most(site: Site, channel: str) -> int:
    """Return the most messages that went to a channel in any five seconds."""
    stand_in = site.twilio if channel == "twilio" else site.meta
    with site.engine.connect() as connection:
        rows = PersonRow.__table__
        mine = set(connection.execute(sa.select(rows.c.person).where(rows.c.channel == channel)).scalars())
    moments = sorted(each.at for each in stand_in.taken if each.person in mine)
    return max(sum(1 for each in moments if start <= each < start + 5) for start in moments)
