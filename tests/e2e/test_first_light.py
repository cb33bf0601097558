"""End to end, on real processes: a signed webhook in, the right answer at Meta's stand-in."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
import sqlalchemy as sa

from bot.calendar import words
from bot.calendar.hours import LibraryCalendar
from bot.simulator.fake_meta import FakeMeta
from bot.simulator.messenger_client import MessengerClient
from bot.store import inbox, library
from bot.store.engine import connect
from tests.stack import APP_SECRET, PAGE_ID, ROOT, VERIFY_TOKEN, Stack, stand_in, until

pytestmark = pytest.mark.slow

ZONE = ZoneInfo("Asia/Hong_Kong")


@pytest.fixture(scope="module")
def meta() -> Iterator[FakeMeta]:
    with stand_in() as meta:
        yield meta


@pytest.fixture(scope="module")
def stack(meta: FakeMeta, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    running = Stack(tmp_path_factory.mktemp("stack"), models, meta.port)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def student(stack: Stack) -> MessengerClient:
    return MessengerClient(stack.webhook, PAGE_ID, APP_SECRET, VERIFY_TOKEN)


def ask(student: MessengerClient, meta: FakeMeta, question: str, person: str = "", seconds: float = 30) -> str:
    """Return the first message that answers `question`."""
    person = person or uuid.uuid4().hex
    before = len(meta.messages_to(person))
    assert student.text(person, question).status_code == 200
    assert meta.wait_for_message(person, timeout=seconds, after=before), f"no answer to {question!r}"
    return " ".join(str(message.get("text", "")) for message in meta.messages_to(person)[before:])


def tonight(stack: Stack) -> str:
    """Return when the store says that the library closes today, in words; "closed" when it does not open."""
    calendar = LibraryCalendar(library.read_facts(connect(stack.database_url), ZONE))
    day = calendar.day("library", datetime.now(ZONE).date())
    return "closed" if day.closed else words.clock(day.periods[-1].closes % 1440)


def test_how_late_tonight(stack: Stack, student: MessengerClient, meta: FakeMeta) -> None:
    """The answer holds the closing time that the store has for today."""
    assert tonight(stack) in ask(student, meta, "how late are you open tonight?")


def test_learning_commons_at_three_in_the_morning(student: MessengerClient, meta: FakeMeta) -> None:
    """The Learning Commons is open round the clock, and the answer begins with the answer."""
    assert ask(student, meta, "is the learning commons open at 3am").startswith("Yes")


def test_what_is_on_this_week(stack: Stack, student: MessengerClient, meta: FakeMeta) -> None:
    """The answer comes from the events of the store: one of their titles, or that nothing is on."""
    person = uuid.uuid4().hex
    said = ask(student, meta, "what's on this week", person)
    titles = [event.title for event in library.read_facts(connect(stack.database_url), ZONE).events]
    shown = said + " ".join(str(message) for message in meta.messages_to(person))

    assert any(title in shown for title in titles)


def test_staff_in_the_photo_contest(student: MessengerClient, meta: FakeMeta) -> None:
    """The contest was open to students and staff."""
    said = ask(student, meta, "can staff join the photo contest?").lower()

    assert "staff" in said
    assert "students" in said


def test_an_hour_changed_in_the_store_changes_the_answer_without_training(
    stack: Stack, student: MessengerClient, meta: FakeMeta, tmp_path: Path
) -> None:
    """Content loaded while Carrel runs is in the next answer."""
    changed = tmp_path / "content"
    shutil.copytree(ROOT / "content", changed)
    today = datetime.now(ZONE).date().isoformat()
    exceptions = changed / "exceptions.yml"
    exceptions.write_text(
        exceptions.read_text()
        + f"""
  - key: late-night-of-the-test
    starts: {today}
    ends: {today}
    kind: changed
    hours: "09:00-22:35"
    reason: Late night
    places: [library]
"""
    )
    loaded = stack.carrel("content", "load", "--folder", str(changed), "--yes")
    assert loaded.returncode == 0, loaded.stdout + loaded.stderr

    assert "10:35 pm" in ask(student, meta, "how late are you open tonight?")


def test_an_answer_that_is_added_is_found_without_training(
    stack: Stack, student: MessengerClient, meta: FakeMeta, tmp_path: Path
) -> None:
    """Even one of which the model has never heard."""
    changed = tmp_path / "content"
    shutil.copytree(ROOT / "content", changed)
    with (changed / "answers" / "lockers_equipment.yml").open("a") as file:
        file.write(
            """
  - key: equip-telescope
    title: The telescope
    text: The telescope goes out on clear Fridays.
    questions:
      - can we look at jupiter through your telescope
"""
        )
    loaded = stack.carrel("content", "load", "--folder", str(changed), "--yes")
    assert loaded.returncode == 0, loaded.stdout + loaded.stderr
    until(
        lambda: "clear Fridays" in ask(student, meta, "can we look at jupiter through your telescope?"),
        60,  # the index is made anew beside, while other tests run
        "the new answer is not given",
    )


def test_a_bad_signature_is_refused_and_stores_nothing(stack: Stack) -> None:
    """403, and not one row more."""
    engine = connect(stack.database_url)
    before = sum(inbox.counts(engine).values())
    forger = MessengerClient(stack.webhook, PAGE_ID, "another-secret", VERIFY_TOKEN)

    assert forger.text("mallory", "hello").status_code == 403
    assert httpx.post(stack.webhook, json={"object": "page", "entry": []}).status_code == 403
    assert sum(inbox.counts(engine).values()) == before


def test_one_message_delivered_five_times_is_answered_once(
    stack: Stack, student: MessengerClient, meta: FakeMeta
) -> None:
    """Meta's redeliveries vanish in the inbox."""
    person, mid = uuid.uuid4().hex, f"m_{uuid.uuid4().hex}"
    for _ in range(5):
        assert student.text(person, "thanks", mid=mid).status_code == 200
    assert meta.wait_for_message(person, timeout=30)
    # A message sent afterwards is answered after anything that the first might still lead to.
    ask(student, meta, "are you open now", person)

    engine = connect(stack.database_url)
    with engine.connect() as connection:
        query = "SELECT count(*) FROM turns t JOIN people p ON p.id = t.person_id WHERE p.person = :person"
        assert connection.execute(sa.text(query), {"person": person}).scalar_one() == 2


def test_the_handshake(stack: Stack) -> None:
    """Meta's verification gets its challenge back as plain text, and a wrong word nothing."""
    right = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "<b>1158201444</b>"}
    answer = httpx.get(stack.webhook, params=right)

    assert (answer.status_code, answer.text) == (200, "<b>1158201444</b>")
    assert answer.headers["content-type"].startswith("text/plain")
    assert httpx.get(stack.webhook, params={**right, "hub.verify_token": "guess"}).status_code == 403


def test_a_channel_that_is_off_is_not_there(stack: Stack) -> None:
    """404, for whatever has no settings."""
    assert httpx.post(f"{stack.url}/webhooks/twilio", content=b"{}").status_code == 404


@pytest.mark.parametrize("process", ["rasa run", "carrel worker", "rasa_sdk", "carrel web"])
def test_a_process_that_is_killed_is_started_again_and_the_answer_comes(
    stack: Stack, student: MessengerClient, meta: FakeMeta, process: str
) -> None:
    """A message sent while a process is dead, or just before, is answered once it is back."""
    person = uuid.uuid4().hex
    before = set(stack.pids(process))
    if process == "carrel web":
        assert student.text(person, "hello").status_code == 200
        stack.kill(process)
    else:
        stack.kill(process)
        assert student.text(person, "hello").status_code == 200
    assert meta.wait_for_message(person, timeout=90)
    stack.wait_ready()

    assert set(stack.pids(process)).isdisjoint(before)


@pytest.mark.parametrize("channel", ["messenger", "whatsapp", "twilio"])
def test_simulate_shows_the_answer(stack: Stack, channel: str) -> None:
    """Whoever has no account tries the real path by one command, on every channel."""
    shown = stack.carrel(
        "simulate", channel, "--say", "is the learning commons open at 3am", "--say", "what can you do"
    )

    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "Yes" in shown.stdout
    assert "Opening hours" in shown.stdout


def test_the_log_holds_no_words_and_no_ids(stack: Stack, student: MessengerClient, meta: FakeMeta) -> None:
    """Personal data stays in the tables."""
    person = f"somebody-{uuid.uuid4().hex}"
    ask(student, meta, "hello, i am Zebedee Featherstonehaugh", person)
    log = stack.log.read_text()

    assert "event=turn" in log
    assert person not in log
    assert "Featherstonehaugh" not in log


def test_no_process_has_met_an_exception(stack: Stack) -> None:
    """After all of the above, kills included: whatever happens is a line in the log, never a traceback."""
    assert "Traceback" not in stack.log.read_text()


def test_ctrl_c_ends_everything(stack: Stack) -> None:
    """After Ctrl-C no process of this Carrel is left. The last test: it ends what the others share."""
    pids = stack.pids("")
    assert len(pids) >= 4
    stack.stop()

    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids), 10, "a process is left")
