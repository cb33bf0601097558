"""Text in, text out: what students type at pinned moments, and what they read, through Rasa and the actions."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.engine import Engine

from bot.simulator.fake_meta import FakeMeta
from bot.simulator.messenger_client import MessengerClient
from bot.store.audit import session
from bot.store.engine import connect
from bot.store.library_tables import ContestRow
from connectors.messages import Address, IncomingMessage, Kind
from tests.actions.small_library import contest_row
from tests.e2e.asking import ask
from tests.stack import Stack

pytestmark = pytest.mark.slow

HK = ZoneInfo("Asia/Hong_Kong")
# A Tuesday of the term, in the evening. The hours and dates that are expected are those of the sample library.
EVENING = "2026-11-24T20:30"
SATURDAY, MONDAY = "2026-11-28T14:00", "2026-11-30T20:00"
NEXT_CONTEST = "by e-mail to all students and staff"


def talk(stack: Stack, moment: str, *lines: str) -> list[str]:
    """Return the answers to the lines of one conversation, all of them said at `moment`."""
    dialogue, conversation = stack.dialogue(), f"said-{uuid.uuid4().hex}"
    sent_at = datetime.fromisoformat(moment).replace(tzinfo=HK)
    answers = []
    for line in lines:
        message = IncomingMessage(uuid.uuid4().hex, Kind.TEXT, Address("messenger", "somebody"), sent_at, text=line)
        replies = dialogue.reply_to(message, conversation).replies
        answers.append("\n".join(reply.text for reply in replies if reply.text))
    return answers


# Each conversation: when, and line by line what is typed and what the answer holds.
SAID = [
    (EVENING, [("how late are you open tonight?", "11 pm"), ("and on sunday?", "Sunday: 9 am – 9 pm")]),
    (EVENING, [("is it open now", "Yes, the Library is open now, until 11 pm.")]),
    ("2026-11-24T23:30", [("is it open now", "No, the Library is closed now. It opens at 8 am tomorrow.")]),
    ("2026-11-24T22:40", [("are you still open", "That's in 20 minutes.")]),
    (EVENING, [("is the learning commons open at 3am", "Yes, the Learning Commons is open at 3 am tomorrow.")]),
    (EVENING, [("is it open on christmas day", "No, the Library is closed Friday 25 December (Christmas Day).")]),
    (EVENING, [("are you open 25/12 at 10pm", "It opens at 9 am Sunday 27 December.")]),
    (EVENING, [("was it open yesterday", "was open yesterday: 8 am – 11 pm")]),
    (EVENING, [("is the lib open over CNY", "Sat: closed (Chinese New Year)")]),
    (
        EVENING,
        [("what are ur hours this sat", "Saturday: 9 am – 9 pm"), ("what about the learning commons?", "24 hours")],
    ),
    (
        EVENING,
        [("are you open on 30 february", "There is no such date"), ("what time do you open tomorrow", "8 am – 11 pm")],
    ),
    (EVENING, [("is the library open on 31 november 2026", "“31 november 2026”")]),
    (
        EVENING,
        [
            ("what's on this week", "Citation clinic, tomorrow, 3 pm – 4 pm"),
            ("what are the hours of the library tomorrow", "8 am – 11 pm"),
        ],
    ),
    (EVENING, [("what's on on 5 december", "Exhibition"), ("and on 3 december", "Lunchtime concert")]),
    (EVENING, [("tell me about the citation clinic", "• Also on: Wednesday 2 December, Wednesday 9 December")]),
    (EVENING, [("anything free tonight?", "the campus in pictures")]),
    (EVENING, [("any concerts", "Lunchtime concert, Thursday 3 December, 12:45 pm – 1:30 pm")]),
    (
        EVENING,
        [("how do i sign up for the finding sources workshop", "https://library.example/events/finding-sources")],
    ),
    (EVENING, [("when is the deadline for the photo contest", NEXT_CONTEST), ("what are the prizes", "Winning entry")]),
    (
        EVENING,
        [
            ("who won the photo contest", "“Let's Study” by Yat Hei Tam"),
            ("can alumni join the photo contest", "students and staff"),
        ],
    ),
    (
        EVENING,
        [
            (
                "where is the information desk",
                "Information Desk on the map: https://library.example/map/information-desk",
            )
        ],
    ),
    (
        EVENING,
        [
            ("can i eat in the library", "refreshment zone"),
            ("actually where can i print", "in the Learning Commons"),
            ("and in colour", "Colour"),
            ("never mind, how do i renew a book", "My account"),
            ("and on saturday?", "Saturday: 9 am – 9 pm"),
        ],
    ),
    (
        EVENING,
        [
            ("hours of the information desk on sunday", "closed Sunday"),
            ("start over", "start over"),
            ("and on sunday?", "The Library is open Sunday: 9 am – 9 pm"),
        ],
    ),
    (SATURDAY, [("is the library open tonight at 1am", "closed at 1 am tomorrow")]),
    (SATURDAY, [("is the library open tomorrow at 1", "Yes, the Library is open at 1 pm tomorrow")]),
    (SATURDAY, [("are you open 12/25", "closed Friday 25 December"), ("２５／１２", "closed Friday 25 December")]),
    (
        SATURDAY,
        [("is the library open on 31.11", "which day or time do you mean"), ("31 feb", "There is no such date")],
    ),
    (SATURDAY, [("christmas eve", "open Thursday 24 December"), ("27th?", "open Sunday 27 December")]),
    (SATURDAY, [("is it open during exams", "“exams”"), ("law library hours", "“law library”")]),
    (SATURDAY, [("is it open on public holidays", "Friday 25 December: closed (Christmas Day)")]),
    (SATURDAY, [("are you open on christmas 2028", "the holidays of 2028 on record")]),
    (
        SATURDAY,
        [
            ("typhoon 8 tomorrow", "Typhoon signal no. 8 isn't in force now"),
            ("signal 3", "no rule on record for typhoon signal no. 3"),
        ],
    ),
    (SATURDAY, [("so you close at 11 today right", "No, the Library closes at 9 pm today.")]),
    (SATURDAY, [("its closed on sunday isnt it", "No, the Library is open tomorrow")]),
    (
        SATURDAY,
        [("where is the information desk", "1/F"), ("are they open now", "Yes, the Information Desk is open now")],
    ),
    (SATURDAY, [("tomor\u00adrow at ８ｐｍ", "open at 8 pm tomorrow")]),
    (MONDAY, [("are you open on monday", "today, Monday: 8 am – 11 pm"), ("tuesday week", "Tuesday 8 December")]),
    (EVENING, [("yes", "?"), ("are you a bot", "bot"), ("what can you do", "“"), ("thx", "")]),
]


@pytest.mark.parametrize(("moment", "lines"), SAID, ids=lambda value: value[0][0] if isinstance(value, list) else value)
def test_what_students_type_is_answered_with_what_is_true_then(
    stack: Stack, moment: str, lines: list[tuple[str, str]]
) -> None:
    """Each line of a conversation, in turn: follow-ups, changes of mind, interruptions, dates that there are not."""
    answers = talk(stack, moment, *(line for line, _ in lines))

    assert [(line, answer) for (line, wanted), answer in zip(lines, answers, strict=True) if wanted not in answer] == []
    assert all(answers)


@pytest.fixture
def contest(stack: Stack) -> Iterator[Engine]:
    """A contest of the year 2031, as long as a test lasts."""
    engine, now = connect(stack.database_url), datetime.now(UTC)
    times = {
        "opens": "2031-03-01T09:00",
        "closes": "2031-03-31T17:00",
        "voting_opens": "2031-04-01T09:00",
        "voting_closes": "2031-04-14T17:00",
    }
    moments = {name: datetime.fromisoformat(text).replace(tzinfo=HK) for name, text in times.items()}
    with session(engine, "test", now) as changes:
        changes.add(contest_row("of-2031", "Quiet Corners", edition="2031", may_enter=["students"], **moments))
    yield engine
    with session(engine, "test", now) as changes:
        changes.delete(changes.query(ContestRow).filter_by(key="of-2031").one())


@pytest.mark.parametrize(
    ("moment", "deadline", "who"),
    [
        (
            "2031-02-10T12:00",
            "You can enter “Quiet Corners” (2031) from 9 am Saturday 1 March until 5 pm Monday 31 March.",
            "is coming up",
        ),
        (
            "2031-03-10T12:00",
            "“Quiet Corners” (2031) is open. Entries close at 5 pm Monday 31 March",
            "is open for entries",
        ),
        ("2031-04-05T12:00", "You can vote until 5 pm Monday 14 April.", "is closed for entries"),
        ("2031-06-01T12:00", NEXT_CONTEST, "The last one was, yes"),
    ],
)
def test_a_contest_before_while_and_after_it_runs(
    stack: Stack, contest: Engine, moment: str, deadline: str, who: str
) -> None:
    """The same two questions, four answers, with no training between."""
    answers = talk(stack, moment, "when is the deadline for the photo contest", "can students enter the photo contest?")

    assert deadline in answers[0]
    assert who in answers[1]
    assert contest is not None


# What people send that is no question, and that has broken other bots.
ODD = {
    "ten thousand characters": "is the library open? " * 500,
    "one endless word": "a" * 10_000,
    "only emoji": "😀😀😀🎉👍🏽",
    "control characters": "when \x00do\x07 you\x1b[2J open\x08?",
    "another script": "圖書館今晚開到幾點？",
    "right to left": "مرحبا متى تفتح المكتبة",
    "joined marks": "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
    "braces and slashes": "{place} %s /events{ \\n </text>",
}


@pytest.mark.parametrize("said", ODD.values(), ids=ODD)
def test_whatever_is_sent_is_answered_kindly(
    printed: Callable[[], str], on_messenger: MessengerClient, meta: FakeMeta, said: str
) -> None:
    """Through the signed webhook: words come back, and no process has met an exception."""
    answer = ask(on_messenger, meta, uuid.uuid4().hex, said)

    assert answer.strip()
    assert "out of order" not in answer
    assert "Traceback" not in printed()
    assert "level=error" not in printed()


def test_only_spaces_get_a_kind_answer(
    printed: Callable[[], str], on_messenger: MessengerClient, meta: FakeMeta
) -> None:
    """Like a picture: nobody can read it, and the next question is answered."""
    person = uuid.uuid4().hex

    assert "only read text" in ask(on_messenger, meta, person, "   \u00a0\u2003  ")
    assert "Learning Commons" in ask(on_messenger, meta, person, "is the learning commons open at 3am")
    assert "Traceback" not in printed()
