"""Danger on each channel, through real processes: answered at once, whoever has the thread, and staff are told."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.simulator.fake_meta import FakeMeta
from bot.store import threads
from bot.store.engine import connect
from bot.store.message_tables import PersonRow
from tests.e2e.asking import ask, number, words
from tests.e2e.browsing import let_in
from tests.e2e.test_handover import Librarian
from tests.stack import Stack, until

pytestmark = pytest.mark.slow

EMERGENCY, SECURITY = "999", "2358 8999"


@pytest.fixture(scope="module")
def engine(stack: Stack) -> Engine:
    found = connect(stack.database_url)
    let_in(found, eva="librarian")
    return found


@pytest.fixture(scope="module")
def lib(stack: Stack, engine: Engine) -> Librarian:
    return Librarian(stack, "eva")


@pytest.fixture(params=["messenger", "whatsapp", "twilio"])
def channel(request: pytest.FixtureRequest) -> tuple[Any, FakeMeta, str]:
    """A student of each channel: how they write, where they read, and who they are."""
    server = request.getfixturevalue("twilio" if request.param == "twilio" else "meta")
    ids = {"messenger": uuid.uuid4().hex, "whatsapp": number(), "twilio": f"whatsapp:+{number()}"}
    return request.getfixturevalue(f"on_{request.param}"), server, ids[request.param]


def thread_of(engine: Engine, person: str) -> threads.Thread | None:
    with engine.connect() as connection:
        known = sa.select(PersonRow.id).where(PersonRow.person.in_((person, f"whatsapp:+{person}")))
        return threads.open_of(engine, connection.execute(known).scalar_one())


def told(engine: Engine, person: str, why: str) -> None:
    """Wait until staff know of a person for a reason."""

    def known() -> bool:
        thread = thread_of(engine, person)
        return thread is not None and thread.why == why

    until(known, 10, f"staff were not told of {why}")


def test_danger_is_answered_at_once_while_staff_have_the_conversation(
    engine: Engine, lib: Librarian, channel: tuple[Any, FakeMeta, str]
) -> None:
    """In the student's own conversation; staff see the reason in the thread that they hold."""
    client, server, person = channel
    ask(client, server, person, "can i talk to a real person please")
    told(engine, person, "contact_librarian")
    thread = thread_of(engine, person)
    assert thread
    lib.post(f"/console/inbox/{thread.id}/claim")
    assert server.wait(lambda: any("is here now" in words(each) for each in server.messages_to(person)), 20)

    assert EMERGENCY in ask(client, server, person, "i want to kill myself")
    told(engine, person, "self_harm")


def test_danger_is_answered_at_once_after_stop(engine: Engine, channel: tuple[Any, FakeMeta, str]) -> None:
    """And so is what follows, until the library is asked for again."""
    client, server, person = channel
    assert "START" in ask(client, server, person, "STOP")

    assert SECURITY in ask(client, server, person, "a man is following me around the library")
    told(engine, person, "harassment")
    assert SECURITY in ask(client, server, person, "he is still here")


def test_danger_in_a_quick_series_is_answered_at_once(engine: Engine, channel: tuple[Any, FakeMeta, str]) -> None:
    """Whatever stands before it in the same breath."""
    client, server, person = channel
    before = len(server.messages_to(person))
    for said in ("hi", "when do you close", "someone fainted near the printers", "hes not breathing"):
        assert client.text(person, said).status_code == 200

    def heard() -> str:
        return " ".join(words(message) for message in server.messages_to(person)[before:])

    assert server.wait(lambda: EMERGENCY in heard() and "middle of the chest" in heard(), 30), heard()
    told(engine, person, "medical_emergency")


@pytest.mark.parametrize(
    ("said", "why", "expected"),
    [
        ("我想死", "self_harm", "2389 2222"),
        ("有人晕倒了，没有呼吸", "medical_emergency", "按压胸口"),
        ("圖書館着火", "fire_gas", "樓梯"),
    ],
)
def test_danger_in_chinese_is_answered_in_its_script(
    engine: Engine, channel: tuple[Any, FakeMeta, str], said: str, why: str, expected: str
) -> None:
    client, server, person = channel
    answer = ask(client, server, person, said)

    assert EMERGENCY in answer
    assert expected in answer
    told(engine, person, why)


def test_a_library_question_leaves_care_and_words_of_need_bring_it_back(
    engine: Engine, channel: tuple[Any, FakeMeta, str]
) -> None:
    """What is asked is answered, with one sentence that help is still there."""
    client, server, person = channel
    assert SECURITY in ask(client, server, person, "a guy keeps following me around the library")
    assert SECURITY not in (hours := ask(client, server, person, "btw what time do you close today"))
    assert "close" in hours or "until" in hours
    assert EMERGENCY in hours or "write" in hours

    assert SECURITY in ask(client, server, person, "im scared he comes back")
