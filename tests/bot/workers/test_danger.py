"""Danger comes before everything: who has the conversation, STOP, what was asked. Over the real store and workers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.engine import Engine

from bot.handover import FREE
from bot.store import figures, inbox, people, threads, threads_shown
from bot.store.threads import Thread, ThreadError
from connectors.messages import Address, IncomingMessage
from tests.bot.workers.house import ANN, BEN, House, build, text

HARM, FIGHT, ASKED = "i want to end it", "he has a knife", "i want to talk to somebody"


@pytest.fixture
def house(engine: Engine) -> House:
    """A Carrel whose dialogue knows two dangers, a wish for a person, and words of care."""
    made = build(engine)
    made.script.dangers = {HARM: "self_harm", f"{HARM} now": "self_harm", FIGHT: "violence"}
    made.script.wishes = {ASKED: "contact_librarian"}
    made.script.cares = frozenset({"no one cares", "k"})
    return made


def says(house: House, words: str, *, after: float = 30, sender: Address = ANN) -> None:
    house.clock.forward(seconds=after)
    message = text(words, id=f"{sender.person}:{words}:{house.clock()}", sender=sender)
    house.deliver(replace(message, sent_at=house.clock()))
    house.work()


def heard(house: House, who: Address = ANN) -> list[str]:
    return [words for person, words in house.pigeon.taken if person == who.person]


def thread_of(house: House, who: Address = ANN) -> Thread:
    with house.engine.begin() as connection:
        person_id = people.find_or_add(connection, who, house.clock()).id
    found = threads.open_of(house.engine, person_id)
    assert found is not None
    return found


def held(house: House) -> Thread:
    says(house, ASKED)
    return house.handover.claim(thread_of(house).id, "ada")


def test_danger_is_answered_while_staff_have_the_conversation(house: House) -> None:
    """At once, in the student's own conversation, and staff see the reason beside the thread that they hold."""
    held(house)
    says(house, "when do you open")
    says(house, HARM)

    assert heard(house)[-1] == f"re: {HARM}"
    assert "re: when do you open" not in heard(house)
    assert house.script.asked[-1] == house.script.asked[0]
    assert (thread_of(house).why, thread_of(house).state) == ("self_harm", "held")


def test_the_same_danger_is_answered_once_while_staff_are_there(house: House) -> None:
    """Three messages within minutes are not three times the same text; another danger is another answer."""
    held(house)
    for words in (HARM, f"{HARM} now", HARM):
        says(house, words)
    says(house, FIGHT)

    assert [each for each in heard(house) if each.startswith("re: i want to end")] == [f"re: {HARM}"]
    assert heard(house)[-1] == f"re: {FIGHT}"
    assert inbox.counts(house.engine)["kept"] == 2


def test_danger_is_answered_again_where_staff_leave_it_alone(house: House) -> None:
    """After five minutes without a word of theirs, and not while they write."""
    thread = held(house)
    says(house, HARM)
    says(house, f"{HARM} now", after=301)
    assert heard(house)[-1] == f"re: {HARM} now"

    house.clock.forward(minutes=5)
    house.handover.reply(thread.id, "ada", "I am with you", "t")
    house.work()
    says(house, HARM)
    assert heard(house)[-1] == "I am with you"


def test_whoever_waits_for_a_person_and_speaks_of_danger_is_answered_until_one_comes(house: House) -> None:
    """Asking for a person makes the bot quiet; danger ends that, whichever comes first."""
    says(house, ASKED)
    says(house, "it is about a book")
    says(house, HARM)
    says(house, "no one cares")
    says(house, ASKED)
    says(house, "k")

    assert "re: it is about a book" not in heard(house)
    assert heard(house)[-4:] == [f"re: {HARM}", "re: no one cares", f"re: {ASKED}", "re: k"]
    assert not thread_of(house).quiet


def test_danger_after_stop_is_answered_and_cared_for_and_nothing_else_is(house: House) -> None:
    """STOP is about the bot's answers; staff may write back although nothing may be sent otherwise."""
    says(house, "hi")
    says(house, "STOP")
    says(house, "when do you open")
    assert heard(house)[-1] == "re: STOP"

    says(house, HARM)
    says(house, "no one cares")
    says(house, "when do you open")
    assert heard(house)[-2:] == [f"re: {HARM}", "re: no one cares"]

    thread = thread_of(house)
    assert house.handover.window_of(thread.person_id).way == FREE
    house.handover.claim(thread.id, "ada")
    house.handover.reply(thread.id, "ada", "I am Ada", "t")
    house.work()
    assert heard(house)[-1] == "I am Ada"


def test_care_after_stop_ends_when_a_person_has_the_conversation(house: House) -> None:
    says(house, "STOP")
    says(house, HARM)
    house.handover.claim(thread_of(house).id, "ada")
    said = len(heard(house))
    says(house, "no one cares")

    assert len(heard(house)) == said


def test_whoever_said_stop_and_is_well_is_not_written_to(house: House) -> None:
    """Not by staff either."""
    says(house, "hi")
    says(house, "STOP")
    with house.engine.begin() as connection:
        person_id = people.find_or_add(connection, ANN, house.clock()).id
    thread = house.handover.step_in(person_id, "ada")

    with pytest.raises(ThreadError, match="STOP"):
        house.handover.reply(thread.id, "ada", "Hello", "t")


def test_danger_waits_for_a_dialogue_that_is_down_though_the_person_said_stop(house: House) -> None:
    """What cannot be understood yet is no message that may be left."""
    says(house, "STOP")
    house.script.down = True
    says(house, HARM)
    house.script.down = False
    house.clock.forward(seconds=30)
    house.work()

    assert heard(house)[-1] == f"re: {HARM}"


def test_what_staff_were_told_of_before_does_not_delay_danger(house: House) -> None:
    """The reason becomes the more urgent one, and the mail is due anew."""
    says(house, ASKED)
    seen = thread_of(house)
    with house.engine.begin() as connection:
        connection.execute(threads.threads.update().values(reminded_at=house.clock()))
    says(house, FIGHT)

    assert seen.why == "contact_librarian"
    assert (thread_of(house).why, thread_of(house).reminded_at) == ("violence", None)
    says(house, HARM)
    assert thread_of(house).why == "violence"


def test_danger_stands_first_and_is_counted_by_its_kind(house: House) -> None:
    """In the inbox before who has waited longer, and in the figures without a word."""
    says(house, ASKED)
    says(house, HARM, sender=BEN)
    found = threads_shown.page(house.engine, threads_shown.WAITING, "ada", house.clock())
    told = {
        labels["kind"]: value
        for name, _, labels, value in figures.figures(house.engine, house.clock())
        if name == "carrel_danger_answers"
    }

    assert [each.thread.why for each in found] == ["self_harm", "contact_librarian"]
    assert threads_shown.counts(house.engine, "ada", house.clock())["danger"] == 1
    assert told["self_harm"] == 1
    assert sum(told.values()) == 1


def test_danger_is_answered_although_the_bot_works_on_something_while_staff_take_the_thread(house: House) -> None:
    """A librarian takes the conversation while the answer to danger is made: it is sent all the same."""
    says(house, ASKED)
    thread = thread_of(house)

    def taken_meanwhile(message: IncomingMessage) -> str:
        if message.text == HARM and threads.get(house.engine, thread.id).state == "waiting":
            house.handover.claim(thread.id, "ada")
        return f"re: {message.text}"

    house.script.rule = taken_meanwhile
    says(house, HARM)

    assert heard(house)[-1] == f"re: {HARM}"
