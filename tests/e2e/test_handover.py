"""A person takes over and gives back: real processes, all three channels, librarians in the console's own pages."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.engine import Engine

from bot.simulator.fake_meta import FakeMeta
from bot.simulator.messenger_client import MessengerClient
from bot.store import audit, threads
from bot.store.engine import connect
from bot.store.library_tables import ExceptionRow
from bot.store.message_tables import InboxRow, PersonRow
from tests.e2e.asking import ask, number, words
from tests.e2e.browsing import PASSWORD, faults, launched, let_in, visits
from tests.stack import PAGE_ID, Stack, until

pytestmark = pytest.mark.slow

CLOSED_TODAY = "e2e-desk-closed"


class Librarian:
    """Somebody of the staff who uses the console's forms without a browser."""

    def __init__(self, stack: Stack, name: str) -> None:
        self._client = httpx.Client(base_url=stack.url, follow_redirects=True, timeout=30)
        self.post("/console/sign-in", name=name, password=PASSWORD)

    def get(self, path: str) -> str:
        """Return a page."""
        return self._client.get(path).text

    def post(self, path: str, **form: str) -> httpx.Response:
        """Send a form with the session's token."""
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.get("/console/sign-in"))
        assert found
        return self._client.post(path, data=form, headers={"X-CSRFToken": found[1]})

    def reply(self, thread_id: int, text: str) -> httpx.Response:
        """Write to the student."""
        return self.post(f"/console/inbox/{thread_id}/reply", text=text, token=uuid.uuid4().hex)


@pytest.fixture(scope="module")
def engine(stack: Stack) -> Engine:
    found = connect(stack.database_url)
    let_in(found, lib="librarian", ada="librarian")
    return found


@pytest.fixture(scope="module")
def lib(stack: Stack, engine: Engine) -> Librarian:
    return Librarian(stack, "lib")


@pytest.fixture(scope="module")
def ada(stack: Stack, engine: Engine) -> Librarian:
    return Librarian(stack, "ada")


def thread_of(engine: Engine, person: str) -> threads.Thread:
    with engine.connect() as connection:
        known = sa.select(PersonRow.id).where(PersonRow.person.in_((person, f"whatsapp:+{person}")))
        found = threads.open_of(engine, connection.execute(known).scalar_one())
    assert found
    return found


def heard(server: FakeMeta, person: str) -> list[str]:
    return [words(message) for message in server.messages_to(person)]


def kept(engine: Engine, thread: threads.Thread) -> int:
    query = sa.select(sa.func.count()).where(InboxRow.person_id == thread.person_id, InboxRow.state == "kept")
    with engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


def asks_for_a_person(client: Any, server: FakeMeta, person: str, said: str) -> str:
    """Return what the student reads when staff have been asked."""
    before = len(server.messages_to(person))
    assert client.text(person, said).status_code == 200
    assert server.wait(lambda: any("library's staff" in each for each in heard(server, person)[before:]), 30), said
    return heard(server, person)[-1]


@pytest.fixture(params=["messenger", "whatsapp", "twilio"])
def channel(request: pytest.FixtureRequest) -> tuple[Any, FakeMeta, str]:
    """A student of each channel: how they write, where they read, and who they are."""
    server = request.getfixturevalue("twilio" if request.param == "twilio" else "meta")
    ids = {"messenger": uuid.uuid4().hex, "whatsapp": number(), "twilio": f"whatsapp:+{number()}"}
    return request.getfixturevalue(f"on_{request.param}"), server, ids[request.param]


def test_asked_taken_answered_closed_and_the_bot_is_back(
    engine: Engine, lib: Librarian, channel: tuple[Any, FakeMeta, str]
) -> None:
    """The student is told who answers and when; the bot answers questions until somebody comes, and then no more."""
    client, server, person = channel
    asked = asks_for_a_person(client, server, person, "can i talk to a real person please")
    assert "I've asked the library's staff to answer you here" in asked
    assert "Information Desk" in asked
    thread = thread_of(engine, person)
    before = len(server.messages_to(person))

    assert "30 items" in ask(client, server, person, "how many books can i borrow")
    before = len(server.messages_to(person))
    assert client.text(person, "i am looking for the printers").status_code == 200
    until(lambda: kept(engine, thread) == 1, 20, "the message is not kept for the staff")
    assert thread.why == "contact_librarian"
    page = lib.post(f"/console/inbox/{thread.id}/claim").text
    offered = re.search(r'id="suggestion">([^<]*)', page)
    assert offered, "what the bot would say is not offered"
    assert "Learning Commons" in offered[1]
    lib.reply(thread.id, "Hello, this is the desk.")
    assert server.wait(lambda: len(server.messages_to(person)) >= before + 2, 20)
    assert client.text(person, "my card does not open the gate").status_code == 200
    until(lambda: kept(engine, thread) == 2, 20, "the message is not kept for the staff")
    lib.reply(thread.id, "I have put it right.")
    lib.post(f"/console/inbox/{thread.id}/close")
    assert server.wait(lambda: len(server.messages_to(person)) >= before + 4, 20)
    joined, hello, right, ended = heard(server, person)[before:]

    assert joined.startswith("Lib from the library is here")
    assert (hello, right) == ("Hello, this is the desk.", "I have put it right.")
    assert "Did it help you?" in ended
    assert "thanks for letting us know" in ask(client, server, person, "Yes, it helped")
    assert "Learning Commons" in ask(client, server, person, "where are the printers")
    assert threads.get(engine, thread.id).rating == "good"


def test_the_student_goes_on_with_the_bot(engine: Engine, on_whatsapp: Any, meta: FakeMeta) -> None:
    """By the button that came with the promise; the wish stays in the inbox."""
    person = number()
    asks_for_a_person(on_whatsapp, meta, person, "i want to speak to a human")
    before = len(meta.messages_to(person))
    on_whatsapp.postback(person, "Go on with the bot", "/handover_back")
    assert meta.wait(lambda: len(meta.messages_to(person)) > before, 20)

    assert "ask me anything" in heard(meta, person)[before]
    assert "Learning Commons" in ask(on_whatsapp, meta, person, "where are the printers")
    assert thread_of(engine, person).state == "waiting"


def test_after_three_misses_a_person_is_offered_and_a_question_is_answered_later(
    engine: Engine, lib: Librarian, on_whatsapp: Any, meta: FakeMeta
) -> None:
    """Staff hear of it at a yes; the bot goes on; one answer of a librarian's, with the question, closes it."""
    person = number()
    said = [ask(on_whatsapp, meta, person, words) for words in ("qwrt zpfk", "vbnq wrtz plkj", "jklm nbvc xqz")]
    assert "Would you like a librarian" in said[2]
    before = len(meta.messages_to(person))
    on_whatsapp.postback(person, "Answer me later", "/handover_later")
    assert meta.wait(lambda: len(meta.messages_to(person)) > before, 20)
    thread = thread_of(engine, person)
    assert "Learning Commons" in ask(on_whatsapp, meta, person, "where are the printers")
    before = len(meta.messages_to(person))
    lib.post(f"/console/inbox/{thread.id}/reply", text="We do not have that.", token=uuid.uuid4().hex, does="once")
    assert meta.wait(lambda: len(meta.messages_to(person)) > before, 20)

    assert thread.why == "answer_later"
    assert "“jklm nbvc xqz”" in heard(meta, person)[before]
    assert "We do not have that." in heard(meta, person)[before]
    assert "Did it help you?" in heard(meta, person)[before]


def test_staff_who_write_in_metas_own_inbox_make_the_bot_quiet_until_they_pass_the_thread_back(
    engine: Engine, on_messenger: MessengerClient, meta: FakeMeta
) -> None:
    """Echoes of our own words do not."""
    person = uuid.uuid4().hex
    ask(on_messenger, meta, person, "where are the printers")
    ours = {**meta.messages_to(person)[-1], "mid": "m_ours", "is_echo": True, "app_id": 1}
    assert ours["metadata"] == "carrel"
    page, student = {"id": PAGE_ID}, {"id": person}
    now = int(time.time() * 1000)
    echo = {"sender": page, "recipient": student, "timestamp": now}
    assert on_messenger.events({**echo, "message": ours}).status_code == 200
    assert "30 items" in ask(on_messenger, meta, person, "how many books can i borrow")
    theirs = {"mid": uuid.uuid4().hex, "is_echo": True, "text": "Hi, Bo from the desk here"}
    on_messenger.events({**echo, "message": theirs})
    before = len(meta.messages_to(person))
    on_messenger.text(person, "where are the printers")
    until(lambda: kept(engine, thread_of(engine, person)) == 1, 20, "the message is not kept for the staff")

    assert thread_of(engine, person).outside
    assert len(meta.messages_to(person)) == before
    on_messenger.events(on_messenger.event(person, pass_thread_control={"new_owner_app_id": "1"}))
    assert "Learning Commons" in ask(on_messenger, meta, person, "where are the printers")


def test_the_window_that_has_run_out_is_said_before_anyone_types(
    engine: Engine, lib: Librarian, on_whatsapp: Any, meta: FakeMeta
) -> None:
    """And nothing is sent, whatever form comes."""
    person = number()
    asks_for_a_person(on_whatsapp, meta, person, "i want to talk to a librarian")
    thread = thread_of(engine, person)
    lib.post(f"/console/inbox/{thread.id}/claim")
    assert meta.wait(lambda: any("is here" in each for each in heard(meta, person)), 20)
    with engine.begin() as connection:
        earlier = {"last_message_at": datetime.now(UTC) - timedelta(hours=25)}
        connection.execute(sa.update(PersonRow.__table__).where(PersonRow.id == thread.person_id).values(earlier))
    before = len(meta.messages_to(person))

    assert "time to answer is over (24 hours)" in lib.get(f"/console/inbox/{thread.id}")
    refused = lib.reply(thread.id, "Too late")
    assert refused.status_code == 422
    assert "nothing can be sent until the student writes again" in refused.text
    assert len(meta.messages_to(person)) == before


def test_out_of_hours_the_student_hears_when_staff_are_back_and_is_answered_then(
    engine: Engine, lib: Librarian, on_messenger: MessengerClient, meta: FakeMeta
) -> None:
    """The desk's own hours decide, as the store has them at that moment."""
    today = datetime.now(UTC).astimezone().date()
    closure = ExceptionRow(
        key=CLOSED_TODAY,
        starts=today - timedelta(days=1),
        ends=today + timedelta(days=1),
        kind="closed",
        reason="",
        hours="",
        places=["information-desk"],
    )
    with audit.session(engine, "test", datetime.now(UTC)) as changes:
        changes.add(closure)
    person = uuid.uuid4().hex
    asked = asks_for_a_person(on_messenger, meta, person, "let me talk to a person")
    with audit.session(engine, "test", datetime.now(UTC)) as changes:
        changes.delete(changes.query(ExceptionRow).filter_by(key=CLOSED_TODAY).one())
    thread = thread_of(engine, person)
    before = len(meta.messages_to(person))
    lib.post(f"/console/inbox/{thread.id}/claim")
    lib.reply(thread.id, "Good morning, you asked for us.")
    assert meta.wait(lambda: len(meta.messages_to(person)) >= before + 2, 20)

    assert "Nobody is at the Information Desk right now. It's staffed again from" in asked
    assert heard(meta, person)[-1] == "Good morning, you asked for us."


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from launched()


@pytest.fixture
def come(stack: Stack, engine: Engine, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Gives a page on which somebody has signed in, each in a browser of their own."""
    problems: list[str] = []
    yield from visits(browser, stack.url, problems)
    assert problems == []


def test_two_librarians_in_two_browsers(
    engine: Engine, come: Callable[..., Page], on_messenger: MessengerClient, meta: FakeMeta
) -> None:
    """Both see who waits without loading the page anew; one takes it and the other is told; the talk is live."""
    lib, ada = come("lib"), come("ada")
    for page in (lib, ada):
        page.goto("/console/inbox?tab=waiting")
    person = uuid.uuid4().hex
    asks_for_a_person(on_messenger, meta, person, "can i talk to a real person")
    thread = thread_of(engine, person)
    for page in (lib, ada):
        expect(page.locator(f'#threads a[href^="/console/inbox/{thread.id}?"]')).to_be_visible(timeout=10_000)
        page.goto(f"/console/inbox/{thread.id}")
    before = len(meta.messages_to(person))
    lib.get_by_role("button", name="Take it").click()
    expect(lib.get_by_label("Your message")).to_be_visible()
    # Ada's page hears of it, and shows who has it.
    expect(ada.get_by_text("lib has this conversation")).to_be_visible(timeout=10_000)
    expect(ada.get_by_role("button", name="Take it", exact=True)).to_have_count(0)

    lib.get_by_label("Your message").fill("Hello from the desk")
    lib.keyboard.press("Control+Enter")
    assert meta.wait(lambda: heard(meta, person)[-1:] == ["Hello from the desk"], 20)
    expect(ada.locator("#log").get_by_text("Hello from the desk")).to_be_visible(timeout=10_000)
    on_messenger.text(person, "how many books can i borrow")
    for page in (lib, ada):
        expect(page.locator("#log").get_by_text("how many books can i borrow")).to_be_visible(timeout=10_000)
    lib.get_by_role("button", name="Send this").click(timeout=20_000)
    assert meta.wait(lambda: "30 items" in heard(meta, person)[-1], 20)
    expect(lib.locator("#log")).to_contain_text("Sent", timeout=10_000)

    # What comes in while the librarian reads the question takes neither the answer to it nor what was read before.
    lib.evaluate("window.read = document.querySelector('#log li')")
    lib.get_by_role("button", name="Close").click()
    on_messenger.text(person, "thank you so much")
    expect(lib.locator("#log").get_by_text("thank you so much")).to_be_visible(timeout=10_000)
    assert lib.evaluate("window.read.isConnected")
    lib.get_by_role("button", name="Do it").click()
    expect(lib.get_by_text("Closed. The bot answers again")).to_be_visible()
    assert meta.wait(lambda: "Did it help you?" in heard(meta, person)[-1], 20)
    assert heard(meta, person)[before].startswith("Lib from the library is here")
    assert "Learning Commons" in ask(on_messenger, meta, person, "where are the printers")


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_the_inbox_has_no_serious_fault_of_access(
    engine: Engine, come: Callable[..., Page], on_messenger: MessengerClient, meta: FakeMeta, theme: str, width: int
) -> None:
    """axe-core over the lists and a conversation that a librarian has."""
    person = uuid.uuid4().hex
    asks_for_a_person(on_messenger, meta, person, "can i talk to a real person")
    thread = thread_of(engine, person)
    lib = come("lib", width=width, theme=theme)
    found = []
    for path in ("/console/inbox?tab=waiting", "/console/inbox?tab=closed", f"/console/inbox/{thread.id}"):
        lib.goto(path)
        found += faults(lib)
    lib.get_by_role("button", name="Take it").click()
    expect(lib.get_by_label("Your message")).to_be_visible()
    assert found + faults(lib) == []
