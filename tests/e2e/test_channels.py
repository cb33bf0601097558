"""End to end on real processes: WhatsApp through Meta and through Twilio, beside each other."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.simulator.fake_meta import Failure, FakeMeta, FakeTwilio
from bot.simulator.whatsapp_clients import TwilioClient, WhatsAppClient
from bot.store.engine import connect
from bot.store.message_tables import InboxRow, OutboxRow
from tests.stack import (
    ACCESS_TOKEN,
    ACCOUNT_SID,
    APP_SECRET,
    AUTH_TOKEN,
    NUMBER,
    PAGE_ID,
    PHONE_NUMBER_ID,
    VERIFY_TOKEN,
    Stack,
    until,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def meta() -> Iterator[FakeMeta]:
    stand_in = FakeMeta(access_token=ACCESS_TOKEN, page_id=PAGE_ID, phone_number_id=PHONE_NUMBER_ID)
    stand_in.start()
    yield stand_in
    stand_in.stop()


@pytest.fixture(scope="module")
def twilio() -> Iterator[FakeTwilio]:
    stand_in = FakeTwilio(access_token=f"{ACCOUNT_SID}:{AUTH_TOKEN}")
    stand_in.start()
    yield stand_in
    stand_in.stop()


@pytest.fixture(scope="module")
def stack(
    meta: FakeMeta, twilio: FakeTwilio, models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("stack"), models, meta.port, twilio_port=twilio.port)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def on_whatsapp(stack: Stack) -> WhatsAppClient:
    return WhatsAppClient(f"{stack.url}/webhooks/whatsapp", PHONE_NUMBER_ID, APP_SECRET, VERIFY_TOKEN)


@pytest.fixture(scope="module")
def on_twilio(stack: Stack) -> TwilioClient:
    return TwilioClient(f"{stack.url}/webhooks/twilio", ACCOUNT_SID, AUTH_TOKEN, NUMBER)


def number() -> str:
    """Return a number that nobody has written from."""
    return f"852{uuid.uuid4().int % 10**8:08d}"


def words(message: dict[str, Any]) -> str:
    """Return the text of a message, whatever the platform."""
    interactive = message.get("interactive", {}).get("body", {}).get("text", "")
    return str(message.get("text", {}).get("body", "") or message.get("body", "") or interactive)


def ask(client: Any, server: FakeMeta, person: str, said: str) -> str:
    """Return the first message that answers."""
    before = len(server.messages_to(person))
    response = client.text(person, said)
    assert response.status_code == 200, response.text
    assert server.wait_for_message(person, timeout=30, after=before), f"no answer to {said!r}"
    return " ".join(words(message) for message in server.messages_to(person)[before:])


def test_whatsapp_answers_and_marks_as_read(on_whatsapp: WhatsAppClient, meta: FakeMeta) -> None:
    """The Learning Commons at three in the morning; read and typing in one call of WhatsApp's own."""
    person = number()

    assert ask(on_whatsapp, meta, person, "is the learning commons open at 3am").startswith("Yes")
    assert meta.wait(lambda: any("typing_indicator" in each.body for each in meta.taken), 10)


def test_whatsapp_shows_choices_as_a_list_and_takes_the_digit(on_whatsapp: WhatsAppClient, meta: FakeMeta) -> None:
    """More than three: a list; the second of them by its number."""
    person = number()
    ask(on_whatsapp, meta, person, "what can you do")
    [shown] = [each for each in meta.messages_to(person) if each["type"] == "interactive"]
    rows = shown["interactive"]["action"]["sections"][0]["rows"]

    assert len(rows) > 3
    assert "24 hours" in ask(
        on_whatsapp, meta, person, str([row["id"] for row in rows].index("/learning_commons_24h") + 1)
    )


def test_whatsapps_statuses_close_rows(stack: Stack, on_whatsapp: WhatsAppClient, meta: FakeMeta) -> None:
    """Accepted is not delivered: what came of it comes later, and staff read why it failed."""
    person = number()
    ask(on_whatsapp, meta, person, "where are the printers")
    engine = connect(stack.database_url)
    rows = sa.select(OutboxRow.platform_id).where(OutboxRow.channel == "whatsapp", OutboxRow.state == "sent")

    def sent() -> str | None:
        with engine.connect() as connection:
            return connection.execute(rows.order_by(OutboxRow.id.desc()).limit(1)).scalar()

    until(lambda: sent() is not None, 10, "nothing is noted as sent")
    wamid = sent() or ""
    assert on_whatsapp.status(wamid, person, "failed", 131047).status_code == 200
    with engine.connect() as connection:
        state, problem = connection.execute(
            sa.select(OutboxRow.state, OutboxRow.problem).where(OutboxRow.platform_id == wamid)
        ).one()
    assert state == "failed"
    assert "24 hours" in problem


def test_a_batch_is_answered_message_by_message_in_order(on_whatsapp: WhatsAppClient, meta: FakeMeta) -> None:
    """Fifty messages of ten people in one webhook, delivered three times."""
    people = [number() for _ in range(10)]
    said = ["hi", "where are the printers", "thanks", "do you have lockers", "bye"]
    messages = [
        {
            "from": person,
            "id": f"wamid.{person}.{turn}",
            "timestamp": str(1_900_000_000 + turn),
            "type": "text",
            "text": {"body": text},
        }
        for turn, text in reversed(list(enumerate(said)))
        for person in people
    ]
    for _ in range(3):
        assert on_whatsapp.value(messages=messages).status_code == 200
    assert meta.wait(lambda: all(len(meta.messages_to(person)) >= 5 for person in people), 90)

    for person in people:
        answers = [words(message) for message in meta.messages_to(person)]
        assert len(answers) == 5, answers
        assert "Learning Commons" in answers[1]
        assert "ockers" in answers[3]


def test_twilio_answers_in_plain_text(on_twilio: TwilioClient, twilio: FakeTwilio) -> None:
    """Choices are numbered, and the number is understood."""
    person = f"whatsapp:+{number()}"
    shown = ask(on_twilio, twilio, person, "what can you do")
    line = next(line for line in shown.splitlines() if "Open 24 hours" in line)

    assert "24 hours" in ask(on_twilio, twilio, person, line.split(".")[0])


def test_twilio_is_answered_with_its_own_form(stack: Stack, on_twilio: TwilioClient) -> None:
    """An empty list of instructions; a wrong signature is refused and stores nothing."""
    response = on_twilio.status("SM1", "whatsapp:+85212345678", "delivered")

    assert (response.status_code, response.text) == (200, "<Response/>")
    assert response.headers["content-type"].startswith("text/xml")
    forged = TwilioClient(f"{stack.url}/webhooks/twilio", ACCOUNT_SID, "another", NUMBER)
    sid = uuid.uuid4().hex
    assert forged.text("whatsapp:+85212345678", "hi", mid=sid).status_code == 403
    with connect(stack.database_url).connect() as connection:
        found = connection.execute(sa.select(InboxRow.id).where(InboxRow.message_id == sid)).all()
    assert found == []


@pytest.mark.parametrize("failure", [Failure(status=500), Failure(status=429, code=20429), Failure("reset")])
def test_a_platform_that_fails_once_gets_the_answer_later(
    on_twilio: TwilioClient, twilio: FakeTwilio, failure: Failure
) -> None:
    """A busy or broken Twilio loses nothing."""
    twilio.failures.append(failure)

    assert ask(on_twilio, twilio, f"whatsapp:+{number()}", "where are the printers")


def test_stop_and_start(on_twilio: TwilioClient, twilio: FakeTwilio) -> None:
    """After STOP and its confirmation silence, after START answers again."""
    person = f"whatsapp:+{number()}"
    assert "START" in ask(on_twilio, twilio, person, "STOP")
    assert on_twilio.text(person, "are you open").status_code == 200
    said = ask(on_twilio, twilio, person, "START")

    assert "back" in said
    assert len(twilio.messages_to(person)) == 2


def test_every_channel_is_ready(stack: Stack) -> None:
    """A line a channel."""
    parts = httpx.get(f"{stack.url}/readyz").json()

    assert all(parts[name]["ok"] for name in ("messenger", "whatsapp", "twilio"))


def test_no_process_has_met_an_exception(stack: Stack) -> None:
    """After all of the above."""
    assert "Traceback" not in stack.log.read_text()
