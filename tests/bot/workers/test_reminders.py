"""Reminders and the digest, into a real mail server: whom staff hear of, when, once, and without a student's word."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy.engine import Engine

from bot.setting_kinds import MailServer
from bot.settings import MailSettings
from bot.store import threads
from bot.workers.mail import Mailer, MailError
from bot.workers.reminders import Reminders
from tests.bot.workers.house import ANN, BEN, House, build, text
from tests.bot.workers.test_handover import ASKED, thread_of
from tests.stack import free_port
from tests.stores import sampled

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # of a Monday in Hong Kong: the desk is staffed
ZONE = ZoneInfo("Asia/Hong_Kong")


class Post:
    """What the mail server was given; refuses while it is told so."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.down = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - its name there
        """Take a mail."""
        if self.down:
            return "451 try again later"
        self.mails.append(message_from_bytes(envelope.content))
        return "250 OK"

    @property
    def texts(self) -> list[str]:
        """Return subject and text of each."""
        return [f"{each['Subject']}\n{each.get_payload(decode=True).decode()}" for each in self.mails]  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Controller, Post]]:
    post = Post()
    controller = Controller(post, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller, post
    controller.stop()


@pytest.fixture
def house(engine: Engine) -> House:
    made = build(engine)
    sampled(engine, NOON)
    made.clock.moment = NOON
    made.script.wishes = {ASKED: "contact_librarian", "i cant go on": "distress"}
    return made


@pytest.fixture
def post(server: tuple[Controller, Post]) -> Post:
    server[1].mails.clear()
    server[1].down = False
    return server[1]


@pytest.fixture
def reminders(house: House, server: tuple[Controller, Post], post: Post) -> Reminders:
    port = server[0].port
    settings = MailSettings(
        MailServer("127.0.0.1", port, "", ""), "bot@library.example", ("a@library.example", "b@library.example"), 9
    )
    return Reminders(
        engine=house.engine,
        send=Mailer(settings),
        now=house.clock,
        zone=ZONE,
        address="https://bot.example",
        again=timedelta(minutes=30),
        digest_hour=9,
    )


def asks(house: House, words: str = ASKED, **more: Any) -> None:
    message = text(words, id=f"{words}{house.clock()}", **more)
    house.deliver(type(message)(**{**message.__dict__, "sent_at": house.clock()}))
    house.work()


def test_staff_hear_of_who_has_waited_half_an_hour_and_again_after_another(
    house: House, reminders: Reminders, post: Post
) -> None:
    """To everybody of the staff, without a word of the student's."""
    asks(house)
    house.clock.forward(minutes=29)
    assert not reminders.remind()
    house.clock.forward(minutes=2)
    assert reminders.remind()
    assert not reminders.remind()
    house.clock.forward(minutes=31)
    assert reminders.remind()

    first = post.texts[0]
    assert first.startswith("1 conversation waits for the library\n")
    assert "the longest since 12 noon" in first
    assert "https://bot.example/console/inbox" in first
    assert ASKED not in first
    assert ANN.person not in first
    assert post.mails[0]["To"] == "a@library.example, b@library.example"
    assert len(post.mails) == 2


def test_nobody_is_reminded_while_the_desk_is_empty_but_of_distress(
    house: House, reminders: Reminders, post: Post
) -> None:
    """At 2 am words of distress are told at once, and nothing else."""
    house.clock.moment = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    asks(house)
    house.clock.forward(hours=1)
    assert not reminders.remind()
    asks(house, "i cant go on", sender=BEN)
    assert reminders.remind()

    assert "1 of them speaks of danger (distress)" in post.texts[0]
    assert post.mails[0]["Subject"] == "URGENT: 1 student speaks of danger (distress)"


def test_who_has_a_person_is_not_told_of_until_that_person_is_silent(
    house: House, reminders: Reminders, post: Post
) -> None:
    asks(house)
    thread = thread_of(house)
    house.handover.claim(thread.id, "ada")
    house.handover.reply(thread.id, "ada", "One moment", "t")
    house.clock.forward(minutes=31)
    assert not reminders.remind()
    asks(house, "hello?")
    house.clock.forward(minutes=31)
    assert reminders.remind()

    assert threads.get(house.engine, thread.id).state == "held"


def test_a_mail_server_that_is_down_costs_no_reminder(house: House, reminders: Reminders, post: Post) -> None:
    asks(house)
    house.clock.forward(minutes=31)
    post.down = True
    assert not reminders.remind()
    post.down = False

    assert reminders.remind()
    assert len(post.mails) == 1


def test_the_digest_goes_once_a_day_whoever_sends_it(house: House, reminders: Reminders, post: Post) -> None:
    """Yesterday's figures, and who waits still."""
    asks(house)
    asks(house, "hours?", sender=BEN)
    house.clock.moment = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
    assert not reminders.digest()
    house.clock.forward(hours=1)
    assert reminders.digest()
    assert not reminders.digest()

    [digest] = post.texts
    assert digest.startswith("The library's bot on Monday 23 November\n2 messages of 2 students. Answered: 1;")
    assert "Asked for a person: 1, answered by you: 0" in digest
    assert "1 still waits for a person" in digest


def test_a_digest_that_did_not_go_is_tried_again(house: House, reminders: Reminders, post: Post) -> None:
    house.clock.moment = datetime(2026, 11, 24, 2, tzinfo=UTC)
    post.down = True
    assert not reminders.digest()
    post.down = False

    assert reminders.digest()


def test_a_password_is_not_sent_in_the_clear(server: tuple[Controller, Post], post: Post) -> None:
    """A server without STARTTLS gets no password, and no mail."""
    port = server[0].port
    settings = MailSettings(MailServer("127.0.0.1", port, "user", "secret"), "b@x.example", ("a@x.example",), 9)
    with pytest.raises(MailError):
        Mailer(settings)("subject", "text")

    assert post.mails == []
