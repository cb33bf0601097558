"""Processes that die while a person has the conversation. The last tests on the shared Carrel: kills leave traces."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import httpx
import pytest
from sqlalchemy.engine import Engine

from bot.simulator.fake_meta import FakeMeta
from bot.simulator.messenger_client import MessengerClient
from bot.store.engine import connect
from tests.e2e.browsing import let_in
from tests.e2e.test_handover import Librarian, asks_for_a_person, heard, kept, thread_of
from tests.stack import Stack, until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def engine(stack: Stack) -> Engine:
    found = connect(stack.database_url)
    let_in(found, kim="librarian")
    return found


@pytest.fixture(scope="module")
def kim(stack: Stack, engine: Engine) -> Librarian:
    return Librarian(stack, "kim")


@pytest.mark.parametrize("victim", ["carrel worker", "carrel web", "rasa_sdk", "rasa run"])
def test_a_process_that_dies_in_the_middle_loses_no_word_and_lets_the_bot_say_none(
    stack: Stack, engine: Engine, kim: Librarian, on_messenger: MessengerClient, meta: FakeMeta, victim: str
) -> None:
    """Killed right after the librarian's words were taken, and while the student writes."""
    person = uuid.uuid4().hex
    asks_for_a_person(on_messenger, meta, person, "can i talk to a real person")
    thread = thread_of(engine, person)
    before = len(meta.messages_to(person))
    kim.post(f"/console/inbox/{thread.id}/claim")
    kim.reply(thread.id, "One")
    on_messenger.text(person, "where are the printers")
    stack.kill(victim)

    def taken(does: Callable[[], httpx.Response]) -> bool:
        try:
            return does().status_code < 400
        except httpx.HTTPError:
            return False

    until(lambda: taken(lambda: on_messenger.text(person, "hello?", mid=f"m{person}")), 60, "nobody takes the message")
    until(lambda: taken(lambda: kim.reply(thread.id, "Two")), 60, "nobody takes the reply")
    until(lambda: kept(engine, thread) == 2, 90, "a message is lost")
    assert meta.wait(lambda: heard(meta, person)[-1:] == ["Two"], 60)
    stack.wait_ready()

    # Twice only what the platform had taken when its sender died.
    said = list(dict.fromkeys(heard(meta, person)[before:]))
    assert said[0].startswith("Kim from the library is here")
    assert said[1:] == ["One", "Two"]
