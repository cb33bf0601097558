"""End to end on real processes: every payload file, fresh and of today; ten deliveries at once; bad signatures."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.simulator.whatsapp_clients import TwilioClient
from bot.store.engine import connect
from bot.store.message_tables import InboxRow, OutboxRow, PersonRow, TurnRow
from connectors.messages import ANSWERED
from tests.connectors.payload_files import SAME, files, payload
from tests.e2e.asking import ask
from tests.e2e.conftest import Side
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("printed")]


@pytest.fixture(params=["messenger", "whatsapp", "twilio"])
def side(request: pytest.FixtureRequest, sides: dict[str, Side]) -> Side:
    """Each of the platforms."""
    return sides[request.param]


def fresh(known: str) -> str:
    """Return an id of the same form that nobody has; of digits none begins with 0, which a number would lose."""
    head, digits = (known[:-1], "") if known and not known[-1].isdigit() else (known.rstrip("0123456789"), known)
    return f"{head}{10**14 + uuid.uuid4().int % (9 * 10**14)}" if digits else f"{head[:20]}{uuid.uuid4().hex}"


def of_today(value: Any, names: Mapping[str, str], later: float) -> Any:
    """Return a payload with other ids, and with its moments moved by `later` seconds."""
    if isinstance(value, dict):
        return {
            name: moved(each, later) if name in TIMES else of_today(each, names, later) for name, each in value.items()
        }
    if isinstance(value, list):
        return [of_today(each, names, later) for each in value]
    if isinstance(value, int) and not isinstance(value, bool) and str(value) in names:
        return int(names[str(value)])
    return names.get(value, value) if isinstance(value, str) else value


TIMES = ("timestamp", "time", "watermark")


def moved(value: Any, later: float) -> Any:
    """Return a moment in seconds or milliseconds, number or text, so much later; anything else as it is."""
    if not str(value).isdigit():
        return value
    factor = 1000 if int(value) > 10**11 else 1
    return type(value)(int(value) + int(later * factor))


def moments(value: Any) -> list[float]:
    """Return every moment in a payload, in seconds."""
    if isinstance(value, list):
        return [each for inner in value for each in moments(inner)]
    if not isinstance(value, dict):
        return []
    here = [int(each) for name, each in value.items() if name in TIMES and str(each).isdigit()]
    return [each / 1000 if each > 10**11 else each for each in here] + [
        each for inner in value.values() for each in moments(inner)
    ]


def post(client: Any, made: Any) -> httpx.Response:
    """Send a payload as its platform does, signed."""
    if isinstance(client, TwilioClient):
        return client.form(**{name: str(value) for name, value in made.items()})
    return client.post(json.dumps(made).encode())


def test_every_payload_is_taken_and_answered_where_it_asks(side: Side, request: pytest.FixtureRequest) -> None:
    """Never a 5xx; who said something gets an answer that the platform takes, and nobody else gets anything."""
    client, server, _ = side
    refused = len(server.refused)
    answered: dict[str, str] = {}
    silent: dict[str, str] = {}
    for path in files(request.node.callspec.params["side"]):
        body, expect = payload(path)
        events = expect.get("events", [expect])
        names = {name: fresh(name) for each in events for name in (each["sender"], each["message_id"]) if name}
        latest = max(moments(body), default=time.time())
        response = post(client, of_today(body, names, time.time() - latest))
        assert response.status_code in {200, 400}, path.stem
        for each in events:
            if each["sender"]:
                says = SAME.get(each["kind"], each["kind"]) in {kind.value for kind in ANSWERED}
                (answered if says else silent)[names[each["sender"]]] = path.stem
    missing = lambda: {name for person, name in answered.items() if not server.messages_to(person)}  # noqa: E731
    server.wait(lambda: not missing(), 90)

    assert missing() == set()
    assert [name for person, name in silent.items() if person not in answered and server.messages_to(person)] == []
    assert server.refused[refused:] == []


def test_ten_deliveries_at_once_are_answered_once(stack: Stack, side: Side) -> None:
    """Whatever the platform repeats, the person reads it once."""
    client, server, somebody = side
    person, mid = somebody(), f"again.{uuid.uuid4().hex}"
    with ThreadPoolExecutor(10) as pool:
        taken = list(pool.map(lambda _: client.text(person, "where are the printers", mid=mid).status_code, range(10)))
    assert server.wait_for_message(person, timeout=30)
    ask(client, server, person, "thanks")  # what the ten might still lead to goes before it
    with connect(stack.database_url).connect() as connection:
        whose = sa.select(PersonRow.id).where(PersonRow.person == person).scalar_subquery()
        count = lambda table: connection.execute(  # noqa: E731
            sa.select(sa.func.count()).select_from(table).where(table.c.person_id == whose)
        ).scalar_one()
        rows, turns, calls = count(InboxRow.__table__), count(TurnRow.__table__), count(OutboxRow.__table__)

    assert taken == [200] * 10
    assert (rows, turns, len(server.messages_to(person))) == (2, 2, calls)


@pytest.mark.parametrize("signature", [None, "", "sha256=00", "wrong", "sha256=ä€", "ÿþ"], ids=repr)
def test_a_signature_that_is_not_the_platforms_stores_nothing(
    stack: Stack, request: pytest.FixtureRequest, side: Side, signature: str | None
) -> None:
    """Missing, empty, wrong, of any characters: 403."""
    name = request.node.callspec.params["side"]
    sid = f"forged.{uuid.uuid4().hex}"
    header = "X-Twilio-Signature" if name == "twilio" else "X-Hub-Signature-256"
    headers = {} if signature is None else {header.encode(): signature.encode()}
    form = {"MessageSid": sid, "From": "whatsapp:+85212345678", "Body": "hi"}
    event = {"sender": {"id": "1"}, "timestamp": int(time.time() * 1000), "message": {"mid": sid, "text": "hi"}}
    message = {"from": "1", "id": sid, "timestamp": str(int(time.time())), "type": "text", "text": {"body": "hi"}}
    entry = {"messaging": [event], "changes": [{"field": "messages", "value": {"messages": [message]}}]}
    kind = "page" if name == "messenger" else "whatsapp_business_account"
    sent = {"data": form} if name == "twilio" else {"json": {"object": kind, "entry": [entry]}}
    response = httpx.post(f"{stack.url}/webhooks/{name}", headers=headers, **sent)
    with connect(stack.database_url).connect() as connection:
        found = connection.execute(sa.select(InboxRow.id).where(InboxRow.message_id == sid)).all()

    assert (response.status_code, found) == (403, [])


def test_no_process_has_met_an_exception(printed: Callable[[], str]) -> None:
    """After all of the above."""
    assert "Traceback" not in printed()
