"""Ten thousand mutated payloads a channel, rightly signed: never a 5xx, and what is read can be stored."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy.engine import Engine
from twilio.request_validator import RequestValidator

from bot.store import inbox
from bot.store.engine import connect, upgrade
from bot.store.events import message_to_json
from connectors.channel import Channel
from connectors.messages import IncomingMessage
from connectors.web import create_app
from tests.connectors.conftest import APP_SECRET, NOW
from tests.connectors.payload_files import files
from tests.connectors.test_twilio import build

MUTANTS, STORED = 10_000, 300
ODD = [None, True, 0, -1, 1e308, "", " ", "x" * 300, "\u202e", "😀", [], {}, [[]], "2026", 10**15, "\ud83d"]


def mutated(value: Any, chance: random.Random) -> Any:
    """Return `value` with some of its parts replaced, dropped, doubled or renamed."""
    if chance.random() < 0.04:
        return chance.choice(ODD)
    if isinstance(value, dict):
        kept = [(name, mutated(each, chance)) for name, each in value.items() if chance.random() > 0.03]
        return {name if chance.random() > 0.02 else chance.choice(["type", "id", "x"]): each for name, each in kept}
    if isinstance(value, list):
        kept = [mutated(each, chance) for each in value if chance.random() > 0.03]
        return kept * 2 if chance.random() < 0.03 else kept
    return value


def meta_signed(payload: Any) -> tuple[bytes, dict[str, str]]:
    """Return the body as Meta sends it, and its signature."""
    body = json.dumps(payload).encode()
    signature = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return body, {"X-Hub-Signature-256": f"sha256={signature}"}


def twilio_signed(payload: Any) -> tuple[bytes, dict[str, str]]:
    """Return the form as Twilio sends it, and its signature."""
    fields = payload if isinstance(payload, dict) else {"Body": str(payload)}
    form = {name: str(value).encode("utf-8", "replace").decode() for name, value in fields.items()}
    signature = RequestValidator("token").compute_signature("https://bot.library.example/webhooks/twilio", form)
    return urlencode(form).encode(), {
        "X-Twilio-Signature": signature,
        "Content-Type": "application/x-www-form-urlencoded",
    }


@pytest.fixture
def store(tmp_path: Path) -> Engine:
    engine = connect(f"sqlite:///{tmp_path}/store.db")
    upgrade(engine)
    return engine


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "sign"), [("messenger", meta_signed), ("whatsapp", meta_signed), ("twilio", twilio_signed)]
)
def test_no_signed_payload_is_a_fault_of_ours(
    name: str,
    sign: Callable[[Any], tuple[bytes, dict[str, str]]],
    request: pytest.FixtureRequest,
    store: Engine,
) -> None:
    """200 or 400, whatever the body; the first few hundred go into a real store as well."""
    channel: Channel = build() if name == "twilio" else request.getfixturevalue(f"build_{name}")()
    taken: list[int] = []

    def record(_name: str, messages: Sequence[IncomingMessage], _request_id: str) -> None:
        for message in messages:
            json.dumps(message_to_json(message)).encode()
        if len(taken) < STORED:
            inbox.add(store, name, messages, now=NOW, stale_after_seconds=3600)
        taken.append(len(messages))

    client = create_app({name: channel}, record, dict).test_client()
    chance = random.Random(7)
    originals = [json.loads(path.read_text())["payload"] for path in files(name)]
    found: dict[int, int] = {}
    for number in range(MUTANTS):
        body, headers = sign(mutated(originals[number % len(originals)], chance))
        status = client.post(f"/webhooks/{name}", data=body, headers=headers).status_code
        found[status] = found.get(status, 0) + 1

    assert set(found) <= {200, 400}, found
    assert found[200] > MUTANTS / 2
    assert sum(taken) > MUTANTS / 2
