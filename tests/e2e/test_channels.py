"""End to end on real processes: WhatsApp through Meta and through Twilio, beside each other."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import httpx
import pytest
import sqlalchemy as sa

from bot.simulator.fake_meta import FakeMeta, FakeTwilio
from bot.simulator.whatsapp_clients import TwilioClient, WhatsAppClient
from bot.store.engine import connect
from bot.store.message_tables import InboxRow, OutboxRow, PersonRow
from tests.e2e.asking import ask, number, words
from tests.stack import ACCOUNT_SID, NUMBER, Stack, until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("printed")]


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
    """Fifty messages of ten people in one webhook, delivered three times; courtesy around a question is no turn."""
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
    assert meta.wait(lambda: all(len(meta.messages_to(person)) >= 2 for person in people), 90)

    for person in people:
        answers = [words(message) for message in meta.messages_to(person)]
        assert len(answers) == 2, answers
        assert "Learning Commons" in answers[0]
        assert "ockers" in answers[1]


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


def test_stop_and_start(on_twilio: TwilioClient, twilio: FakeTwilio) -> None:
    """After STOP and its confirmation silence, after START answers again."""
    person = f"whatsapp:+{number()}"
    assert "START" in ask(on_twilio, twilio, person, "STOP")
    assert on_twilio.text(person, "are you open").status_code == 200
    said = ask(on_twilio, twilio, person, "START")

    assert "back" in said
    assert len(twilio.messages_to(person)) == 2


def test_one_request_id_leads_through_all_processes(stack: Stack, on_whatsapp: WhatsAppClient, meta: FakeMeta) -> None:
    """Webhook, Rasa's turn, its actions, the worker's turn and the send: a line each, and none tells who or what."""
    person, question = number(), "where are the printers please"
    ask(on_whatsapp, meta, person, question)
    with connect(stack.database_url).connect() as connection:
        query = sa.select(InboxRow.request_id).join(PersonRow, PersonRow.id == InboxRow.person_id)
        request_id = connection.execute(query.where(PersonRow.person == person)).scalar_one()

    def events() -> set[tuple[str, str]]:
        lines = [line for line in stack.log.read_text().splitlines() if f"request_id={request_id}" in line]
        found = [dict(part.split("=", 1) for part in line.split() if "=" in part) for line in lines]
        return {(each["process"], each["event"]) for each in found}

    expected = {
        ("web", "webhook"),
        ("rasa", "rasa_turn"),
        ("actions", "action"),
        ("worker", "turn"),
        ("worker", "sent"),
    }
    until(lambda: events() >= expected, 10, "not every process has told of it")
    assert person not in stack.log.read_text()
    assert question not in stack.log.read_text()


def test_every_channel_is_ready(stack: Stack) -> None:
    """A line a channel."""
    parts = httpx.get(f"{stack.url}/readyz").json()

    assert all(parts[name]["ok"] for name in ("messenger", "whatsapp", "twilio"))


def test_no_process_has_met_an_exception(printed: Callable[[], str]) -> None:
    """After all of the above."""
    assert "Traceback" not in printed()
