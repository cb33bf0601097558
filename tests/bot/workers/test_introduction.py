"""At the first contact people are told that this is a bot and where it says what it keeps: inside an answer, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store import statement
from bot.store.audit import session
from bot.store.library_tables import AnswerRow
from bot.store.message_tables import OutboxRow
from bot.wiring.channels import previews
from bot.workers.answer import AnswerWorker
from bot.workers.introduction import Introduction
from connectors.messages import Address, Reply
from tests.bot.workers.house import ANN, BEN, House, build, text

LINE = "I'm a bot: https://library.example/privacy"
HARM = "i want to end it"


def add(engine: Engine, key: str, words: str, language: str = "en", title: str = "t") -> None:
    """Add a text about privacy to the store, as content/answers/privacy.yml would."""
    with session(engine, "test", datetime(2026, 11, 1, tzinfo=UTC)) as changes:
        changes.add(
            AnswerRow(
                key=key, topic=statement.TOPIC, title=title, text=words, language=language, questions=[], link="",
                overview=False, owner="",
            )
        )  # fmt: skip


@pytest.fixture
def house(engine: Engine) -> House:
    """A Carrel that introduces itself, in two languages."""
    made = build(engine)
    made.script.dangers = {HARM: "self_harm"}
    made.script.cares = frozenset({"no one cares"})
    add(engine, statement.LINE, "I'm a bot: {link}")
    add(engine, statement.LINE, "我是機械人：{link}", language="zh-Hant")
    introduction = Introduction(engine, lambda language: "https://library.example/privacy")
    return replace(made, answer=replace(made.answer, introduction=introduction))


def says(house: House, words: str, *, sender: Address = ANN) -> list[str]:
    """Have somebody say something, and return everything that they have been sent."""
    house.clock.forward(seconds=30)
    message = text(words, id=f"{sender.person}:{words}:{house.clock()}", sender=sender)
    house.deliver(replace(message, sent_at=house.clock()))
    house.work()
    return [words for person, words in house.pigeon.taken if person == sender.person]


def test_the_first_answer_carries_the_line_and_no_other_does(house: House) -> None:
    """In the same message, after the answer; each person by themselves."""
    assert says(house, "hi") == [f"re: hi\n\n{LINE}"]
    assert says(house, "and now")[1:] == ["re: and now"]
    assert says(house, "hi", sender=BEN) == [f"re: hi\n\n{LINE}"]


def test_it_is_said_in_the_persons_language(house: House) -> None:
    """Simplified is made of Traditional, as everywhere."""
    assert says(house, "圖書館今日幾點閂門呀") == [
        "re: 圖書館今日幾點閂門呀\n\n我是機械人：https://library.example/privacy"
    ]
    assert says(house, "图书馆今天几点关门", sender=BEN)[0].endswith("我是机械人：https://library.example/privacy")


def test_a_new_version_and_a_year_have_it_said_again(house: House) -> None:
    """Once each."""
    says(house, "hi")
    statement.declare(house.engine, by="ada", note="exports", now=house.clock())
    assert says(house, "two")[-1] == f"re: two\n\n{LINE}"
    assert says(house, "three")[-1] == "re: three"
    house.clock.forward(days=366)
    assert says(house, "four")[-1] == f"re: four\n\n{LINE}"
    assert says(house, "five")[-1] == "re: five"


def test_somebody_in_danger_is_told_later(house: House) -> None:
    """Neither with the help, nor with anything else within the hour after it."""
    assert says(house, HARM) == [f"re: {HARM}"]
    assert says(house, "no one cares")[-1] == "re: no one cares"
    assert says(house, "when do you open")[-1] == "re: when do you open"
    house.clock.forward(hours=2)
    assert says(house, "and tomorrow")[-1] == f"re: and tomorrow\n\n{LINE}"


def test_what_staff_are_to_answer_tells_nothing(house: House) -> None:
    """Nothing is sent, so nobody was told; the first answer of the bot's after it carries the line."""
    house.script.requests = ("contact_librarian",)
    house.script.rule = lambda message: "they come" if message.text == "a person please" else f"re: {message.text}"
    assert says(house, "a person please") == [f"they come\n\n{LINE}"]
    says(house, "hello?", sender=BEN)
    thread = house.handover.step_in(house.people()[1], "ada")
    statement.declare(house.engine, by="ada", note="", now=house.clock())
    before = len(says(house, "are you there", sender=BEN))
    house.handover.close(thread.id, "ada")
    house.script.requests = ()

    assert not any(LINE in words for words in says(house, "k", sender=BEN)[1:before])
    assert says(house, "when do you open", sender=BEN)[-2:].count(f"re: k\n\n{LINE}") == 1


def test_a_store_without_the_text_answers_as_before(engine: Engine) -> None:
    """After an upgrade, until the content is loaded."""
    house = build(engine)
    introduction = Introduction(engine, lambda language: "https://library.example/privacy")
    house = replace(house, answer=replace(house.answer, introduction=introduction))

    assert says(house, "hi") == ["re: hi"]


@pytest.mark.parametrize("name", ["messenger", "whatsapp", "twilio"])
@pytest.mark.parametrize("length", [10, 600, 1_000, 1_590, 1_990, 4_090])
def test_it_never_costs_a_message(house: House, name: str, length: int) -> None:
    """On each platform: where it does not fit beside the answer and its choices, the next answer has it."""
    from connectors.messages import Choice

    channel, answer = previews()[name], house.answer
    assert isinstance(answer, AnswerWorker)
    assert answer.introduction is not None
    says(house, "hi")
    person = replace(_person(house), told_version=None, address=Address(name, "7788"))
    for choices in ((), (Choice("A person", "/contact_librarian"),)):
        replies = (Reply("x" * length, choices),)
        plain = channel.render(replies[0], person.address)
        told = answer.introduction.into(channel, person, replies, {}, "en", house.clock())

        assert len(told.calls) == len(plain)
        assert (LINE in str(told.calls)) == (told.version == 1)
        assert told.version == 1 or length >= 1_000


def _person(house: House):  # type: ignore[no-untyped-def]
    from bot.store import people

    return people.get(house.engine, house.people()[0])


def test_it_is_stored_as_said_and_sent_as_one_call(house: House) -> None:
    """Staff read in the transcript what was sent."""
    says(house, "hi")
    with house.engine.connect() as connection:
        bodies = connection.execute(sa.select(OutboxRow.body)).scalars().all()

    assert [each["text"] for each in bodies] == [f"re: hi\n\n{LINE}"]
