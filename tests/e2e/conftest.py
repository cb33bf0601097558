"""One Carrel of real processes with all three channels on, shared by the tests that leave it as they found it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.simulator.fake_meta import FakeMeta, FakeTwilio
from bot.simulator.messenger_client import MessengerClient
from bot.simulator.whatsapp_clients import TwilioClient, WhatsAppClient
from tests.e2e.asking import number
from tests.stack import (
    ACCOUNT_SID,
    APP_SECRET,
    AUTH_TOKEN,
    NUMBER,
    PAGE_ID,
    PHONE_NUMBER_ID,
    VERIFY_TOKEN,
    Stack,
    stand_in,
)


@pytest.fixture(scope="package")
def meta() -> Iterator[FakeMeta]:
    with stand_in() as meta:
        yield meta


@pytest.fixture(scope="package")
def twilio() -> Iterator[FakeTwilio]:
    stand_in = FakeTwilio(access_token=f"{ACCOUNT_SID}:{AUTH_TOKEN}")
    stand_in.start()
    yield stand_in
    stand_in.stop()


@pytest.fixture(scope="package")
def stack(
    meta: FakeMeta, twilio: FakeTwilio, models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("stack"), models, meta.port, twilio_port=twilio.port)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def printed(stack: Stack) -> Callable[[], str]:
    """What the shared processes have printed since the module began: what another did to them is not its concern."""
    start = stack.log.stat().st_size

    def since() -> str:
        return stack.log.read_bytes()[start:].decode()

    return since


@pytest.fixture(scope="package")
def on_whatsapp(stack: Stack) -> WhatsAppClient:
    return WhatsAppClient(f"{stack.url}/webhooks/whatsapp", PHONE_NUMBER_ID, APP_SECRET, VERIFY_TOKEN)


@pytest.fixture(scope="package")
def on_twilio(stack: Stack) -> TwilioClient:
    return TwilioClient(f"{stack.url}/webhooks/twilio", ACCOUNT_SID, AUTH_TOKEN, NUMBER)


@pytest.fixture(scope="package")
def on_messenger(stack: Stack) -> MessengerClient:
    return MessengerClient(stack.webhook, PAGE_ID, APP_SECRET, VERIFY_TOKEN, client=httpx.Client(timeout=30))


Side = tuple[Any, FakeMeta, Callable[[], str]]


@pytest.fixture(scope="package")
def sides(
    on_messenger: MessengerClient,
    on_whatsapp: WhatsAppClient,
    on_twilio: TwilioClient,
    meta: FakeMeta,
    twilio: FakeTwilio,
) -> dict[str, Side]:
    """The platforms: how each delivers, what it has been sent, and how it calls somebody new."""
    return {
        "messenger": (on_messenger, meta, lambda: uuid.uuid4().hex),
        "whatsapp": (on_whatsapp, meta, number),
        "twilio": (on_twilio, twilio, lambda: f"whatsapp:+{number()}"),
    }
