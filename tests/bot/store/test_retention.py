"""What is old enough goes, kind by kind, in batches that a killed worker's successor goes on with; counts stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.retraining.erasure import Erasure
from bot.store import conversations, examples, legal_holds, outbox, retention, reviews, transcripts
from bot.store.engine import connect
from bot.store.message_tables import InboxRow, OutboxRow, TurnRow
from bot.store.privacy_tables import KeptCountRow
from bot.workers.keeping_less import KeepingLess
from connectors.messages import Address, Kind, Media, OutboundCall
from tests.bot.workers.house import ANN, BEN, House, build, text

DAYS = {"words": 180, "attachments": 30, "rasa": 30, "people": 365, "audit": 730, "requests": 1095, "backup": 14}
OLD = "the ginkgo behind my dormitory"


@pytest.fixture
def house(engine: Engine) -> House:
    """A Carrel in which nobody has said anything."""
    return build(engine)


def says(house: House, words: str, *, sender: Address = ANN, kind: Kind = Kind.TEXT) -> None:
    house.clock.forward(seconds=30)
    media = (Media("image", "https://files.example/1", "77"),) if kind is Kind.MEDIA else ()
    message = text(words, id=f"{sender.person}:{house.clock()}", sender=sender)
    house.deliver(replace(message, sent_at=house.clock(), kind=kind, media=media))
    house.work()


def kept(house: House) -> str:
    """Return all that is stored of messages, as text."""
    with house.engine.connect() as connection:
        tables = (InboxRow.__table__, TurnRow.__table__, OutboxRow.__table__)
        return "\n".join(str(tuple(row)) for table in tables for row in connection.execute(sa.select(table)))


def less(house: House, folder: Path) -> KeepingLess:
    erasure = Erasure(house.engine, folder, "a key of the tests", house.clock)
    return KeepingLess(house.engine, erasure, DAYS, ZoneInfo("Asia/Hong_Kong"))


def test_words_go_and_what_is_counted_stays(house: House, tmp_path: Path) -> None:
    """After so many days, not before; the conversation's page still opens."""
    says(house, OLD)
    house.clock.forward(days=179)
    assert less(house, tmp_path).run()
    assert OLD in kept(house)
    house.clock.forward(days=2)
    says(house, "a new one")
    assert less(house, tmp_path).run()

    assert OLD not in kept(house)
    assert "a new one" in kept(house)
    [person] = house.people()
    shown = transcripts.transcript(house.engine, person)
    assert shown
    assert [each.message.text for each in shown.said] == [None, "a new one"]
    with house.engine.connect() as connection:
        assert connection.execute(sa.select(TurnRow.intent)).scalars().all() == ["any", "any"]
    assert next(each.removed for each in retention.report(house.engine) if each.kind == "words") == 1


def test_where_files_are_goes_sooner_than_words(house: House, tmp_path: Path) -> None:
    """That there was a picture stays."""
    says(house, OLD, kind=Kind.MEDIA)
    house.clock.forward(days=31)
    less(house, tmp_path).run()

    assert "files.example" not in kept(house)
    assert OLD in kept(house)
    assert "image" in kept(house)


def test_who_no_longer_writes_goes_and_counts_and_redacted_examples_stay(house: House, tmp_path: Path) -> None:
    """A hold, a thread that is open, and having written lately keep somebody."""
    for sender in (ANN, BEN, Address("pigeon", "cat"), Address("pigeon", "dan")):
        says(house, OLD, sender=sender)
    ann, ben, cat, dan = house.people()
    with house.engine.connect() as connection:
        first = connection.execute(sa.select(InboxRow.id).where(InboxRow.person_id == ann)).scalar_one()
    reviews.decide(house.engine, [first], "intent", by="lib", now=house.clock(), text="ginkgo", intent="wifi")
    assert legal_holds.order(house.engine, ben, "ada", "court", house.clock())
    house.handover.step_in(cat, "ada")
    house.clock.forward(days=366)
    says(house, "again", sender=Address("pigeon", "dan"))
    less(house, tmp_path).run()

    assert house.people() == [ben, cat, dan]
    assert OLD in kept(house), "the hold keeps words too"
    assert [each.text for each in examples.current(house.engine)] == ["ginkgo"]
    with house.engine.connect() as connection:
        assert connection.execute(sa.select(KeptCountRow.number)).scalars().all() == [1]
    [hold] = legal_holds.standing(house.engine)
    legal_holds.lift(house.engine, hold.id, "ada", house.clock())
    house.clock.forward(days=1)
    less(house, tmp_path).run()
    assert house.people() == [cat, dan]


def test_a_round_that_is_cut_off_goes_on_where_it_was(house: House) -> None:
    """Each batch is a transaction; done once, a day's round does nothing more."""
    for number in range(7):
        says(house, f"{OLD} {number}")
    house.clock.forward(days=200)
    kind = next(each for each in retention.KINDS if each.name == "words")
    day = date(2027, 6, 11)
    assert retention.counted(house.engine, kind, 180, house.clock()) == 7
    assert retention.step(house.engine, kind, 180, house.clock(), day, batch=3)
    assert kept(house).count("ginkgo") > 0
    [under_way] = retention.report(house.engine)
    assert (under_way.removed, under_way.ended_at) == (3, None)
    while retention.step(house.engine, kind, 180, house.clock(), day, batch=3):
        pass

    assert kept(house).count("ginkgo") == 0
    [done] = retention.report(house.engine)
    assert (done.removed, done.ended_at) == (7, house.clock())
    assert not retention.step(house.engine, kind, 180, house.clock(), day)


def test_a_second_is_over_and_the_next_run_goes_on(house: House, tmp_path: Path) -> None:
    """Before three in the morning nothing happens at all."""
    says(house, OLD)
    house.clock.forward(days=200)
    impatient = replace(less(house, tmp_path), clock=iter(range(0, 10_000, 100)).__next__)
    house.clock.moment = house.clock.moment.replace(hour=18)  # two in Hong Kong
    assert impatient.run()
    assert OLD in kept(house)
    house.clock.forward(hours=1)
    runs = 0
    while not impatient.run():
        runs += 1

    assert runs >= 1
    assert OLD not in kept(house)
    assert {each.kind for each in retention.report(house.engine)} >= {"words", "people", "rasa", "tombstones"}


def test_rasas_memory_goes_but_for_a_session_that_goes_on(house: House, tmp_path: Path) -> None:
    if house.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has Rasa's events in a schema of its own; the statement is the same")
    rasa, now = connect(f"sqlite:///{tmp_path}/conversations.db"), house.clock().timestamp()
    day = 86_400.0
    lines = [("a", "session_started", 90), ("a", "user", 90), ("b", "user", 90), ("b", "session_started", 60)]
    lines += [("b", "user", 60), ("b", "user", 1), ("c", "user", 5)]
    with rasa.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE events (id INTEGER PRIMARY KEY, sender_id TEXT, type_name TEXT, timestamp FLOAT, data TEXT)"
        )
        for sender, name, age in lines:
            connection.exec_driver_sql(
                "INSERT INTO events (sender_id, type_name, timestamp, data) VALUES (?, ?, ?, 'x')",
                (sender, name, now - age * day),
            )
    erasure = Erasure(house.engine, tmp_path, "a key of the tests", house.clock)

    assert erasure.forget_old_events(house.clock() - timedelta(days=30)) == 3
    with rasa.connect() as connection:
        left = connection.exec_driver_sql("SELECT sender_id, type_name FROM events ORDER BY id").all()
    assert [tuple(row) for row in left] == [("b", "session_started"), ("b", "user"), ("b", "user"), ("c", "user")]


def test_searching_for_what_is_gone_finds_nothing(house: House, tmp_path: Path) -> None:
    """The console's search goes by the text, which is gone as well."""
    says(house, OLD)
    house.clock.forward(days=200)
    less(house, tmp_path).run()

    assert conversations.search(house.engine, conversations.Filter(text="ginkgo")) == []


def test_what_was_sent_unasked_loses_its_words_too(house: House, tmp_path: Path) -> None:
    """That it was a decision about an entry, and how far it came, stays; a person on hold keeps all."""
    says(house, "hello")
    says(house, "hello", sender=BEN)
    ann, ben = house.people()
    legal_holds.order(house.engine, ben, "ada", "a court's order", house.clock())
    for person, who in ((ann, ANN), (ben, BEN)):
        calls = [OutboundCall("pigeon", who.person, {"text": f"{OLD}, {who.person}"})]
        with house.engine.begin() as connection:
            outbox.add(connection, person, None, calls, house.clock(), about=outbox.DECISION)
    house.work()
    house.clock.forward(days=181)
    says(house, "a new one")
    assert less(house, tmp_path).run()

    assert f"{OLD}, ann" not in kept(house)
    assert f"{OLD}, ben" in kept(house)
    shown = transcripts.transcript(house.engine, ann)
    assert shown
    [told] = shown.unasked
    assert ([each.kind for each in told.about], told.sent[0].state, told.sent[0].body) == (["decision"], "sent", {})
    [done] = [each for each in retention.report(house.engine) if each.kind == "unasked_words"]
    assert done.removed == 1
