"""The three platforms, for tests that start a Carrel of their own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

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

# How a platform delivers, what it has been sent, and how it calls somebody new.
Side = tuple[Any, FakeMeta, Callable[[], str]]


@contextmanager
def platforms() -> Iterator[tuple[FakeMeta, FakeTwilio]]:
    """Run stand-ins for Meta and for Twilio."""
    with ExitStack() as ending:
        meta = ending.enter_context(stand_in())
        twilio = FakeTwilio(access_token=f"{ACCOUNT_SID}:{AUTH_TOKEN}")
        twilio.start()
        ending.callback(twilio.stop)
        yield meta, twilio


def sides(stack: Stack, meta: FakeMeta, twilio: FakeTwilio) -> dict[str, Side]:
    """Return the platforms by name, as they deliver to a Carrel."""
    url = f"{stack.url}/webhooks"
    return {
        "messenger": (
            MessengerClient(f"{url}/messenger", PAGE_ID, APP_SECRET, VERIFY_TOKEN),
            meta,
            lambda: uuid.uuid4().hex,
        ),
        "whatsapp": (WhatsAppClient(f"{url}/whatsapp", PHONE_NUMBER_ID, APP_SECRET, VERIFY_TOKEN), meta, number),
        "twilio": (
            TwilioClient(f"{url}/twilio", ACCOUNT_SID, AUTH_TOKEN, NUMBER),
            twilio,
            lambda: f"whatsapp:+{number()}",
        ),
    }
