"""Fragments: several messages that are one thought are answered once, and nobody who is understood waits."""

from __future__ import annotations

import pytest

from bot.store import inbox, people, turns
from connectors.messages import Choice, Kind
from tests.bot.workers.house import BEN, START, House, text

UNSURE = ("from my phone", "pls help me", "hmm", "asdf", "and", "how do i")


def unsure(words: str) -> bool:
    """Take pieces for what is not understood, and whole sentences for sure."""
    return words in UNSURE or words == "hmm asdf"


def said(house: House) -> list[str]:
    return [words for _, words in house.pigeon.taken]


@pytest.fixture
def patient(house: House) -> House:
    house.script.unsure = unsure
    return house


def test_what_is_sure_is_answered_at_once(patient: House) -> None:
    """Nobody waits for words that may never come."""
    patient.deliver(text("how do i print"))
    patient.work()

    assert said(patient) == ["re: how do i print"]


def test_what_is_not_sure_waits_for_more_and_is_read_with_it(patient: House) -> None:
    """Two messages, one thought, one answer; and the pieces stand in the store as they came."""
    patient.deliver(text("how do i"))
    patient.work()
    assert said(patient) == []

    patient.clock.forward(seconds=1)
    patient.deliver(text("print from my phone", after=1))
    patient.work()

    assert said(patient) == ["re: how do i print from my phone"]
    assert inbox.counts(patient.engine) == {"joined": 1, "answered": 1}
    assert inbox.last_said(patient.engine, patient.people()[0]).text == "print from my phone"


def test_nothing_follows_so_it_is_asked_back_within_two_seconds(patient: House) -> None:
    """Once, however many pieces there were."""
    patient.deliver(text("hmm"))
    patient.work()
    patient.clock.forward(seconds=1.2)
    patient.deliver(text("asdf", after=1.2))
    patient.work()
    assert said(patient) == []

    patient.clock.forward(seconds=0.8)
    patient.work()

    assert said(patient) == ["re: hmm asdf"]


def test_pieces_that_come_one_after_another_wait_two_seconds_at_most(patient: House) -> None:
    """Whoever types in pieces for a minute is answered meanwhile."""
    patient.deliver(text("and"))
    patient.work()
    for number in (1, 2, 3):
        patient.clock.forward(seconds=0.7)
        patient.script.unsure = lambda words: True
        patient.deliver(text(f"piece {number}", after=0.7 * number))
        patient.work()

    assert said(patient) == ["re: and piece 1 piece 2 piece 3"]


def test_messages_that_came_together_are_answered_each_where_each_is_a_question(patient: House) -> None:
    """Two questions, two answers, in their order."""
    patient.deliver(text("when do you close"), text("where are the printers", after=1))
    patient.work()

    assert said(patient) == ["re: when do you close", "re: where are the printers"]


def test_a_piece_that_came_with_a_question_is_read_with_it(patient: House) -> None:
    """Before it and after it."""
    patient.deliver(text("hmm"), text("how do i print", after=1), text("from my phone", after=2))
    patient.work()

    assert said(patient) == ["re: hmm\nhow do i print from my phone"]
    assert inbox.counts(patient.engine) == {"joined": 2, "answered": 1}


def test_a_greeting_before_a_question_is_not_answered_by_itself(patient: House) -> None:
    """And thanks after it are not either."""
    patient.script.light = lambda words: words in {"hi", "thanks"}
    patient.deliver(text("hi"), text("how do i print", after=1), text("thanks", after=2))
    patient.work()

    assert said(patient) == ["re: how do i print"]


def test_words_that_cannot_wait_do_not(patient: House) -> None:
    """Somebody in danger is answered before what else they wrote."""
    patient.script.urgent = lambda words: "die" in words
    patient.deliver(text("hmm"), text("i want to die", after=1))
    patient.work()

    assert said(patient) == ["re: hmm\ni want to die"]


def test_a_number_or_stop_after_a_piece_is_what_counts(patient: House) -> None:
    """What was not clear is left for what was chosen."""
    patient.script.rule = lambda message: f"re: {message.choice or message.text}"
    patient.script.choices = (Choice("Wi-Fi", "/wifi"), Choice("Donate", "/donate"))
    patient.deliver(text("what is there"))
    patient.work()
    patient.deliver(text("hmm", after=1))
    patient.work()
    patient.deliver(text("2", after=2))
    patient.work()

    assert said(patient)[1:] == ["re: /donate"]


@pytest.mark.parametrize("words", ["stop", "2", "please stop"])
def test_orders_never_wait(patient: House, words: str) -> None:
    """A number of a list, and STOP, are what they are."""
    patient.script.choices = (Choice("Wi-Fi", "/wifi"), Choice("Donate", "/donate"))
    patient.deliver(text("what is there"))
    patient.work()
    patient.script.unsure = lambda words: True
    patient.deliver(text(words, after=1))
    patient.work()

    assert len(said(patient)) == 2


def test_a_worker_that_dies_in_the_wait_loses_nothing(patient: House) -> None:
    """The wait stands in the store: the sweep of any worker ends it."""
    patient.deliver(text("hmm"))
    patient.work()
    (person,) = patient.people()
    assert people.lease(patient.engine, person, "answer", "killed", patient.clock(), 1)
    patient.clock.forward(seconds=2)
    patient.work()

    assert said(patient) == ["re: hmm"]


def test_a_dialogue_that_is_down_is_no_wait_for_more(patient: House) -> None:
    """It is tried again, and what was written meanwhile comes after it, together."""
    patient.script.down = True
    patient.deliver(text("how do i"))
    patient.work()
    patient.script.down = False
    patient.deliver(text("print from my phone", after=1))
    patient.clock.forward(seconds=30)
    patient.work()

    assert said(patient) == ["re: how do i print from my phone"]


def test_a_worker_is_woken_when_the_wait_ends(patient: House) -> None:
    """The sweep alone would come up to a second later."""
    woken: list[tuple[int, float]] = []
    object.__setattr__(patient.answer, "wake_later", lambda person, seconds: woken.append((person, seconds)))
    patient.deliver(text("hmm"))
    patient.work()

    assert woken == [(patient.people()[0], 1.5)]


def test_the_words_of_all_pieces_are_what_is_searched_for_and_reviewed(patient: House) -> None:
    """Each piece alone would teach nothing."""
    from bot.store import conversations

    patient.deliver(text("how do i"), text("print from my phone", after=1))
    patient.work()
    found = conversations.search(patient.engine, conversations.Filter(text="how print"))

    assert [(each.text, each.outcome) for each in found] == [("how do i print from my phone", "answered")]


def test_a_please_after_an_answer_is_no_new_question(patient: House) -> None:
    """It is noted, and nothing is said."""
    patient.deliver(text("how do i print"))
    patient.work()
    patient.clock.forward(seconds=1)
    patient.deliver(text("pls", after=1))
    patient.work()

    assert said(patient) == ["re: how do i print"]
    assert inbox.counts(patient.engine) == {"joined": 1, "answered": 1}


AWAY = "Thank you for your message. I am out of office until 7 December and will reply to ticket {} when I am back."


def test_another_robot_is_answered_three_times_and_no_more(patient: House) -> None:
    """And staff find it once in the inbox, not fifteen times in their mail."""
    from bot.store import threads, waits

    for number in range(15):
        patient.deliver(text(AWAY.format(number), after=number))
        patient.work()
        patient.clock.forward(seconds=5)
    thread = threads.open_of(patient.engine, patient.people()[0])

    assert len(said(patient)) == 3
    assert thread is not None
    assert thread.why == "repeats"
    assert waits.due(patient.engine, patient.clock.moment, patient.clock.moment) == []


def test_a_person_who_needs_an_answer_gets_one_again_after_a_while(patient: House) -> None:
    """Asked five times at once it is silent, and answered a minute later."""
    for number in range(5):
        patient.deliver(text("are you open", id=f"m{number}", after=number))
        patient.work()
    assert len(said(patient)) == 3

    patient.clock.forward(seconds=90)
    patient.deliver(text("are you open", id="m9", after=90))
    patient.work()

    assert len(said(patient)) == 4


def test_while_staff_have_the_conversation_nothing_waits_for_more(patient: House) -> None:
    """What is written is theirs at once."""
    patient.handover.step_in(_known(patient), "kim")
    patient.deliver(text("hmm", after=1))
    patient.work()

    assert [turn["understanding"]["suggested"][0]["text"] for turn in turns.of_person(patient.engine, 1)[1:]] == [
        "re: hmm"
    ]


def _known(house: House) -> int:
    house.deliver(text("hello there"))
    house.work()
    return house.people()[0]


def test_a_sticker_is_answered_like_a_thumb(patient: House) -> None:
    """It goes its way at once, as anything that is not words."""
    from dataclasses import replace

    patient.deliver(replace(text("x"), kind=Kind.MEDIA, text=None, sent_at=START))
    patient.work()

    assert said(patient) == ["re: None"]


@pytest.mark.parametrize(
    "words", ["how do i", "where is the", "i want to", "is there a…", "can i borrow a", "printing and"]
)
def test_a_sentence_that_breaks_off_waits_whatever_it_could_be_taken_for(house: House, words: str) -> None:
    """More will come; where nothing does, it is answered as it is."""
    house.deliver(text(words))
    house.work()
    assert said(house) == []

    house.clock.forward(seconds=1.5)
    house.work()

    assert said(house) == [f"re: {words}"]


def test_stop_is_confirmed_while_a_person_is_waited_for(house: House) -> None:
    """And not once somebody has come: then it is their conversation."""
    house.script.wishes = {"a person": "contact_librarian"}
    house.script.rule = lambda message: f"re: {message.choice or message.text}"
    house.deliver(text("a person"))
    house.work()
    for number, words in enumerate(["stop", "hello", "start"], start=1):
        house.deliver(text(words, after=number))
        house.work()

    assert said(house) == ["re: a person", "re: /stop", "re: /start_again"]


def test_two_robots_do_not_talk_for_ever(house: House) -> None:
    """One that has two sentences, and one that sends back what it hears."""
    house.script.rule = lambda message: f"You said something of {len(message.text or '')} letters, is that right?"
    sentences = [AWAY.format(1), "Sorry, I did not get that. Please choose one of the topics of my menu instead."]
    for number in range(20):
        house.deliver(text(sentences[number % 2], id=f"m{number}", after=number))
        house.work()
        house.clock.forward(seconds=2)
    assert len(said(house)) == 6

    house.deliver(text("good day to you", sender=BEN))
    house.work()
    house.deliver(text(said(house)[-1], id="echo", sender=BEN, after=50))
    house.work()

    assert len(said(house)) == 7


def test_danger_is_answered_at_once_though_the_sentence_breaks_off(house: House) -> None:
    """By itself, and behind something else."""
    house.script.urgent = lambda words: "die" in words
    house.deliver(text("i want to die and"))
    house.work()
    house.deliver(text("hmm", after=1), text("i will die because", after=2))
    house.work()

    assert said(house) == ["re: i want to die and", "re: hmm\ni will die because"]
