"""End to end on real processes: what becomes of an answer when a platform, Rasa or the store does not do its part."""

from __future__ import annotations

import sqlite3
import time
import uuid
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import sqlalchemy as sa

from bot.simulator.fake_meta import Failure, FakeMeta
from bot.simulator.messenger_client import MessengerClient
from bot.simulator.whatsapp_clients import WhatsAppClient
from bot.store.engine import connect
from bot.store.message_tables import InboxRow, OutboxRow, PersonRow
from bot.workers.lanes import THREADS
from tests.e2e.asking import ask, number
from tests.e2e.conftest import Side
from tests.stack import Stack, until

pytestmark = pytest.mark.slow

QUESTION, ANSWER = "where are the printers", "Learning Commons"


def outgoing(stack: Stack, person: str) -> list[sa.engine.Row]:
    """Return what the outbox holds for a person, in order."""
    return rows(stack, OutboxRow.__table__, person)


def rows(stack: Stack, table: sa.Table, person: str) -> list[sa.engine.Row]:
    """Return a table's rows about a person, in order."""
    whose = sa.select(PersonRow.id).where(PersonRow.person == person)
    with connect(stack.database_url).connect() as connection:
        found = connection.execute(sa.select(table).where(table.c.person_id.in_(whose)).order_by(table.c.id))
        return list(found.all())


def parts(stack: Stack) -> dict[str, dict[str, object]]:
    """Return what /readyz says of each part."""
    return dict(httpx.get(f"{stack.url}/readyz", timeout=10).json())


@pytest.mark.parametrize(
    ("name", "failure"),
    [
        ("messenger", Failure(status=500, code=2)),
        ("messenger", Failure(status=429, code=4)),
        ("messenger", Failure(status=400, code=613)),
        ("messenger", Failure("reset")),
        ("whatsapp", Failure(status=500, code=1)),
        ("whatsapp", Failure(status=429, code=130429)),
        ("whatsapp", Failure(status=400, code=131056)),
        ("whatsapp", Failure("reset")),
        ("twilio", Failure(status=500, code=0)),
        ("twilio", Failure(status=429, code=20429)),
        ("twilio", Failure(status=400, code=63018)),
        ("twilio", Failure("reset")),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.kind} {value.status} {value.code}",
)
def test_a_platform_fails_once_and_the_answer_comes_a_little_later(
    stack: Stack, sides: dict[str, Side], name: str, failure: Failure
) -> None:
    """Once, and whole."""
    client, server, somebody = sides[name]
    server.failures.append(failure)
    person = somebody()

    assert ANSWER in ask(client, server, person, QUESTION)
    until(lambda: all(row.state == "sent" for row in outgoing(stack, person)), 20, "not all is sent")
    assert outgoing(stack, person)[0].tries == 2
    assert len(server.messages_to(person)) == len(outgoing(stack, person))


def test_retry_after_is_waited_for(on_whatsapp: WhatsAppClient, meta: FakeMeta) -> None:
    """A platform that says when it will take more is not asked before."""
    meta.failures.append(Failure(status=429, code=130429, retry_after=4))
    person, asked = number(), time.monotonic()

    assert ANSWER in ask(on_whatsapp, meta, person, QUESTION)
    assert next(each.at for each in meta.taken if each.person == person and each.is_message) - asked >= 4


def test_platforms_that_hang_hold_up_nobody_else(sides: dict[str, Side]) -> None:
    """Each hangs for somebody, WhatsApp for as many as its lane is wide; the others are answered before that ends."""
    held: list[tuple[FakeMeta, str]] = []
    for name, hanging in (("messenger", 1), ("twilio", 1), ("whatsapp", THREADS)):
        client, server, somebody = sides[name]
        server.failures.extend([Failure("hang")] * hanging)
        for _ in range(hanging):
            held.append((server, somebody()))
            client.text(held[-1][1], QUESTION)
        until(lambda server=server: not server.failures, 20, "nothing was sent")
    for name in ("messenger", "twilio", "messenger", "twilio"):
        client, server, somebody = sides[name]
        asked = time.monotonic()
        assert ANSWER in ask(client, server, somebody(), QUESTION)
        assert time.monotonic() - asked < 12  # a call is given up after 15 seconds

    assert [person for server, person in held if not server.wait_for_message(person, timeout=60)] == []


@pytest.mark.parametrize(
    ("channel", "code"), [("whatsapp", 131047), ("messenger", 10), ("twilio", 63016)], ids=["131047", "10", "63016"]
)
def test_an_answer_that_can_never_go_is_shown_as_such_and_the_next_one_goes(
    stack: Stack, sides: dict[str, Side], channel: str, code: int
) -> None:
    """The window is over: not tried again, not called sent, told to staff in words."""
    client, server, somebody = sides[channel]
    person = somebody()
    server.failures.append(Failure(status=400, code=code, subcode=2018278 if code == 10 else None))
    assert client.text(person, QUESTION).status_code == 200
    until(lambda: any(row.state == "failed" for row in outgoing(stack, person)), 30, "nothing failed")
    first = outgoing(stack, person)[0]

    assert (first.state, first.tries) == ("failed", 1)
    assert "24 hours" in first.problem
    assert "24 hours" in ask(client, server, person, "is the learning commons open at 3am")


@pytest.mark.parametrize(
    ("name", "code", "word"),
    [("messenger", 190, "access token"), ("whatsapp", 190, "access token"), ("twilio", 20003, "TWILIO_AUTH_TOKEN")],
)
def test_an_expired_token_raises_an_alarm_and_loses_nothing(
    stack: Stack, sides: dict[str, Side], name: str, code: int, word: str
) -> None:
    """/readyz and the log say what to do; with the new token the answer goes and the alarm ends."""
    client, server, somebody = sides[name]
    server.failures.append(Failure(status=401, code=code))
    person = somebody()
    assert client.text(person, QUESTION).status_code == 200
    until(lambda: not parts(stack)[name]["ok"], 30, "no alarm")

    assert word in str(parts(stack)[name])
    assert all(parts(stack)[other]["ok"] for other in sides if other != name)
    assert any("operator_needed" in line and str(code) in line for line in stack.log.read_text().splitlines())
    assert outgoing(stack, person)[0].state == "waiting"
    with connect(stack.database_url).begin() as connection:  # the minute until the next try, gone by
        due = sa.update(OutboxRow).where(OutboxRow.code == str(code)).values(next_try_at=datetime.now(UTC))
        connection.execute(due)
    assert server.wait_for_message(person, timeout=20)
    until(lambda: bool(parts(stack)[name]["ok"]), 20, "the alarm stays")


def test_a_dead_rasa_is_waited_for_and_then_said(stack: Stack, on_messenger: MessengerClient, meta: FakeMeta) -> None:
    """After ten minutes and eight tries: a kind word, and staff see what was not answered. Before, it is answered."""
    late, fresh = uuid.uuid4().hex, uuid.uuid4().hex
    stack.kill("quietly rasa run")
    assert on_messenger.text(late, QUESTION).status_code == 200
    assert on_messenger.text(fresh, QUESTION).status_code == 200
    until(lambda: any(row.tries for row in rows(stack, InboxRow.__table__, late)), 30, "it was not tried")
    earlier = datetime.now(UTC) - timedelta(minutes=11)
    with connect(stack.database_url).begin() as connection:  # ten minutes and more, gone by
        whose = sa.select(PersonRow.id).where(PersonRow.person == late).scalar_subquery()
        connection.execute(sa.update(InboxRow).where(InboxRow.person_id == whose).values(received_at=earlier, tries=8))
    assert meta.wait_for_message(late, timeout=30)
    said = str(meta.messages_to(late)[0].get("text", ""))

    assert ANSWER not in said
    assert "staff" in said or "librarian" in said
    assert [row.state for row in rows(stack, InboxRow.__table__, late)] == ["failed"]
    assert meta.wait_for_message(fresh, timeout=60)
    assert ANSWER in str(meta.messages_to(fresh)[0].get("text", ""))
    stack.wait_ready()


def test_a_dead_action_server_is_never_silence(stack: Stack, on_messenger: MessengerClient, meta: FakeMeta) -> None:
    """Rasa would go on without the action's answer; the message is answered when the server is back."""
    people = [uuid.uuid4().hex for _ in range(4)]
    stack.kill("rasa_sdk_server")
    for person in people:
        assert on_messenger.text(person, QUESTION).status_code == 200
    assert meta.wait(lambda: all(meta.messages_to(person) for person in people), 60)

    assert all(ANSWER in str(meta.messages_to(person)[0].get("text", "")) for person in people)
    stack.wait_ready()


def test_a_dead_store_asks_the_platform_to_come_again(
    stack: Stack, on_messenger: MessengerClient, meta: FakeMeta
) -> None:
    """503 while nothing can be kept; the redelivery is answered."""
    person, mid = uuid.uuid4().hex, f"m_{uuid.uuid4().hex}"
    holder = sqlite3.connect(stack.database_url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
    holder.execute("BEGIN EXCLUSIVE")
    try:
        assert on_messenger.text(person, QUESTION, mid=mid).status_code == 503
    finally:
        holder.execute("ROLLBACK")
        holder.close()
    assert meta.messages_to(person) == []
    assert on_messenger.text(person, QUESTION, mid=mid).status_code == 200
    assert meta.wait_for_message(person, timeout=30)


def test_no_process_has_met_an_exception(stack: Stack) -> None:
    """After all of the above."""
    lines = stack.log.read_text().splitlines()
    # Of an action that it cannot reach Rasa itself writes a whole traceback, through the channel that told of it.
    ours = [line for line in lines if line.startswith('  File "') and ("/bot/" in line or "/connectors/" in line)]
    assert [line for line in ours if "/bot/nlu/channel.py" not in line] == []
