"""Whoever asks sees what is kept of them, once, and whoever asks is forgotten within a minute, whatever goes on."""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from redis import Redis
from sqlalchemy.engine import Engine

from bot import public
from bot.public.counter import Counter
from bot.retraining.erasure import Erasure
from bot.store import audit, data_requests, inbox, jobs, people, threads, tombstones
from bot.store.engine import connect
from bot.store.message_tables import OutboxRow, PersonRow, TurnRow
from bot.store.privacy_tables import KeptCountRow, LegalHoldRow
from bot.store.tables import metadata
from bot.workers.erasing import Erasing
from bot.workers.keeping_less import compact
from bot.workers.queue import Tasks, make_queue, register
from bot.workers.rights import AGREES, Rights
from bot.workers.upkeep import sweep
from connectors.messages import Address, IncomingMessage, Kind
from connectors.web import create_app
from tests import needed
from tests.bot.workers.house import ANN, BEN, House, build, text
from tests.stores import stated

KEY, SECRET = "a key of the tests", "the ginkgo behind my dormitory"


@dataclass
class Desk:
    """A Carrel that hears what people ask about their data, erases, and shows pages."""

    house: House
    erasing: Erasing
    browser: FlaskClient

    def says(self, words: str, *, sender: Address = ANN, choice: str | None = None) -> str:
        """Have somebody say something, and return the last thing that they have been sent; "" for nothing new."""
        self.house.clock.forward(seconds=30)
        before = len(self.house.pigeon.taken)
        message = text(words, id=f"{sender.person}:{words}:{self.house.clock()}", sender=sender)
        self.house.deliver(replace(message, sent_at=self.house.clock(), choice=choice))
        self.house.work()
        return "".join(said for person, said in self.house.pigeon.taken[before:][-1:] if person == sender.person)

    def known(self) -> list[str]:
        """Return the ids of everybody in the store."""
        with self.house.engine.connect() as connection:
            return list(connection.execute(sa.select(PersonRow.person).order_by(PersonRow.id)).scalars())


@pytest.fixture
def desk(engine: Engine, tmp_path: Path) -> Desk:
    """The desk, on either database."""
    made = build(stated(engine, build(engine).clock()))
    rights = Rights(engine, lambda token: f"https://x.example/privacy/data/{token}", lambda day, language: f"{day:%Y}")
    house = replace(made, answer=replace(made.answer, rights=rights))
    app = create_app({}, lambda *_: None, dict)
    public.install(app, Counter(engine, house.clock, {}))
    return Desk(house, Erasing(engine, Erasure(engine, tmp_path, KEY, house.clock)), app.test_client())


def link_in(words: str) -> str:
    found = re.search(r"https://x\.example(/privacy/data/[\w-]+)", words)
    assert found, words
    return found[1]


def whole(engine: Engine) -> str:
    """Return everything that is in the store, as text."""
    with engine.connect() as connection:
        return "\n".join(
            str(tuple(row)) for table in metadata.sorted_tables for row in connection.execute(sa.select(table))
        )


def test_somebody_sees_what_is_kept_of_them_once(desk: Desk) -> None:
    """A summary at once; opening the link uses nothing up, downloading does; nobody caches or indexes it."""
    desk.says(SECRET)
    desk.says("hello from ben", sender=BEN)
    told = desk.says("what do you know about me?")
    link = link_in(told)

    assert "since 2026: 2 messages" in told
    for _ in range(2):
        shown = desk.browser.get(link, headers={"Accept-Language": "zh-HK"})
        assert shown.status_code == 200
        assert "下載我的資料" in shown.text
        assert SECRET not in shown.text
    given = desk.browser.post(link)
    assert given.headers["Content-Type"] == "application/zip"
    for response in (shown, given):
        assert response.headers["Cache-Control"] == "no-store"
        assert "noindex" in response.headers["X-Robots-Tag"]
    with zipfile.ZipFile(io.BytesIO(given.data)) as file:
        kept, page = json.loads(file.read("my-data.json")), file.read("my-data.html").decode()
    assert [each["text"] for each in kept["messages"]] == [SECRET, "what do you know about me?"]
    assert kept["messages"][0]["answered"] == [f"re: {SECRET}"]
    assert kept["you"]["id"] == "ann"
    assert SECRET in page
    assert "hello from ben" not in page
    assert desk.browser.post(link).status_code == desk.browser.get(link).status_code == 404


def test_a_link_is_kept_nowhere_and_ends(desk: Desk) -> None:
    """Only its hash is stored once it is sent; after a day, after erasure and by guessing it shows nothing."""
    link = link_in(desk.says("my data"))
    token = link.rsplit("/", 1)[1]
    desk.erasing.run()
    assert token not in whole(desk.house.engine)
    assert desk.browser.get("/privacy/data/" + "x" * 43).status_code == 404

    desk.house.clock.forward(days=1, seconds=1)
    assert desk.browser.post(link).status_code == 404
    link = link_in(desk.says("我的資料"))
    desk.says("forget me")
    desk.says("yes")
    desk.erasing.run()
    assert desk.browser.post(link).status_code == 404


@pytest.mark.parametrize("yes", ["yes", "Yes, delete it", "1", ""])
def test_somebody_is_forgotten(desk: Desk, yes: str) -> None:
    """Asked once, done at once, with a code under which staff find that it was done, and nothing of the person."""
    if desk.house.engine.dialect.name == "postgresql" and yes != "yes":
        pytest.skip("the same code on either database")
    desk.says(SECRET)
    desk.says("hello from ben", sender=BEN)
    assert "Shall I delete it?" in desk.says("forget me")
    assert desk.known() == ["ann", "ben"]
    told = desk.says(yes or "tap", choice=None if yes else AGREES)
    code = re.search(r"code is (\w{4}-\w{4})", told)
    assert code
    assert desk.erasing.run() == 1

    left = whole(desk.house.engine)
    assert desk.known() == ["ben"]
    assert SECRET not in left
    assert "'ann'" not in left
    request = data_requests.by_code(desk.house.engine, code[1].lower())
    assert request
    assert (request.state, request.person_id, request.removed["messages"]) == ("done", None, 3)
    assert audit.page(desk.house.engine, table="people")[0]["who"] == f"request {code[1]}"
    with desk.house.engine.connect() as connection:
        counted = connection.execute(sa.select(sa.func.sum(KeptCountRow.number))).scalar_one()
        turns_left = connection.execute(sa.select(sa.func.count()).select_from(TurnRow)).scalar_one()
    assert (counted, turns_left) == (3, 1)


def test_no_file_holds_a_byte_of_whoever_was_forgotten(desk: Desk, tmp_path: Path) -> None:
    """Neither the database nor its log, after VACUUM as after each erasure's own checkpoint; nor a dump."""
    engine, known = desk.house.engine, "85212345678901"
    sender = Address("pigeon", known)
    for turn in range(30):
        desk.says(f"{SECRET} {turn}", sender=sender)
        desk.says(f"hello {turn}", sender=BEN)
    desk.says("my data", sender=sender)
    desk.says("forget me", sender=sender)
    desk.says("yes", sender=sender)
    assert known in whole(engine)
    assert desk.erasing.run() == 1
    if engine.dialect.name == "sqlite":
        engine.dispose()
        compact(engine)
        held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    else:
        address = engine.url.render_as_string(hide_password=False)
        held = subprocess.run(["pg_dump", "--data-only", address], capture_output=True, check=True).stdout

    assert b"hello 29" in held
    for words in (known, SECRET, "ginkgo"):
        assert words.encode() not in held, words


def test_redis_holds_nothing_of_whoever_was_forgotten(desk: Desk, tmp_path: Path) -> None:
    """Neither before nor after: what wakes a worker is a number, and that goes when it is done."""
    needed.redis()
    url, known = "redis://127.0.0.1:6379/14", "85212345678901"
    queue = make_queue(url, tmp_path)
    queue.flush()
    house, sender = desk.house, Address("pigeon", known)
    tasks = register(queue, answer=house.answer.run, send=house.send.run)
    for words in (SECRET, "forget me", "yes"):
        house.clock.forward(seconds=30)
        house.deliver(replace(text(words, id=f"{words}", sender=sender), sent_at=house.clock()))
        sweep(house.engine, Tasks(tasks.answer, tasks.send), house.clock())
        in_redis = held_by(url)
        assert b"person" in in_redis
        assert not [each for each in (known, "ginkgo", *house.script.asked) if each.encode() in in_redis]
        while (task := queue.dequeue()) is not None:
            queue.execute(task)
        house.work()
    assert desk.erasing.run() == 1

    assert held_by(url) == b""
    assert desk.known() == []


def held_by(url: str) -> bytes:
    """Return every key and value of a Redis database."""
    found: list[bytes] = []
    with Redis.from_url(url) as redis:
        for key in redis.scan_iter():
            kind = redis.type(key)
            found += [key, *(redis.lrange(key, 0, -1) if kind == b"list" else [redis.dump(key) or b""])]
    return b"\n".join(found)


def test_a_receipt_for_the_last_words_makes_nobody_known_again(desk: Desk) -> None:
    """Nor does a reaction, or the echo of our own words; a new message is a new beginning."""
    desk.says("delete my data")
    desk.says("yes")
    desk.erasing.run()
    at = desk.house.clock()
    events = [
        IncomingMessage("r1", Kind.STATUS, ANN, at, status="read", refers_to=("id-2",)),
        IncomingMessage("r2", Kind.STATUS, ANN, at, status="delivered", watermark=at),
        IncomingMessage("r3", Kind.REACTION, ANN, at),
        IncomingMessage("r4", Kind.ECHO, Address("pigeon", "page"), at, details={"with": "ann", "ours": True}),
    ]
    desk.house.deliver(*events)
    assert desk.known() == []
    assert inbox.counts(desk.house.engine) == {}

    assert desk.says("hi") == "re: hi"
    assert desk.known() == ["ann"]


def test_a_yes_to_something_else_deletes_nothing(desk: Desk) -> None:
    """Nor does one that comes too late, or a no."""
    desk.says("forget me")
    desk.says("when do you open")
    assert desk.says("yes") == "re: yes"
    desk.says("forget me")
    assert desk.says("no") == "OK, nothing was deleted."
    desk.says("forget me")
    desk.house.clock.forward(hours=2)
    assert "Shall I delete it?" in desk.says("tap", choice=AGREES)

    assert desk.erasing.run() == 0
    assert desk.known() == ["ann"]


def test_it_works_while_staff_have_the_conversation_and_after_stop(desk: Desk) -> None:
    """Staff are told that it ended, not with whom."""
    desk.says(SECRET)
    desk.house.handover.step_in(desk.house.people()[0], "ada")
    assert "Shall I delete it?" in desk.says("刪除我的資料") or desk.house.pigeon.taken[-1][1].startswith("我可以")
    desk.says("係")
    desk.says("stop", sender=BEN)
    assert "Shall I delete it?" in desk.says("forget me", sender=BEN)
    desk.says("yes", sender=BEN)
    assert desk.erasing.run() == 2

    cut_off = data_requests.cut_off(desk.house.engine, desk.house.clock() - timedelta(days=1))
    assert [each.removed["thread"] for each in cut_off] == ["ada"]
    assert threads.quiet_ones(desk.house.engine) == []
    assert desk.known() == []


def test_what_is_on_its_way_goes_first_or_not_at_all(desk: Desk) -> None:
    """The last words are waited for while the platform is slow, but for half a minute only; then all goes."""
    desk.says("forget me")
    desk.house.pigeon.failures = [_away() for _ in range(20)]
    desk.says("yes")
    assert desk.erasing.run() == 0
    desk.house.clock.forward(seconds=31)
    assert desk.erasing.run() == 1
    with desk.house.engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(OutboxRow)).scalar_one() == 0
    desk.house.pigeon.failures = []
    desk.house.work()
    assert all("deleting" not in words for _, words in desk.house.pigeon.taken)


def _away():  # type: ignore[no-untyped-def]
    from connectors.errors import RetryableError

    return RetryableError("away", code="1")


def test_nobody_is_erased_while_a_worker_answers_or_sends(desk: Desk) -> None:
    """The worker's lease comes first; the next round does it."""
    desk.says("forget me")
    desk.says("yes")
    [person] = desk.house.people()
    assert people.lease(desk.house.engine, person, "answer", "another", desk.house.clock(), 20)
    assert desk.erasing.run() == 0
    people.release(desk.house.engine, person, "answer", "another")
    assert people.lease(desk.house.engine, person, "send", "another", desk.house.clock(), 20)
    assert desk.erasing.run() == 0
    desk.house.clock.forward(seconds=21)
    assert desk.erasing.run() == 1


def test_a_legal_hold_keeps_the_data_and_says_so(desk: Desk) -> None:
    """The request stays in the register, for staff."""
    desk.says(SECRET)
    with desk.house.engine.begin() as connection:
        values = {"person_id": desk.house.people()[0], "reason": "court order", "by": "ada", "at": desk.house.clock()}
        connection.execute(sa.insert(LegalHoldRow.__table__).values(**values, lifted_by=""))
    desk.says("forget me")
    assert "legal reason" in desk.says("yes")
    assert desk.erasing.run() == 0
    [request] = data_requests.listed(desk.house.engine)
    assert (request.state, request.days_left(desk.house.clock())) == ("staff", 39)


def test_rasas_conversations_go_and_late_events_too(desk: Desk, tmp_path: Path) -> None:
    """What Rasa writes a moment afterwards is looked for once more; others' conversations stay."""
    if desk.house.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has Rasa's events in a schema of its own; the statement is the same")
    rasa = connect(f"sqlite:///{tmp_path}/conversations.db")
    desk.says(SECRET)
    [name] = set(desk.house.script.asked)

    def write(of: str) -> None:
        with rasa.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS events (sender_id TEXT, data TEXT)")
            connection.exec_driver_sql("INSERT INTO events VALUES (?, ?)", (of, SECRET))

    def left() -> list[str]:
        with rasa.connect() as connection:
            return [row[0] for row in connection.exec_driver_sql("SELECT sender_id FROM events")]

    for each in (name, people.aside(name), "somebody else"):
        write(each)
    desk.says("forget me")
    desk.says("yes")
    desk.erasing.run()
    assert left() == ["somebody else"]
    write(name)
    desk.house.clock.forward(minutes=3)
    desk.erasing.run()
    assert left() == ["somebody else"]
    assert name not in whole(desk.house.engine)


def test_a_training_that_has_read_the_words_is_stopped_and_one_without_them_follows(desk: Desk) -> None:
    """As soon as the trainer is free."""
    from bot.store import examples, reviews

    engine, clock = desk.house.engine, desk.house.clock
    desk.says(SECRET)
    with engine.connect() as connection:
        number = connection.execute(sa.select(TurnRow.inbox_id)).scalar_one()
    reviews.decide(engine, [number], "intent", by="lib", now=clock(), text=SECRET, intent="wifi")
    assert SECRET in {each.text for each in examples.current(engine)}
    training = jobs.ask(engine, "train", by="lib", now=clock())
    assert jobs.take(engine, clock())
    desk.says("forget me")
    desk.says("yes")
    desk.erasing.run()

    assert SECRET not in whole(engine)
    running = jobs.get(engine, training)
    assert running
    assert running.cancel
    assert [each.id for each in jobs.page(engine)] == [training]
    jobs.end(engine, training, "cancelled", clock())
    desk.erasing.run()
    assert jobs.page(engine)[0].reason == "without words that were removed"
    desk.erasing.run()
    assert len(jobs.page(engine)) == 2


def test_a_restored_backup_forgets_again(desk: Desk, tmp_path: Path) -> None:
    """Whoever was forgotten since is forgotten again; who came back after it, or never left, stays."""
    engine = desk.house.engine
    desk.says(SECRET)
    desk.says("hello", sender=BEN)
    with engine.connect() as connection:
        backup = [dict(row) for row in connection.execute(sa.select(PersonRow.__table__)).mappings()]
    for who in (ANN, BEN):
        desk.says("forget me", sender=who)
        desk.says("yes", sender=who)
    assert desk.erasing.run() == 2
    desk.says("hello again", sender=BEN)
    with engine.begin() as connection:  # the backup has no tombstones either
        connection.exec_driver_sql("DELETE FROM tombstones")
        connection.execute(sa.insert(PersonRow.__table__).values({**backup[0], "id": 900}))
    assert desk.known() == ["ben", "ann"]

    assert desk.erasing.erasure.forget_again() == 1
    assert desk.known() == ["ben"]
    assert desk.erasing.erasure.forget_again() == 0
    lines = (tmp_path / tombstones.FILE).read_text()
    assert "ann" not in lines
    assert (tmp_path / tombstones.FILE).stat().st_mode & 0o077 == 0
    desk.house.clock.forward(days=30)
    assert tombstones.age_out(engine, tmp_path, desk.house.clock()) >= 2
    assert tombstones.every(engine, tmp_path) == {}
